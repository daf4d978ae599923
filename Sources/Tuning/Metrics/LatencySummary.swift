/// Percentiles of times in seconds.
public struct LatencySummary: Sendable, Hashable {
  public var count: Int
  public var mean: Double
  public var p50: Double
  public var p90: Double
  public var p95: Double
  public var p99: Double
  public var max: Double

  /// NaN entries are left out; nil when nothing is left.
  public init?(_ seconds: [Float]) {
    let known = seconds.filter { !$0.isNaN }
    guard !known.isEmpty else { return nil }
    let sorted = known.map(Double.init).sorted()
    count = sorted.count
    mean = sorted.reduce(0, +) / Double(sorted.count)
    p50 = quantile(ofSorted: sorted, 0.5)
    p90 = quantile(ofSorted: sorted, 0.9)
    p95 = quantile(ofSorted: sorted, 0.95)
    p99 = quantile(ofSorted: sorted, 0.99)
    max = sorted[sorted.count - 1]
  }
}
