import Moderation

/// How a sample is evaluated.
public struct EvaluationOptions: Sendable {
  public var reviewCounts = ReviewCount.flagged
  public var confidence = 0.95
  /// Draws of the bootstrap behind F1, AUROC and average precision; 0 leaves their intervals out.
  public var bootstrapDraws = 1000
  public var seed: UInt64 = 1
  /// The share of violating messages in live traffic: precision is restated there.
  public var baseRate: Double?
  public var cost: CostModel?
  /// Example ids kept for each kind of error.
  public var examples = 5
  /// The scoring stage whose scores are looked at; nil takes the last one.
  public var stage: String?
  /// Points of a drawn curve.
  public var curvePoints = 200
  public init() {}

  var bootstrap: Bootstrap { Bootstrap(draws: bootstrapDraws, seed: seed, confidence: confidence) }
}

/// Verdicts against labels, with intervals, for one category or for messages as a whole.
public struct Quality: Sendable {
  public var confusion: Confusion
  public var precision: Estimate?
  public var recall: Estimate?
  public var falsePositiveRate: Estimate?
  public var f1: Estimate?
  /// At ``EvaluationOptions/baseRate``.
  public var livePrecision: Estimate?

  init(_ confusion: Confusion, _ options: EvaluationOptions) {
    self.confusion = confusion
    precision = confusion.precision.estimate(confidence: options.confidence)
    recall = confusion.recall.estimate(confidence: options.confidence)
    falsePositiveRate = confusion.falsePositiveRate.estimate(confidence: options.confidence)
    f1 = options.bootstrapDraws > 1 ? confusion.f1Estimate(options.bootstrap) : confusion.f1.map { Estimate($0) }
    livePrecision = options.baseRate.flatMap { confusion.precision(atBaseRate: $0, confidence: options.confidence) }
  }
}

/// The scores of one stage for one category, threshold by threshold.
public struct ScoreReport: Sendable {
  public struct CurvePoint: Sendable, Hashable {
    public var x: Double
    public var y: Double
    public init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
  }
  public var stage: String
  public var scored: Int
  /// Labelled messages without a score.
  public var missing: Int
  public var auroc: Estimate?
  public var averagePrecision: Estimate?
  public var reliability: Reliability
  /// False positive rate against recall; empty unless there are both classes.
  public var roc: [CurvePoint]
  /// Recall against precision; empty without positives.
  public var precisionRecall: [CurvePoint]
  /// Scores of positives and of negatives in equal bins of 0...1.
  public var positiveScores: ScoreHistogram
  public var negativeScores: ScoreHistogram
  /// The thresholds in force.
  public var band: Band?

  init(stage: String, scores: [Float], labels: [Label], band: Band?, options: EvaluationOptions) throws(TuningError) {
    let levels = try ScoreLevels(scores: scores, labels: labels)
    self.stage = stage
    self.band = band
    scored = levels.count
    missing = levels.missing
    (auroc, averagePrecision) = levels.rankingEstimates(options.bootstrap)
    reliability = Reliability(levels)
    positiveScores = ScoreHistogram(bins: 40)
    negativeScores = ScoreHistogram(bins: 40)
    for (level, score) in levels.scores.enumerated() {
      positiveScores.add(score, levels.positives[level])
      negativeScores.add(score, levels.negatives[level])
    }
    (roc, precisionRecall) = Self.curves(levels, points: options.curvePoints)
  }

  private static func curves(_ levels: ScoreLevels, points: Int) -> (roc: [CurvePoint], precisionRecall: [CurvePoint]) {
    guard levels.positiveCount > 0 else { return ([], []) }
    let confusions = levels.confusions()
    let kept = thinned(confusions, to: max(2, points))
    let precisionRecall = kept.map { CurvePoint($0.recall.value ?? 0, $0.precision.value ?? 1) }
    guard levels.negativeCount > 0 else { return ([], precisionRecall) }
    let roc = [CurvePoint(0, 0)] + kept.map { CurvePoint($0.falsePositiveRate.value ?? 0, $0.recall.value ?? 0) }
    return (roc, precisionRecall)
  }

  /// The first, the last, and points between that are at least 1/points apart in recall or in false positive rate.
  private static func thinned(_ confusions: [Confusion], to points: Int) -> [Confusion] {
    var kept: [Confusion] = []
    let step = 1 / Double(points)
    for (place, confusion) in confusions.enumerated() {
      guard let last = kept.last, place < confusions.count - 1 else {
        kept.append(confusion)
        continue
      }
      let recall = Double(confusion.truePositives - last.truePositives) / Double(max(1, confusion.positives))
      let rate = Double(confusion.falsePositives - last.falsePositives) / Double(max(1, confusion.negatives))
      if recall >= step || rate >= step { kept.append(confusion) }
    }
    return kept
  }
}

/// What a simpler system would have done on the same messages.
public struct Baseline: Sendable {
  public var name: String
  public var quality: Quality
  /// Messages on which the baseline is known; the pipeline's own quality on exactly those.
  public var known: Int
  public var pipelineOnSame: Quality
  /// Reasoner calls per message.
  public var callShare: Double
  /// What to know about it: `best threshold on these very labels`.
  public var note: String?
}

/// Everything about one category, or about messages as a whole.
public struct ScopeReport: Sendable {
  /// The category; nil for the message as a whole.
  public var category: String?
  public var labelled: Int
  /// Labelled messages that another category had already settled: left out of the confusion.
  public var settledElsewhere: Int
  public var quality: Quality
  /// Share of labelled messages that the cheap stages settled, and the errors among those.
  public var coverage: Estimate?
  public var selectiveRisk: Estimate?
  /// 1 − the share of violating messages that cheap stages allowed: no reasoner lifts recall above it.
  public var recallCeiling: Double?
  /// nil for the message as a whole, and without a scoring stage.
  public var scores: ScoreReport?
  public var baselines: [Baseline]
  /// Escalation rate against recall, moving `allow_below` alone; descriptive: chosen and measured on the same labels.
  public var recallFrontier: [ScoreReport.CurvePoint] = []
  /// Escalation rate against the best F1 of any two thresholds.
  public var f1Frontier: [ScoreReport.CurvePoint] = []
}
