/// Proof, as far as a sample can give one, of a precision at another base rate than the sample's. That is no share of counted messages: it
/// follows from recall and false positive rate, each bounded at half of what the confidence leaves.
public struct RestatedPrecision: Sendable, Hashable {
  public var bound: Bound
  /// Share of violating messages in live traffic.
  public var baseRate: Double
  /// Both of the choosing part.
  public var recall: Proportion
  public var falsePositiveRate: Proportion
  /// With which both bounds hold together, after sharing among goals.
  public var confidence: Double
  public var method: Certificate.Method

  private var confidenceOfEach: Double { 1 - (1 - confidence) / 2 }
  /// Clopper–Pearson, as all of these.
  public var recallAtLeast: Double { recall.lowerBound(confidence: confidenceOfEach) }
  public var falsePositiveRateAtMost: Double { falsePositiveRate.upperBound(confidence: confidenceOfEach) }
  /// 0 where not one violation is sure to be caught.
  public var precisionAtLeast: Double { Self.precision(recall: recallAtLeast, falsePositiveRate: falsePositiveRateAtMost, baseRate: baseRate) }

  /// π·r / (π·r + (1−π)·f); 0 where nothing is caught.
  static func precision(recall: Double, falsePositiveRate: Double, baseRate: Double) -> Double {
    let caught = baseRate * recall, wrong = (1 - baseRate) * falsePositiveRate
    return caught > 0 ? caught / (caught + wrong) : 0
  }

  public var text: String {
    func percent(_ share: Double) -> String { NumberText.percent(share, 2) }
    return "proved: \(bound.text) where \(NumberText.short(baseRate * 100))% of messages violate, at \(NumberText.short(confidence * 100))% confidence: "
      + "taken alone, at least \(percent(precisionAtLeast)), as at least \(percent(recallAtLeast)) of violating messages are flagged "
      + "(\(grouped(recall.successes)) of \(grouped(recall.trials))) and at most \(percent(falsePositiveRateAtMost)) of harmless ones "
      + "(\(grouped(falsePositiveRate.successes)) of \(grouped(falsePositiveRate.trials)); Clopper–Pearson at half of the error each; \(method.text))"
  }
}
