/// Why an answer gives no label. The texts are constant: they go into verdicts and counters.
public enum AbstainReason: String, Sendable, Hashable, CaseIterable {
  case empty = "the final answer is empty"
  case truncated = "the answer was cut off"
  case refusal = "the model refused instead of judging"
  case noLabel = "the answer holds none of the policy's labels"
  case conflicting = "the answer holds conflicting labels"
  case malformed = "the answer is not in the form that was asked for"
  case markup = "the answer holds no final channel"
  case unknownRules = "the answer cites rules that the policy does not have"
  case labelAbstains = "the policy maps this label to abstain"
  case notRecorded = "no recorded answer for this message"
  case malformedOutput = "the server could not read the model's output"
  case tiedVotes = "the votes are tied"
  case notAnswered = "the answer leaves out this policy"
  case noPolicy = "the category has no policy"
  case noModel = "no model is configured"
  case callFailed = "the call for this policy failed"
}

/// What one final answer says under one policy.
public struct AnswerReading: Sendable, Hashable {
  public enum Outcome: Sendable, Hashable {
    case label(AnswerLabel)
    case abstain(AbstainReason)
  }
  public var outcome: Outcome
  /// Ids that the answer cites, in its order; not yet compared with the policy.
  public var citedRules: [String]
  /// The short reason that the answer gives; for reviewers.
  public var rationale: String?
  /// What each flag of a multi-label answer means, by key. Missing flags, and those whose label abstains, are missing here.
  public var flags: [String: LabelMeaning]

  public init(_ outcome: Outcome, citedRules: [String] = [], rationale: String? = nil, flags: [String: LabelMeaning] = [:]) {
    self.outcome = outcome
    self.citedRules = citedRules
    self.rationale = rationale
    self.flags = flags
  }
  public static func abstain(_ reason: AbstainReason) -> AnswerReading { AnswerReading(.abstain(reason)) }

  public var label: AnswerLabel? { if case .label(let label) = outcome { label } else { nil } }
  public var abstainReason: AbstainReason? { if case .abstain(let reason) = outcome { reason } else { nil } }
}
