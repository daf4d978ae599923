import Moderation

/// Everything that `winnow eval` says of one run over labelled messages.
public struct EvaluationReport: Sendable {
  public var pipeline: String
  public var summary: SampleSummary
  public var confidence: Double
  public var reviewCounts: ReviewCount
  public var baseRate: Double?
  public var verdicts: [Verdict: Int]
  public var reviewed: Proportion
  /// Messages that went to the reasoner, or to review where there is none.
  public var escalated: Proportion
  /// Messages that the reasoner was asked about and gave no usable answer for.
  public var abstained: Proportion
  /// Messages for which any stage failed.
  public var failed: Proportion
  public var degraded: [DegradedCause: Int]
  /// Messages as a whole; then each category. With one category the two say the same.
  public var overall: ScopeReport
  public var categories: [ScopeReport]
  public var stages: [StageReport]
  public var paths: [PathReport]
  public var usage: UsageReport
  public var slices: [SliceReport]
  public var cost: CostReport?

  /// Throws ``TuningError/emptySample``, or ``TuningError/noLabels(category:)`` when not one message has a label.
  public init(_ sample: EvaluationSample, pipeline: String = "", options: EvaluationOptions = .init()) throws(TuningError) {
    guard !sample.isEmpty else { throw .emptySample }
    summary = SampleSummary(sample)
    guard summary.categories.contains(where: { $0.labelled > 0 }) else { throw .noLabels(category: nil) }
    let labels = MessageLabels(sample)
    let escalation = MessageVerdicts(sample).escalated
    self.pipeline = pipeline
    confidence = options.confidence
    reviewCounts = options.reviewCounts
    baseRate = options.baseRate
    verdicts = Dictionary(sample.verdicts.map { ($0, 1) }, uniquingKeysWith: +)
    reviewed = Proportion(verdicts[.review] ?? 0, of: sample.count)
    escalated = Proportion(escalation.count { $0 }, of: sample.count)
    abstained = Self.abstentions(sample)
    failed = Self.failures(sample)
    degraded = Dictionary(sample.degraded.compactMap { $0 }.map { ($0, 1) }, uniquingKeysWith: +)
    let evaluator = ScopeEvaluator(sample: sample, options: options, anyLabels: labels.any, escalated: escalation)
    overall = try evaluator.report(nil)
    var reports: [ScopeReport] = []
    for category in summary.categories.indices where summary.categories[category].labelled > 0 { reports.append(try evaluator.report(category)) }
    categories = reports
    stages = StageReport.reports(sample, anyLabels: labels.any, options: options)
    paths = PathReport.reports(sample)
    usage = UsageReport(sample)
    slices = evaluator.slices()
    cost = options.cost.map { CostReport($0, sample: sample, escalated: escalated, recallCeiling: evaluator.recallCeiling(nil)) }
  }

  private static func abstentions(_ sample: EvaluationSample) -> Proportion {
    var (asked, abstained) = (0, 0)
    for message in 0..<sample.count {
      let findings = sample.findings.map { $0[message] }
      guard findings.contains(where: { $0 != .notAsked }) else { continue }
      asked += 1
      if findings.contains(.abstain) { abstained += 1 }
    }
    return Proportion(abstained, of: asked)
  }

  private static func failures(_ sample: EvaluationSample) -> Proportion {
    let failed = (0..<sample.count).count { message in
      sample.statuses.contains { statuses in
        switch statuses[message] {
        case .timeout, .error, .overload: true
        case .ok, .skipped, .abstain: false
        }
      }
    }
    return Proportion(failed, of: sample.count)
  }
}

/// The expected cost of the cascade and both its bounds.
public struct CostReport: Sendable, Hashable {
  public var model: CostModel
  /// Share of messages that reach the classifier, and reasoner calls per message.
  public var reachingClassifier: Double
  public var reasonerCalls: Double
  public var escalation: Double
  /// E = c_prefilter + e₁·c_classifier + e₁·e₂·c_reasoner, per message.
  public var expected: Double
  /// The cascade pays only below this escalation share.
  public var breakEven: Double
  /// No reasoner lifts recall above this, given what the cheap stages allow; nil without labels.
  public var recallCeiling: Double?
  public var pays: Bool { escalation < breakEven }

  init(_ model: CostModel, sample: EvaluationSample, escalated: Proportion, recallCeiling: Double?) {
    self.model = model
    self.recallCeiling = recallCeiling
    escalation = escalated.value ?? 0
    let scoring = sample.scoringStage
    let reaching = scoring.map { stage in sample.decidingStages.count { $0 < 0 || Int($0) >= stage } } ?? 0
    reachingClassifier = Double(reaching) / Double(max(1, sample.count))
    let calls = sample.usages.reduce(0) { $0 + $1.calls }
    reasonerCalls = calls > 0 ? Double(calls) / Double(max(1, sample.count)) : sample.reasonerStage == nil ? 0 : escalation
    expected = model.expected(reachingClassifier: reachingClassifier, reasonerCalls: reasonerCalls)
    breakEven = model.breakEvenEscalation
  }
}
