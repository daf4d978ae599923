import Moderation

/// One model answer, read under one policy and held against it.
struct PolicyAnswer: Sendable {
  var reading: AnswerReading
  /// Cited ids that the policy has.
  var ruleIDs: [String]
  var score: Double?
  var reasoning: String?

  /// Reads an answer under every policy of its prompt.
  static func read(_ answer: ModelAnswer, prompt: SafeguardPrompt) -> [PolicyAnswer] {
    readings(answer, prompt: prompt).enumerated().map { index, reading in
      let policy = prompt.policies[index]
      let known = reading.citedRules.filter { RuleIDs.isKnown($0, in: policy.ruleIDs) }
      var checked = reading
      // A model that cites what the policy does not have judged by something else: perhaps by what the content told it.
      if !policy.ruleIDs.isEmpty, known.count < reading.citedRules.count, reading.label != nil { checked.outcome = .abstain(.unknownRules) }
      if reading.label?.meaning == .abstain { checked.outcome = .abstain(.labelAbstains) }
      let score = prompt.policies.count == 1 ? LabelScore.violationScore(answer.labelProbabilities, labels: prompt.formats[index].askedLabels) : nil
      return PolicyAnswer(reading: checked, ruleIDs: known, score: score, reasoning: answer.reasoning)
    }
  }

  private static func readings(_ answer: ModelAnswer, prompt: SafeguardPrompt) -> [AnswerReading] {
    switch answer.finish {
    case .length: return prompt.policies.map { _ in .abstain(.truncated) }
    case .malformed: return prompt.policies.map { _ in .abstain(.malformedOutput) }
    case .missing: return prompt.policies.map { _ in .abstain(.notRecorded) }
    case .noModel: return prompt.policies.map { _ in .abstain(.noModel) }
    case .stop: break
    }
    guard prompt.policies.count > 1 else { return [AnswerReader.read(answer.final, format: prompt.formats[0], fence: prompt.fence)] }
    return AnswerReader.read(answer.final, policies: zip(prompt.policies, prompt.formats).map { ($0.id, $1) }, fence: prompt.fence)
  }

  /// The answer most votes agree on; a tie is none, and safe needs more than half of all votes, also of those that could not be read. So it
  /// is for each flag by itself. The score becomes the share of violating votes among those that could be read.
  static func majority(_ votes: [PolicyAnswer]) -> PolicyAnswer {
    guard votes.count > 1 else { return votes[0] }
    // Votes that a recording lacks were never cast: those that it holds decide nothing by themselves.
    if let missing = votes.first(where: { $0.reading.abstainReason == .notRecorded }) { return missing }
    let readable = votes.filter { $0.reading.label != nil }
    guard let first = readable.first else { return votes[0].undecided(votes[0].reading.abstainReason ?? .noLabel, flags: flags(votes)) }
    let counts = Dictionary(grouping: readable) { $0.reading.label?.meaning ?? .abstain }.mapValues(\.count)
    let highest = counts.values.max() ?? 0
    let winners = counts.filter { $0.value == highest }.keys
    guard winners.count == 1, let winner = winners.first, var chosen = readable.first(where: { $0.reading.label?.meaning == winner }) else {
      return first.undecided(.tiedVotes, flags: flags(votes))
    }
    chosen.reading.flags = flags(votes)
    if winner == .safe, counts[.safe, default: 0] * 2 <= votes.count {
      return chosen.undecided(votes.lazy.compactMap(\.reading.abstainReason).first ?? .tiedVotes, flags: chosen.reading.flags)
    }
    chosen.score = Double(counts[.violates] ?? 0) / Double(readable.count)
    return chosen
  }

  /// What most votes say of each flag; one that they do not settle is missing.
  private static func flags(_ votes: [PolicyAnswer]) -> [String: LabelMeaning] {
    var decided: [String: LabelMeaning] = [:]
    for key in Set(votes.flatMap(\.reading.flags.keys)) {
      let counts = Dictionary(grouping: votes.compactMap { $0.reading.flags[key] }) { $0 }.mapValues(\.count)
      let highest = counts.values.max() ?? 0
      let winners = counts.filter { $0.value == highest }.keys
      guard winners.count == 1, let winner = winners.first, winner != .safe || highest * 2 > votes.count else { continue }
      decided[key] = winner
    }
    return decided
  }

  /// The same without what it says as a whole.
  private func undecided(_ reason: AbstainReason, flags: [String: LabelMeaning]) -> PolicyAnswer {
    var answer = self
    answer.reading.outcome = .abstain(reason)
    answer.reading.flags = flags
    return answer
  }

  /// What it says of one category that the policy judges.
  func finding(for index: CategoryIndex, named name: String, policy: Policy, isTruncated: Bool) -> Finding {
    var finding = Finding(
      category: index, outcome: outcome(named: name, policy: policy), score: score, label: reading.label?.name, policy: policy.reference, ruleIDs: ruleIDs,
      rationale: reading.rationale, reasoning: reasoning)
    // The part that was not shown may be the part that violates.
    if isTruncated, finding.outcome == .safe { finding.outcome = .review }
    return finding
  }

  private func outcome(named name: String, policy: Policy) -> Finding.Outcome {
    if case .flags(let flags) = policy.format.shape, reading.abstainReason != .unknownRules {
      // A flag of no category counts beside the category's own.
      if flags.contains(where: { $0.category == name }) { return flagOutcome(flags.filter { $0.category ?? name == name }.map(\.key)) }
    }
    switch reading.outcome {
    case .abstain(let reason): return .abstain(reason.rawValue)
    case .label(let label):
      switch label.meaning {
      case .safe: return .safe
      case .review: return .review
      case .violates: return .violates
      case .abstain: return .abstain(AbstainReason.labelAbstains.rawValue)
      }
    }
  }

  private func flagOutcome(_ keys: [String]) -> Finding.Outcome {
    let values = keys.map { reading.flags[$0] }
    if values.contains(.violates) { return .violates }
    guard !values.contains(nil) else { return .abstain((reading.abstainReason ?? .notAnswered).rawValue) }
    return values.contains(.review) ? .review : .safe
  }
}
