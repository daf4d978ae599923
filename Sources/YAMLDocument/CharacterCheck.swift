import Moderation

/// Bytes that no YAML file should hold: broken UTF-8, control characters, and the three line breaks that YAML 1.1 and 1.2 disagree on.
enum CharacterCheck {
  static func passes(_ bytes: [UInt8], file: String, diagnostics: inout Diagnostics) -> Bool {
    guard isUTF8(bytes, file: file, diagnostics: &diagnostics) else { return false }
    guard let (offset, scalar) = firstRefused(bytes) else { return true }
    let name = "U+" + hex(scalar, digits: 4)
    let span = place(offset, in: bytes, file: file)
    if scalar == 0x85 || scalar == 0x2028 || scalar == 0x2029 {
      diagnostics.error(
        "unusual-line-break", "character \(name) is a line break to some readers of YAML and not to others", at: span,
        hint: "write it as `\\u\(hex(scalar, digits: 4))` inside double quotes")
    } else {
      diagnostics.error(
        "control-character", "character \(name) is not allowed in YAML", at: span,
        hint: scalar <= 0xFF ? "write it as `\\x\(hex(scalar, digits: 2))` inside double quotes" : "remove it")
    }
    return false
  }

  static func isUTF8(_ bytes: [UInt8], file: String, diagnostics: inout Diagnostics) -> Bool {
    guard let offset = bytes.withUnsafeBufferPointer({ firstInvalidUTF8($0) }) else { return true }
    let span = place(offset, in: bytes, file: file)
    diagnostics.error("invalid-utf8", "byte 0x\(hex(bytes[offset], digits: 2)) is not valid UTF-8 here", at: span, hint: "save the file as UTF-8")
    return false
  }

  /// The place of a byte, also where the bytes before it on its line are all that is valid.
  private static func place(_ offset: Int, in bytes: [UInt8], file: String) -> SourceSpan {
    let (line, column) = SourceText(bytes: Array(bytes[..<offset])).place(ofByte: offset)
    return SourceSpan(file: file, line: line, column: column)
  }

  private static func firstRefused(_ bytes: [UInt8]) -> (offset: Int, scalar: UInt32)? {
    for (index, byte) in bytes.enumerated() {
      if byte < 0x20 {
        if byte != 0x09, byte != 0x0A, byte != 0x0D { return (index, UInt32(byte)) }
      } else if byte == 0x7F {
        return (index, 0x7F)
      } else if byte == 0xC2, bytes[index + 1] < 0xA0 {
        return (index, UInt32(bytes[index + 1]))
      } else if byte == 0xE2, bytes[index + 1] == 0x80, bytes[index + 2] & 0xFE == 0xA8 {
        return (index, 0x2000 | UInt32(bytes[index + 2] & 0x3F))
      } else if byte == 0xEF, bytes[index + 1] == 0xBF, bytes[index + 2] >= 0xBE {
        return (index, 0xFFC0 | UInt32(bytes[index + 2] & 0x3F))
      }
    }
    return nil
  }

  /// Well-formed byte sequences of the Unicode standard, table 3-7.
  private static func firstInvalidUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    var index = 0
    while index < bytes.count {
      let lead = bytes[index]
      if lead < 0x80 {
        index += 1
        continue
      }
      let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
      guard lead >= 0xC2, lead <= 0xF4, index + length <= bytes.count else { return index }
      let second = bytes[index + 1]
      let low: UInt8 = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80
      let high: UInt8 = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF
      guard second >= low, second <= high else { return index }
      for next in 2..<max(length, 2) where bytes[index + next] & 0xC0 != 0x80 { return index }
      index += length
    }
    return nil
  }

  private static func hex(_ value: some BinaryInteger, digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
