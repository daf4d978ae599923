import Moderation

/// A lexicon as CSV (RFC 4180) or tab-separated values. The header row names the columns: `phrase`, and any of `category`, `severity`,
/// `effect`, `final`, `match`, `id`, `exempt` (several separated by `|`).
struct TableLexicon {
  static let columns = ["phrase", "category", "severity", "effect", "final", "match", "id", "exempt"]
  let file: Int32
  let name: String
  let separator: UInt8

  func read(_ bytes: [UInt8], defaults: PatternDefaults, into patterns: inout WrittenPatterns, diagnostics: inout Diagnostics) {
    var rows = TableReader(bytes, separator: separator)
    guard let header = rows.next() else {
      diagnostics.error("missing-header", "a table needs a header row", at: span(1), hint: "the first row names the columns: `phrase,category`")
      return
    }
    let columns = header.map { ($0.text ?? "").trimmingSpaces }
    guard check(columns, diagnostics: &diagnostics) else { return }
    while let row = rows.next() {
      if row.count == 1, row[0].text?.trimmingSpaces == "" { continue }
      guard row.count == columns.count else {
        diagnostics.error("wrong-column-count", "the row has \(row.count) columns, the header has \(columns.count)", at: span(row[0].line))
        continue
      }
      read(row, columns: columns, defaults: defaults, into: &patterns, diagnostics: &diagnostics)
    }
    if let line = rows.unclosedQuote { diagnostics.error("unclosed-quote", "a quoted field does not end", at: span(line)) }
  }

  private func span(_ line: Int) -> SourceSpan { SourceSpan(file: name, line: line, column: 1, length: 1) }

  private func check(_ columns: [String], diagnostics: inout Diagnostics) -> Bool {
    var isGood = true
    for (index, column) in columns.enumerated() where !Self.columns.contains(column) || columns.firstIndex(of: column) != index {
      let hint = nearestSpelling(to: column, in: Self.columns).map { "did you mean `\($0)`?" } ?? "the columns are \(SettingFields.listed(Self.columns))"
      let isDouble = Self.columns.contains(column)
      diagnostics.error("unknown-column", isDouble ? "column `\(column)` stands twice" : "unknown column `\(column)`", at: span(1), hint: hint)
      isGood = false
    }
    if !columns.contains("phrase") {
      diagnostics.error("missing-field", "no column `phrase`", at: span(1))
      isGood = false
    }
    return isGood
  }

  private func read(
    _ row: [TableReader.Field], columns: [String], defaults: PatternDefaults, into patterns: inout WrittenPatterns, diagnostics: inout Diagnostics
  ) {
    let place = span(row[0].line)
    var values: [String: String] = [:]
    for (column, field) in zip(columns, row) {
      guard let text = field.text else {
        diagnostics.error("invalid-utf8", "column `\(column)` is not valid UTF-8", at: place)
        return
      }
      if text.isEmpty { continue }
      let trimmed = column == "phrase" ? text : text.trimmingSpaces
      if !trimmed.isEmpty { values[column] = trimmed }
    }
    guard let phrase = PhraseCheck.clean(values["phrase"] ?? "", at: place, diagnostics: &diagnostics) else { return }
    func choice<Value>(_ key: String, _ all: [(String, Value)]) -> Value? {
      values[key].flatMap { SettingFields.choice($0, key, all, at: place, diagnostics: &diagnostics) }
    }
    let isFinal = choice("final", [("true", true), ("yes", true), ("1", true), ("false", false), ("no", false), ("0", false)])
    let effect = SettingFields.effect(choice("effect", SettingFields.effects), isFinal: isFinal, outer: defaults.effect, at: place, diagnostics: &diagnostics)
    patterns.phrases.append(
      WrittenPhrase(
        text: phrase, category: values["category"] ?? defaults.category, severity: choice("severity", SettingFields.severities) ?? defaults.severity,
        effect: effect, match: choice("match", SettingFields.matches) ?? defaults.match, id: values["id"],
        exempt: values["exempt"].map { $0.split(separator: "|").map(\.trimmingSpaces).filter { !$0.isEmpty } } ?? [],
        file: file, line: Int32(row[0].line), column: 1))
  }
}

/// Rows of a CSV or TSV file. Quoted fields may hold separators, doubled quotes and line ends.
struct TableReader {
  struct Field {
    var text: String?
    var line: Int
  }
  private let bytes: [UInt8]
  private let separator: UInt8
  private var index: Int
  private var line = 1
  /// The line of a quote that never closed.
  private(set) var unclosedQuote: Int?

  init(_ bytes: [UInt8], separator: UInt8) {
    self.bytes = bytes
    self.separator = separator
    index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  mutating func next() -> [Field]? {
    guard index < bytes.count else { return nil }
    var row: [Field] = []
    repeat { row.append(field()) } while takeSeparator()
    takeLineEnd()
    return row
  }

  private mutating func field() -> Field {
    let first = line
    guard index < bytes.count, bytes[index] == 0x22 else { return Field(text: plainField(), line: first) }
    index += 1
    var content: [UInt8] = []
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == 0x22 {
        guard index < bytes.count, bytes[index] == 0x22 else {
          content += rest()
          return Field(text: String(validating: content, as: UTF8.self), line: first)
        }
        index += 1
      }
      if byte == 0x0A { line += 1 }
      content.append(byte)
    }
    unclosedQuote = unclosedQuote ?? first
    return Field(text: String(validating: content, as: UTF8.self), line: first)
  }

  /// What stands between a closing quote and the separator; kept, as some writers put blanks there.
  private mutating func rest() -> ArraySlice<UInt8> {
    let start = index
    skipField()
    return bytes[start..<index]
  }

  private mutating func plainField() -> String? {
    let start = index
    skipField()
    return String(validating: bytes[start..<index], as: UTF8.self)
  }

  private mutating func skipField() {
    while index < bytes.count, bytes[index] != separator, bytes[index] != 0x0A, bytes[index] != 0x0D { index += 1 }
  }

  private mutating func takeSeparator() -> Bool {
    guard index < bytes.count, bytes[index] == separator else { return false }
    index += 1
    return true
  }

  private mutating func takeLineEnd() {
    if index < bytes.count, bytes[index] == 0x0D { index += 1 }
    if index < bytes.count, bytes[index] == 0x0A { index += 1 }
    line += 1
  }
}
