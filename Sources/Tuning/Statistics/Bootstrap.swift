/// A seeded Poisson bootstrap over counted cells: every cell's count is redrawn from Poisson(count).
///
/// The number drawn varies around n instead of being n, which changes intervals by O(1/n); in exchange the work is the
/// number of *cells* and not of messages, so that a million messages cost no more than a thousand (Chamandy et al. 2012).
public struct Bootstrap: Sendable {
  public var draws: Int
  public var seed: UInt64
  public var confidence: Double
  public init(draws: Int = 1000, seed: UInt64 = 1, confidence: Double = 0.95) {
    (self.draws, self.seed, self.confidence) = (draws, seed, confidence)
  }

  /// Percentile interval of `statistic` over redrawn counts; nil when fewer than half of the draws have a value.
  public func interval(of counts: [Int], statistic: ([Int]) -> Double?) -> Interval? {
    intervals(of: counts) { [statistic($0)] }.first ?? nil
  }

  /// Percentile intervals of several statistics over the same draws.
  public func intervals(of counts: [Int], statistics: ([Int]) -> [Double?]) -> [Interval?] {
    guard draws > 1 else { return statistics(counts).map { _ in nil } }
    var generator = SeededGenerator(seed: seed)
    var drawn = counts
    var values: [[Double]] = []
    for _ in 0..<draws {
      for cell in counts.indices { drawn[cell] = counts[cell] == 0 ? 0 : generator.poisson(Double(counts[cell])) }
      let results = statistics(drawn)
      if values.isEmpty { values = results.map { _ in [] } }
      for (place, result) in results.enumerated() { if let result, result.isFinite { values[place].append(result) } }
    }
    return values.map(percentileInterval)
  }

  private func percentileInterval(_ values: [Double]) -> Interval? {
    guard values.count * 2 >= draws else { return nil }
    let sorted = values.sorted()
    let tail = (1 - confidence) / 2
    return Interval(
      low: quantile(ofSorted: sorted, tail), high: quantile(ofSorted: sorted, 1 - tail), confidence: confidence, method: .bootstrap)
  }
}

/// The quantile of ascending `values` by linear interpolation between order statistics (type 7, NumPy's default).
/// - Precondition: `values` is not empty.
public func quantile(ofSorted values: [Double], _ share: Double) -> Double {
  let position = min(max(share, 0), 1) * Double(values.count - 1)
  let below = Int(position)
  guard below + 1 < values.count else { return values[values.count - 1] }
  let fraction = position - Double(below)
  return values[below] + (values[below + 1] - values[below]) * fraction
}
