import Moderation

/// Whether the promise keeps on real data: the sample is halved at random again and again; thresholds are chosen on one
/// half and the promised bound is looked up on the other.
///
/// The other half is itself a sample, so that a threshold whose true risk is just within the bound measures beyond it about
/// half of the time. Each re-split is therefore also counted as *refuted* only when the other half disproves the bound at the
/// same confidence, and the honest reading is both numbers together.
public struct ResplitStudy: Sendable {
  public struct Outcome: Sendable {
    public var bound: Bound
    /// Re-splits in which thresholds were found.
    public var found: Int
    /// Of those: the other half measured the bound as kept.
    public var measuredKept: Int
    /// Of those: the other half disproves the bound at the study's confidence.
    public var refuted: Int
    /// Re-splits that refused or found nothing.
    public var withoutThresholds: Int
    /// Means over the found.
    public var meanValue: Double
    public var meanEscalation: Double
    public var keptShare: Proportion { Proportion(measuredKept, of: found) }
  }
  public var resplits: Int
  public var outcomes: [Outcome]

  /// - Parameters:
  ///   - resplits: how many halvings; 200 is customary.
  ///   - goals: one goal of one category each, or `any:`; the guaranteed bounds are followed.
  public init(_ sample: EvaluationSample, goals: [Goal], options: TuningOptions, resplits: Int) throws(TuningError) {
    self.resplits = resplits
    var options = options
    options.frontierPoints = 0
    // Inside the tuning half: calibration and choosing; the reporting part is the other half.
    options.shares = GroupedSplit.Shares(calibration: 0.15, choosing: 0.35, reporting: 0.5)
    var tallies: [String: Tally] = [:]
    var order: [String] = []
    for resplit in 0..<resplits {
      options.seed = SeededGenerator.mix(UInt64(resplit) &+ 1)
      for result in try Tuner(sample, goals: goals, options: options).run().goals {
        for bound in result.goal.guaranteed {
          let key = result.goal.text + "\u{0}" + bound.text
          if tallies[key] == nil { order.append(key) }
          tallies[key, default: Tally(bound: bound)].add(result, delta: 1 - options.confidence)
        }
      }
    }
    outcomes = order.compactMap { tallies[$0]?.outcome }
  }

  private struct Tally {
    var bound: Bound
    var found = 0, kept = 0, refuted = 0, without = 0
    var values = 0.0, escalations = 0.0
    init(bound: Bound) { self.bound = bound }

    mutating func add(_ result: GoalResult, delta: Double) {
      guard result.isMet, let point = result.reported, let value = point.value(bound.metric) else {
        without += 1
        return
      }
      found += 1
      values += value
      escalations += point.value(.escalationRate) ?? 0
      if bound.holds(value) { kept += 1 }
      if let limit = bound.riskLimit, let (bad, trials) = point.counts.risk(of: bound.metric), trials > 0 {
        // Upper tail: so many bad events or more would be this unlikely if the bound held.
        if 1 - SpecialFunctions.binomialCDF(bad - 1, trials: trials, probability: limit) <= delta { refuted += 1 }
      }
    }

    var outcome: Outcome {
      let count = Double(max(1, found))
      return Outcome(
        bound: bound, found: found, measuredKept: kept, refuted: refuted, withoutThresholds: without, meanValue: values / count,
        meanEscalation: escalations / count)
    }
  }
}
