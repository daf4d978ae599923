/// Decisions against labels.
public struct Confusion: Sendable, Hashable {
  public var truePositives = 0
  public var falsePositives = 0
  public var falseNegatives = 0
  public var trueNegatives = 0

  public init(truePositives: Int = 0, falsePositives: Int = 0, falseNegatives: Int = 0, trueNegatives: Int = 0) {
    self.truePositives = truePositives
    self.falsePositives = falsePositives
    self.falseNegatives = falseNegatives
    self.trueNegatives = trueNegatives
  }

  @inlinable public mutating func count(flagged: Bool, positive: Bool) {
    switch (flagged, positive) {
    case (true, true): truePositives += 1
    case (true, false): falsePositives += 1
    case (false, true): falseNegatives += 1
    case (false, false): trueNegatives += 1
    }
  }

  public var positives: Int { truePositives + falseNegatives }
  public var negatives: Int { falsePositives + trueNegatives }
  public var flagged: Int { truePositives + falsePositives }
  public var total: Int { positives + negatives }

  /// Share of flagged messages that violate.
  public var precision: Proportion { Proportion(truePositives, of: flagged) }
  /// Share of violating messages that are flagged.
  public var recall: Proportion { Proportion(truePositives, of: positives) }
  /// Share of harmless messages that are flagged.
  public var falsePositiveRate: Proportion { Proportion(falsePositives, of: negatives) }
  public var accuracy: Proportion { Proportion(truePositives + trueNegatives, of: total) }
  public var baseRate: Proportion { Proportion(positives, of: total) }

  /// 2·TP / (2·TP + FP + FN); nil when there is neither a positive nor a flag.
  public var f1: Double? {
    let weight = 2 * truePositives + falsePositives + falseNegatives
    return weight == 0 ? nil : 2 * Double(truePositives) / Double(weight)
  }

  public func f1Estimate(_ bootstrap: Bootstrap) -> Estimate? {
    guard let f1 else { return nil }
    let interval = bootstrap.interval(of: [truePositives, falsePositives, falseNegatives]) { drawn in
      Confusion(truePositives: drawn[0], falsePositives: drawn[1], falseNegatives: drawn[2]).f1
    }
    return Estimate(f1, interval)
  }

  /// Precision where a share `baseRate` of the traffic violates: π·r / (π·r + (1−π)·f).
  ///
  /// The interval takes the unfavourable ends of recall and false positive rate together, each at `1 − (1 − confidence) / 2`,
  /// so that it covers at `confidence` or more.
  public func precision(atBaseRate baseRate: Double, confidence: Double = 0.95) -> Estimate? {
    guard let recall = recall.value, let rate = falsePositiveRate.value else { return nil }
    func restated(_ recall: Double, _ rate: Double) -> Double? {
      let flagged = baseRate * recall + (1 - baseRate) * rate
      return flagged > 0 ? baseRate * recall / flagged : nil
    }
    guard let value = restated(recall, rate) else { return nil }
    let each = 1 - (1 - confidence) / 2
    guard let recalls = self.recall.wilson(confidence: each), let rates = falsePositiveRate.wilson(confidence: each) else { return Estimate(value) }
    let low = restated(recalls.low, rates.high) ?? 0
    let high = restated(recalls.high, rates.low) ?? 1
    return Estimate(value, Interval(low: low, high: high, confidence: confidence, method: .wilson))
  }

  public static func + (a: Self, b: Self) -> Self {
    Self(
      truePositives: a.truePositives + b.truePositives, falsePositives: a.falsePositives + b.falsePositives,
      falseNegatives: a.falseNegatives + b.falseNegatives, trueNegatives: a.trueNegatives + b.trueNegatives)
  }
}
