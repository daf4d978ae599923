import Moderation

/// Diagnostics as SARIF 2.1.0 (OASIS), which code hosts show beside the lines. Columns count Unicode code points, as `columnKind` says.
enum SARIF {
  static let schema = "https://json.schemastore.org/sarif-2.1.0.json"

  /// Every code in use becomes a rule, also one without an explanation.
  static func render(_ diagnostics: Diagnostics, version: String, codes: [CodeExplanation]) -> String {
    let used = Set(diagnostics.all.map(\.code)).sorted()
    let known = Dictionary(codes.map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first })
    let driver = JSONTree.object([
      ("name", "winnow"), ("version", .string(version)), ("rules", .array(used.map { rule($0, known[$0]) })),
    ])
    let results = diagnostics.all.map { result($0, ruleIndex: used.firstIndex(of: $0.code) ?? 0) }
    return JSONTree.object([
      ("version", "2.1.0"), ("$schema", .string(schema)),
      ("runs", .array([.object([("tool", .object([("driver", driver)])), ("columnKind", "unicodeCodePoints"), ("results", .array(results))])])),
    ]).pretty
  }

  private static func rule(_ code: String, _ explanation: CodeExplanation?) -> JSONTree {
    var fields: [(String, JSONTree)] = [("id", .string(code))]
    if let explanation {
      fields += [
        ("shortDescription", text(explanation.title)), ("fullDescription", text(explanation.meaning)), ("help", text(Explain.page(explanation))),
      ]
    }
    return .object(fields)
  }

  private static func result(_ diagnostic: Diagnostic, ruleIndex: Int) -> JSONTree {
    let message = diagnostic.message + (diagnostic.hint.map { "; hint: \($0)" } ?? "")
    var fields: [(String, JSONTree)] = [
      ("ruleId", .string(diagnostic.code)), ("ruleIndex", .int(ruleIndex)), ("level", .string(diagnostic.severity.rawValue)), ("message", text(message)),
    ]
    if let span = diagnostic.span { fields.append(("locations", .array([.object([("physicalLocation", location(span))])]))) }
    let related = diagnostic.notes.enumerated().compactMap { index, note in
      note.span.map { JSONTree.object([("id", .int(index + 1)), ("message", text(note.message)), ("physicalLocation", location($0))]) }
    }
    if !related.isEmpty { fields.append(("relatedLocations", .array(related))) }
    return .object(fields)
  }

  private static func location(_ span: SourceSpan) -> JSONTree {
    .object([
      ("artifactLocation", .object([("uri", .string(uri(span.file)))])),
      ("region", .object([("startLine", .int(span.line)), ("startColumn", .int(span.column)), ("endColumn", .int(span.column + span.length))])),
    ])
  }

  private static func text(_ text: String) -> JSONTree { .object([("text", .string(text))]) }

  /// A relative reference, or a `file:` address for an absolute path (RFC 3986).
  static func uri(_ path: String) -> String {
    let escaped = path.utf8.map { byte -> String in
      let letter = (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
      if letter || "-._~/".utf8.contains(byte) { return String(UnicodeScalar(byte)) }
      return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }.joined()
    return path.hasPrefix("/") ? "file://" + escaped : escaped
  }
}
