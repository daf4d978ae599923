#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Scores counted in equally wide bins of 0...1: small enough to be kept with a model as its reference.
public struct ScoreHistogram: Sendable, Hashable, Codable {
  public private(set) var counts: [Int]
  public private(set) var missing = 0

  public init(bins: Int = 20) { counts = Array(repeating: 0, count: max(1, bins)) }
  public init(counts: [Int]) { self.counts = counts.isEmpty ? [0] : counts }
  public init(_ scores: some Sequence<Float>, bins: Int = 20) {
    self.init(bins: bins)
    for score in scores { add(score) }
  }

  @inlinable public mutating func add(_ score: Float) { add(score, 1) }
  public mutating func add(_ score: Float, _ number: Int) {
    if score >= 0, score <= 1 { counts[min(counts.count - 1, Int(score * Float(counts.count)))] += number } else { missing += number }
  }
  public var total: Int { counts.reduce(0, +) }
}

/// How far the scores of today have moved from those of the reference.
public struct Drift: Sendable, Hashable {
  /// Population stability index: Σ (q − p)·ln(q / p) over the bins.
  public var psi: Double
  /// Share of PSI that chance alone would reach with probability 5 %: the index of two equal distributions is about
  /// χ²(bins − 1)·(1/n + 1/m) (Yurdakul 2018), here by the Wilson–Hilferty approximation.
  public var noise: Double
  public enum Reading: String, Sendable { case stable, moderate, major }
  /// The customary reading: below 0.1 stable, from 0.25 on major; stable too when no more than chance explains.
  public var reading: Reading { psi < 0.1 || psi <= noise ? .stable : psi < 0.25 ? .moderate : .major }

  /// nil when either histogram is empty or their bins differ. Bins get half a count each, so that an empty one does not make the index infinite.
  public init?(reference: ScoreHistogram, current: ScoreHistogram) {
    guard reference.counts.count == current.counts.count, reference.total > 0, current.total > 0 else { return nil }
    let bins = Double(reference.counts.count)
    let (n, m) = (Double(reference.total), Double(current.total))
    psi = zip(reference.counts, current.counts).reduce(0) { sum, pair in
      let p = (Double(pair.0) + 0.5) / (n + 0.5 * bins)
      let q = (Double(pair.1) + 0.5) / (m + 0.5 * bins)
      return sum + (q - p) * log(q / p)
    }
    let freedom = max(1, bins - 1)
    let z = SpecialFunctions.normalQuantile(0.95)
    let cube = 1 - 2 / (9 * freedom) + z * (2 / (9 * freedom)).squareRoot()
    noise = freedom * cube * cube * cube * (1 / n + 1 / m)
  }
}
