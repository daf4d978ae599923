import Moderation

/// A JSON document from a server or a model: hostile until read.
///
/// Strict RFC 8259 with three limits that a parser fed by strangers needs: nesting (64), no lone surrogates, and object keys kept in
/// order with their duplicates, so that a reader can refuse `{"violation":0,"violation":1}` instead of silently taking one of them.
public indirect enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  /// As written, so that `1` and `1.0` can be told apart where that matters.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  public struct Member: Sendable, Hashable {
    public var key: String
    public var value: JSONValue
    public init(_ key: String, _ value: JSONValue) { (self.key, self.value) = (key, value) }
  }

  public static let maximumDepth = 64

  /// The first member with this key; nil for a missing key and for anything that is not an object.
  public subscript(key: String) -> JSONValue? { members?.first { $0.key == key }?.value }
  public subscript(index: Int) -> JSONValue? {
    guard let array, array.indices.contains(index) else { return nil }
    return array[index]
  }
  public var members: [Member]? { if case .object(let members) = self { members } else { nil } }
  public var array: [JSONValue]? { if case .array(let items) = self { items } else { nil } }
  public var string: String? { if case .string(let text) = self { text } else { nil } }
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var isNull: Bool { self == .null }
  public var double: Double? { if case .number(let text) = self { Double(text) } else { nil } }
  /// A whole number that an `Int` holds exactly.
  public var int: Int? {
    guard let double, double == double.rounded(), abs(double) < 9e15 else { return nil }
    return Int(double)
  }
  /// Whether an object in the document names one key twice.
  public var hasDuplicateKeys: Bool {
    switch self {
    case .object(let members): Set(members.map(\.key)).count < members.count || members.contains { $0.value.hasDuplicateKeys }
    case .array(let items): items.contains { $0.hasDuplicateKeys }
    default: false
    }
  }
}

/// Why text is not JSON. Holds a place, never the text.
public struct JSONSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
  public var problem: String
  public var offset: Int
  public var description: String { "\(problem) at byte \(offset)" }
}

extension JSONValue {
  /// Reads a whole document: one value, nothing after it but blanks.
  public init(parsing bytes: some Collection<UInt8>) throws(JSONSyntaxError) {
    var parser = JSONParser(Array(bytes))
    self = try parser.value(depth: 0)
    parser.skipBlanks()
    guard parser.atEnd else { throw parser.failure("text after the value") }
  }

  public init(parsing text: String) throws(JSONSyntaxError) { try self.init(parsing: Array(text.utf8)) }

  /// Reads the one value that starts at `start`, and where it ends; text after it is left alone.
  public static func prefix(of bytes: [UInt8], from start: Int) throws(JSONSyntaxError) -> (value: JSONValue, end: Int) {
    var parser = JSONParser(bytes, position: start)
    let value = try parser.value(depth: 0)
    return (value, parser.position)
  }

  /// Compact JSON, members in their order.
  public func write(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .number(let text): bytes.append(contentsOf: text.utf8)
    case .string(let text): JSONText.appendQuoted(text.utf8, to: &bytes)
    case .array(let items): writeList(items, "[", "]", to: &bytes) { item, bytes in item.write(to: &bytes) }
    case .object(let members):
      writeList(members, "{", "}", to: &bytes) { member, bytes in
        JSONText.appendQuoted(member.key.utf8, to: &bytes)
        bytes.append(0x3A)
        member.value.write(to: &bytes)
      }
    }
  }

  public var text: String {
    var bytes: [UInt8] = []
    write(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  public static func number(_ value: Int) -> JSONValue { .number(String(value)) }
  public static func number(_ value: Double) -> JSONValue { value.isFinite ? .number("\(value)") : .null }
}

private func writeList<Item>(_ items: [Item], _ open: String, _ close: String, to bytes: inout [UInt8], _ write: (Item, inout [UInt8]) -> Void) {
  bytes.append(contentsOf: open.utf8)
  for (index, item) in items.enumerated() {
    if index > 0 { bytes.append(0x2C) }
    write(item, &bytes)
  }
  bytes.append(contentsOf: close.utf8)
}
