import Moderation

/// Everything about a set of messages that stays the same while thresholds move: prepared columns per category, latencies,
/// labels. One scene serves every sweep and replay of a tuning run.
struct MessageScene: Sendable {
  let sample: EvaluationSample
  let stage: Int
  let columns: [CascadeColumns]
  let review: ReviewCount
  let context: MetricContext
  let hasReasoner: Bool
  /// `[message]`: label of the message as a whole.
  let anyLabels: [Label]
  /// Seconds in the cheap stages, and in the reasoner (NaN where unknown).
  private let cheapLatency: [Float]
  private let reasonerLatency: [Float]
  /// For each latency limit, the share of recorded reasoner answers that are slower.
  private let slowShares: [Double]

  /// - Parameter wholeMessage: quality is that of the message as a whole, so its label tells what an unknown answer is best or worst for.
  init(
    _ sample: EvaluationSample, stage: Int, review: ReviewCount, unknown: UnknownAnswer, failed: FailedAnswer = .asInARun, wholeMessage: Bool = false,
    context: MetricContext
  ) {
    self.sample = sample
    self.stage = stage
    self.review = review
    let anyLabels = Self.anyLabels(sample)
    self.anyLabels = anyLabels
    columns = (0..<sample.categories.count).map {
      CascadeColumns(sample, stage: stage, category: $0, unknown: unknown, failed: failed, labels: wholeMessage ? anyLabels : nil)
    }
    hasReasoner = sample.reasonerStage != nil
    (cheapLatency, reasonerLatency) = Self.latencies(sample)
    var context = context
    context.callsPerEscalation = hasReasoner ? Self.callsPerEscalation(sample) : 0
    self.context = context
    let recorded = reasonerLatency.filter { !$0.isNaN }
    slowShares = context.latencies.map { bound in
      recorded.isEmpty ? 0 : Double(recorded.count { Double($0) > bound.value }) / Double(recorded.count)
    }
  }

  var hasReasonerLatency: Bool { reasonerLatency.contains { !$0.isNaN } }

  /// Positive when any category is; negative only when every category is known to be.
  private static func anyLabels(_ sample: EvaluationSample) -> [Label] {
    (0..<sample.count).map { message in
      if sample.labels.contains(where: { $0[message] == .positive }) { return .positive }
      return sample.labels.contains { $0[message] == .unknown } ? .unknown : .negative
    }
  }

  private static func latencies(_ sample: EvaluationSample) -> (cheap: [Float], reasoner: [Float]) {
    var cheap = [Float](repeating: 0, count: sample.count)
    for (stage, latencies) in sample.latencies.enumerated() where sample.stages[stage].kind == .screen {
      for (message, latency) in latencies.enumerated() where !latency.isNaN { cheap[message] += latency }
    }
    return (cheap, sample.reasonerStage.map { sample.latencies[$0] } ?? Array(repeating: .nan, count: sample.count))
  }

  private static func callsPerEscalation(_ sample: EvaluationSample) -> Double {
    let asked = sample.usages.lazy.map(\.calls).filter { $0 > 0 }
    let (messages, calls) = asked.reduce((0, 0)) { ($0.0 + 1, $0.1 + $1) }
    return messages == 0 ? 1 : Double(calls) / Double(messages)
  }

  /// Seconds of the message; with a reasoner latency that was never recorded, the cheap part alone.
  func latency(_ message: Int, escalated: Bool) -> Float {
    let slow = reasonerLatency[message]
    return cheapLatency[message] + (escalated && !slow.isNaN ? slow : 0)
  }

  func label(_ message: Int, _ scope: Int?) -> Label { scope.map { sample.labels[$0][message] } ?? anyLabels[message] }

  /// The counts that one message adds, for the category states `own` of `category` and everything else in `others`.
  /// `scope` nil: quality is that of the message as a whole.
  func contribution(_ message: Int, category: Int, own: CheapState, others: OthersState, scope: Int?) -> OutcomeCounts {
    let blocked = own == .block || others.blocked
    let escalated = !blocked && (own == .open || others.open)
    let ownVerdict = own == .open ? columns[category].resolutions[message] : Verdict(rawValue: own.rawValue) ?? .review
    let verdict: Verdict = blocked ? .block : Verdict(rawValue: max(ownVerdict.rawValue, others.verdict.rawValue)) ?? .review
    var counts = OutcomeCounts.zero
    counts.messages = 1
    counts.escalated = escalated ? 1 : 0
    counts.reviewed = verdict == .review ? 1 : 0
    counts.blocked = verdict == .block ? 1 : 0
    addLatency(message, escalated, &counts)
    let settled: Verdict? = scope == nil ? (escalated || verdict == .review ? nil : verdict) : own == .open || own == .review ? nil : ownVerdict
    addQuality(label(message, scope), scope == nil ? verdict : ownVerdict, settled: settled, &counts)
    return counts
  }

  private func addLatency(_ message: Int, _ escalated: Bool, _ counts: inout OutcomeCounts) {
    for (lane, bound) in context.latencies.enumerated() {
      let cheap = Double(cheapLatency[message])
      if cheap > bound.value {
        counts[slow: lane] = 1
      } else if escalated, hasReasoner {
        let slow = Double(reasonerLatency[message])
        counts[slow: lane] = slow.isNaN ? slowShares[lane] : cheap + slow > bound.value ? 1 : 0
      }
    }
  }

  private func addQuality(_ label: Label, _ verdict: Verdict, settled: Verdict?, _ counts: inout OutcomeCounts) {
    guard label != .unknown else { return }
    let positive = label == .positive
    let flagged = verdict == .block || (verdict == .review && review == .flagged)
    switch (positive, flagged) {
    case (true, true): counts.truePositives = 1
    case (true, false): counts.falseNegatives = 1
    case (false, true): counts.falsePositives = 1
    case (false, false): counts.trueNegatives = 1
    }
    guard let settled else { return }
    counts.covered = 1
    counts.coveredWrong = (settled == .block) == positive ? 0 : 1
    counts.cheaplyAllowedPositives = positive && settled == .allow ? 1 : 0
  }
}

/// What the other categories make of a message, in one byte.
struct OthersState: Sendable {
  /// Bit 0: blocked. Bit 1: open. Bits 2 and 3: the verdict of all others together.
  private var bits: UInt8 = 0
  var blocked: Bool { bits & 1 != 0 }
  var open: Bool { bits & 2 != 0 }
  var verdict: Verdict { Verdict(rawValue: bits >> 2) ?? .review }

  mutating func add(_ state: CheapState, resolution: Verdict) {
    if state == .block { bits |= 1 }
    if state == .open { bits |= 2 }
    let verdict = state == .open ? resolution.rawValue : state.rawValue
    if verdict > bits >> 2 { bits = bits & 3 | verdict << 2 }
  }
}
