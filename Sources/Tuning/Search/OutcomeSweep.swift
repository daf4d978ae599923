import Moderation

/// All counts of a goal for every pair of thresholds of one category, over one set of messages.
///
/// Messages are grouped by score, in ascending order. Allowing the groups before cut `j` and blocking those from cut `k` on
/// adds up to `base + below[j] + above[k]`: each message sits below, between or above, whatever the other threshold is.
/// Building is one pass over the sorted messages; each pair is then one addition.
struct OutcomeSweep: Sendable {
  /// Groups of scores; thresholds fall between them.
  private(set) var groups: [ClosedRange<Float>] = []
  private var below: [OutcomeCounts] = [.zero]
  private var above: [OutcomeCounts] = []
  /// Everything between.
  private var base = OutcomeCounts.zero

  var cuts: Int { groups.count + 1 }

  /// - Parameters:
  ///   - others: what the other categories make of each message of the sample; empty where they do not count.
  ///   - order: messages of the set that have a score, ascending; `rest`: those that have none.
  ///   - edges: thresholds that must fall between groups, so that they can be looked up exactly.
  init(_ scene: MessageScene, category: Int, scope: Int?, others: [OthersState], order: [Int32], rest: [Int32], levels: Int, edges: [Double] = []) {
    let column = scene.columns[category]
    func counts(_ message: Int, _ outcome: Band.Outcome) -> OutcomeCounts {
      scene.contribution(message, category: category, own: column.state(message, outcome), others: others.isEmpty ? OthersState() : others[message], scope: scope)
    }
    for message in rest { base += counts(Int(message), .uncertain) }
    var grouper = ScoreGrouper(scene: scene, scope: scope, order: order, levels: levels, edges: edges)
    var aboveOfGroup: [OutcomeCounts] = []
    var start = 0
    while start < order.count {
      let score = column.scores[Int(order[start])]
      var end = start + 1
      while end < order.count, column.scores[Int(order[end])] == score { end += 1 }
      let run = order[start..<end]
      if grouper.startsGroup(score, run) {
        groups.append(score...score)
        below.append(below[below.count - 1])
        aboveOfGroup.append(.zero)
      }
      let last = groups.count - 1
      groups[last] = groups[last].lowerBound...score
      for message in run {
        let middle = counts(Int(message), .uncertain)
        base += middle
        below[last + 1] += counts(Int(message), .allow) - middle
        aboveOfGroup[last] += counts(Int(message), .block) - middle
      }
      start = end
    }
    above = Array(repeating: .zero, count: groups.count + 1)
    for group in groups.indices.reversed() { above[group] = above[group + 1] + aboveOfGroup[group] }
  }

  /// The counts when the groups before `allow` are allowed and those from `block` on are blocked; `allow <= block`.
  @inline(__always) func counts(allow: Int, block: Int) -> OutcomeCounts { base + below[allow] + above[block] }

  /// The two summands of every pair; the messages between count to the first.
  func allowPart(_ cut: Int) -> OutcomeCounts { base + below[cut] }
  func blockPart(_ cut: Int) -> OutcomeCounts { above[cut] }
  /// The counts of some pair, for what no threshold changes; nil without messages.
  var anyCounts: OutcomeCounts? { base.messages > 0 ? counts(allow: 0, block: groups.count) : nil }

  /// Cuts that a threshold within 0...1 can express: nothing with score 0 can be kept from being allowed, nothing with 1 from being blocked.
  var allowCuts: ClosedRange<Int> {
    let first = groups.first.map { $0.lowerBound <= 0 ? 1 : 0 } ?? 0
    let last = groups.last.map { $0.upperBound >= 1 ? groups.count - 1 : groups.count } ?? 0
    return min(first, groups.count)...max(last, min(first, groups.count))
  }
  var blockCuts: ClosedRange<Int> { allowCuts }

  /// The cut that a threshold `allow_below` makes: groups up to and including it are allowed.
  func allowCut(_ threshold: Double) -> Int { groups.partition { $0.lowerBound > Float(threshold) } }
  /// The cut that a threshold `block_above` makes: groups from it on are blocked.
  func blockCut(_ threshold: Double) -> Int { groups.partition { $0.lowerBound >= Float(threshold) } }

  /// Thresholds with few digits that make exactly these cuts; a threshold that is kept stays as it is, digit for digit.
  func band(allow: Int, block: Int, keepAllow: Double? = nil, keepBlock: Double? = nil) -> Band {
    let blockFrom = block == 0 ? 0 : Double(groups[block - 1].upperBound)
    let blockTo = block == groups.count ? 1 : Double(groups[block].lowerBound)
    let allowFrom = allow == 0 ? 0 : Double(groups[allow - 1].upperBound)
    let allowTo = min(allow == groups.count ? 1 : Double(groups[allow].lowerBound), keepBlock ?? 1)
    let allowBelow = keepAllow ?? (allow == 0 ? 0 : ThresholdText.shortest(from: allowFrom, below: allowTo))
    let blockAbove = keepBlock ?? (block == groups.count ? 1 : ThresholdText.shortest(above: max(blockFrom, allowBelow), to: blockTo))
    return Band(allowBelow: allowBelow, blockAbove: blockAbove)
  }
}

extension Array {
  /// The first index whose element is `isAfter`, for elements that are so from some index on.
  fileprivate func partition(where isAfter: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// Decides where one group of scores ends and the next begins: at every distinct score while they are few, else after an
/// even share of either class, and right below a positive, so that rare positives keep cuts of their own.
private struct ScoreGrouper {
  private let labels: [Label]
  private let limits: (positives: Int, all: Int)
  private var edges: ArraySlice<Float>
  private var started = false
  private var positives = 0
  private var all = 0

  init(scene: MessageScene, scope: Int?, order: [Int32], levels: Int, edges: [Double]) {
    self.edges = edges.map { Float($0) }.sorted()[...]
    labels = scope.map { scene.sample.labels[$0] } ?? scene.anyLabels
    var positives = 0
    for message in order where labels[Int(message)] == .positive { positives += 1 }
    limits = (max(1, 2 * positives / max(levels, 2)), max(1, 2 * order.count / max(levels, 2)))
  }

  /// Whether the messages of equal score `run` begin a group.
  mutating func startsGroup(_ score: Float, _ run: ArraySlice<Int32>) -> Bool {
    let added = run.count { labels[Int($0)] == .positive }
    var starts = !started || all >= limits.all
    if added > 0 { starts = starts || positives + added > limits.positives || (limits.positives == 1 && all > 0) }
    while let edge = edges.first, score >= edge {
      // An edge may be either kind of threshold, so a score equal to it stands alone.
      starts = true
      if score == edge { break }
      edges.removeFirst()
    }
    started = true
    if starts { (positives, all) = (0, 0) }
    positives += added
    all += run.count
    return starts
  }
}

/// Thresholds as people like to read them. Bands compare as floats, so it is the rounded float that must fall into the gap.
public enum ThresholdText {
  /// Decimals at most: they separate neighbouring floats from 1e-8 on.
  public static let digits = 15

  /// The number with the fewest decimal digits in `from ..< below`, the lowest of them; `from` itself when there is no short one.
  static func shortest(from: Double, below: Double) -> Double {
    shortest { digits in
      let candidate = scaled(from, digits, .up)
      return candidate >= from && candidate < below && Float(candidate) < Float(below) ? candidate : nil
    } ?? from
  }

  /// The number with the fewest decimal digits in `above <.. to`, the highest of them; `to` itself when there is no short one.
  static func shortest(above: Double, to: Double) -> Double {
    shortest { digits in
      let candidate = scaled(to, digits, .down)
      return candidate > above && candidate <= to && Float(candidate) > Float(above) ? candidate : nil
    } ?? to
  }

  private static func shortest(_ candidate: (Int) -> Double?) -> Double? { (2...ThresholdText.digits).lazy.compactMap(candidate).first }

  private static func scaled(_ value: Double, _ digits: Int, _ rule: FloatingPointRoundingRule) -> Double {
    let power = (0..<digits).reduce(1.0) { power, _ in power * 10 }
    return (value * power).rounded(rule) / power
  }
}
