import Moderation

/// Reviews a policy as the gpt-oss-safeguard guide asks: length, sections, plain words, an output format that is stated twice and once over.
///
/// A policy is a program in prose; on one public set of 2,000 prompts its wording alone moved the same model's F1 from 0.53 to 0.69. What
/// the linter finds are warnings, except where the stage could not use the file at all.
public enum PolicyLint {
  /// Everything that is worth saying about a policy file.
  public static func check(text: String, file: String) -> Diagnostics {
    var diagnostics = Diagnostics()
    let policy = Policy(text: text, file: file, diagnostics: &diagnostics)
    guard !AnswerText.trimmed(policy.body[...]).isEmpty else { return diagnostics }
    let lines = PolicyText(body: policy.body, fileText: Policy.withUnixLines(text), file: file)
    checkLength(policy, lines, &diagnostics)
    checkSections(lines, &diagnostics)
    checkWords(lines, &diagnostics)
    checkFormat(policy, lines, &diagnostics)
    checkExamples(policy, lines, &diagnostics)
    checkPrecedence(policy, lines, &diagnostics)
    checkForeignParts(lines, &diagnostics)
    return diagnostics
  }

  // MARK: Length and sections

  static let fewestTokens = 150
  static let mostTokens = 1500
  static let limitTokens = 10_000

  private static func checkLength(_ policy: Policy, _ lines: PolicyText, _ diagnostics: inout Diagnostics) {
    let tokens = PolicyText.approximateTokens(policy.body)
    let hint = "400 to 600 tokens work best"
    if tokens < fewestTokens {
      diagnostics.warning("policy-short", "the policy has about \(tokens) tokens: too few to settle borderline content", at: lines.start, hint: hint)
    } else if tokens > limitTokens {
      diagnostics.warning(
        "policy-long", "the policy has about \(tokens) tokens: above \(limitTokens) answers are lost to exhausted reasoning", at: lines.start, hint: hint)
    } else if tokens > mostTokens {
      diagnostics.warning("policy-long", "the policy has about \(tokens) tokens: every message pays for them, and accuracy falls", at: lines.start, hint: hint)
    }
  }

  private static func checkSections(_ lines: PolicyText, _ diagnostics: inout Diagnostics) {
    for section in PolicyText.Section.allCases where lines.first(in: section) == nil {
      diagnostics.warning("policy-section", "the policy has no section `\(section.rawValue)`", at: lines.start, hint: sectionHint(section))
    }
  }

  private static func sectionHint(_ section: PolicyText.Section) -> String {
    switch section {
    case .instructions: "say what to do, and in what form to answer"
    case .definitions: "define the words that decide"
    case .violates: "list what violates, one numbered rule a line"
    case .safe: "list what is safe although it looks similar"
    case .examples: "give four to six examples near the boundary, on both sides"
    }
  }

  // MARK: Words

  static let vagueWords = [
    "generally", "usually", "typically", "normally", "often", "sometimes", "mostly", "probably", "perhaps", "maybe", "etc", "reasonable", "appropriate",
    "inappropriate", "excessive", "as needed", "in most cases", "and so on", "use your judgement", "use your judgment",
  ]

  private static func checkWords(_ lines: PolicyText, _ diagnostics: inout Diagnostics) {
    for line in lines.lines where line.section != .examples {
      for word in vagueWords {
        guard let range = unquotedWord(word, in: line.text) else { continue }
        diagnostics.warning(
          "policy-vague", "`\(word)` leaves the decision to the model", at: lines.span(line, of: range), hint: "say when it applies and when it does not")
      }
    }
  }

  /// The first place of `word` as whole words outside double quotes.
  private static func unquotedWord(_ word: String, in line: Substring) -> Range<Substring.Index>? {
    let lower = line.lowercased()
    guard lower.count == line.count else { return nil }
    for match in lower.ranges(of: word) {
      let start = line.index(line.startIndex, offsetBy: lower.distance(from: lower.startIndex, to: match.lowerBound))
      let end = line.index(start, offsetBy: word.count)
      let isBounded = (start == line.startIndex || !line[line.index(before: start)].isLetter) && (end == line.endIndex || !line[end].isLetter)
      let quotes = line[..<start].count { "\"“”".contains($0) }
      if isBounded, quotes % 2 == 0 { return start..<end }
    }
    return nil
  }

  // MARK: Output format

  private static func checkFormat(_ policy: Policy, _ lines: PolicyText, _ diagnostics: inout Diagnostics) {
    let stated = AnswerFormat.stated(in: policy.body)
    if stated.count > 1 {
      diagnostics.warning(
        "policy-format-conflict", "the policy asks for more than one output format: \(stated.map(name).joined(separator: ", "))", at: lines.start,
        hint: "ask for one; answers to two formats were half unreadable in recorded runs")
    }
    let statements = lines.lines.indices.filter { isFormatStatement(lines.lines[$0], policy.format) }
    guard let first = statements.first else { return }
    let half = lines.lines.count / 2
    if first > half {
      diagnostics.warning(
        "policy-format-late", "the output format is first stated in the second half", at: lines.span(lines.lines[first]),
        hint: "state it near the top, and again before the examples")
    } else if statements.count < 2 {
      diagnostics.warning(
        "policy-format-once", "the output format is stated only once", at: lines.span(lines.lines[first]), hint: "state it again right before the examples")
    }
  }

  private static func name(_ format: AnswerFormat) -> String {
    switch format.shape {
    case .json(let shape): "JSON with `\(shape.decision)`"
    case .flags: "JSON with flags"
    case .tagged(let tag): "`<\(tag)>`"
    default: format.askedLabels.map { "`\($0.name)`" }.joined(separator: "/")
    }
  }

  /// A line that tells the model how to answer: an order, with the labels or the JSON key beside it. Answers of examples are none.
  private static func isFormatStatement(_ line: PolicyText.Line, _ format: AnswerFormat) -> Bool {
    let lower = line.text.lowercased()
    if lower.drop(while: { !$0.isLetter }).hasPrefix("answer:") { return false }
    let orders = ["answer", "output", "return", "respond", "reply", "classif", "label", "format"]
    guard orders.contains(where: lower.contains) else { return false }
    switch format.shape {
    case .json(let shape): return lower.contains("\"\(shape.decision.lowercased())\"")
    case .flags: return lower.contains("json")
    case .tagged(let tag): return lower.contains("<\(tag)>")
    case .field(let field), .list(let field): return lower.contains(field.lowercased())
    case .bare: return LabelScanner.mentioned(in: line.text, labels: format.askedLabels).count >= 2
    }
  }

  // MARK: Examples and precedence

  private static func checkExamples(_ policy: Policy, _ lines: PolicyText, _ diagnostics: inout Diagnostics) {
    guard let heading = lines.first(in: .examples) else { return }
    let meanings = policy.examples.map(\.label.meaning)
    let span = lines.span(heading)
    guard !meanings.isEmpty else {
      diagnostics.warning(
        "policy-examples", "no example could be read with its label", at: span, hint: "write `Content: \"…\"` and below it `Answer: …`, or `\"…\" → label`")
      return
    }
    if Set(meanings).count < 2 {
      let message = meanings.count == 1 ? "there is only one example" : "all \(meanings.count) examples have the same label"
      diagnostics.warning("policy-one-sided", message, at: span, hint: "add examples of the other side, as near to the boundary as these")
    } else if meanings.count < 4 {
      diagnostics.warning("policy-examples", "only \(meanings.count) examples", at: span, hint: "four to six near the boundary settle most doubts")
    }
  }

  static let precedenceWords = [
    "precedence", "priority", "takes over", "overrides", "override", "when in doubt", "if in doubt", "if both", "both apply", "more than one rule", "wins",
    "unless",
    "outweighs", "in case of conflict", "when uncertain", "if uncertain", "most severe", "highest",
  ]

  private static func checkPrecedence(_ policy: Policy, _ lines: PolicyText, _ diagnostics: inout Diagnostics) {
    let lower = policy.body.lowercased()
    guard !precedenceWords.contains(where: lower.contains) else { return }
    diagnostics.warning(
      "policy-precedence", "the policy does not say what wins when two rules apply", at: lines.start,
      hint: "for example: if a rule under VIOLATES and a rule under SAFE both apply, the violating one wins")
  }

  // MARK: What does not belong into a policy

  private static func checkForeignParts(_ lines: PolicyText, _ diagnostics: inout Diagnostics) {
    for line in lines.lines {
      if let range = ["[INPUT]", "{{content}}", "{content}", "[CONTENT]", "{input}"].lazy.compactMap({ line.text.firstRange(of: $0) }).first {
        diagnostics.warning(
          "policy-placeholder", "a place for the content inside the policy", at: lines.span(line, of: range),
          hint: "take it out: the content is given as the user message, and a template here makes the model echo it")
      }
      if let range = line.text.firstRange(of: "<|") {
        diagnostics.warning("policy-special-token", "special-token text in the policy; it is broken before it is sent", at: lines.span(line, of: range))
      }
      let lower = line.text.lowercased()
      if lower.contains("reasoning: high") || lower.contains("reasoning: low") || lower.contains("reasoning: medium") || lower.contains("reasoning effort") {
        diagnostics.warning("policy-effort", "reasoning effort in the policy's text has no effect", at: lines.span(line), hint: "set `effort:` on the stage")
      }
    }
  }
}
