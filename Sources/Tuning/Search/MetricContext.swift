import Moderation

/// A metric as one sum of counts over another, so that it can be followed through a sweep as two running totals.
struct Ratio: Sendable {
  var top: SIMD16<Double>
  var bottom: SIMD16<Double>
  /// The value when nothing was counted; NaN for none.
  var empty = Double.nan

  func value(_ counts: OutcomeCounts) -> Double { value(top: (top * counts.lanes).sum(), bottom: (bottom * counts.lanes).sum()) }
  @inline(__always) func value(top: Double, bottom: Double) -> Double { bottom > 0 ? top / bottom : empty }
}

/// A bound on a ratio.
struct RatioBound: Sendable {
  var ratio: Ratio
  var limit: Double
  /// 1 for "at most", -1 for "at least".
  var sign: Double
  /// What it counts as when the ratio has no value.
  var emptyViolation: Double

  /// Shares are ratios of counts: a hair of tolerance keeps 0.95 >= 0.95 true after division.
  static let tolerance = 1e-12

  /// How far the value is from the limit, 0 when it holds.
  @inline(__always) func violation(_ value: Double) -> Double {
    if value.isNaN { return emptyViolation }
    let excess = sign * (value - limit)
    return excess > Self.tolerance ? excess : 0
  }
}

/// What turns counts into the values of metrics.
struct MetricContext: Sendable {
  var cost = CostModel()
  var reachingClassifier = 1.0
  /// Reasoner calls for one escalated message; 0 without a reasoner.
  var callsPerEscalation = 1.0
  /// The latency bounds in use: the `slow` lanes.
  var latencies: [Bound] = []
  /// Restates precision at this share of violations; nil keeps the share of the sample.
  var baseRate: Double?

  /// nil where nothing was counted, and for latencies (only their bounds can be checked).
  func value(of metric: Metric, _ counts: OutcomeCounts) -> Double? {
    let value = ratio(of: metric, counts)?.value(counts) ?? .nan
    return value.isNaN ? nil : value
  }

  /// nil for latencies. `totals` gives the numbers of positives and negatives, which are the same for all thresholds.
  func ratio(of metric: Metric, _ totals: OutcomeCounts) -> Ratio? {
    switch metric {
    case .recall: Ratio(top: Self.sum(.truePositives), bottom: Self.sum(.truePositives, .falseNegatives))
    case .missRate: Ratio(top: Self.sum(.falseNegatives), bottom: Self.sum(.truePositives, .falseNegatives))
    case .precision: precision(totals)
    case .falsePositiveRate: Ratio(top: Self.sum(.falsePositives), bottom: Self.sum(.falsePositives, .trueNegatives))
    case .f1: Ratio(top: 2 * Self.sum(.truePositives), bottom: 2 * Self.sum(.truePositives) + Self.sum(.falsePositives, .falseNegatives))
    case .coverage: Ratio(top: Self.sum(.covered), bottom: Self.sum(.truePositives, .falsePositives, .falseNegatives, .trueNegatives))
    case .selectiveRisk: Ratio(top: Self.sum(.coveredWrong), bottom: Self.sum(.covered), empty: 0)
    case .escalationRate: Ratio(top: Self.sum(.escalated), bottom: Self.sum(.messages))
    case .reviewRate: Ratio(top: Self.sum(.reviewed), bottom: Self.sum(.messages))
    case .blockRate: Ratio(top: Self.sum(.blocked), bottom: Self.sum(.messages))
    case .llmCalls: Ratio(top: callsPerEscalation * Self.sum(.escalated), bottom: Self.sum(.messages))
    case .cost: costRatio
    case .p50Latency, .p90Latency, .p95Latency, .p99Latency: nil
    }
  }

  private static func sum(_ lanes: OutcomeCounts.Lane...) -> SIMD16<Double> {
    var weights = SIMD16<Double>.zero
    for lane in lanes { weights[lane.rawValue] = 1 }
    return weights
  }

  private var costRatio: Ratio {
    let cheap = cost.prefilter + reachingClassifier * cost.classifier
    return Ratio(top: cheap * Self.sum(.messages) + cost.reasoner * callsPerEscalation * Self.sum(.escalated), bottom: Self.sum(.messages))
  }

  private func precision(_ totals: OutcomeCounts) -> Ratio {
    let (caught, wrong) = (Self.sum(.truePositives), Self.sum(.falsePositives))
    guard let baseRate else { return Ratio(top: caught, bottom: caught + wrong) }
    let restatedCaught = baseRate / max(1, totals.positives) * caught
    return Ratio(top: restatedCaught, bottom: restatedCaught + (1 - baseRate) / max(1, totals.negatives) * wrong)
  }

  /// A bound as a bounded ratio; a latency becomes the share of messages that are too slow for it.
  func ratioBound(_ bound: Bound, _ totals: OutcomeCounts) -> RatioBound {
    if let percentile = bound.metric.percentile {
      var slow = SIMD16<Double>.zero
      // A latency that is not followed cannot be kept: every message counts as too slow.
      let lane = latencies.firstIndex(of: bound).map { OutcomeCounts.firstSlowLane + $0 } ?? OutcomeCounts.Lane.messages.rawValue
      slow[lane] = 1
      return RatioBound(ratio: Ratio(top: slow, bottom: Self.sum(.messages)), limit: 1 - percentile, sign: 1, emptyViolation: 1)
    }
    let nothing = Ratio(top: .zero, bottom: .zero)
    // Precision of nothing flagged is not wrong; recall of no positives says nothing.
    return RatioBound(
      ratio: ratio(of: bound.metric, totals) ?? nothing, limit: bound.value, sign: bound.relation == .atMost ? 1 : -1,
      emptyViolation: bound.metric == .precision ? 0 : 1)
  }
}
