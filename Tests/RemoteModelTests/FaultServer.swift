import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// An HTTP server on 127.0.0.1 that misbehaves as told: the n-th request gets the n-th behaviour, the last one for ever after.
final class FaultServer: Sendable {
  enum Behaviour: Sendable {
    case reply(Int, headers: [String: String] = [:], body: String)
    /// Closes with RST once the request is in.
    case reset
    /// Closes cleanly without a byte.
    case close
    /// Announces more body than it sends, then closes.
    case halfBody(String)
    /// Sends the body a byte at a time.
    case drip(String, every: Duration)
    /// Takes the request and never answers.
    case silence
    /// A body without end, in chunks.
    case flood
    /// Bytes that are no HTTP.
    case garbage
  }

  private let channel: any Channel
  private let log: RequestLog

  static func start(_ behaviours: [Behaviour]) async throws -> FaultServer {
    let log = RequestLog(behaviours)
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(FaultHandler(log)) } }
      .bind(host: "127.0.0.1", port: 0).get()
    return FaultServer(channel, log)
  }

  private init(_ channel: any Channel, _ log: RequestLog) { (self.channel, self.log) = (channel, log) }

  var url: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)/v1" }
  /// The raw requests so far.
  var requests: [String] { log.requests }
  func stop() async { try? await channel.close() }
}

final class RequestLog: Sendable {
  private struct State {
    var requests: [String] = []
    var behaviours: [FaultServer.Behaviour]
  }
  private let state: Mutex<State>
  init(_ behaviours: [FaultServer.Behaviour]) { state = Mutex(State(behaviours: behaviours)) }
  var requests: [String] { state.withLock(\.requests) }

  func next(_ request: String) -> FaultServer.Behaviour {
    state.withLock { state in
      state.requests.append(request)
      return state.behaviours.count > 1 ? state.behaviours.removeFirst() : state.behaviours[0]
    }
  }
}

private final class FaultHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  private let log: RequestLog
  private var received: [UInt8] = []

  init(_ log: RequestLog) { self.log = log }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received += unwrapInboundIn(data).readableBytesView
    guard let request = takeRequest() else { return }
    act(log.next(request), context)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  /// A whole request, head and body by `Content-Length`, once it is there.
  private func takeRequest() -> String? {
    let text = String(decoding: received, as: UTF8.self)
    guard let head = text.firstRange(of: "\r\n\r\n") else { return nil }
    let length =
      text[..<head.lowerBound].lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
      .flatMap { Int($0.dropFirst(15).filter { $0 != " " }) } ?? 0
    guard text[head.upperBound...].utf8.count >= length else { return nil }
    received = []
    return text
  }

  private func write(_ text: String, _ context: ChannelHandlerContext) {
    context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: text)), promise: nil)
  }

  private func head(_ status: Int, _ headers: [String: String], length: Int?) -> String {
    var lines = ["HTTP/1.1 \(status) X", "Content-Type: application/json"] + headers.map { "\($0): \($1)" }
    lines.append(length.map { "Content-Length: \($0)" } ?? "Transfer-Encoding: chunked")
    return lines.joined(separator: "\r\n") + "\r\n\r\n"
  }

  private func act(_ behaviour: FaultServer.Behaviour, _ context: ChannelHandlerContext) {
    switch behaviour {
    case .reply(let status, let headers, let body): write(head(status, headers, length: body.utf8.count) + body, context)
    case .reset: reset(context)
    case .close: context.close(promise: nil)
    case .halfBody(let body):
      write(head(200, [:], length: body.utf8.count * 2) + body, context)
      context.close(promise: nil)
    case .drip(let body, let pause):
      write(head(200, [:], length: body.utf8.count), context)
      drip(Array(body.utf8)[...], pause, context)
    case .silence: break
    case .flood:
      write(head(200, [:], length: nil), context)
      flood(context)
    case .garbage:
      write("\u{16}\u{3}\u{1} nonsense\r\n\r\n", context)
      context.close(promise: nil)
    }
  }

  private func reset(_ context: ChannelHandlerContext) {
    // A linger time of zero makes close send RST.
    let channel = context.channel
    guard let options = channel as? any SocketOptionProvider else { return channel.close(promise: nil) }
    options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
  }

  private func drip(_ rest: ArraySlice<UInt8>, _ pause: Duration, _ context: ChannelHandlerContext) {
    guard let byte = rest.first, context.channel.isActive else { return }
    context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: [byte])), promise: nil)
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let boundContext = NIOLoopBound(context, eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(in: .milliseconds(pause.components.attoseconds / 1_000_000_000_000_000 + pause.components.seconds * 1000)) {
      bound.value.drip(rest.dropFirst(), pause, boundContext.value)
    }
  }

  private func flood(_ context: ChannelHandlerContext) {
    guard context.channel.isActive else { return }
    let chunk = String(repeating: "x", count: 65536)
    let future = context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: "10000\r\n\(chunk)\r\n")))
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let boundContext = NIOLoopBound(context, eventLoop: context.eventLoop)
    future.whenSuccess { bound.value.flood(boundContext.value) }
  }
}
