import Moderation

/// A policy's text as its linter sees it: lines with their places in the file, and the sections that they stand in.
struct PolicyText {
  enum Section: String, CaseIterable {
    case instructions = "INSTRUCTIONS"
    case definitions = "DEFINITIONS"
    case violates = "VIOLATES"
    case safe = "SAFE"
    case examples = "EXAMPLES"

    /// Words that head such a section in policies as people write them.
    var headings: [String] {
      switch self {
      case .instructions: ["instruction", "task", "goal", "what to do"]
      case .definitions: ["definition", "terms", "glossary"]
      case .violates: ["violat", "invalid", "not allowed", "disallowed", "prohibited", "criteria", "flag content", "block"]
      case .safe: ["safe", "non-violating", "allowed", "valid", "do not flag", "not a violation", "acceptable", "exception"]
      case .examples: ["example"]
      }
    }
  }

  struct Line {
    var text: Substring
    /// 1-based line in the file.
    var number: Int
    var section: Section?
    var isHeading: Bool
  }

  let file: String
  let lines: [Line]

  init(body: String, fileText: String, file: String) {
    self.file = file
    let bodyLines = body.split(separator: "\n", omittingEmptySubsequences: false)
    let offset = fileText.split(separator: "\n", omittingEmptySubsequences: false).count - bodyLines.count
    var section: Section?
    var isFenced = false
    var lines: [Line] = []
    for (index, text) in bodyLines.enumerated() {
      if text.hasPrefix("```") { isFenced.toggle() }
      let heading = isFenced ? nil : Self.heading(text)
      if let heading { section = Self.section(heading) ?? (text.hasPrefix("###") ? section : nil) }
      lines.append(Line(text: text, number: offset + index + 1, section: section, isHeading: heading != nil))
    }
    self.lines = lines
  }

  /// The words of a heading: Markdown `#`, or a short line that is bold, in capitals, or ends with a colon and stands alone.
  private static func heading(_ line: Substring) -> String? {
    let plain = AnswerText.trimmed(Substring(line.filter { $0 != "*" && $0 != "#" && $0 != "=" }))
    guard !plain.isEmpty, plain.count <= 80 else { return nil }
    if line.hasPrefix("#") { return plain }
    let letters = plain.filter(\.isLetter)
    let isCapitals = letters.count >= 4 && letters.allSatisfy { $0.isUppercase || !$0.isCased }
    let isBold = line.hasPrefix("**") && (line.hasSuffix("**") || line.hasSuffix(":**") || line.hasSuffix("**:"))
    return isCapitals || isBold || (plain.hasSuffix(":") && !plain.contains("(") && !plain.dropLast().contains(":") && plain.split(separator: " ").count <= 5)
      ? plain : nil
  }

  private static func section(_ heading: String) -> Section? {
    let lower = heading.lowercased()
    // "non-violating" names the safe side although it holds "violat"; "invalid" the other although it holds "valid".
    if lower.contains("non-violat") || lower.contains("not violat") || lower.contains("not a violation") { return .safe }
    if lower.contains("not allowed") || lower.contains("disallowed") || lower.contains("invalid") { return .violates }
    return [.examples, .violates, .safe, .definitions, .instructions].first { section in section.headings.contains { lower.contains($0) } }
  }

  func span(_ line: Line, of range: Range<Substring.Index>? = nil) -> SourceSpan {
    guard let range else { return SourceSpan(file: file, line: line.number, column: 1, length: max(1, line.text.unicodeScalars.count)) }
    let column = line.text.unicodeScalars.distance(from: line.text.startIndex, to: range.lowerBound) + 1
    return SourceSpan(file: file, line: line.number, column: column, length: max(1, line.text[range].unicodeScalars.count))
  }

  var start: SourceSpan { SourceSpan(file: file, line: lines.first?.number ?? 1, column: 1) }
  func first(in section: Section) -> Line? { lines.first { $0.section == section } }

  /// Tokens, about: 4.3 ASCII characters or 1.6 others make one in o200k. For judging length only.
  static func approximateTokens(_ text: String) -> Int {
    let ascii = text.utf8.count { $0 < 0x80 }
    let others = text.unicodeScalars.count - ascii
    return Int(Double(ascii) / 4.3 + Double(others) / 1.6)
  }
}
