/// A place in a file: 1-based line and column (columns in Unicode scalars), and how many scalars it covers on that line.
public struct SourceSpan: Sendable, Hashable {
  public var file: String
  public var line: Int
  public var column: Int
  public var length: Int
  public init(file: String, line: Int, column: Int, length: Int = 1) {
    self.file = file
    self.line = line
    self.column = column
    self.length = length
  }
}

/// One problem in something a person wrote: pipeline, policy, lexicon, rules, data.
///
/// Grammar of `message` and `hint`: no capital at the start, no full stop at the end, names in backticks; tests hold it.
public struct Diagnostic: Sendable, Hashable, Error {
  public enum Severity: String, Sendable, Codable { case error, warning, note }
  public struct Note: Sendable, Hashable {
    public var message: String
    public var span: SourceSpan?
    public init(_ message: String, at span: SourceSpan? = nil) { (self.message, self.span) = (message, span) }
  }
  public var severity: Severity
  /// Kebab-case name that `winnow explain` knows, for example `unknown-field`.
  public var code: String
  public var message: String
  public var span: SourceSpan?
  public var notes: [Note]
  public var hint: String?

  public init(_ severity: Severity = .error, _ code: String, _ message: String, at span: SourceSpan?, notes: [Note] = [], hint: String? = nil) {
    self.severity = severity
    self.code = code
    self.message = message
    self.span = span
    self.notes = notes
    self.hint = hint
  }
}

/// Collects all problems of a file, so that they are reported at once.
public struct Diagnostics: Sendable {
  public private(set) var all: [Diagnostic] = []
  public init() {}
  public mutating func add(_ diagnostic: Diagnostic) { all.append(diagnostic) }
  public mutating func add(contentsOf other: Diagnostics) { all.append(contentsOf: other.all) }
  public mutating func error(_ code: String, _ message: String, at span: SourceSpan?, notes: [Diagnostic.Note] = [], hint: String? = nil) {
    add(Diagnostic(.error, code, message, at: span, notes: notes, hint: hint))
  }
  public mutating func warning(_ code: String, _ message: String, at span: SourceSpan?, notes: [Diagnostic.Note] = [], hint: String? = nil) {
    add(Diagnostic(.warning, code, message, at: span, notes: notes, hint: hint))
  }
  public var hasErrors: Bool { all.contains { $0.severity == .error } }
  public var isEmpty: Bool { all.isEmpty }
}

/// All problems of something a person wrote, thrown as one. Rendered by the caller.
public struct DiagnosticsError: Error, Sendable {
  public var diagnostics: Diagnostics
  public init(_ diagnostics: Diagnostics) { self.diagnostics = diagnostics }
}

/// What `winnow explain CODE` says of a diagnostic code. Every module exports the codes that it emits as `static let codes: [CodeExplanation]`.
public struct CodeExplanation: Sendable, Hashable {
  /// Kebab-case, for example `unknown-field`.
  public var code: String
  /// One line, in the grammar of messages.
  public var title: String
  /// What it means, and why it is bad: one or two sentences each.
  public var meaning: String
  public var why: String
  /// What is wrong, as it would be written, and the same put right.
  public var example: String
  public var fix: String
  public init(_ code: String, _ title: String, meaning: String, why: String, example: String = "", fix: String = "") {
    self.code = code
    self.title = title
    self.meaning = meaning
    self.why = why
    self.example = example
    self.fix = fix
  }
}

/// The nearest of `candidates` to a misspelt `word`, when it is near enough to be meant (Damerau-Levenshtein distance below 4 and below half the length).
public func nearestSpelling(to word: String, in candidates: some Sequence<String>) -> String? {
  var best: (name: String, distance: Int)?
  for candidate in candidates {
    let distance = editDistance(Array(word.lowercased().unicodeScalars), Array(candidate.lowercased().unicodeScalars))
    if distance < min(4, max(2, candidate.count / 2 + 1)), distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.name
}

/// Optimal string alignment distance (insert, delete, replace, swap of neighbours).
func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
  if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
  var rows = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
  for i in 0...a.count { rows[i][0] = i }
  for j in 0...b.count { rows[0][j] = j }
  for i in 1...a.count {
    for j in 1...b.count {
      let substitution = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
      rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, substitution)
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1) }
    }
  }
  return rows[a.count][b.count]
}
