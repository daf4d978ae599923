/// The non-decreasing step curve nearest to the labels in squares, joined by straight lines: scikit-learn's
/// `IsotonicRegression(out_of_bounds="clip")`. Pool adjacent violators, O(levels).
public struct IsotonicRegression: Sendable, Hashable {
  /// Ascending scores and the non-decreasing probabilities at them; equal in length, at least one.
  public private(set) var scores: [Double] = []
  public private(set) var probabilities: [Double] = []

  private struct Block {
    var first: Int
    var last: Int
    var positives: Int
    var count: Int
    /// Compares shares exactly, by cross-multiplication.
    func exceeds(_ other: Self) -> Bool {
      let left = positives.multipliedFullWidth(by: other.count), right = other.positives.multipliedFullWidth(by: count)
      return left.high != right.high ? left.high > right.high : left.low > right.low
    }
  }

  /// nil without labelled scores.
  public init?(_ levels: ScoreLevels) {
    guard levels.count > 0 else { return nil }
    let ascending = Array(levels.scores.reversed())
    var blocks: [Block] = []
    for place in ascending.indices {
      let level = ascending.count - 1 - place
      var block = Block(first: place, last: place, positives: levels.positives[level], count: levels.positives[level] + levels.negatives[level])
      while let below = blocks.last, below.exceeds(block) || !block.exceeds(below) {
        block = Block(first: below.first, last: block.last, positives: below.positives + block.positives, count: below.count + block.count)
        blocks.removeLast()
      }
      blocks.append(block)
    }
    for block in blocks {
      let share = Double(block.positives) / Double(block.count)
      append(Double(ascending[block.first]), share)
      if block.last > block.first { append(Double(ascending[block.last]), share) }
    }
  }

  private mutating func append(_ score: Double, _ probability: Double) {
    scores.append(score)
    probabilities.append(probability)
  }

  /// Linear between the knots, constant outside.
  public func probability(_ score: Double) -> Double {
    var (low, high) = (0, scores.count - 1)
    if score <= scores[low] { return probabilities[low] }
    if score >= scores[high] { return probabilities[high] }
    while high - low > 1 {
      let middle = (low + high) / 2
      if scores[middle] <= score { low = middle } else { high = middle }
    }
    let share = (score - scores[low]) / (scores[high] - scores[low])
    return probabilities[low] + (probabilities[high] - probabilities[low]) * share
  }
}
