import Moderation

/// What a file or the stage says once for all its entries.
struct PatternDefaults: Sendable {
  var category: String?
  var severity: Severity?
  var effect = PatternEffect.signal
  var match = PhraseMatch.word
  var flags = ""
  var streams: TextStreams?
}

/// A phrase of a lexicon as written, checked.
struct WrittenPhrase: Sendable {
  var text: String
  var category: String?
  var severity: Severity?
  var effect: PatternEffect
  var match: PhraseMatch
  var id: String?
  /// Longer phrases that hide this one where they stand around it.
  var exempt: [String]
  var file: Int32
  var line: Int32
  var column: Int32
}

/// A rule as written, checked but for its pattern.
struct WrittenRule: Sendable {
  var id: String
  var pattern: String
  var flags: String
  var category: String?
  var severity: Severity?
  var effect: PatternEffect
  var streams: TextStreams?
  var description: String?
  var span: SourceSpan
  /// Where the pattern's own text starts.
  var patternSpan: SourceSpan
}

/// All that the files of one stage say.
struct WrittenPatterns: Sendable {
  /// Name in rule ids, and path, of each file.
  var files: [(name: String, path: String)] = []
  var phrases: [WrittenPhrase] = []
  var rules: [WrittenRule] = []
}
