/// How far two judges agree on the same messages: counts by (first says, second says).
public struct Agreement: Sendable, Hashable {
  /// `[classes, classes]` row-major: rows are the first judge's classes.
  public private(set) var counts: [Int]
  public let classes: Int

  public init(classes: Int) {
    self.classes = classes
    counts = Array(repeating: 0, count: classes * classes)
  }

  @inlinable public mutating func count(_ first: Int, _ second: Int) { add(1, first, second) }
  public mutating func add(_ number: Int, _ first: Int, _ second: Int) { counts[first * classes + second] += number }
  public subscript(first: Int, second: Int) -> Int { counts[first * classes + second] }

  public var total: Int { counts.reduce(0, +) }
  public var agreed: Proportion { Proportion((0..<classes).reduce(0) { $0 + self[$1, $1] }, of: total) }

  /// Cohen's κ, unweighted: agreement beyond what the two judges' own rates give by chance.
  /// nil without messages, and when both judges always say the same one thing (chance agreement is then certain).
  public var kappa: Double? {
    let total = Double(total)
    guard total > 0 else { return nil }
    let chance = (0..<classes).reduce(0.0) { sum, one in
      let first = (0..<classes).reduce(0) { $0 + self[one, $1] }
      let second = (0..<classes).reduce(0) { $0 + self[$1, one] }
      return sum + Double(first) / total * (Double(second) / total)
    }
    guard chance < 1, let observed = agreed.value else { return nil }
    return (observed - chance) / (1 - chance)
  }
}

/// McNemar's test: of the messages on which two judges differ, does one judge win more often than chance?
public struct McNemar: Sendable, Hashable {
  /// Messages that only the first judge got right, and only the second.
  public var onlyFirst: Int
  public var onlySecond: Int
  public init(onlyFirst: Int, onlySecond: Int) { (self.onlyFirst, self.onlySecond) = (onlyFirst, onlySecond) }

  public var discordant: Int { onlyFirst + onlySecond }
  private var fewer: Int { min(onlyFirst, onlySecond) }

  /// Exact two-sided binomial test; 1 when nothing differs.
  public var exactP: Double {
    discordant == 0 ? 1 : min(1, 2 * SpecialFunctions.binomialCDF(fewer, trials: discordant, probability: 0.5))
  }

  /// Mid-p variant (Fagerland, Lydersen and Laake 2013): the exact test without its conservatism.
  public var midP: Double {
    guard discordant > 0, onlyFirst != onlySecond else { return 1 }
    let point = SpecialFunctions.binomialPMF(fewer, trials: discordant, probability: 0.5)
    return min(1, 2 * SpecialFunctions.binomialCDF(fewer, trials: discordant, probability: 0.5) - point)
  }

  /// χ² with continuity correction and its p-value: for many discordant messages.
  public var chiSquare: (statistic: Double, p: Double) {
    guard discordant > 0 else { return (0, 1) }
    let difference = max(0, Double(abs(onlyFirst - onlySecond)) - 1)
    let statistic = difference * difference / Double(discordant)
    return (statistic, SpecialFunctions.chiSquareTail(statistic))
  }
}
