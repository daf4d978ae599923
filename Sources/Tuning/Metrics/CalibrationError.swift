/// How far probabilities are from frequencies.
public struct Reliability: Sendable, Hashable {
  /// Scores between two equally spaced edges; the last bin includes 1.
  public struct Bin: Sendable, Hashable {
    public var low: Double
    public var high: Double
    public var count = 0
    public var positives = 0
    /// Mean score of the bin; nil when it is empty.
    public var meanScore: Double?
    public var positiveShare: Proportion { Proportion(positives, of: count) }
  }
  public var bins: [Bin]
  /// Mean squared difference of probability and label; nil without scores.
  public var brier: Double?
  /// Expected calibration error: Σ (bin share)·|mean score − share of positives| over equal-width bins (Guo et al. 2017).
  public var expectedCalibrationError: Double?
  /// The greatest such difference of any bin that is not empty.
  public var maximumCalibrationError: Double?

  public static let binCount = 15
  /// The name that reports print beside the number.
  public static let name = "ECE (15 equal-width bins)"

  public init(_ levels: ScoreLevels, bins binCount: Int = Self.binCount) {
    let width = 1 / Double(binCount)
    bins = (0..<binCount).map { Bin(low: Double($0) * width, high: Double($0 + 1) * width) }
    var sums = [Double](repeating: 0, count: binCount)
    var squares = 0.0
    for (place, level) in levels.scores.enumerated() {
      let score = Double(level)
      let (positives, negatives) = (levels.positives[place], levels.negatives[place])
      let bin = min(binCount - 1, Int(score * Double(binCount)))
      bins[bin].count += positives + negatives
      bins[bin].positives += positives
      sums[bin] += score * Double(positives + negatives)
      squares += Double(positives) * (1 - score) * (1 - score) + Double(negatives) * score * score
    }
    summarise(sums, squares, total: levels.count)
  }

  private mutating func summarise(_ sums: [Double], _ squares: Double, total: Int) {
    guard total > 0 else { return }
    brier = squares / Double(total)
    var (expected, greatest) = (0.0, 0.0)
    for bin in bins.indices where bins[bin].count > 0 {
      let count = Double(bins[bin].count)
      bins[bin].meanScore = sums[bin] / count
      let gap = abs(sums[bin] - Double(bins[bin].positives)) / count
      expected += gap * count / Double(total)
      greatest = max(greatest, gap)
    }
    expectedCalibrationError = expected
    maximumCalibrationError = greatest
  }
}
