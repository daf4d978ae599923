/// What a goal can speak of.
public enum Metric: String, Sendable, CaseIterable, Hashable {
  case recall, precision, f1, coverage
  case missRate = "miss_rate"
  case falsePositiveRate = "false_positive_rate"
  case escalationRate = "escalation_rate"
  case reviewRate = "review_rate"
  case blockRate = "block_rate"
  case selectiveRisk = "selective_risk"
  case llmCalls = "llm_calls"
  case cost
  case p50Latency = "p50_latency"
  case p90Latency = "p90_latency"
  case p95Latency = "p95_latency"
  case p99Latency = "p99_latency"

  public enum Unit: Sendable { case share, seconds, cost }

  public var name: String { rawValue }

  /// Other words for the same thing.
  static let synonyms: [String: Metric] = [
    "fpr": .falsePositiveRate, "tpr": .recall, "fnr": .missRate, "false_negative_rate": .missRate, "escalations": .escalationRate,
    "escalation": .escalationRate, "reviews": .reviewRate, "risk": .selectiveRisk, "calls": .llmCalls, "reasoner_calls": .llmCalls,
  ]

  public init?(written word: String) {
    guard let metric = Metric(rawValue: word) ?? Self.synonyms[word] else { return nil }
    self = metric
  }

  public var unit: Unit {
    switch self {
    case .p50Latency, .p90Latency, .p95Latency, .p99Latency: .seconds
    case .cost: .cost
    default: .share
    }
  }

  /// Whether more of it is better.
  public var higherIsBetter: Bool {
    switch self {
    case .recall, .precision, .f1, .coverage: true
    default: false
    }
  }

  /// A share of counted messages whose bound can be tested exactly (Clopper–Pearson).
  public var isTestable: Bool {
    switch self {
    case .recall, .missRate, .precision, .falsePositiveRate, .selectiveRisk: true
    default: false
    }
  }

  /// Whether missed violations make it worse, so that a goal about it may move `allow_below`.
  public var concernsMisses: Bool {
    switch self {
    case .recall, .missRate, .f1, .selectiveRisk: true
    default: false
    }
  }

  /// Whether wrong blocks make it worse, so that a goal about it may move `block_above`.
  public var concernsWrongFlags: Bool {
    switch self {
    case .precision, .falsePositiveRate, .f1, .selectiveRisk: true
    default: false
    }
  }

  /// The share of messages that a latency metric leaves below its value.
  public var percentile: Double? {
    switch self {
    case .p50Latency: 0.5
    case .p90Latency: 0.9
    case .p95Latency: 0.95
    case .p99Latency: 0.99
    default: nil
    }
  }

  /// One sentence for help and documentation.
  public var meaning: String {
    switch self {
    case .recall: "share of violating messages that are not allowed"
    case .missRate: "share of violating messages that are allowed: 1 − recall"
    case .precision: "share of flagged messages that violate"
    case .falsePositiveRate: "share of harmless messages that are flagged"
    case .f1: "harmonic mean of precision and recall"
    case .coverage: "share of messages that the cheap stages settle"
    case .selectiveRisk: "share of wrong verdicts among the messages that the cheap stages settle"
    case .escalationRate: "share of messages that go on to the reasoner, or to review where there is none"
    case .reviewRate: "share of messages that end in review"
    case .blockRate: "share of messages that are blocked"
    case .llmCalls: "calls of the reasoner per message"
    case .cost: "expected cost of a message"
    case .p50Latency, .p90Latency, .p95Latency, .p99Latency: "latency that this share of messages stays below"
    }
  }
}
