/// Why a text is not JSON, and where.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  /// For example `expected a value`.
  public var message: String
  /// Byte offset in the text.
  public var offset: Int
  /// 1-based line, and 1-based column in bytes.
  public var line: Int
  public var column: Int
  public var description: String { "invalid JSON at line \(line), column \(column): \(message)" }
}

extension JSONValue {
  /// Nesting that is still read; serde_json, which the safetensors reader uses, has the same limit.
  public static let maximumDepth = 128

  /// Parses one JSON text (RFC 8259, nothing more: no comments, no trailing commas, no byte order mark, valid UTF-8,
  /// no unpaired surrogates, no numbers beyond the range of a double). Linear in time and memory.
  ///
  /// - Throws: ``JSONError`` with the first offence. Never traps, whatever the bytes.
  public static func parse(_ text: [UInt8], maximumDepth: Int = JSONValue.maximumDepth) throws(JSONError) -> JSONValue {
    guard text.count < Int(Int32.max) else { throw JSONError(message: "text is longer than 2 GiB", offset: 0, line: 1, column: 1) }
    var parser = JSONParser(maximumDepth: maximumDepth)
    let failure = text.withUnsafeBufferPointer { parser.run($0) }
    if let failure { throw failure }
    return JSONValue(tape: JSONTape(text: text, nodes: parser.nodes), index: 0)
  }

  /// Parses a copy of the given bytes; see ``parse(_:maximumDepth:)-([UInt8],_)``.
  public static func parse(_ text: UnsafeRawBufferPointer) throws(JSONError) -> JSONValue { try parse(Array(text)) }
}

/// An iterative parser that appends to the tape; containers that are still open wait on `open`.
struct JSONParser {
  var nodes: [JSONTape.Node] = []
  private var open: [Int] = []
  private let maximumDepth: Int
  var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
  var position = 0

  struct Offence: Error {
    var message: String
    var offset: Int
  }

  init(maximumDepth: Int) { self.maximumDepth = maximumDepth }

  /// Fills `nodes`, or says what is wrong.
  mutating func run(_ text: UnsafeBufferPointer<UInt8>) -> JSONError? {
    self.text = text
    nodes.reserveCapacity(text.count / 16 + 1)
    do {
      try parseDocument()
      return nil
    } catch {
      return Self.locate(error, in: text)
    }
  }

  private static func locate(_ offence: Offence, in text: UnsafeBufferPointer<UInt8>) -> JSONError {
    let before = text[0..<min(offence.offset, text.count)]
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let line = 1 + before.reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
    return JSONError(message: offence.message, offset: offence.offset, line: line, column: before.endIndex - lineStart + 1)
  }

  private mutating func parseDocument() throws(Offence) {
    skipSpace()
    try parseValue()
    while let container = open.last {
      skipSpace()
      if nodes[container].kind == .array { try continueArray(container) } else { try continueObject(container) }
    }
    skipSpace()
    guard position == text.count else { throw offence("trailing characters") }
  }

  /// After `[`, or after an element.
  private mutating func continueArray(_ container: Int) throws(Offence) {
    let isFirst = nodes[container].length == 0
    guard let byte = peek else { throw offence("the array is not closed") }
    if byte == UInt8(ascii: "]") { return close(container) }
    if !isFirst { try expectComma() }
    nodes[container].length += 1
    try parseValue()
  }

  /// After `{`, or after a member.
  private mutating func continueObject(_ container: Int) throws(Offence) {
    let isFirst = nodes[container].length == 0
    guard let byte = peek else { throw offence("the object is not closed") }
    if byte == UInt8(ascii: "}") { return close(container) }
    if !isFirst { try expectComma() }
    guard peek == UInt8(ascii: "\"") else { throw offence("expected a key in quotes") }
    nodes[container].length += 1
    try parseString()
    skipSpace()
    guard peek == UInt8(ascii: ":") else { throw offence("expected `:` after the key") }
    position += 1
    skipSpace()
    try parseValue()
  }

  private mutating func expectComma() throws(Offence) {
    guard peek == UInt8(ascii: ",") else { throw offence("expected `,` or the closing bracket") }
    position += 1
    skipSpace()
  }

  private mutating func close(_ container: Int) {
    position += 1
    nodes[container].end = UInt32(nodes.count)
    open.removeLast()
  }

  /// A scalar, or the opening bracket of a container.
  private mutating func parseValue() throws(Offence) {
    guard let byte = peek else { throw offence("expected a value, found the end") }
    switch byte {
    case UInt8(ascii: "\""): try parseString()
    case UInt8(ascii: "["): try openContainer(.array)
    case UInt8(ascii: "{"): try openContainer(.object)
    case UInt8(ascii: "t"): try parseWord("true", .true)
    case UInt8(ascii: "f"): try parseWord("false", .false)
    case UInt8(ascii: "n"): try parseWord("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try parseNumber()
    default: throw offence("expected a value")
    }
  }

  private mutating func openContainer(_ kind: JSONValue.Kind) throws(Offence) {
    guard open.count < maximumDepth - 1 else { throw offence("nested deeper than \(maximumDepth) levels") }
    open.append(nodes.count)
    nodes.append(JSONTape.Node(kind: kind, start: UInt32(position), end: 0))
    position += 1
  }

  private mutating func parseWord(_ word: StaticString, _ kind: JSONValue.Kind) throws(Offence) {
    let start = position
    for i in 0..<word.utf8CodeUnitCount {
      guard peek == word.utf8Start[i] else { throw offence("expected `\(word)`") }
      position += 1
    }
    append(kind, from: start, to: position)
  }

  mutating func append(_ kind: JSONValue.Kind, from start: Int, to end: Int, isEscaped: Bool = false) {
    nodes.append(
      JSONTape.Node(kind: kind, isEscaped: isEscaped, start: UInt32(start), length: UInt32(end - start), end: UInt32(nodes.count + 1)))
  }

  private mutating func parseNumber() throws(Offence) {
    let start = position
    if peek == UInt8(ascii: "-") { position += 1 }
    if peek == UInt8(ascii: "0") { position += 1 } else { try skipDigits() }
    if let byte = peek, isDigit(byte) { throw offence("a number starts with 0") }
    var kind = JSONValue.Kind.integer
    if peek == UInt8(ascii: ".") {
      kind = .number
      position += 1
      try skipDigits()
    }
    if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
      kind = .number
      position += 1
      if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { position += 1 }
      try skipDigits()
    }
    // Nineteen digits cannot leave the range of a double; only longer texts are converted to find out.
    if kind == .number || position - start > 19 { try checkRange(start) }
    append(kind, from: start, to: position)
  }

  private func checkRange(_ start: Int) throws(Offence) {
    let value = Double(String(decoding: UnsafeBufferPointer(rebasing: text[start..<position]), as: UTF8.self))
    guard let value, value.isFinite else { throw Offence(message: "number out of range", offset: start) }
  }

  private mutating func skipDigits() throws(Offence) {
    guard let first = peek, isDigit(first) else { throw offence("expected a digit") }
    while let byte = peek, isDigit(byte) { position += 1 }
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  private var peek: UInt8? { position < text.count ? text[position] : nil }

  func offence(_ message: String) -> Offence { Offence(message: message, offset: position) }

  private mutating func skipSpace() {
    while position < text.count {
      switch text[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }
}
