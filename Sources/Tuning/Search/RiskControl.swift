/// Tests of bounded risks at a stated confidence, exact for every sample size.
///
/// A bound such as `recall >= 0.95` says: at most 5 % of violating messages are missed. The null hypothesis is that it does
/// not hold; under it the number of misses among n violating messages is at least Binomial(n, 0.05), so its lower tail is a
/// valid p-value. Passing at δ is the same as the Clopper–Pearson upper bound at confidence 1 − δ lying below 5 %.
///
/// Trying many thresholds would break that confidence; two ways of trying keep it:
/// - *monotone sequence*: the miss rate can only rise with `allow_below`, so thresholds are tested from the lowest up and the
///   first failure ends it (risk-controlling prediction sets, Bates et al. 2021);
/// - *fixed sequence* (learn then test, Angelopoulos et al. 2021): candidates are found and ordered on the calibration part,
///   then tested in that order on the choosing part, up to the first failure.
/// Several bounds of one goal must all pass, which needs no correction. Goals of several categories share δ evenly.
public enum RiskControl {
  /// P(at most `bad` events in `trials`) where the true share is just `limit`: the p-value against "the risk exceeds the limit".
  public static func pValue(bad: Int, trials: Int, limit: Double) -> Double {
    if trials <= 0 || limit <= 0 { return 1 }
    if limit >= 1 { return 0 }
    return SpecialFunctions.binomialCDF(bad, trials: trials, probability: limit)
  }

  /// The p-value against "a further sample of `future` trials will measure a risk above the limit", for exchangeable trials.
  ///
  /// If it did, at least `bad` + ⌊limit·future⌋ + 1 of all trials would be bad, and at most `bad` of them would have fallen
  /// among the first `trials`: a hypergeometric tail, whatever the true risk. It keeps its level along a monotone sequence,
  /// where it is the chance that the further sample reaches its limit of misses before the first one reaches `bad` + 1.
  public static func pValue(bad: Int, trials: Int, limit: Double, future: Int) -> Double {
    let tolerated = Int((limit * Double(future) + 1e-9).rounded(.down))
    if trials <= 0 { return 1 }
    if tolerated >= future { return 0 }
    return SpecialFunctions.hypergeometricCDF(bad, population: trials + future, marked: bad + tolerated + 1, drawn: trials)
  }

  /// The fewest trials that can prove a risk of at most `limit`, when not one of them is bad: ⌈ln δ / ln(1 − limit)⌉; nil when none can.
  public static func fewestTrials(limit: Double, delta: Double) -> Int? { trialsNeeded(badShare: 0, limit: limit, delta: delta) }

  /// The fewest trials that prove a risk of at most `limit` if a share `badShare` of them is bad; nil when no number does (`badShare >= limit`).
  public static func trialsNeeded(badShare: Double, limit: Double, delta: Double) -> Int? {
    guard badShare < limit, limit > 0, delta > 0 else { return nil }
    func proves(_ trials: Int) -> Bool {
      pValue(bad: Int((badShare * Double(trials)).rounded(.up)), trials: trials, limit: limit) <= delta
    }
    var high = 1
    while !proves(high) {
      guard high < 1 << 40 else { return nil }
      high *= 2
    }
    var low = high / 2
    while high - low > 1 {
      let middle = (low + high) / 2
      if proves(middle) { high = middle } else { low = middle }
    }
    return high
  }

  /// The greatest number of bad events among `trials` that still proves a risk of at most `limit`; nil when not even none does.
  public static func allowedEvents(trials: Int, limit: Double, delta: Double) -> Int? {
    guard pValue(bad: 0, trials: trials, limit: limit) <= delta else { return nil }
    var (low, high) = (0, trials)
    while high - low > 1 {
      let middle = (low + high) / 2
      if pValue(bad: middle, trials: trials, limit: limit) <= delta { low = middle } else { high = middle }
    }
    return low
  }

  /// The p-value against "the bound does not hold", for a testable bound.
  static func pValue(_ bound: Bound, _ counts: OutcomeCounts, _ options: TuningOptions) -> Double {
    guard let limit = bound.riskLimit, let (bad, trials) = counts.risk(of: bound.metric) else { return 1 }
    if bound.metric == .precision, let baseRate = options.baseRate { return restatedPrecisionPValue(bound, counts.confusion, baseRate) }
    if let growth = options.measuredOver { return pValue(bad: bad, trials: trials, limit: limit, future: Int((Double(trials) * growth).rounded(.up))) }
    return pValue(bad: bad, trials: trials, limit: limit)
  }

  /// Precision at another base rate is no share of counted messages: it is bounded through recall and false positive rate, each at δ/2.
  private static func restatedPrecisionPValue(_ bound: Bound, _ confusion: Confusion, _ baseRate: Double) -> Double {
    func proves(_ delta: Double) -> Bool {
      let recall = confusion.recall.lowerBound(confidence: 1 - delta / 2)
      let rate = confusion.falsePositiveRate.upperBound(confidence: 1 - delta / 2)
      let precision = RestatedPrecision.precision(recall: recall, falsePositiveRate: rate, baseRate: baseRate)
      return precision > 0 && precision >= bound.value
    }
    guard confusion.positives > 0, confusion.negatives > 0, proves(1) else { return 1 }
    var (low, high) = (0.0, 1.0)
    for _ in 0..<40 {
      let middle = (low + high) / 2
      if proves(middle) { high = middle } else { low = middle }
    }
    return high
  }
}

/// Proof, as far as a sample can give one, that a bound holds at the chosen thresholds.
public struct Certificate: Sendable, Hashable {
  public enum Method: Sendable, Hashable {
    /// Thresholds tested from the lowest up; so many passed.
    case monotoneSequence(passed: Int)
    /// Candidates found on the calibration part and tested in order; so many of so many passed before the first failure.
    case fixedSequence(passed: Int, of: Int)

    public var text: String {
      switch self {
      case .monotoneSequence: "monotone sequence"
      case .fixedSequence(let passed, let all): "fixed sequence, \(passed) of \(all) candidates passed"
      }
    }
  }
  public var bound: Bound
  /// Bad events (misses, wrong flags) among the trials of the choosing part.
  public var bad: Int
  public var trials: Int
  /// The confidence of this one bound, after sharing among goals.
  public var confidence: Double
  public var method: Method
  /// Set when the promise is about what a further sample of this many trials measures, not about the true risk.
  public var future: Int?
  /// Clopper–Pearson: the true risk is at most this, at `confidence`.
  public var riskAtMost: Double { Proportion(bad, of: trials).upperBound(confidence: confidence) }
}

/// How many more labels a proof would need.
public struct LabelNeed: Sendable, Hashable {
  public var bound: Bound
  /// What is counted: `positives`, `negatives`, `flagged messages`, `settled messages`.
  public var unit: String
  /// In the choosing part, where the test is made.
  public var have: Int
  public var need: Int
  /// Over all parts, at the shares of the split.
  public var moreInAll: Int
  /// Whether `need` supposes that not one further event is bad; otherwise it supposes the share measured so far.
  public var supposesNoneBad: Bool

  public var text: String {
    let suppose = supposesNoneBad ? "even if none of them goes wrong" : "at the share that goes wrong now"
    return "`\(bound.text)` needs at least \(grouped(need)) \(unit) in the choosing part (\(suppose)); it has \(grouped(have)): "
      + "label at least \(grouped(moreInAll)) more"
  }

  static func unit(of metric: Metric) -> String {
    switch metric {
    case .recall, .missRate: "positives"
    case .falsePositiveRate: "negatives"
    case .selectiveRisk: "settled messages"
    default: "flagged messages"
    }
  }
}
