import Moderation

/// Our own JSON, and GitHub's workflow commands.
enum DiagnosticJSON {
  static func render(_ diagnostics: Diagnostics) -> String {
    let items = diagnostics.all.map { diagnostic in
      var fields: [(String, JSONTree)] = [
        ("severity", .string(diagnostic.severity.rawValue)), ("code", .string(diagnostic.code)), ("message", .string(diagnostic.message)),
      ]
      fields += place(diagnostic.span)
      if let hint = diagnostic.hint { fields.append(("hint", .string(hint))) }
      if !diagnostic.notes.isEmpty {
        fields.append(("notes", .array(diagnostic.notes.map { .object([("message", .string($0.message))] + place($0.span)) })))
      }
      return JSONTree.object(fields)
    }
    return JSONTree.object([
      ("version", 1), ("diagnostics", .array(items)), ("errors", .int(diagnostics.all.count { $0.severity == .error })),
      ("warnings", .int(diagnostics.all.count { $0.severity == .warning })),
    ]).pretty
  }

  private static func place(_ span: SourceSpan?) -> [(String, JSONTree)] {
    guard let span else { return [] }
    return [("file", .string(span.file)), ("line", .int(span.line)), ("column", .int(span.column)), ("end_column", .int(span.column + span.length))]
  }

  static func githubAnnotations(_ diagnostics: Diagnostics) -> String {
    func escaped(_ text: String, property: Bool) -> String {
      var result = ""
      for scalar in text.unicodeScalars {
        switch scalar {
        case "%": result += "%25"
        case "\r": result += "%0D"
        case "\n": result += "%0A"
        case ":" where property: result += "%3A"
        case "," where property: result += "%2C"
        default: result.unicodeScalars.append(scalar)
        }
      }
      return result
    }
    return diagnostics.all.map { diagnostic in
      let level = diagnostic.severity == .note ? "notice" : diagnostic.severity.rawValue
      var properties: [String] = []
      if let span = diagnostic.span {
        properties = ["file=\(escaped(span.file, property: true))", "line=\(span.line)", "col=\(span.column)", "endColumn=\(span.column + span.length)"]
      }
      properties.append("title=\(diagnostic.code)")
      let message = diagnostic.message + (diagnostic.hint.map { " (\($0))" } ?? "")
      return "::\(level) \(properties.joined(separator: ","))::\(escaped(message, property: false))\n"
    }.joined()
  }
}
