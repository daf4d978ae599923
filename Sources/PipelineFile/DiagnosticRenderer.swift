import Moderation

/// Diagnostics in every form that `winnow lint` prints. Source lines are read from the files again; secrets in them are masked.
public enum DiagnosticRenderer {
  /// Text for people:
  ///
  /// ```
  /// pipelines/chat.yaml:7:5: error: unknown field `treshold` in stage `linear` [unknown-field]
  ///  7 |     treshold: 0.5
  ///    |     ^^^^^^^^
  ///    = hint: did you mean `threshold`?
  /// ```
  ///
  /// - Parameters:
  ///   - color: ANSI colours; only for terminals.
  ///   - texts: contents of files that are not on disk, by the name that spans use.
  /// - Returns: all diagnostics with their source lines, notes and hints; ends with a line feed, or is empty.
  public static func text(_ diagnostics: Diagnostics, color: Bool = false, texts: [String: String] = [:]) -> String {
    DiagnosticText(color: color).render(diagnostics, texts: texts)
  }

  /// Our own JSON: `{"version": 1, "diagnostics": […], "errors": n, "warnings": n}`.
  /// Columns count Unicode scalars from 1; `end_column` is one past the last.
  public static func json(_ diagnostics: Diagnostics) -> String { DiagnosticJSON.render(diagnostics) }

  /// SARIF 2.1.0, which code hosts show beside the lines.
  ///
  /// - Parameters:
  ///   - version: of this program.
  ///   - codes: explanations of codes from other modules; ours are known.
  public static func sarif(_ diagnostics: Diagnostics, version: String, codes: [CodeExplanation] = []) -> String {
    SARIF.render(diagnostics, version: version, codes: PipelineFile.codes + codes)
  }

  /// GitHub's workflow commands: `::error file=…,line=…,col=…,title=code::message`, one line each.
  public static func githubAnnotations(_ diagnostics: Diagnostics) -> String { DiagnosticJSON.githubAnnotations(diagnostics) }

  /// `2 errors, 1 warning in pipelines/chat.yaml`, or `pipelines/chat.yaml: no problems`.
  public static func summary(_ diagnostics: Diagnostics, of name: String) -> String {
    let counts = [Diagnostic.Severity.error, .warning].compactMap { severity -> String? in
      let count = diagnostics.all.count { $0.severity == severity }
      return count == 0 ? nil : "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
    }
    return counts.isEmpty ? "\(name): no problems" : counts.joined(separator: ", ") + " in \(name)"
  }
}

/// One way of writing: source lines with carets.
struct DiagnosticText {
  var color: Bool
  /// A longer source line is cut to this many characters around the span.
  static let width = 160

  func render(_ diagnostics: Diagnostics, texts: [String: String]) -> String {
    let lines = SourceLines(diagnostics, texts: texts)
    return diagnostics.all.map { render($0, lines) }.joined(separator: "\n")
  }

  private func render(_ diagnostic: Diagnostic, _ lines: SourceLines) -> String {
    let label = paint(diagnostic.severity.rawValue + ":", diagnostic.severity == .error ? "1;31" : diagnostic.severity == .warning ? "1;33" : "1;36")
    var text = head(diagnostic.span) + "\(label) \(paint(SourceLines.visible(diagnostic.message), "1")) [\(diagnostic.code)]\n"
    var gutter = 2
    if let span = diagnostic.span { text += excerpt(span, lines, &gutter) }
    for note in diagnostic.notes {
      text += head(note.span) + "\(paint("note:", "1;36")) \(SourceLines.visible(note.message))\n"
      if let span = note.span { text += excerpt(span, lines, &gutter) }
    }
    if let hint = diagnostic.hint { text += String(repeating: " ", count: gutter) + paint("= hint:", "1;32") + " \(SourceLines.visible(hint))\n" }
    return text
  }

  private func head(_ span: SourceSpan?) -> String {
    guard let span else { return "" }
    return span.length == 0 && span.line == 1 && span.column == 1 ? "\(span.file): " : "\(span.file):\(span.line):\(span.column): "
  }

  /// The source line with the span underlined. A span of no length stands for the whole file and shows no line.
  private func excerpt(_ span: SourceSpan, _ lines: SourceLines, _ gutter: inout Int) -> String {
    guard span.length > 0, let line = lines.line(span) else { return "" }
    let number = " \(span.line) "
    gutter = number.count
    let start = min(max(span.column - 1, 0), line.count)
    let end = max(min(start + span.length, line.count), start)
    let window = Self.window(line.count, around: start..<end)
    let (before, after) = (window.lowerBound > 0 ? "…" : "", window.upperBound < line.count ? "…" : "")
    let shown = before + String(String.UnicodeScalarView(line[window])) + after
    let lead = before.isEmpty ? "" : " "
    let padding = lead + line[window.lowerBound..<start].map { $0 == "\t" ? "\t" : String(repeating: " ", count: columns($0)) }.joined()
    let marked = line[start..<min(end, window.upperBound)].reduce(0) { $0 + columns($1) }
    let carets = paint(String(repeating: "^", count: max(1, marked)), "1;32")
    let blank = String(repeating: " ", count: gutter)
    return "\(number)| \(shown)\n\(blank)| \(padding)\(carets)\n"
  }

  private static func window(_ count: Int, around span: Range<Int>) -> Range<Int> {
    guard count > width else { return 0..<count }
    let start = max(0, min(span.lowerBound - width / 3, count - width))
    return start..<min(count, start + width)
  }

  /// Terminal columns of a scalar: 2 for East Asian wide and emoji, 0 for combining marks, else 1.
  private func columns(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: break
    }
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
      0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }

  private func paint(_ text: String, _ style: String) -> String { color ? "\u{1B}[\(style)m\(text)\u{1B}[0m" : text }
}
