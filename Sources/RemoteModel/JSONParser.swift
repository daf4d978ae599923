/// Recursive descent over bytes; depth-limited, so that the stack is safe from `[[[[…`.
struct JSONParser {
  let bytes: [UInt8]
  var position: Int

  init(_ bytes: [UInt8], position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  var atEnd: Bool { position >= bytes.count }
  private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

  func failure(_ problem: String) -> JSONSyntaxError { JSONSyntaxError(problem: problem, offset: position) }

  mutating func skipBlanks() {
    while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONValue {
    guard depth < JSONValue.maximumDepth else { throw failure("nested too deeply") }
    skipBlanks()
    switch byte {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case nil: throw failure("unexpected end")
    case let byte?:
      guard byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { throw failure("unexpected character") }
      return .number(try number())
    }
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
    guard bytes[position...].starts(with: word.utf8) else { throw failure("unknown word") }
    position += word.utf8.count
    return value
  }

  private mutating func take(_ character: UInt8) -> Bool {
    guard byte == character else { return false }
    position += 1
    return true
  }

  private mutating func object(depth: Int) throws(JSONSyntaxError) -> JSONValue {
    position += 1
    var members: [JSONValue.Member] = []
    skipBlanks()
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipBlanks()
      guard byte == UInt8(ascii: "\"") else { throw failure("expected a key") }
      let key = try string()
      skipBlanks()
      guard take(UInt8(ascii: ":")) else { throw failure("expected a colon") }
      members.append(.init(key, try value(depth: depth + 1)))
      skipBlanks()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "}")) else { throw failure("expected a comma or the object's end") }
      return .object(members)
    }
  }

  private mutating func array(depth: Int) throws(JSONSyntaxError) -> JSONValue {
    position += 1
    var items: [JSONValue] = []
    skipBlanks()
    if take(UInt8(ascii: "]")) { return .array(items) }
    while true {
      items.append(try value(depth: depth + 1))
      skipBlanks()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "]")) else { throw failure("expected a comma or the list's end") }
      return .array(items)
    }
  }

  private mutating func number() throws(JSONSyntaxError) -> String {
    let start = position
    _ = take(UInt8(ascii: "-"))
    let firstDigit = position
    skipDigits()
    guard position > firstDigit, position == firstDigit + 1 || bytes[firstDigit] != UInt8(ascii: "0") else { throw failure("not a number") }
    if take(UInt8(ascii: ".")) { try requireDigits() }
    if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
      position += 1
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try requireDigits()
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func skipDigits() {
    while let byte, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
  }

  private mutating func requireDigits() throws(JSONSyntaxError) {
    let start = position
    skipDigits()
    guard position > start else { throw failure("not a number") }
  }

  private mutating func string() throws(JSONSyntaxError) -> String {
    position += 1
    var text: [UInt8] = []
    while let next = byte {
      position += 1
      switch next {
      case UInt8(ascii: "\""):
        guard let decoded = String(validating: text, as: UTF8.self) else { throw failure("invalid UTF-8 in a string") }
        return decoded
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20: throw failure("raw control character in a string")
      default: text.append(next)
      }
    }
    throw failure("string without an end")
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONSyntaxError) {
    guard let kind = byte else { throw failure("unexpected end") }
    position += 1
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(kind)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text.append(contentsOf: String(Character(try unicodeEscape())).utf8)
    default: throw failure("unknown escape")
    }
  }

  private mutating func unicodeEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
    let unit = try hexUnit()
    if (0xD800..<0xDC00).contains(unit) {
      guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw failure("lone surrogate") }
      let low = try hexUnit()
      guard (0xDC00..<0xE000).contains(low), let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)) else {
        throw failure("lone surrogate")
      }
      return scalar
    }
    guard let scalar = Unicode.Scalar(unit) else { throw failure("lone surrogate") }
    return scalar
  }

  private mutating func hexUnit() throws(JSONSyntaxError) -> UInt32 {
    guard position + 4 <= bytes.count else { throw failure("unexpected end") }
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = hexDigit(bytes[position]) else { throw failure("not four hex digits") }
      unit = unit << 4 | digit
      position += 1
    }
    return unit
  }

  private func hexDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
    default: nil
    }
  }
}
