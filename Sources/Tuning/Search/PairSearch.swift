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
    let bounds = aim.bounds.map { context.ratioBound($0, totals) }
    let objective = context.ratio(of: aim.objective, totals) ?? Ratio(top: .zero, bottom: .zero)
    let table = RatioTable(bounds.map(\.ratio) + [objective], sweep)
    let limits = bounds.map { Limit(value: $0.limit, sign: $0.sign, empty: $0.ratio.empty, emptyViolation: $0.emptyViolation) }
    return limits.withUnsafeBufferPointer { limits in
      table.withRows { row in scan(sweep, limits, objectiveEmpty: objective.empty, allow, block, row) }
    }
  }

  private func scan(
    _ sweep: OutcomeSweep, _ limits: UnsafeBufferPointer<Limit>, objectiveEmpty: Double, _ allow: ClosedRange<Int>, _ block: ClosedRange<Int>,
    _ rows: RatioTable.Rows
  ) -> Best? {
    var best: Best?
    var least = (violation: Double.infinity, objective: Double.infinity)
    for low in allow where low <= block.upperBound {
      for high in max(low, block.lowerBound)...block.upperBound {
        var violation = 0.0
        for place in limits.indices { violation += limits[place].violation(rows.sums(place, low, high)) }
        if violation > least.violation { continue }
        let sums = rows.sums(limits.count, low, high)
        let value = aim.signed(sums[1] > 0 ? sums[0] / sums[1] : objectiveEmpty)
        if violation == least.violation, value > least.objective { continue }
        let counts = sweep.counts(allow: low, block: high)
        let rank = Rank(violation: violation, objective: value, escalated: counts.escalated, errors: counts.falseNegatives + counts.falsePositives)
        if let best, !(rank < best.rank) { continue }
        best = Best(allow: low, block: high, rank: rank)
        least = (violation, value)
      }
    }
    return best
  }
}

/// A bound without its weights, small enough for the inner loop.
private struct Limit {
  var value: Double
  var sign: Double
  var empty: Double
  var emptyViolation: Double

  @inline(__always) func violation(_ sums: SIMD2<Double>) -> Double {
    let value = sums[1] > 0 ? sums[0] / sums[1] : empty
    if value.isNaN { return emptyViolation }
    let excess = sign * (value - self.value)
    return excess > RatioBound.tolerance ? excess : 0
  }
}

/// Ratios along both cuts of a sweep: numerator and denominator are sums of one number per cut. `[ratio][cut]`.
private struct RatioTable {
  struct Rows {
    let allow: UnsafeBufferPointer<SIMD2<Double>>
    let block: UnsafeBufferPointer<SIMD2<Double>>
    let cuts: Int
    @inline(__always) func sums(_ ratio: Int, _ low: Int, _ high: Int) -> SIMD2<Double> { allow[ratio * cuts + low] + block[ratio * cuts + high] }
  }
  private var allow: [SIMD2<Double>] = []
  private var block: [SIMD2<Double>] = []
  private let cuts: Int

  init(_ ratios: [Ratio], _ sweep: OutcomeSweep) {
    cuts = sweep.cuts
    for ratio in ratios {
      func parts(_ counts: OutcomeCounts) -> SIMD2<Double> { SIMD2((ratio.top * counts.lanes).sum(), (ratio.bottom * counts.lanes).sum()) }
      allow += (0..<cuts).map { parts(sweep.allowPart($0)) }
      block += (0..<cuts).map { parts(sweep.blockPart($0)) }
    }
  }

  func withRows<R>(_ body: (Rows) -> R) -> R {
    allow.withUnsafeBufferPointer { allow in block.withUnsafeBufferPointer { block in body(Rows(allow: allow, block: block, cuts: cuts)) } }
  }
}
