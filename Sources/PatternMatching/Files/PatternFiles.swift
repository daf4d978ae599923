import Moderation
import YAMLDocument

/// Reads lexicon and rule files. The kind of a lexicon follows from its name: `.yaml`, `.yml` and `.json` are YAML, `.csv` and `.tsv`
/// tables with a header row, everything else plain text.
struct PatternFiles {
  /// The largest lexicon or rule file.
  static let maxBytes = YAMLDocument.Limits.lexicon.bytes
  /// The longest phrase, in bytes. Longer texts are no phrases but matter for a rule or the classifier.
  static let maxPhraseBytes = 256
  /// Problems reported of one file; the rest is counted.
  static let maxProblems = 50

  var patterns = WrittenPatterns()

  mutating func readLexicon(path: String, defaults: PatternDefaults, at span: SourceSpan?, diagnostics: inout Diagnostics) {
    let file = register(path)
    var problems = Diagnostics()
    switch Self.fileExtension(path) {
    case "yaml", "yml", "json":
      guard let setting = YAMLDocument.load(path: path, limits: .lexicon, at: span, diagnostics: &problems) else { break }
      YAMLLexicon(file: file, name: path).read(setting, defaults: defaults, into: &patterns, diagnostics: &problems)
    case "csv", "tsv":
      guard let bytes = SourceFile.read(path: path, file: path, maxBytes: Self.maxBytes, at: span, diagnostics: &problems) else { break }
      TableLexicon(file: file, name: path, separator: Self.fileExtension(path) == "csv" ? 0x2C : 0x09)
        .read(bytes, defaults: defaults, into: &patterns, diagnostics: &problems)
    default:
      guard let bytes = SourceFile.read(path: path, file: path, maxBytes: Self.maxBytes, at: span, diagnostics: &problems) else { break }
      PlainLexicon(file: file, name: path).read(bytes, defaults: defaults, into: &patterns, diagnostics: &problems)
    }
    Self.add(problems, of: path, to: &diagnostics)
  }

  mutating func readRules(path: String, defaults: PatternDefaults, at span: SourceSpan?, diagnostics: inout Diagnostics) {
    let file = register(path)
    var problems = Diagnostics()
    if let setting = YAMLDocument.load(path: path, limits: .lexicon, at: span, diagnostics: &problems) {
      RulesFile(file: file, name: path).read(setting, defaults: defaults, into: &patterns, diagnostics: &problems)
    }
    Self.add(problems, of: path, to: &diagnostics)
  }

  private mutating func register(_ path: String) -> Int32 {
    let last = path.split(separator: "/").last.map(String.init) ?? path
    let stem = last.lastIndex(of: ".").map { String(last[..<$0]) } ?? last
    patterns.files.append((name: stem.isEmpty ? last : stem, path: path))
    return Int32(patterns.files.count - 1)
  }

  private static func fileExtension(_ path: String) -> String {
    let last = path.split(separator: "/").last ?? ""
    return last.lastIndex(of: ".").map { last[last.index(after: $0)...].lowercased() } ?? ""
  }

  /// Adds the first problems and a count of the rest.
  static func add(_ problems: Diagnostics, of name: String, to diagnostics: inout Diagnostics) {
    for problem in problems.all.prefix(maxProblems) { diagnostics.add(problem) }
    let rest = problems.all.dropFirst(maxProblems)
    guard let first = rest.first else { return }
    let severity: Diagnostic.Severity = rest.contains { $0.severity == .error } ? .error : .warning
    diagnostics.add(Diagnostic(severity, "more-problems", "\(rest.count) more problems in `\(name)`", at: first.span))
  }
}

/// What every kind of lexicon checks of a phrase.
enum PhraseCheck {
  /// The phrase without blanks around it; nil with the reason in `diagnostics` when it cannot be matched.
  static func clean(_ text: String, at span: SourceSpan, diagnostics: inout Diagnostics) -> String? {
    // Counting in characters, as trimming does, costs more than all else in a long list.
    let isBlank = { (byte: UInt8?) in byte == 0x20 || byte == 0x09 }
    let trimmed = isBlank(text.utf8.first) || isBlank(text.utf8.last) ? text.trimmingSpaces : text
    if trimmed.isEmpty {
      diagnostics.error("empty-phrase", "a phrase must not be empty", at: span)
      return nil
    }
    if trimmed.utf8.count > PatternFiles.maxPhraseBytes {
      diagnostics.error(
        "phrase-too-long", "a phrase has at most \(PatternFiles.maxPhraseBytes) bytes, this one has \(trimmed.utf8.count)", at: span,
        hint: "write a rule with a pattern instead")
      return nil
    }
    if trimmed.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) {
      diagnostics.error("invalid-character", "a phrase must not hold control characters", at: span)
      return nil
    }
    return trimmed
  }
}
