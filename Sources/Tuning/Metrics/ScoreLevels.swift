import Moderation

/// Labelled scores grouped by equal score, highest first: what every ranking metric is a sum over.
public struct ScoreLevels: Sendable {
  /// Distinct scores, descending.
  public private(set) var scores: [Float] = []
  public private(set) var positives: [Int] = []
  public private(set) var negatives: [Int] = []
  /// Labelled messages without a score.
  public private(set) var missing = 0
  public private(set) var positiveCount = 0
  public private(set) var negativeCount = 0
  public var count: Int { positiveCount + negativeCount }

  /// Messages without a label are left out; those without a score are counted as ``missing``.
  /// Throws ``TuningError/mismatch(_:)`` when the two arrays differ in length.
  public init(scores: [Float], labels: [Label]) throws(TuningError) {
    guard scores.count == labels.count else { throw .mismatch("there are \(scores.count) scores for \(labels.count) labels") }
    for (score, label) in zip(scores, labels) where score.isNaN && label != .unknown { missing += 1 }
    for index in RadixOrder.ascending(scores).reversed() {
      add(scores[Int(index)], labels[Int(index)])
    }
  }

  private mutating func add(_ score: Float, _ label: Label) {
    guard label != .unknown else { return }
    if scores.last != score {
      scores.append(score)
      positives.append(0)
      negatives.append(0)
    }
    if label == .positive {
      positives[positives.count - 1] += 1
      positiveCount += 1
    } else {
      negatives[negatives.count - 1] += 1
      negativeCount += 1
    }
  }

  /// Area under the ROC curve, ties counted half; nil unless there are both classes.
  public var auroc: Double? { Self.auroc(positives, negatives) }
  /// Average precision: Σ (Rₙ − Rₙ₋₁)·Pₙ over distinct thresholds, as scikit-learn's `average_precision_score`; nil without positives.
  public var averagePrecision: Double? { Self.averagePrecision(positives, negatives) }

  static func auroc(_ positives: some Sequence<Int>, _ negatives: some Sequence<Int>) -> Double? {
    var (above, pairs, total) = (0.0, 0.0, 0.0)
    for (p, n) in zip(positives, negatives) {
      pairs += Double(n) * (above + Double(p) / 2)
      above += Double(p)
      total += Double(n)
    }
    return above > 0 && total > 0 ? pairs / (above * total) : nil
  }

  static func averagePrecision(_ positives: some Sequence<Int>, _ negatives: some Sequence<Int>) -> Double? {
    var (caught, seen, sum) = (0.0, 0.0, 0.0)
    for (p, n) in zip(positives, negatives) {
      caught += Double(p)
      seen += Double(p + n)
      if p > 0 { sum += Double(p) * caught / seen }
    }
    return caught > 0 ? sum / caught : nil
  }

  /// AUROC and average precision with bootstrap intervals over at most `cells` groups of neighbouring scores; the values are exact.
  public func rankingEstimates(_ bootstrap: Bootstrap, cells: Int = 1024) -> (auroc: Estimate?, averagePrecision: Estimate?) {
    guard let auroc, let averagePrecision else { return (nil, averagePrecision.map { Estimate($0) }) }
    let groups = merged(into: cells)
    let half = groups.positives.count
    let intervals = bootstrap.intervals(of: groups.positives + groups.negatives) { drawn in
      [Self.auroc(drawn[..<half], drawn[half...]), Self.averagePrecision(drawn[..<half], drawn[half...])]
    }
    return (Estimate(auroc, intervals[0]), Estimate(averagePrecision, intervals[1]))
  }

  /// Neighbouring levels put together until about `cells` are left, so that no group holds more than its share of either class.
  func merged(into cells: Int) -> (positives: [Int], negatives: [Int]) {
    guard scores.count > cells else { return (positives, negatives) }
    var (groupsP, groupsN) = ([0], [0])
    let limitP = max(1, 2 * positiveCount / cells), limitN = max(1, 2 * negativeCount / cells)
    for level in scores.indices {
      let last = groupsP.count - 1
      if groupsP[last] + positives[level] > limitP || groupsN[last] + negatives[level] > limitN, groupsP[last] + groupsN[last] > 0 {
        groupsP.append(positives[level])
        groupsN.append(negatives[level])
      } else {
        groupsP[last] += positives[level]
        groupsN[last] += negatives[level]
      }
    }
    return (groupsP, groupsN)
  }

  /// What flagging every score at or above each distinct score gives, from the highest down.
  public func confusions() -> [Confusion] {
    var (caught, wrong) = (0, 0)
    return zip(positives, negatives).map { p, n in
      caught += p
      wrong += n
      return Confusion(
        truePositives: caught, falsePositives: wrong, falseNegatives: positiveCount - caught, trueNegatives: negativeCount - wrong)
    }
  }

  /// What flagging every score of at least `threshold` gives.
  public func confusion(atThreshold threshold: Double) -> Confusion {
    var result = Confusion(falseNegatives: positiveCount, trueNegatives: negativeCount)
    for level in scores.indices where Double(scores[level]) >= threshold {
      result.truePositives += positives[level]
      result.falsePositives += negatives[level]
    }
    result.falseNegatives -= result.truePositives
    result.trueNegatives -= result.falsePositives
    return result
  }

  /// The threshold with the greatest F1 on these very scores (so an optimistic one); nil without positives.
  public var bestF1: (threshold: Float, confusion: Confusion)? {
    guard positiveCount > 0 else { return nil }
    let best = zip(scores, confusions()).max { ($0.1.f1 ?? 0) < ($1.1.f1 ?? 0) }
    return best.map { ($0.0, $0.1) }
  }
}
