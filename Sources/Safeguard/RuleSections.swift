/// Which label a policy's rule ids stand for, read off its sections: a heading names an id, an `Output:` line below it names the label.
///
/// ```
/// ## Allowed Content (GS0 - Non-graphic)
/// Output: `VALID`
/// ```
/// Models sometimes answer with the id in place of the label (7 of 129 answers under one public policy); the policy itself says what is meant.
enum RuleSections {
  /// Ids with exactly one label, as aliases of it.
  static func aliases(in body: String, labels: [AnswerLabel]) -> [AnswerLabel] {
    var section: String?
    var meanings: [String: Set<LabelMeaning>] = [:]
    for line in body.split(separator: "\n") {
      if let id = headingID(line) { section = id }
      guard let section, let label = outputLabel(line, labels: labels) else { continue }
      meanings[section, default: []].insert(label.meaning)
    }
    let names = Set(labels.map(\.name))
    return meanings.filter { $0.value.count == 1 && !names.contains($0.key) }.sorted { $0.key < $1.key }
      .map { AnswerLabel($0.key, $0.value.first ?? .abstain, isAlias: true) }
  }

  /// The one id of a heading line: `## … (GS0 …)`, `**DE4 (CRITICAL)**`, `HS0 (VALID) - …`.
  private static func headingID(_ line: Substring) -> String? {
    let ids = Set(RuleIDs.listed(String(line)).filter { !$0.contains(".") })
    guard ids.count == 1, let id = ids.first else { return nil }
    let opening = line.drop { !$0.isLetter }
    return line.hasPrefix("#") || line.hasPrefix("**") || opening.hasPrefix(id) || line.contains("(\(id)") ? id : nil
  }

  private static func outputLabel(_ line: Substring, labels: [AnswerLabel]) -> AnswerLabel? {
    let plain = line.filter { $0 != "*" && $0 != "`" }.drop { !$0.isLetter }
    guard plain.lowercased().hasPrefix("output:") else { return nil }
    return LabelScanner.leading(plain.dropFirst(7).drop { $0 == " " }, labels: labels)?.label
  }
}
