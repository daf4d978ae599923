/// Reads `<answer>1</answer>`.
enum TaggedAnswer {
  /// Nil when the text has no such tag.
  static func reading(_ text: String, tag: String, labels: [AnswerLabel]) -> AnswerReading? {
    let open = "<\(tag)>"
    let close = "</\(tag)>"
    var found: Set<AnswerLabel> = []
    var rest = text[...]
    var seen = false
    while let start = rest.firstRange(of: open) {
      seen = true
      let inner = rest[start.upperBound...]
      let end = inner.firstRange(of: close)
      let value = inner[..<(end?.lowerBound ?? inner.endIndex)]
      rest = inner[(end?.upperBound ?? inner.endIndex)...]
      // An empty pair is an echo of the instruction.
      if end != nil, AnswerText.trimmed(value).isEmpty { continue }
      // A tag that cannot be read may be the model's own, and the other one a quotation.
      guard let label = AnswerText.wholeLabel(String(value), labels: labels) else { return .abstain(found.isEmpty ? .noLabel : .conflicting) }
      found.insert(label)
    }
    guard seen else { return nil }
    guard let label = found.first else { return .abstain(.noLabel) }
    return found.count == 1 ? AnswerReading(.label(label)) : .abstain(.conflicting)
  }
}

/// Reads a report line that lists what is violated: `Violated Policies: [spam, fraud]`.
enum ListAnswer {
  static func reading(_ text: String, field: String, labels: [AnswerLabel]) -> AnswerReading {
    var lists: [[String]] = []
    var isCut = false
    for line in text.split(separator: "\n") {
      let plain = AnswerText.trimmed(Substring(line.filter { $0 != "*" && $0 != "`" }).drop { "-•#> ".contains($0) })
      guard plain.lowercased().hasPrefix(field.lowercased()) else { continue }
      let rest = plain.dropFirst(field.count).drop { $0 == " " }
      guard rest.first == ":" || rest.first == "=" else { continue }
      if let list = entries(rest.dropFirst()) { lists.append(list) } else { isCut = true }
    }
    if isCut { return .abstain(.malformed) }
    guard let list = lists.last else { return .abstain(AnswerReader.refuses(text) ? .refusal : .noLabel) }
    guard lists.allSatisfy({ $0.isEmpty == list.isEmpty }) else { return .abstain(.conflicting) }
    guard let label = labels.first(where: { $0.meaning == (list.isEmpty ? .safe : .violates) }) else { return .abstain(.noLabel) }
    return AnswerReading(.label(label), flags: Dictionary(list.map { ($0, LabelMeaning.violates) }, uniquingKeysWith: { first, _ in first }))
  }

  /// Nil where the line names nothing and does not say that nothing is violated: the list may stand on the lines below.
  private static func entries(_ text: Substring) -> [String]? {
    let inner = text.filter { !"[]\"'".contains($0) }
    let items = inner.split(separator: ",").map { AnswerText.trimmed($0).lowercased() }.filter { !$0.isEmpty }
    let nothing: Set<String> = ["none", "n/a", "null", "-", "no violation", "no violations"]
    let violated = items.filter { !nothing.contains(AnswerText.undecorated($0)) }
    let isClosed = text.contains("[") == text.contains("]")
    let saysNothing = text.contains("]") || !items.isEmpty
    return violated.isEmpty && !(isClosed && saysNothing) ? nil : violated
  }
}
