import Moderation

import enum RemoteModel.JSONValue

/// What a message is grouped by in a report.
public enum SliceRule: Sendable, Hashable {
  /// Length of the text in characters, in five steps.
  case length
  /// The field `language` or `lang` of the row; else the script that most letters belong to.
  case language
  case script
  /// The value of a field, by its dotted path.
  case field(String)

  public init(written word: String) {
    switch word {
    case "length": self = .length
    case "language": self = .language
    case "script": self = .script
    default: self = .field(word)
    }
  }

  public var name: String {
    switch self {
    case .length: "length"
    case .language: "language"
    case .script: "script"
    case .field(let path): path
    }
  }

  func value(_ row: JSONValue, text: String) -> String? {
    switch self {
    case .length: Self.lengthStep(text.unicodeScalars.count)
    case .language: Self.scalar(row["language"]) ?? Self.scalar(row["lang"]) ?? Script.name(of: text).map { "\($0) script" }
    case .script: Script.name(of: text)
    case .field(let path): Self.scalar(RowFields.value(row, path))
    }
  }

  static func lengthStep(_ characters: Int) -> String {
    switch characters {
    case ...20: "1 to 20"
    case ...80: "21 to 80"
    case ...280: "81 to 280"
    case ...1000: "281 to 1,000"
    default: "over 1,000"
    }
  }

  private static func scalar(_ value: JSONValue?) -> String? {
    switch value {
    case .string(let text): text.isEmpty ? nil : text
    case .number(let text): text
    case .bool(let bool): bool ? "true" : "false"
    default: nil
    }
  }
}

/// The writing system of most letters of a text.
enum Script {
  private static let ranges: [(ClosedRange<UInt32>, String)] = [
    (0x41...0x5A, "Latin"), (0x61...0x7A, "Latin"), (0xC0...0x24F, "Latin"), (0x370...0x3FF, "Greek"), (0x400...0x52F, "Cyrillic"), (0x530...0x58F, "Armenian"),
    (0x590...0x5FF, "Hebrew"), (0x600...0x6FF, "Arabic"), (0x750...0x77F, "Arabic"), (0x900...0x97F, "Devanagari"), (0x980...0x9FF, "Bengali"),
    (0xB80...0xBFF, "Tamil"), (0xE00...0xE7F, "Thai"), (0x10A0...0x10FF, "Georgian"), (0x1100...0x11FF, "Hangul"), (0x3040...0x309F, "Japanese"),
    (0x30A0...0x30FF, "Japanese"), (0x3400...0x4DBF, "Han"), (0x4E00...0x9FFF, "Han"), (0xAC00...0xD7AF, "Hangul"), (0x1E00...0x1EFF, "Latin"),
  ]

  /// nil for a text without letters.
  static func name(of text: String) -> String? {
    var counts: [String: Int] = [:]
    for scalar in text.unicodeScalars {
      if let range = ranges.first(where: { $0.0.contains(scalar.value) }) { counts[range.1, default: 0] += 1 }
    }
    return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
  }
}
