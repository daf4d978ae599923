import Moderation

/// Whether the promise keeps on real data: the sample is halved at random again and again, and thresholds are chosen on one half.
///
/// There are two promises, and each is checked where it can be checked.
/// - That the true share keeps the bound. The truth of halves is the whole that they are drawn from: the bound is looked up on all
///   messages together. On the other half alone it may *measure* as broken more often than the confidence says, since that half is a
///   small sample with noise of its own; that breaks no promise, as long as the half does not disprove the bound.
/// - That a further sample will measure the bound as kept (``TuningOptions/measuredOver``), which is stricter: looked up on the other half.
public struct ResplitStudy: Sendable {
  public enum Promise: Sendable {
    /// That the other half measures the bound as kept.
    case measured
    /// That the true share keeps the bound: measured as kept less often than the confidence, refuted hardly ever.
    case trueShare
  }
  public struct Outcome: Sendable {
    public var bound: Bound
    /// Re-splits in which thresholds were found.
    public var found: Int
    /// Of those: the other half measured the bound as kept.
    public var measuredKept: Int
    /// Of those: the bound holds on all messages together.
    public var wholeKept: Int
    /// Of those: the other half disproves the bound at the study's confidence.
    public var refuted: Int
    /// Re-splits that refused or found nothing.
    public var withoutThresholds: Int
    /// Means over the found, on the other half.
    public var meanValue: Double
    public var meanEscalation: Double
    public var keptShare: Proportion { Proportion(measuredKept, of: found) }
    /// Of all re-splits: thresholds were accepted, and the other half measured the bound as broken. This is what the
    /// confidence limits; a refusal breaks no promise.
    public var brokenShare: Proportion { Proportion(found - measuredKept, of: found + withoutThresholds) }
    /// Of all re-splits: the bound is broken on all messages together.
    public var brokenOnTheWhole: Proportion { Proportion(found - wholeKept, of: found + withoutThresholds) }
  }
  public var promise: Promise
  public var resplits: Int
  public var confidence: Double
  public var outcomes: [Outcome]
  /// Messages without an answer that thresholds of some halving left to the reasoner, and what was supposed of them.
  public var supposed: Int
  public var unknown: UnknownAnswer

  /// - Parameters:
  ///   - goals: as for ``Tuner``; their guaranteed bounds are followed.
  ///   - resplits: how many halvings; 200 is customary.
  public init(
    _ sample: EvaluationSample, goals: [Goal], options: TuningOptions, resplits: Int, promise: Promise = .measured
  ) throws(TuningError) {
    self.promise = promise
    self.resplits = resplits
    let all = (0..<Int32(sample.count)).map { $0 }
    confidence = options.confidence
    var options = options
    options.frontierPoints = 0
    options.shares = Self.shares(goals, sample, options)
    options.measuredOver = promise == .measured ? options.shares.reporting / options.shares.choosing : nil
    var tallies: [String: Tally] = [:]
    var order: [String] = []
    var supposed: Set<Int32> = []
    for resplit in 0..<resplits {
      options.seed = SeededGenerator.mix(UInt64(resplit) &+ 1)
      let tuner = try Tuner(sample, goals: goals, options: options)
      for result in try tuner.run().goals {
        let whole = result.chosen.map { chosen in
          OperatingPoint(bands: chosen.bands, counts: tuner.scene.counts(all, chosen.bands, scope: result.scope), context: tuner.scene.context)
        }
        if let chosen = result.chosen { supposed.formUnion(tuner.unasked(under: chosen.bands, among: all, scope: result.scope)) }
        for bound in result.goal.guaranteed {
          let key = result.goal.text + "\u{0}" + bound.text
          if tallies[key] == nil { order.append(key) }
          tallies[key, default: Tally(bound: bound)].add(
            result, whole: whole, delta: 1 - options.confidence, isRestated: options.baseRate != nil && bound.metric == .precision)
        }
      }
    }
    (self.supposed, unknown) = (supposed.count, options.unknown)
    outcomes = order.compactMap { tallies[$0]?.outcome }
  }

  /// The reporting part is the other half; candidates that need no ordering leave all of the first half to choose on.
  private static func shares(_ goals: [Goal], _ sample: EvaluationSample, _ options: TuningOptions) -> GroupedSplit.Shares {
    let units = (try? TuningUnit.units(of: goals, sample: sample, budgets: options.budgets)) ?? []
    if units.allSatisfy(\.isMonotone) { return GroupedSplit.Shares(calibration: 0, choosing: 0.5, reporting: 0.5) }
    return GroupedSplit.Shares(calibration: 0.15, choosing: 0.35, reporting: 0.5)
  }

  private struct Tally {
    var bound: Bound
    var found = 0, kept = 0, wholeKept = 0, refuted = 0, without = 0
    var values = 0.0, escalations = 0.0
    init(bound: Bound) { self.bound = bound }

    /// - Parameter isRestated: what the messages themselves measure says nothing of the bound.
    mutating func add(_ result: GoalResult, whole: OperatingPoint?, delta: Double, isRestated: Bool) {
      guard result.isMet, let point = result.reported, let value = point.value(bound.metric) else {
        without += 1
        return
      }
      found += 1
      values += value
      escalations += point.value(.escalationRate) ?? 0
      if bound.holds(value) { kept += 1 }
      if let truth = whole?.value(bound.metric), bound.holds(truth) { wholeKept += 1 }
      if !isRestated, let limit = bound.riskLimit, let (bad, trials) = point.counts.risk(of: bound.metric), trials > 0 {
        // Upper tail: so many bad events or more would be this unlikely if the bound held.
        if 1 - SpecialFunctions.binomialCDF(bad - 1, trials: trials, probability: limit) <= delta { refuted += 1 }
      }
    }

    var outcome: Outcome {
      let count = Double(max(1, found))
      return Outcome(
        bound: bound, found: found, measuredKept: kept, wholeKept: wholeKept, refuted: refuted, withoutThresholds: without, meanValue: values / count,
        meanEscalation: escalations / count)
    }
  }
}
