/// How an interval was made, by the name that reports print.
public enum IntervalMethod: String, Sendable, Codable {
  /// Wilson's score interval (1927): close to its nominal coverage for every proportion.
  case wilson
  /// Clopper and Pearson's exact interval (1934): never below its nominal coverage.
  case clopperPearson = "clopper-pearson"
  /// Percentiles of a seeded Poisson bootstrap: for what is not a proportion (F1, AUROC, AUPRC).
  case bootstrap = "poisson-bootstrap"
  /// Exact interval at the effective size of a sample drawn with unequal chances (Horvitz–Thompson weights, Kish).
  case horvitzThompson = "horvitz-thompson"
}

/// A two-sided confidence interval.
public struct Interval: Sendable, Hashable {
  public var low: Double
  public var high: Double
  /// 0...1, for example 0.95.
  public var confidence: Double
  public var method: IntervalMethod
  public init(low: Double, high: Double, confidence: Double, method: IntervalMethod) {
    (self.low, self.high, self.confidence, self.method) = (low, high, confidence, method)
  }
}

/// A value with its interval; either may be unknown.
public struct Estimate: Sendable, Hashable {
  public var value: Double
  public var interval: Interval?
  public init(_ value: Double, _ interval: Interval? = nil) { (self.value, self.interval) = (value, interval) }
}

/// `successes` of `trials`: a share that keeps its counts.
public struct Proportion: Sendable, Hashable {
  public var successes: Int
  public var trials: Int
  /// - Precondition: 0 ≤ successes ≤ trials.
  public init(_ successes: Int, of trials: Int) {
    precondition(successes >= 0 && successes <= trials, "a proportion has no more successes than trials")
    (self.successes, self.trials) = (successes, trials)
  }

  /// nil when nothing was counted.
  public var value: Double? { trials == 0 ? nil : Double(successes) / Double(trials) }

  /// Wilson's score interval without continuity correction; nil when nothing was counted.
  public func wilson(confidence: Double = 0.95) -> Interval? {
    guard trials > 0 else { return nil }
    let z = SpecialFunctions.normalQuantile(1 - (1 - confidence) / 2)
    let (n, p) = (Double(trials), Double(successes) / Double(trials))
    let center = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    let low = successes == 0 ? 0 : max(0, center - half)
    let high = successes == trials ? 1 : min(1, center + half)
    return Interval(low: low, high: high, confidence: confidence, method: .wilson)
  }

  /// The exact two-sided interval; nil when nothing was counted.
  public func clopperPearson(confidence: Double = 0.95) -> Interval? {
    guard trials > 0 else { return nil }
    let oneSided = 1 - (1 - confidence) / 2
    return Interval(low: lowerBound(confidence: oneSided), high: upperBound(confidence: oneSided), confidence: confidence, method: .clopperPearson)
  }

  /// Exact one-sided upper bound: the true share is no greater with at least this confidence. 1 when nothing was counted.
  public func upperBound(confidence: Double) -> Double {
    if successes == trials { return 1 }
    return SpecialFunctions.inverseIncompleteBeta(Double(successes) + 1, Double(trials - successes), confidence)
  }

  /// Exact one-sided lower bound; 0 when nothing was counted.
  public func lowerBound(confidence: Double) -> Double {
    if successes == 0 { return 0 }
    return SpecialFunctions.inverseIncompleteBeta(Double(successes), Double(trials - successes) + 1, 1 - confidence)
  }

  /// The share with Wilson's interval; nil when nothing was counted.
  public func estimate(confidence: Double = 0.95) -> Estimate? {
    value.map { Estimate($0, wilson(confidence: confidence)) }
  }
}
