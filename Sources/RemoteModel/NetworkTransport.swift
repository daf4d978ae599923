import AsyncHTTPClient
import Moderation
import NIOCore
import NIOHTTP1

/// HTTP over async-http-client: no redirects, no decompression, a cap on the body, one deadline over everything.
public final class NetworkTransport: HTTPTransport {
  private let client: HTTPClient

  /// - Parameter connections: connections per endpoint that are kept open.
  public init(connections: Int, connectTimeout: Duration = .seconds(5)) {
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    configuration.timeout.connect = .nanoseconds(Int64(connectTimeout.inSeconds * 1e9))
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(1, connections)
    // A refused connection is told at once: retries, their budget and the breaker are the client's own.
    configuration.connectionPool.retryConnectionEstablishment = false
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  public func send(_ call: HTTPCall) async throws(TransportFailure) -> HTTPReply {
    do {
      return try await withThrowingTaskGroup(of: HTTPReply.self) { group in
        group.addTask { try await self.exchange(call) }
        group.addTask {
          try await Task.sleep(for: call.timeout)
          throw TransportFailure.timeout
        }
        defer { group.cancelAll() }
        guard let reply = try await group.next() else { throw TransportFailure.connection }
        return reply
      }
    } catch let failure as TransportFailure {
      throw Task.isCancelled ? .cancelled : failure
    } catch {
      throw Task.isCancelled ? .cancelled : .connection
    }
  }

  private func exchange(_ call: HTTPCall) async throws -> HTTPReply {
    var request = HTTPClientRequest(url: call.url)
    request.method = .POST
    for header in call.headers { request.headers.add(name: header.name, value: header.value) }
    request.body = .bytes(call.body)
    let response: HTTPClientResponse
    do {
      response = try await client.execute(request, deadline: .now() + .nanoseconds(Int64(min(call.timeout.inSeconds, 1e9) * 1e9)))
    } catch let error as HTTPClientError where error == .connectTimeout || error == .deadlineExceeded {
      throw error == .connectTimeout ? TransportFailure.connection : .timeout
    }
    var body: [UInt8] = []
    for try await buffer in response.body {
      guard body.count + buffer.readableBytes <= call.maximumReplyBytes else { throw TransportFailure.replyTooLarge }
      body.append(contentsOf: buffer.readableBytesView)
    }
    return HTTPReply(status: Int(response.status.code), headers: response.headers.map { (name: $0.name, value: $0.value) }, body: body)
  }

  public func shutdown() async { try? await client.shutdown() }

  /// A transport that nobody shut down (its owner failed to start) closes its connections all the same.
  deinit { client.shutdown { _ in } }
}
