/// A labelled example in a policy's own text.
public struct PolicyExample: Sendable, Hashable {
  public var content: String
  public var label: AnswerLabel
  /// 1-based line of the content in the policy's body.
  public var line: Int

  /// Reads the examples of a policy in the forms that people write:
  /// `Content: "…"` with `Answer: 1` (or `Label:`, `Output:`, `Classification:`) on a later line, and `"…" → 1` on one line.
  static func all(in body: String, format: AnswerFormat) -> [PolicyExample] {
    var examples: [PolicyExample] = []
    var open: (content: String, line: Int)?
    for (index, line) in body.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let plain = undecorated(line)
      if let arrow = arrowExample(plain, format: format) {
        examples.append(PolicyExample(content: arrow.content, label: arrow.label, line: index + 1))
      } else if let content = value(of: plain, keys: ["content", "message", "text", "input"]) {
        open = (unquoted(content), index + 1)
      } else if let content = open, let answer = value(of: plain, keys: ["answer", "label", "output", "classification", "expected"]) {
        guard let label = labelValue(answer, format: format) else { continue }
        if !content.content.isEmpty, !content.content.hasPrefix("[") {
          examples.append(PolicyExample(content: content.content, label: label, line: content.line))
        }
        open = nil
      }
    }
    return examples
  }

  private static func undecorated(_ line: Substring) -> String {
    AnswerText.trimmed(Substring(line.filter { $0 != "*" && $0 != "`" }).drop { "-•# ".contains($0) })
  }

  private static func value(of line: String, keys: [String]) -> String? {
    guard let colon = line.firstIndex(of: ":") else { return nil }
    guard keys.contains(AnswerText.trimmed(line[..<colon]).lowercased()) else { return nil }
    return AnswerText.trimmed(line[line.index(after: colon)...])
  }

  private static func labelValue(_ text: String, format: AnswerFormat) -> AnswerLabel? {
    if let label = AnswerText.wholeLabel(text, labels: format.askedLabels) { return label }
    if let object = JSONAnswers.objects(in: text).first { return JSONAnswers.reading(of: object, format: format).label }
    return LabelScanner.leading(text[...], labels: format.askedLabels)?.label
  }

  private static func arrowExample(_ line: String, format: AnswerFormat) -> (content: String, label: AnswerLabel)? {
    for arrow in ["→", "->", "=>"] {
      guard let mark = line.ranges(of: arrow).last else { continue }
      let left = AnswerText.trimmed(line[..<mark.lowerBound])
      guard left.count > 2, let open = left.first, "\"“".contains(open), let close = left.last, "\"”".contains(close) else { continue }
      guard let label = labelValue(AnswerText.trimmed(line[mark.upperBound...]), format: format) else { continue }
      return (unquoted(left), label)
    }
    return nil
  }

  private static func unquoted(_ text: String) -> String {
    var view = Substring(text)
    if let first = view.first, "\"“".contains(first) { view.removeFirst() }
    if let last = view.last, "\"”".contains(last) { view.removeLast() }
    return String(view)
  }
}
