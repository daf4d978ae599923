/// One POST.
public struct HTTPCall: Sendable {
  public var url: String
  public var headers: [(name: String, value: String)]
  public var body: [UInt8]
  /// Time for the whole exchange: connecting, sending, and the last byte of the answer.
  public var timeout: Duration
  public var maximumReplyBytes: Int
}

public struct HTTPReply: Sendable {
  public var status: Int
  public var headers: [(name: String, value: String)]
  public var body: [UInt8]
  public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }
  func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
}

/// Why no whole reply came.
public enum TransportFailure: Error, Sendable, Hashable {
  case connection
  case timeout
  case replyTooLarge
  case cancelled
}

/// What carries calls: the network, or a script in tests.
public protocol HTTPTransport: Sendable {
  func send(_ call: HTTPCall) async throws(TransportFailure) -> HTTPReply
  func shutdown() async
}
