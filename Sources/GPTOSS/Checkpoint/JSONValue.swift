/// A value inside a parsed JSON text.
///
/// A checkpoint's JSON (`config.json`, the shard index, safetensors headers, `tokenizer.json`) is hostile input and can be
/// large: `tokenizer.json` has 28 MB and 1.8 million values. So the text is parsed once onto a flat tape of 16-byte nodes,
/// no value owns memory, strings stay where they stand in the text, and a `JSONValue` is a place on that tape. Strings are
/// bytes first: Swift's `String` compares canonically ("é" == "e\u{301}"), which loses vocabulary entries.
///
/// Copying a value costs one reference count. Object members keep the order of the text; lookup by key is linear.
public struct JSONValue: Sendable {
  public enum Kind: UInt8, Sendable {
    /// `integer` has neither fraction nor exponent; its size is not checked until it is read.
    case null, `false`, `true`, integer, number, string, array, object
  }

  let tape: JSONTape
  let index: Int

  public var kind: Kind { tape.nodes[index].kind }

  /// Byte offset of the value in the text, for messages.
  public var offset: Int { Int(tape.nodes[index].start) }

  public var isNull: Bool { kind == .null }

  public var bool: Bool? {
    switch kind {
    case .true: true
    case .false: false
    default: nil
    }
  }

  /// The exact value of an integer that fits; nil for `1.0`, `1e3` and anything beyond 64 bits.
  public var int: Int? { kind == .integer ? tape.withText(of: index) { Int(String(decoding: $0, as: UTF8.self)) } : nil }

  /// The exact value of an integer without sign; nil also for `-0`, as the safetensors reader has it.
  public var unsigned: UInt64? {
    kind == .integer ? tape.withText(of: index) { $0[0] == UInt8(ascii: "-") ? nil : UInt64(String(decoding: $0, as: UTF8.self)) } : nil
  }

  /// Any number, rounded to the nearest double; always finite.
  public var double: Double? {
    kind == .integer || kind == .number ? tape.withText(of: index) { Double(String(decoding: $0, as: UTF8.self)) } : nil
  }

  /// A string, escapes decoded.
  public var string: String? { withStringBytes { String(decoding: $0, as: UTF8.self) } }

  /// The UTF-8 bytes of a string, escapes decoded.
  public var bytes: [UInt8]? { withStringBytes { Array($0) } }

  /// Reads the UTF-8 bytes of a string, escapes decoded; without a copy when it has no escapes. Nil for other kinds.
  public func withStringBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result? {
    guard kind == .string else { return nil }
    guard tape.nodes[index].isEscaped else { return try tape.withText(of: index, body) }
    let decoded = tape.withText(of: index) { JSONParser.decodeEscapes($0) }
    return try decoded.withUnsafeBufferPointer(body)
  }

  /// Number of elements of an array or of members of an object; 0 for other kinds.
  public var count: Int { kind == .array || kind == .object ? Int(tape.nodes[index].length) : 0 }

  /// The elements of an array; nil for other kinds.
  public var elements: JSONElements? { kind == .array ? JSONElements(tape: tape, first: index + 1, count: count) : nil }

  /// The members of an object in the order of the text, duplicates included; nil for other kinds.
  public var members: JSONMembers? { kind == .object ? JSONMembers(tape: tape, first: index + 1, count: count) : nil }

  /// The member of an object with the given key; of several the last one, as most readers have it.
  public subscript(key: String) -> JSONValue? {
    guard let members else { return nil }
    var found: JSONValue?
    let wanted = Array(key.utf8)
    for member in members where member.key.hasBytes(wanted) { found = member.value }
    return found
  }

  /// The element of an array at a position; nil when there is none.
  public subscript(position: Int) -> JSONValue? {
    guard let elements, position >= 0, position < elements.count else { return nil }
    return elements.dropFirst(position).first { _ in true }
  }

  /// A key that an object holds more than once.
  public var duplicateKey: String? {
    guard let members else { return nil }
    var seen = Set<[UInt8]>(minimumCapacity: members.count)
    for member in members where !seen.insert(member.key.bytes ?? []).inserted { return member.key.string }
    return nil
  }

  func hasBytes(_ wanted: [UInt8]) -> Bool {
    withStringBytes { found in found.elementsEqual(wanted) } ?? false
  }
}

/// The elements of a JSON array.
public struct JSONElements: Sequence, Sendable {
  let tape: JSONTape
  let first: Int
  public let count: Int
  public var underestimatedCount: Int { count }

  public struct Iterator: IteratorProtocol {
    let tape: JSONTape
    var cursor: Int
    var remaining: Int
    public mutating func next() -> JSONValue? {
      guard remaining > 0 else { return nil }
      defer { cursor = Int(tape.nodes[cursor].end) }
      remaining -= 1
      return JSONValue(tape: tape, index: cursor)
    }
  }
  public func makeIterator() -> Iterator { Iterator(tape: tape, cursor: first, remaining: count) }
}

/// The members of a JSON object; keys are values of kind `string`.
public struct JSONMembers: Sequence, Sendable {
  let tape: JSONTape
  let first: Int
  public let count: Int
  public var underestimatedCount: Int { count }

  public struct Iterator: IteratorProtocol {
    let tape: JSONTape
    var cursor: Int
    var remaining: Int
    public mutating func next() -> (key: JSONValue, value: JSONValue)? {
      guard remaining > 0 else { return nil }
      defer { cursor = Int(tape.nodes[cursor + 1].end) }
      remaining -= 1
      return (JSONValue(tape: tape, index: cursor), JSONValue(tape: tape, index: cursor + 1))
    }
  }
  public func makeIterator() -> Iterator { Iterator(tape: tape, cursor: first, remaining: count) }
}

/// The text and its values in the order of the text: a container's node, then everything inside it.
final class JSONTape: Sendable {
  struct Node {
    var kind: JSONValue.Kind
    /// Whether a string holds backslashes.
    var isEscaped = false
    /// Offset of the text: of a string the first byte after the quote, of a container its bracket.
    var start: UInt32
    /// Bytes of the text of a scalar; number of elements or members of a container.
    var length: UInt32 = 0
    /// Index of the node after this one and everything inside it.
    var end: UInt32
  }

  let text: [UInt8]
  let nodes: [Node]

  init(text: [UInt8], nodes: [Node]) {
    self.text = text
    self.nodes = nodes
  }

  func withText<Result>(of index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
    let node = nodes[index]
    return try text.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[Int(node.start)..<Int(node.start) + Int(node.length)])) }
  }
}
