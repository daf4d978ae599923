/// A JSON value, read strictly: for training rows, the model card and the header of a model file. Not for hot paths.
enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([Member])

  struct Member: Sendable, Equatable {
    var key: String
    var value: JSONValue
  }

  subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }
  var string: String? { if case .string(let string) = self { string } else { nil } }
  var array: [JSONValue]? { if case .array(let array) = self { array } else { nil } }
  var members: [Member]? { if case .object(let members) = self { members } else { nil } }
  var double: Double? { if case .number(let double) = self { double } else { nil } }
  /// A whole number that a `Double` holds exactly.
  var int: Int? {
    guard case .number(let double) = self, abs(double) <= 0x1p53 else { return nil }
    return Int(exactly: double)
  }
}

/// Why bytes are not one JSON value.
struct JSONError: Error, Equatable {
  var message: String
  /// Byte offset.
  var offset: Int
}

extension JSONValue {
  static let maximumDepth = 64

  /// Reads all of `bytes` as one RFC 8259 value. Also refused: duplicate keys, nesting over 64, invalid UTF-8, lone surrogates.
  static func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) -> JSONValue {
    var reader = JSONReader(bytes)
    let value = try reader.value(depth: 0)
    try reader.end()
    return value
  }

  static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
    let result: Result<JSONValue, JSONError> = bytes.withUnsafeBufferPointer { buffer in
      do throws(JSONError) { return .success(try parse(buffer)) } catch { return .failure(error) }
    }
    return try result.get()
  }
}

private struct JSONReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var at = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  private func fail(_ message: String) -> JSONError { JSONError(message: message, offset: at) }
  private var current: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func skipBlanks() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
  }

  mutating func end() throws(JSONError) {
    skipBlanks()
    guard at == bytes.count else { throw fail("something follows the value") }
  }

  mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard depth < JSONValue.maximumDepth else { throw fail("nested deeper than \(JSONValue.maximumDepth)") }
    skipBlanks()
    switch current {
    case UInt8(ascii: "{"): return try object(depth)
    case UInt8(ascii: "["): return try array(depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case let byte? where byte == UInt8(ascii: "-") || byte &- 0x30 < 10: return .number(try number())
    case nil: throw fail("ends too early")
    default: throw fail("not a value")
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    for i in 0..<word.utf8CodeUnitCount {
      guard current == word.utf8Start[i] else { throw fail("not a value") }
      at += 1
    }
    return value
  }

  private mutating func object(_ depth: Int) throws(JSONError) -> JSONValue {
    var members: [JSONValue.Member] = []
    var keys: Set<String> = []
    at += 1
    skipBlanks()
    if take(UInt8(ascii: "}")) { return .object([]) }
    repeat {
      skipBlanks()
      guard current == UInt8(ascii: "\"") else { throw fail("a key must be a string") }
      let key = try string()
      guard keys.insert(key).inserted else { throw fail("duplicate key") }
      skipBlanks()
      guard take(UInt8(ascii: ":")) else { throw fail("`:` expected") }
      members.append(.init(key: key, value: try value(depth: depth + 1)))
      skipBlanks()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw fail("`,` or `}` expected") }
    return .object(members)
  }

  private mutating func array(_ depth: Int) throws(JSONError) -> JSONValue {
    var items: [JSONValue] = []
    at += 1
    skipBlanks()
    if take(UInt8(ascii: "]")) { return .array([]) }
    repeat {
      items.append(try value(depth: depth + 1))
      skipBlanks()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw fail("`,` or `]` expected") }
    return .array(items)
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard current == byte else { return false }
    at += 1
    return true
  }

  private mutating func number() throws(JSONError) -> Double {
    let start = at
    _ = take(UInt8(ascii: "-"))
    let leadingZero = current == UInt8(ascii: "0")
    guard case let whole = digits(), whole == 1 || (whole > 1 && !leadingZero) else { throw fail("not a number") }
    if take(UInt8(ascii: ".")), digits() == 0 { throw fail("not a number") }
    if let byte = current, byte | 0x20 == UInt8(ascii: "e") {
      at += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { at += 1 }
      if digits() == 0 { throw fail("not a number") }
    }
    guard let number = Double(String(decoding: bytes[start..<at], as: UTF8.self)), number.isFinite else { throw fail("number out of range") }
    return number
  }

  private mutating func digits() -> Int {
    let start = at
    while let byte = current, byte &- 0x30 < 10 { at += 1 }
    return at - start
  }

  private mutating func string() throws(JSONError) -> String {
    at += 1
    var text: [UInt8] = []
    while let byte = current, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw fail("control character in a string") }
      at += 1
      if byte == UInt8(ascii: "\\") { try escape(into: &text) } else { text.append(byte) }
    }
    guard take(UInt8(ascii: "\"")) else { throw fail("unfinished string") }
    guard let string = String(validating: text, as: UTF8.self) else { throw fail("invalid UTF-8") }
    return string
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
    guard let byte = current else { throw fail("unfinished string") }
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text.append(contentsOf: Array(String(try escapedScalar()).utf8))
    default: throw fail("unknown escape")
    }
  }

  private mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
    let first = try fourDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw fail("lone surrogate") }
    let second = try fourDigits()
    guard (0xDC00...0xDFFF).contains(second), let scalar = Unicode.Scalar(0x10000 + (first & 0x3FF) << 10 + (second & 0x3FF)) else {
      throw fail("lone surrogate")
    }
    return scalar
  }

  private mutating func fourDigits() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw fail("unknown escape") }
      value = value << 4 | UInt32(digit)
      at += 1
    }
    return value
  }
}
