import Moderation

/// Reads `[{"role": …, "content": …}, …]` from checked JSON. Slow path: only records that are whole chats come here.
struct ChatTurnReader {
  private var bytes: UnsafeBufferPointer<UInt8>
  private var at = 0

  /// nil when the array holds anything but objects with string `role` and `content` (or content parts `[{type: text, text}]`).
  static func read(_ array: UnsafeBufferPointer<UInt8>) -> [ChatTurn]? {
    var reader = ChatTurnReader(bytes: array)
    guard case .array(let items)? = reader.value(depth: 0) else { return nil }
    var turns: [ChatTurn] = []
    for item in items {
      guard case .object(let members) = item, case .string(let role)? = members["role"], let content = text(members["content"]) else { return nil }
      turns.append(ChatTurn(role: role, content: content))
    }
    return turns.isEmpty ? nil : turns
  }

  private static func text(_ value: Value?) -> String? {
    switch value {
    case .string(let string): return string
    case .array(let parts):
      var pieces: [String] = []
      for part in parts {
        guard case .object(let members) = part, case .string(let piece)? = members["text"] else { return nil }
        pieces.append(piece)
      }
      return pieces.joined(separator: "\n")
    default: return nil
    }
  }

  private indirect enum Value {
    case string(String)
    case array([Value])
    case object([String: Value])
    case other
  }

  private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  private mutating func skip(_ extra: Set<UInt8> = []) {
    while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) || extra.contains(bytes[at]) { at += 1 }
  }

  private mutating func value(depth: Int) -> Value? {
    skip()
    guard at < bytes.count, depth <= JSONRecordParser.maxDepth else { return nil }
    switch bytes[at] {
    case UInt8(ascii: "["):
      at += 1
      var items: [Value] = []
      while true {
        skip([UInt8(ascii: ",")])
        guard at < bytes.count else { return nil }
        if bytes[at] == UInt8(ascii: "]") { break }
        guard let item = value(depth: depth + 1) else { return nil }
        items.append(item)
      }
      at += 1
      return .array(items)
    case UInt8(ascii: "{"):
      at += 1
      var members: [String: Value] = [:]
      while true {
        skip([UInt8(ascii: ",")])
        guard at < bytes.count else { return nil }
        if bytes[at] == UInt8(ascii: "}") { break }
        guard case .string(let key)? = value(depth: depth + 1) else { return nil }
        skip([UInt8(ascii: ":")])
        members[key] = value(depth: depth + 1)
      }
      at += 1
      return .object(members)
    case UInt8(ascii: "\""): return string()
    default:
      while at < bytes.count, ![UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}")].contains(bytes[at]) { at += 1 }
      return .other
    }
  }

  private mutating func string() -> Value? {
    let start = at + 1
    at = start
    while at < bytes.count, bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
    guard at < bytes.count else { return nil }
    var decoded: [UInt8] = []
    JSONEscapes.decode(UnsafeBufferPointer(rebasing: bytes[start..<at]), into: &decoded)
    at += 1
    return .string(String(decoding: decoded, as: UTF8.self))
  }
}
