import Moderation

/// What an unquoted scalar means, by the core schema of YAML 1.2.2 (section 10.3.2), with two deviations:
/// a number with a needless leading zero (`007`) stays text, because YAML 1.1 reads it as octal;
/// and `.inf` and `.nan` are not numbers here but a mistake.
///
/// So `yes`, `no`, `on`, `off`, `12:30` and `1_000` are plain text: only `true` and `false` are booleans.
enum PlainScalar {
  enum Reading: Equatable {
    case value(Setting.Value)
    /// `.inf`, `.nan`, or a number beyond the range of a 64-bit float.
    case notFinite
  }

  static func read(_ text: String) -> Reading {
    guard let first = text.utf8.first else { return .value(.null) }
    switch first {
    case UInt8(ascii: "~"), UInt8(ascii: "n"), UInt8(ascii: "N"):
      if text == "~" || text == "null" || text == "Null" || text == "NULL" { return .value(.null) }
    case UInt8(ascii: "t"), UInt8(ascii: "T"):
      if text == "true" || text == "True" || text == "TRUE" { return .value(.bool(true)) }
    case UInt8(ascii: "f"), UInt8(ascii: "F"):
      if text == "false" || text == "False" || text == "FALSE" { return .value(.bool(false)) }
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."):
      return number(text) ?? .value(.string(text))
    default: break
    }
    return .value(.string(text))
  }

  private static func number(_ text: String) -> Reading? {
    let digits = Array(text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") })
    guard text.utf8.count - digits.count <= 1, let first = digits.first else { return nil }
    if [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(String(decoding: digits, as: UTF8.self)) { return .notFinite }
    if digits.count == text.utf8.count, digits.count > 2, first == UInt8(ascii: "0"), let value = based(digits) { return .value(.int(value)) }
    guard isDecimal(digits) else { return nil }
    if let value = Int(text) { return .value(.int(value)) }
    guard let value = Double(text) else { return nil }
    return value.isFinite ? .value(.double(value)) : .notFinite
  }

  /// `0x1F` and `0o17`.
  private static func based(_ digits: [UInt8]) -> Int? {
    let radix = digits[1] == UInt8(ascii: "x") ? 16 : digits[1] == UInt8(ascii: "o") ? 8 : 0
    guard radix != 0, digits[2] != UInt8(ascii: "-"), digits[2] != UInt8(ascii: "+") else { return nil }
    return Int(String(decoding: digits[2...], as: UTF8.self), radix: radix)
  }

  /// `( [0-9]+ ( \. [0-9]* )? | \. [0-9]+ ) ( [eE] [-+]? [0-9]+ )?`, without needless leading zeros.
  private static func isDecimal(_ text: [UInt8]) -> Bool {
    var rest = text[...]
    func takeDigits() -> Int {
      let end = rest.firstIndex { $0 < 0x30 || $0 > 0x39 } ?? rest.endIndex
      defer { rest = rest[end...] }
      return end - rest.startIndex
    }
    let leadsWithZero = rest.first == 0x30
    let whole = takeDigits()
    if leadsWithZero, whole > 1 { return false }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      if takeDigits() + whole == 0 { return false }
    } else if whole == 0 {
      return false
    }
    guard let exponent = rest.first else { return true }
    guard exponent == UInt8(ascii: "e") || exponent == UInt8(ascii: "E") else { return false }
    rest = rest.dropFirst()
    if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    return takeDigits() > 0 && rest.isEmpty
  }
}
