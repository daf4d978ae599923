import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// A key for the hub that is used and never shown.
public struct HubToken: Sendable, CustomStringConvertible, CustomReflectable {
  private let value: String

  /// Nil for an empty one, or one that no header can carry.
  public init?(_ value: String) {
    guard !value.isEmpty, value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
    self.value = value
  }

  public var description: String { "<token>" }
  public var customMirror: Mirror { Mirror(self, children: []) }
  fileprivate var header: String { "Bearer \(value)" }
}

/// What came back at the end of the redirects.
struct HubResponse {
  var status: Int
  var headers: HTTPHeaders
  var body: HTTPClientResponse.Body
  /// What the hub itself said on the way, before it sent us to where the content lies.
  var linkedDigest: ContentDigest?
  var linkedSize: Int?
  var commit: String?

  /// `If-Range` takes strong tags only (RFC 9110, 13.1.5).
  static func strongTag(_ tag: String) -> String? {
    tag.count > 2 && tag.hasPrefix("\"") && tag.hasSuffix("\"") && tag.utf8.allSatisfy { $0 >= 0x21 && $0 < 0x7F } ? tag : nil
  }
}

/// GET with redirects followed by hand: the token goes to the mirror's origin only, and never from https to http.
final class HubConnection: Sendable {
  private static let maximumRedirects = 10
  private let client: HTTPClient
  private let origin: WebOrigin
  private let token: HubToken?

  /// - Parameters:
  ///   - idle: longest silence of a server.
  init(_ mirror: HubMirror, token: HubToken?, connections: Int, idle: Duration) {
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    configuration.timeout.connect = .seconds(15)
    configuration.timeout.read = .nanoseconds(Int64(idle / .nanoseconds(1)))
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(1, connections)
    // Retries are ours. One connection a file: large transfers share a line better so than in streams of one connection.
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.httpVersion = .http1Only
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    origin = mirror.origin
    // In the clear a token is for everybody on the way.
    self.token = mirror.origin.isPlainRemote ? nil : token
  }

  var sendsToken: Bool { token != nil }

  func shutdown() async { try? await client.shutdown() }

  /// - Throws: ``HubError``: network failures, bad redirects. A status is for the caller to judge.
  func get(_ url: String, headers: [(String, String)] = []) async throws -> HubResponse {
    var url = url
    var linked: (digest: ContentDigest?, size: Int?, commit: String?) = (nil, nil, nil)
    for _ in 0...Self.maximumRedirects {
      let response = try await send(url, headers)
      let status = Int(response.status.code)
      if WebOrigin(url: url) == origin {
        linked.commit = response.headers.first(name: "x-repo-commit") ?? linked.commit
        linked.size = response.headers.first(name: "x-linked-size").flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil } ?? linked.size
        // Of other servers an ETag means nothing that could be checked.
        let tag = response.headers.first(name: "x-linked-etag") ?? (linked.commit != nil && status < 300 ? response.headers.first(name: "etag") : nil)
        linked.digest = tag.flatMap { ContentDigest(tag: $0) } ?? linked.digest
      }
      guard [301, 302, 303, 307, 308].contains(status) else {
        return HubResponse(
          status: status, headers: response.headers, body: response.body, linkedDigest: linked.digest, linkedSize: linked.size, commit: linked.commit)
      }
      guard let location = response.headers.first(name: "location"), let next = Self.resolve(location, from: url) else {
        throw HubError(.protocolViolation, "the server redirects to nowhere")
      }
      guard !Redirect.isDowngrade(from: url, to: next) else { throw HubError(.protocolViolation, "the server redirects from https to http") }
      url = next
    }
    throw HubError(.protocolViolation, "more than \(Self.maximumRedirects) redirects")
  }

  private func send(_ url: String, _ headers: [(String, String)]) async throws -> HTTPClientResponse {
    var request = HTTPClientRequest(url: url)
    request.headers.add(name: "User-Agent", value: ModelHub.userAgent)
    // Ranges and sizes are of the content as it is.
    request.headers.add(name: "Accept-Encoding", value: "identity")
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if let token, WebOrigin(url: url) == origin { request.headers.add(name: "Authorization", value: token.header) }
    do { return try await client.execute(request, deadline: .distantFuture) } catch { throw Self.failure(error) }
  }

  /// Which of the client's many errors it was, in words of our own.
  static func failure(_ error: any Error) -> HubError {
    if let error = error as? HubError { return error }
    if error is CancellationError || Task.isCancelled { return HubError(.cancelled, "cancelled") }
    switch error as? HTTPClientError {
    case .connectTimeout?: return HubError(.network, "the server could not be reached in time", isTransient: true)
    case .readTimeout?, .deadlineExceeded?: return HubError(.network, "the server fell silent", isTransient: true)
    case .invalidURL?, .emptyHost?: return HubError(.protocolViolation, "the server redirects to something that is no URL")
    case .cancelled?: return HubError(.cancelled, "cancelled")
    default: return HubError(.network, "the connection failed or broke", isTransient: true)
    }
  }

  /// A `Location`, absolute or relative to the URL that gave it.
  static func resolve(_ location: String, from url: String) -> String? {
    guard location.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !location.isEmpty else { return nil }
    let target: String
    if location.contains("://"), WebOrigin(url: location) != nil {
      target = location
    } else if location.hasPrefix("//") {
      target = String(url.prefix { $0 != ":" }) + ":" + location
    } else {
      guard let separator = url.firstRange(of: "://") else { return nil }
      let authority = url[..<separator.upperBound] + url[separator.upperBound...].prefix { !"/?#".contains($0) }
      let path = url.dropFirst(authority.count).prefix { !"?#".contains($0) }
      target = location.hasPrefix("/") ? authority + location : authority + (path.lastIndex(of: "/").map { path[...$0] } ?? "/") + location
    }
    return WebOrigin(url: target) == nil ? nil : String(target.prefix { $0 != "#" })
  }
}
