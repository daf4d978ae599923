import Moderation
import Yams

/// The YAML parser's error in our words: what is wrong, where, what it belongs to, and what to do.
struct SyntaxError {
  private let error: YamlError
  private let source: SourceText
  private let file: String

  init(_ error: YamlError, source: SourceText, file: String) { (self.error, self.source, self.file) = (error, source, file) }

  func report(to diagnostics: inout Diagnostics) {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
      diagnostics.add(syntax(problem, at: mark, context: context))
    case .composer(_, let problem, let mark, _):
      if problem.contains("undefined alias") {
        let word = word(at: mark)
        diagnostics.error(
          "undefined-alias", "alias `\(word)` has no anchor before it", at: span(mark, length: word.unicodeScalars.count),
          hint: "write the anchor `&\(word.dropFirst())` at the value that it stands for, or put the text in quotes")
      } else {
        diagnostics.error("yaml-syntax", problem, at: span(mark))
      }
    case .memory: diagnostics.error("too-deep", "nested too deep", at: span(nil))
    default: diagnostics.error("yaml-syntax", "the file cannot be read as YAML", at: span(nil))
    }
  }

  private func syntax(_ problem: String, at mark: Mark, context: YamlError.Context?) -> Diagnostic {
    let surroundings = context?.text ?? ""
    if problem.contains("exceeded") || problem.contains("nesting") || problem.contains("depth") {
      return Diagnostic(.error, "too-deep", "nested too deep", at: span(mark))
    }
    if surroundings.contains("quoted scalar"), problem.contains("end of stream") || problem.contains("document indicator") {
      return Diagnostic(
        .error, "unclosed-quote", "this quote is never closed", at: span(context?.mark ?? mark),
        hint: "close it, or double a quote inside single quotes")
    }
    if byte(at: mark) == 0x09 || problem.contains("tab character") {
      return Diagnostic(.error, "tab-indentation", "tabs cannot indent YAML", at: span(mark), hint: "indent with spaces")
    }
    var (message, hint) = Self.wording(problem, next: byte(at: mark))
    if byte(at: mark) == UInt8(ascii: "{"), byte(at: mark, before: 1) == UInt8(ascii: "$") {
      (message, hint) = ("a variable inside braces or brackets needs quotes", "write `\"${NAME}\"`")
    }
    let note = context.flatMap { context in
      context.mark.line == mark.line && context.mark.column == mark.column
        ? nil : Diagnostic.Note(Self.origin(context.text), at: span(context.mark))
    }
    return Diagnostic(.error, "yaml-syntax", message, at: span(mark), notes: note.map { [$0] } ?? [], hint: hint)
  }

  /// What the parser says, in terms of what was written.
  private static func wording(_ problem: String, next: UInt8?) -> (message: String, hint: String?) {
    let table: [(String, String, String?)] = [
      ("mapping values are not allowed", "a `key: value` cannot stand here", "put text with `: ` in it in quotes, or check the indentation"),
      ("could not find expected ':'", "no `:` after this key", "write `key: value`"),
      ("did not find expected key", "a key is expected here", "check the indentation; put text with special characters in quotes"),
      ("did not find expected '-' indicator", "a list item with `-` is expected here", "check the indentation"),
      ("did not find expected ',' or ']'", "a list in brackets is not closed here", "add `,` or `]`"),
      ("did not find expected ',' or '}'", "a map in braces is not closed here", "add `,` or `}`"),
      ("did not find expected <document start>", "text after the end of the document", "check the indentation"),
      ("block sequence entries are not allowed", "a list item cannot stand here", "start the list on a line of its own"),
      ("unknown escape character", "unknown escape in double quotes", "use single quotes, where a backslash is itself"),
      ("did not find expected node content", "a value is expected here", nil),
    ]
    for (fragment, message, hint) in table where problem.contains(fragment) { return (message, hint) }
    if problem.contains("cannot start any token"), let next, next > 0x20, next < 0x7F {
      return ("`\(Character(Unicode.Scalar(next)))` cannot start a plain value", "put the value in quotes")
    }
    return (backticked(problem), nil)
  }

  /// What the parser was in the middle of, as a note at its start.
  private static func origin(_ context: String) -> String {
    let table = [
      ("mapping", "the map starts here"), ("sequence", "the list starts here"), ("collection", "the list starts here"), ("simple key", "the key starts here"),
      ("quoted scalar", "the quoted text starts here"), ("block scalar", "the block of text starts here"),
    ]
    return table.first { context.contains($0.0) }?.1 ?? backticked(context.trimmingSpaces)
  }

  private static func backticked(_ text: String) -> String { String(text.map { $0 == "'" ? "`" : $0 }) }

  private func byte(at mark: Mark, before: Int = 0) -> UInt8? {
    guard let line = source.line(mark.line) else { return nil }
    let offset = source.offset(line: mark.line, column: mark.column) - before
    return line.indices.contains(offset) ? line[offset] : nil
  }

  private func word(at mark: Mark) -> String {
    guard let line = source.line(mark.line) else { return "" }
    let start = min(source.offset(line: mark.line, column: mark.column), line.endIndex)
    return String(decoding: line[start...].prefix { !" \t,]}:".utf8.contains($0) }, as: UTF8.self)
  }

  private func span(_ mark: Mark?, length: Int = 1) -> SourceSpan {
    SourceSpan(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1, length: length)
  }
}
