import Moderation

/// How thresholds are searched for.
public struct TuningOptions: Sendable {
  /// With which all guaranteed bounds hold, 0.5 ..< 1.
  public var confidence = 0.95
  /// Whether the guarantees of several categories hold together at ``confidence`` (each gets an even part of δ), or each by itself.
  public var holdTogether = true
  /// nil: bounds are promised for the true shares of the traffic that the labels were drawn from. Otherwise for what a further
  /// sample will *measure*, this many times as large as the choosing part; stricter, since that sample has noise of its own.
  public var measuredOver: Double?
  public var shares = GroupedSplit.Shares()
  public var seed: UInt64 = 1
  /// The scoring stage whose bands are tuned; nil takes the last one.
  public var stage: String?
  public var reviewCounts = ReviewCount.flagged
  public var unknown = UnknownAnswer.abstain
  /// Bounds of the whole pipeline, for example `llm_calls <= 0.05`. Goals of several categories get an even part of those
  /// that add up (escalations, calls, reviews, blocks); how the whole comes out is in ``TuningResult/budgets``.
  public var budgets: [Bound] = []
  /// The share of violating messages in live traffic: precision is stated and bounded there.
  public var baseRate: Double?
  public var cost = CostModel()
  /// Share of messages that the stages before the classifier leave to it: e₁ of the expected cost.
  public var reachingClassifier = 1.0
  /// Groups of scores that the pair search distinguishes; all distinct scores while there are fewer.
  public var levels = 1024
  public var frontierPoints = 20
  /// Example ids kept for each kind of flip.
  public var examples = 5
  public init() {}
}

/// One choice of thresholds and what it gives on one set of messages.
public struct OperatingPoint: Sendable {
  /// One per category of the pipeline; nil where the stage has no band.
  public var bands: [Band?]
  public var counts: OutcomeCounts
  let context: MetricContext

  /// nil where nothing was counted, and for latencies.
  public func value(_ metric: Metric) -> Double? { context.value(of: metric, counts) }

  /// Share of violating messages that the cheap stages leave to the reasoner or flag: no reasoner, however good, lifts recall above it.
  public var recallCeiling: Double? { counts.positives > 0 ? 1 - counts.cheaplyAllowedPositives / counts.positives : nil }

  /// Value and Wilson interval of a metric that is a share of counted messages; the value alone of the others.
  public func estimate(_ metric: Metric, confidence: Double = 0.95) -> Estimate? {
    guard let value = value(metric) else { return nil }
    func share(_ part: Double, _ whole: Double) -> Estimate? { Proportion(Int(part), of: Int(whole)).estimate(confidence: confidence) }
    switch metric {
    case .recall: return share(counts.truePositives, counts.positives)
    case .missRate: return share(counts.falseNegatives, counts.positives)
    case .precision: return context.baseRate.map { counts.confusion.precision(atBaseRate: $0, confidence: confidence) } ?? share(counts.truePositives, counts.flagged)
    case .falsePositiveRate: return share(counts.falsePositives, counts.negatives)
    case .coverage: return share(counts.covered, counts.labelled)
    case .selectiveRisk: return share(counts.coveredWrong, counts.covered) ?? Estimate(value)
    case .escalationRate: return share(counts.escalated, counts.messages)
    case .reviewRate: return share(counts.reviewed, counts.messages)
    case .blockRate: return share(counts.blocked, counts.messages)
    case .f1: return counts.confusion.f1Estimate(Bootstrap(confidence: confidence))
    default: return Estimate(value)
    }
  }
}

/// What came of one goal.
public struct GoalResult: Sendable {
  public enum Status: Sendable {
    /// Thresholds were found, and every guaranteed bound is proved.
    case met
    /// There are too few labels to prove anything.
    case refused([LabelNeed])
    /// No thresholds meet the bounds, or none can be proved to. With the labels that a proof would need, where labels are what is missing.
    case infeasible(reason: String, needs: [LabelNeed])
  }
  /// A system of one stage on the same messages.
  public struct Simpler: Sendable {
    public var name: String
    /// On the choosing and on the reporting part.
    public var chosen: OperatingPoint
    public var reported: OperatingPoint
  }
  /// A way to come close.
  public struct Nearest: Sendable {
    public var text: String
    public var point: OperatingPoint
  }

  public var goal: Goal
  /// Categories whose thresholds the goal may move, and their places in the pipeline.
  public var categories: [String]
  public var categoryPlaces: [Int]
  public var status: Status
  /// On the choosing part. The chosen one is nil unless the goal is met.
  public var current: OperatingPoint
  public var chosen: OperatingPoint?
  public var certificates: [Certificate] = []
  /// Proofs of a precision at ``TuningOptions/baseRate``.
  public var restated: [RestatedPrecision] = []
  /// Thresholds that the choice rests on: the chosen ones, and those that a fixed sequence had to pass before them.
  var tested: [[Band?]] = []
  /// On the reporting part, which no choice has seen.
  public var reportedCurrent: OperatingPoint
  public var reported: OperatingPoint?
  public var latency: LatencySummary?
  public var currentLatency: LatencySummary?
  /// What the cascade has to beat: everything to the reasoner (where all answers are known), and no reasoner at all.
  public var simpler: [Simpler] = []
  /// The best that each number of escalations buys, on the choosing part.
  public var frontier: [OperatingPoint] = []
  /// What the frontier shows against the escalation rate.
  public var frontierMetric: Metric
  public var nearest: [Nearest] = []
  /// Sentences that a reader must know: thresholds kept as they are, answers supposed, dependent labels.
  public var notes: [String] = []

  public var isMet: Bool { if case .met = status { true } else { false } }
  public var isProved: Bool { !certificates.isEmpty || !restated.isEmpty }
  /// The category that quality is measured on; nil for the message as a whole.
  var scope: Int? { goal.scope == .anyCategory ? nil : categoryPlaces.first }
}

/// A scoring stage's probabilities against frequencies, before and after a calibrator fitted on the calibration part.
public struct CalibrationResult: Sendable {
  public var category: String
  public var calibrator: Calibrator
  /// Both on the reporting part.
  public var before: Reliability
  public var after: Reliability
}

/// A budget of the whole pipeline, measured on the choosing part.
public struct BudgetCheck: Sendable, Hashable {
  public var budget: Bound
  /// The metric; for a latency the share of messages slower than the budget.
  public var measured: Double
  public var holds: Bool
}

public struct TuningResult: Sendable {
  public var stage: String
  public var split: GroupedSplit
  /// One per category with both classes in the calibration part.
  public var calibrations: [CalibrationResult]
  /// One per category: scores and labels of the reporting part, without intervals.
  public var scores: [ScoreReport]
  public var goals: [GoalResult]
  /// Thresholds of the tuned stage, by category in the pipeline's order, after all goals that are met.
  public var bands: [Band?]
  /// Only what differs from the file: what `--write` changes. A threshold outside 0...1 is one that the file leaves out, still.
  public var changes: [(category: String, band: Band)]
  /// On the reporting part, current against chosen.
  public var flips: ComparisonReport
  public var budgets: [BudgetCheck]
  /// Messages whose verdict under ``bands`` hangs on an answer that was supposed.
  public var unasked: [Int32]
  /// What was supposed of them.
  public var unknown: UnknownAnswer
}
