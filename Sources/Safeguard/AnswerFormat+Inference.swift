import RemoteModel

extension AnswerFormat {
  /// The output formats that a policy's text asks for, most specific first; more than one is a conflict that the policy's author should settle.
  ///
  /// A policy without `output:` in its front matter is read with the first. Nothing is found in a text that names no format.
  public static func stated(in policy: String) -> [AnswerFormat] {
    var formats: [AnswerFormat] = []
    let words = Set(policy.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_") }))
    if let json = statedJSON(in: policy) { formats.append(json) }
    if words.contains("VALID"), words.contains("INVALID") { formats.append(.validInvalid) }
    if policy.contains("<answer>") {
      formats.append(AnswerFormat(labels: binary01.labels, shape: .tagged("answer")))
    } else if statesBinary(policy), formats.isEmpty || !isJSON(formats[0]) {
      formats.append(.binary01)
    }
    return formats
  }

  private static func isJSON(_ format: AnswerFormat) -> Bool {
    switch format.shape {
    case .json, .flags: true
    default: false
    }
  }

  /// `0` and `1` named as the answer: in backticks, or as `0 or 1`, `0/1`, `(0)` and `(1)`.
  private static func statesBinary(_ policy: String) -> Bool {
    let pairs = [("`0`", "`1`"), ("(0)", "(1)"), ("\"0\"", "\"1\""), ("Answer: 0", "Answer: 1"), ("Output: 0", "Output: 1"), ("Label: 0", "Label: 1")]
    if pairs.contains(where: { policy.contains($0.0) && policy.contains($0.1) }) { return true }
    return ["0 or 1", "1 or 0", "0/1", "1/0"].contains { policy.contains($0) }
  }

  /// JSON examples in the text: objects that name a decision key, or several flags of 0 and 1.
  private static func statedJSON(in policy: String) -> AnswerFormat? {
    for object in objectTexts(in: policy) {
      let keys = quotedKeys(object)
      if let decision = JSONAnswers.commonDecisionKeys.first(where: keys.contains) {
        func known(_ names: String...) -> String? { names.first(where: keys.contains) }
        return json(
          JSONAnswerShape(
            decision: decision, category: known("policy_category", "category"), ruleIDs: known("rule_ids", "rules", "violated_rules"),
            confidence: known("confidence"), rationale: known("rationale", "reason", "justification", "explanation")))
      }
      let values = object.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "\"") })
      if keys.count >= 2, values.allSatisfy({ $0.hasPrefix("\"") || $0 == "0" || $0 == "1" || $0 == "or" }) {
        return flags(keys.map { Flag($0) })
      }
    }
    return nil
  }

  /// The texts between `{` and the next `}` that hold a quoted key; examples in policies are often not strict JSON (`0 or 1`).
  private static func objectTexts(in policy: String) -> [Substring] {
    var texts: [Substring] = []
    var rest = policy[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      let inner = rest[rest.index(after: open)..<close]
      if inner.contains("\""), inner.contains(":") { texts.append(inner) }
      rest = rest[rest.index(after: close)...]
    }
    return texts
  }

  private static func quotedKeys(_ object: Substring) -> [String] {
    var keys: [String] = []
    let parts = object.split(separator: "\"", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() where index % 2 == 1 && index + 1 < parts.count {
      if parts[index + 1].drop(while: { $0 == " " }).first == ":" { keys.append(String(part)) }
    }
    return keys
  }
}
