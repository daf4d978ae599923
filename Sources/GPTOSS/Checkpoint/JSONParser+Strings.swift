/// Strings: checked in place, decoded only when somebody reads one that holds escapes.
extension JSONParser {
  /// From the opening quote to behind the closing one; checks escapes and UTF-8.
  mutating func parseString() throws(Offence) {
    position += 1
    let start = position
    var isEscaped = false
    while position < text.count {
      let byte = text[position]
      switch byte {
      case UInt8(ascii: "\""):
        append(.string, from: start, to: position, isEscaped: isEscaped)
        position += 1
        return
      case UInt8(ascii: "\\"):
        isEscaped = true
        try skipEscape()
      case 0..<0x20: throw offence("control character in a string")
      case 0x20..<0x80: position += 1
      default: try skipScalar(byte)
      }
    }
    throw Offence(message: "the string is not closed", offset: start - 1)
  }

  private mutating func skipEscape() throws(Offence) {
    let start = position
    guard position + 1 < text.count else { throw offence("the string is not closed") }
    switch text[position + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"),
      UInt8(ascii: "t"):
      position += 2
    case UInt8(ascii: "u"):
      let first = try skipUnicodeEscape()
      guard !(0xDC00..<0xE000).contains(first) else { throw Offence(message: "unpaired surrogate", offset: start) }
      guard (0xD800..<0xDC00).contains(first) else { return }
      let isFollowed = position + 1 < text.count && text[position] == UInt8(ascii: "\\") && text[position + 1] == UInt8(ascii: "u")
      guard isFollowed, (0xDC00..<0xE000).contains(try skipUnicodeEscape()) else { throw Offence(message: "unpaired surrogate", offset: start) }
    default: throw offence("unknown escape")
    }
  }

  /// `\uXXXX` at `position`; its value.
  private mutating func skipUnicodeEscape() throws(Offence) -> UInt16 {
    var value: UInt16 = 0
    for i in position + 2..<position + 6 {
      guard i < text.count, let digit = Self.hexDigit(text[i]) else { throw offence("expected four hexadecimal digits") }
      value = value << 4 | UInt16(digit)
    }
    position += 6
    return value
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// One scalar of two to four bytes. Table 3-7 of the Unicode standard: the second byte's range depends on the first.
  private mutating func skipScalar(_ first: UInt8) throws(Offence) {
    let (length, second): (Int, ClosedRange<UInt8>)
    switch first {
    case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: throw offence("invalid UTF-8")
    }
    guard position + length <= text.count, second.contains(text[position + 1]) else { throw offence("invalid UTF-8") }
    for i in 2..<max(length, 2) where text[position + i] & 0xC0 != 0x80 { throw offence("invalid UTF-8") }
    position += length
  }

  /// The bytes that a checked string's text stands for.
  static func decodeEscapes(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var i = 0
    while i < text.count {
      guard text[i] == UInt8(ascii: "\\") else {
        bytes.append(text[i])
        i += 1
        continue
      }
      switch text[i + 1] {
      case UInt8(ascii: "b"): bytes.append(0x08)
      case UInt8(ascii: "f"): bytes.append(0x0C)
      case UInt8(ascii: "n"): bytes.append(0x0A)
      case UInt8(ascii: "r"): bytes.append(0x0D)
      case UInt8(ascii: "t"): bytes.append(0x09)
      case UInt8(ascii: "u"):
        i += decodeUnicodeEscape(text, at: i, into: &bytes)
        continue
      default: bytes.append(text[i + 1])
      }
      i += 2
    }
    return bytes
  }

  /// Appends the scalar of one `\uXXXX` or surrogate pair; how many bytes of text it took.
  private static func decodeUnicodeEscape(_ text: UnsafeBufferPointer<UInt8>, at start: Int, into bytes: inout [UInt8]) -> Int {
    func unit(_ at: Int) -> UInt32 { (at..<at + 4).reduce(0) { $0 << 4 | UInt32(hexDigit(text[$1]) ?? 0) } }
    let first = unit(start + 2)
    let isPair = (0xD800..<0xDC00).contains(first)
    let value = isPair ? 0x10000 + (first - 0xD800) << 10 + (unit(start + 8) - 0xDC00) : first
    // The parser has refused unpaired surrogates, so the scalar always exists.
    bytes.append(contentsOf: Unicode.Scalar(value).map { Array(String(Character($0)).utf8) } ?? [])
    return isPair ? 12 : 6
  }
}
