import Moderation

/// What is known of one category of one message.
public enum Label: UInt8, Sendable, CaseIterable {
  case negative, positive
  /// Not annotated.
  case unknown

  public init(_ value: Bool?) { self = value.map { $0 ? .positive : .negative } ?? .unknown }
}

/// What the reasoner said of one category of one message, without its words.
public enum ReasonerOutcome: UInt8, Sendable, CaseIterable {
  case notAsked, violates, safe, review, abstain
  /// No judgement at all: error, timeout, overload (the stage's status says which).
  case failed

  public init(_ outcome: Finding.Outcome) {
    self =
      switch outcome {
      case .violates: .violates
      case .safe: .safe
      case .review: .review
      case .abstain: .abstain
      }
  }
}

/// How one category came out for one message.
public enum CategoryOutcome: UInt8, Sendable, CaseIterable {
  case allow, review, block
  /// Another category had already decided the message.
  case unsettled

  public init(_ verdict: Verdict) {
    self =
      switch verdict {
      case .allow: .allow
      case .review: .review
      case .block: .block
      }
  }
}

/// How one stage came out for one message.
public struct StageRecord: Sendable, Hashable {
  public var status: StageStatus
  /// One calibrated probability per category of the pipeline, NaN where the stage has none; empty for a stage that does not score.
  public var probabilities: [Float]
  /// Seconds; NaN when not measured or not run.
  public var latency: Float
  public init(status: StageStatus, probabilities: [Float] = [], latency: Float = .nan) {
    (self.status, self.probabilities, self.latency) = (status, probabilities, latency)
  }
}

/// One message of an evaluation: labels, what each stage said, and the verdict. Never the text.
public struct EvaluationRow: Sendable {
  public var id: String
  /// Messages of one conversation never fall into different parts of a split.
  public var conversation: String?
  /// Equal for equal texts; ``TextHash`` makes one.
  public var textHash: UInt64
  /// One per category of the pipeline.
  public var labels: [Label]
  /// One per stage of the pipeline, in order.
  public var stages: [StageRecord]
  /// Categories with a prefilter hit of effect `signal`, of effect `escalate`, and of effect `block`.
  public var signalHits: CategorySet
  public var escalateHits: CategorySet
  public var blockHits: CategorySet
  /// The reasoner's answer per category; empty when it was not asked.
  public var findings: [ReasonerOutcome]
  /// Probability of the violating label per category, NaN where unknown; may be empty.
  public var findingScores: [Float]
  public var verdict: Verdict
  /// The stage that decided; nil for what was left open after the last one.
  public var decidingStage: Int?
  public var decidingCategory: CategoryIndex?
  public var degraded: DegradedCause?
  /// One per category; empty lets the sample derive it from the verdict and the deciding category.
  public var outcomes: [CategoryOutcome]
  public var usage: ReasonerUsage
  /// One value per slice name of the sample; nil where the message has none.
  public var slices: [String?]

  public init(
    id: String, conversation: String? = nil, textHash: UInt64, labels: [Label], stages: [StageRecord], signalHits: CategorySet = .init(),
    escalateHits: CategorySet = .init(), blockHits: CategorySet = .init(), findings: [ReasonerOutcome] = [], findingScores: [Float] = [], verdict: Verdict = .review,
    decidingStage: Int? = nil, decidingCategory: CategoryIndex? = nil, degraded: DegradedCause? = nil, outcomes: [CategoryOutcome] = [],
    usage: ReasonerUsage = .init(), slices: [String?] = []
  ) {
    self.id = id
    self.conversation = conversation
    self.textHash = textHash
    self.labels = labels
    self.stages = stages
    self.signalHits = signalHits
    self.escalateHits = escalateHits
    self.blockHits = blockHits
    self.findings = findings
    self.findingScores = findingScores
    self.verdict = verdict
    self.decidingStage = decidingStage
    self.decidingCategory = decidingCategory
    self.degraded = degraded
    self.outcomes = outcomes
    self.usage = usage
    self.slices = slices
  }
}

/// A 64-bit hash of text for telling equal texts apart from different ones: FNV-1a, then a finaliser. Not for security.
public enum TextHash {
  public static func of(_ utf8: some Sequence<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return SeededGenerator.mix(hash)
  }
  public static func of(_ text: String) -> UInt64 { of(text.utf8) }
}
