import Moderation

/// What to optimise over the pairs of one sweep.
struct Aim: Sendable {
  var direction: Goal.Direction
  var objective: Metric
  var bounds: [Bound]
}

/// How good a pair is. Order: less violation of the bounds first, then the objective, then fewer escalations, then fewer
/// errors, so that equal pairs never depend on the order of search.
struct Rank: Comparable, Sendable {
  var violation: Double
  var objective: Double
  var escalated: Double
  var errors: Double

  @inline(__always) static func < (a: Self, b: Self) -> Bool {
    if a.violation != b.violation { return a.violation < b.violation }
    if a.objective != b.objective { return a.objective < b.objective }
    if a.escalated != b.escalated { return a.escalated < b.escalated }
    return a.errors < b.errors
  }
  var isFeasible: Bool { violation == 0 }
}

extension Aim {
  func rank(_ counts: OutcomeCounts, _ context: MetricContext) -> Rank {
    let violation = bounds.reduce(0.0) { sum, bound in
      let ratioBound = context.ratioBound(bound, counts)
      return sum + ratioBound.violation(ratioBound.ratio.value(counts))
    }
    return Rank(
      violation: violation, objective: signed(context.value(of: objective, counts) ?? .nan), escalated: counts.escalated,
      errors: counts.falseNegatives + counts.falsePositives)
  }

  /// Lower is better; what has no value (precision of nothing flagged) is the worst there is.
  @inline(__always) func signed(_ value: Double) -> Double { value.isNaN ? .infinity : direction == .minimum ? value : -value }
}

/// The best pair of cuts of a sweep: all of them are looked at, each for a handful of additions.
struct PairSearch {
  struct Best {
    var allow: Int
    var block: Int
    var rank: Rank
  }
  var aim: Aim
  var context: MetricContext

  /// nil when the ranges hold no pair with `allow <= block`.
  func best(_ sweep: OutcomeSweep, allow: ClosedRange<Int>, block: ClosedRange<Int>) -> Best? {
    guard let totals = sweep.anyCounts else { return nil }
    let bounds = aim.bounds.map { bound in
      let ratioBound = context.ratioBound(bound, totals)
      return (bound: ratioBound, trail: RatioTrail(ratioBound.ratio, sweep))
    }
    let ratio = context.ratio(of: aim.objective, totals) ?? Ratio(top: .zero, bottom: .zero)
    let objective = RatioTrail(ratio, sweep)
    var best: Best?
    for low in allow where low <= block.upperBound {
      for high in max(low, block.lowerBound)...block.upperBound {
        var violation = 0.0
        for (bound, trail) in bounds { violation += bound.violation(trail.value(low, high)) }
        if let best, violation > best.rank.violation { continue }
        let value = aim.signed(objective.value(low, high))
        if let best, violation == best.rank.violation, value > best.rank.objective { continue }
        let counts = sweep.counts(allow: low, block: high)
        let rank = Rank(violation: violation, objective: value, escalated: counts.escalated, errors: counts.falseNegatives + counts.falsePositives)
        if best.map({ rank < $0.rank }) ?? true { best = Best(allow: low, block: high, rank: rank) }
      }
    }
    return best
  }
}

/// A ratio along both cuts of a sweep: numerator and denominator are sums of one number per cut.
private struct RatioTrail {
  private let ratio: Ratio
  private let allow: [SIMD2<Double>]
  private let block: [SIMD2<Double>]

  init(_ ratio: Ratio, _ sweep: OutcomeSweep) {
    func parts(_ counts: OutcomeCounts) -> SIMD2<Double> { SIMD2((ratio.top * counts.lanes).sum(), (ratio.bottom * counts.lanes).sum()) }
    self.ratio = ratio
    allow = (0..<sweep.cuts).map { parts(sweep.allowPart($0)) }
    block = (0..<sweep.cuts).map { parts(sweep.blockPart($0)) }
  }

  @inline(__always) func value(_ low: Int, _ high: Int) -> Double {
    let sums = allow[low] + block[high]
    return ratio.value(top: sums[0], bottom: sums[1])
  }
}
