import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// What was asked.
struct HubRequest: Sendable {
  var path: String
  var headers: [String: String]
  var port: Int
  func header(_ name: String) -> String? { headers[name.lowercased()] }
}

/// What is answered, and how it breaks.
struct HubReply: Sendable {
  enum Framing: Sendable { case length, chunked, untilClose }
  var status = 200
  var headers: [(String, String)] = []
  var body: [UInt8] = []
  var framing = Framing.length
  /// The connection closes after this many bytes of the body.
  var breaksAfter: Int?
  /// Nothing is answered at all.
  var isSilent = false

  static func status(_ status: Int, _ headers: [(String, String)] = []) -> HubReply { HubReply(status: status, headers: headers, body: Array("no".utf8)) }
  static func json(_ text: String) -> HubReply { HubReply(headers: [("Content-Type", "application/json")], body: Array(text.utf8)) }
  static func redirect(_ to: String, _ headers: [(String, String)] = []) -> HubReply { HubReply(status: 302, headers: [("Location", to)] + headers) }
}

/// An HTTP server on 127.0.0.1 that answers as a function says.
final class HubServer: Sendable {
  private let channel: any Channel

  static func start(_ answer: @escaping @Sendable (HubRequest) -> HubReply) async throws -> HubServer {
    let box = Box()
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(HubHandler { request in box.note(request); return answer(request) }) }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return HubServer(channel, box)
  }

  private let box: Box
  private let port: Int
  private init(_ channel: any Channel, _ box: Box) {
    (self.channel, self.box, port) = (channel, box, channel.localAddress?.port ?? 0)
  }

  final class Box: Sendable {
    private let requests = Mutex<[HubRequest]>([])
    func note(_ request: HubRequest) { requests.withLock { $0.append(request) } }
    var all: [HubRequest] { requests.withLock { $0 } }
  }

  var url: String { "http://127.0.0.1:\(port)" }
  var requests: [HubRequest] { box.all }
  func stop() async { try? await channel.close() }
}

private final class HubHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  private let answer: @Sendable (HubRequest) -> HubReply
  private var received: [UInt8] = []

  init(_ answer: @escaping @Sendable (HubRequest) -> HubReply) { self.answer = answer }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received += unwrapInboundIn(data).readableBytesView
    let text = String(decoding: received, as: UTF8.self)
    guard text.contains("\r\n\r\n") else { return }
    received = []
    let lines = text.components(separatedBy: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    let path = lines[0].split(separator: " ").dropFirst().first.map(String.init) ?? ""
    write(answer(HubRequest(path: path, headers: headers, port: context.channel.localAddress?.port ?? 0)), context)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func write(_ reply: HubReply, _ context: ChannelHandlerContext) {
    if reply.isSilent { return }
    var head = "HTTP/1.1 \(reply.status) X\r\n" + reply.headers.map { "\($0): \($1)\r\n" }.joined()
    switch reply.framing {
    case .length: head += "Content-Length: \(reply.body.count)\r\n"
    case .chunked: head += "Transfer-Encoding: chunked\r\n"
    case .untilClose: head += "Connection: close\r\n"
    }
    var bytes = Array((head + "\r\n").utf8)
    let body = Array(reply.body.prefix(reply.breaksAfter ?? .max))
    if reply.framing == .chunked {
      for start in stride(from: 0, to: body.count, by: 1000) {
        let chunk = body[start..<min(start + 1000, body.count)]
        bytes += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + Array("\r\n".utf8)
      }
      if reply.breaksAfter == nil { bytes += Array("0\r\n\r\n".utf8) }
    } else {
      bytes += body
    }
    let done = context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)))
    guard reply.breaksAfter != nil || reply.framing == .untilClose else { return }
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    done.whenComplete { _ in bound.value.close(promise: nil) }
  }
}
