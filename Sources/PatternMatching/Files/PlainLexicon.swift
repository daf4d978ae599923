import Moderation

/// A lexicon as plain text: one phrase a line. Lines that start with `#` are comments; `\#` starts a phrase with `#`.
struct PlainLexicon {
  let file: Int32
  let name: String

  func read(_ bytes: [UInt8], defaults: PatternDefaults, into patterns: inout WrittenPatterns, diagnostics: inout Diagnostics) {
    var lines = LineReader(bytes)
    while let line = lines.next() {
      let span = SourceSpan(file: name, line: lines.number, column: 1, length: 1)
      guard let first = line.range.first(where: { bytes[$0] != 0x20 && bytes[$0] != 0x09 }), bytes[first] != 0x23 else { continue }
      let isEscaped = bytes[first] == 0x5C && first + 1 < line.range.upperBound && bytes[first + 1] == 0x23
      guard let phrase = String(validating: bytes[(isEscaped ? first + 1 : first)..<line.range.upperBound], as: UTF8.self) else {
        diagnostics.error("invalid-utf8", "the line is not valid UTF-8", at: span)
        continue
      }
      guard let clean = PhraseCheck.clean(phrase, at: span, diagnostics: &diagnostics) else { continue }
      patterns.phrases.append(
        WrittenPhrase(
          text: clean, category: defaults.category, severity: defaults.severity, effect: defaults.effect, match: defaults.match, id: nil,
          exempt: [], file: file, line: Int32(lines.number), column: 1))
    }
  }
}

/// Lines of a file: LF, CR LF, a byte order mark at the start, no end at the last one.
struct LineReader {
  struct Line {
    var range: Range<Int>
  }
  private let bytes: [UInt8]
  private var index: Int
  /// 1-based number of the line returned last.
  private(set) var number = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  mutating func next() -> Line? {
    guard index < bytes.count else { return nil }
    let start = index
    while index < bytes.count, bytes[index] != 0x0A { index += 1 }
    var end = index
    if end > start, bytes[end - 1] == 0x0D { end -= 1 }
    index += 1
    number += 1
    return Line(range: start..<end)
  }
}
