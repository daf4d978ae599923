import Moderation

/// What a new classifier gained over the old one on the same labelled messages.
public struct GainReport: Sendable {
  public struct Change: Sendable, Hashable {
    public var metric: String
    public var before: Double?
    public var after: Double?
    /// After − before, with an interval from a bootstrap that redraws messages for both classifiers together.
    public var difference: Estimate?
    public var higherIsBetter: Bool
    /// Whether the interval of the difference leaves zero out, on the good side.
    public var isGain: Bool {
      guard let interval = difference?.interval else { return false }
      return higherIsBetter ? interval.low > 0 : interval.high < 0
    }
  }
  public var labelled: Int
  public var positives: Int
  /// AUROC, average precision, Brier score.
  public var changes: [Change]

  /// Messages without a label, or without a score of either classifier, are left out.
  /// Throws ``TuningError/mismatch(_:)`` when the arrays differ in length.
  public init(before: [Float], after: [Float], labels: [Label], bootstrap: Bootstrap = .init(draws: 500)) throws(TuningError) {
    guard before.count == labels.count, after.count == labels.count else { throw .mismatch("scores and labels must belong to the same messages") }
    let usable = labels.indices.filter { labels[$0] != .unknown && !before[$0].isNaN && !after[$0].isNaN }
    let positive = usable.map { labels[$0] == .positive }
    let old = PairedScores(usable.map { before[$0] }, positive), new = PairedScores(usable.map { after[$0] }, positive)
    labelled = usable.count
    positives = positive.count { $0 }
    let ones = [Int](repeating: 1, count: usable.count)
    let (was, now) = (old.metrics(ones), new.metrics(ones))
    let intervals = usable.isEmpty
      ? was.map { _ in nil }
      : bootstrap.intervals(of: ones) { drawn in
        zip(old.metrics(drawn), new.metrics(drawn)).map { pair in pair.0.flatMap { a in pair.1.map { $0 - a } } }
      }
    let names = [("AUROC", true), ("average precision", true), ("Brier score", false)]
    changes = names.indices.map { place in
      let difference = was[place].flatMap { a in now[place].map { Estimate($0 - a, intervals[place]) } }
      return Change(metric: names[place].0, before: was[place], after: now[place], difference: difference, higherIsBetter: names[place].1)
    }
  }
}

/// Scores in descending order once, so that every redrawing of messages is one walk.
private struct PairedScores {
  private let order: [Int]
  private let scores: [Float]
  private let positive: [Bool]

  init(_ scores: [Float], _ positive: [Bool]) {
    self.scores = scores
    self.positive = positive
    order = RadixOrder.ascending(scores).reversed().map(Int.init)
  }

  /// AUROC, average precision and Brier score with every message counted as often as `weights` says.
  func metrics(_ weights: [Int]) -> [Double?] {
    var (positives, negatives): ([Int], [Int]) = ([], [])
    var last = Float.nan
    var squares = 0.0, total = 0
    for place in order where weights[place] > 0 {
      if scores[place] != last {
        positives.append(0)
        negatives.append(0)
        last = scores[place]
      }
      if positive[place] { positives[positives.count - 1] += weights[place] } else { negatives[negatives.count - 1] += weights[place] }
      let error = Double(scores[place]) - (positive[place] ? 1 : 0)
      squares += error * error * Double(weights[place])
      total += weights[place]
    }
    return [ScoreLevels.auroc(positives, negatives), ScoreLevels.averagePrecision(positives, negatives), total > 0 ? squares / Double(total) : nil]
  }
}
