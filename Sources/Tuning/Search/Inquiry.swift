import Moderation

/// Messages that the reasoner should be asked about next, and what that would cost.
///
/// Asking about everything is what a cascade is there to avoid. So unknown answers are first supposed to be right: thresholds
/// that look best even then are the only ones that answers can confirm or refute. Their open messages are asked, and those of
/// every candidate that passed, and the search is made again, until all of these rest on known answers alone. The result is the
/// same as with all answers known, because a supposed answer never makes a candidate look worse than it is.
///
/// Calls for an escalation and latencies stay estimates from the answers that are known. A goal of several categories at once
/// is not searched exhaustively, so it may come to other candidates; what it proves holds all the same.
public struct Inquiry: Sendable {
  public enum Purpose: String, Sendable {
    /// Candidates are still being ordered, on the calibration part alone.
    case ordering
    /// The choice of thresholds could change.
    case choosing
    /// The choice stands; the numbers that are reported need these.
    case reporting
  }
  public var purpose: Purpose
  /// Ascending.
  public var messages: [Int32]
  /// From what recorded answers cost; nil where none was recorded.
  public var calls: Double
  public var seconds: Double?
  public var tokens: Double?

  /// One line for the person who waits.
  public var text: String {
    let cost = [seconds.map { "about \(NumberText.seconds($0)) of reasoner time" }, tokens.map { "\(grouped(Int($0.rounded()))) tokens" }]
    let reason: String =
      switch purpose {
      case .ordering: "to order the candidates"
      case .choosing: "because the choice could change"
      case .reporting: "for the numbers that are reported"
      }
    return (["asking about \(counted(messages.count, "message")) \(reason)"] + cost.compactMap { $0 }).joined(separator: ", ")
  }

  init(purpose: Purpose, messages: [Int32], sample: EvaluationSample) {
    self.purpose = purpose
    self.messages = messages
    let asked = sample.usages.filter { $0.calls > 0 }
    let count = Double(messages.count)
    let perMessage: (Int) -> Double = { Double($0) / Double(max(1, asked.count)) }
    calls = asked.isEmpty ? count : count * perMessage(asked.reduce(0) { $0 + $1.calls })
    let spent = asked.reduce(0) { $0 + $1.promptTokens + $1.completionTokens }
    tokens = spent == 0 ? nil : count * perMessage(spent)
    let latencies = sample.reasonerStage.map { sample.latencies[$0].filter { $0 > 0 } } ?? []
    seconds = LatencySummary(latencies).map { $0.mean * count }
  }
}

extension Tuner {
  /// The next messages to ask about; nil when nothing is left that could matter. The options must suppose unknown answers
  /// to be ``UnknownAnswer/correct``. Enter the answers with ``EvaluationSample/setFinding(_:score:category:message:)`` and
  /// make a new tuner; it ends after a few rounds.
  public func nextInquiry() throws(TuningError) -> Inquiry? {
    let units = try TuningUnit.units(of: goals, sample: sample, budgets: options.budgets).filter { !search($0).isRefused }
    guard !units.isEmpty else { return nil }
    let ordering = unaskedWhileOrdering(units)
    if !ordering.isEmpty { return Inquiry(purpose: .ordering, messages: ordering.sorted(), sample: sample) }
    let result = try run()
    let choosing = unaskedWhileChoosing(result.goals).union(unaskedAboutBlocks(units, in: .choosing)).filter(couldChangeChoice)
    if !choosing.isEmpty { return Inquiry(purpose: .choosing, messages: choosing.sorted(), sample: sample) }
    let reported = part(.choosing).messages + part(.reporting).messages
    let rest = unasked(under: result.bands, among: reported, scopes: result.goals.map(\.scope) + [nil])
    return rest.isEmpty ? nil : Inquiry(purpose: .reporting, messages: rest.sorted(), sample: sample)
  }

  private func unasked(under bands: [Band?], among messages: [Int32], scopes: [Int?]) -> Set<Int32> {
    scopes.reduce(into: []) { $0.formUnion(unasked(under: bands, among: messages, scope: $1)) }
  }

  private func unaskedWhileOrdering(_ units: [TuningUnit]) -> Set<Int32> {
    let ordered = units.filter { !$0.isMonotone && !$0.goal.guaranteed.isEmpty }
    var messages = ordered.isEmpty ? [] : unaskedAboutBlocks(ordered, in: .calibration)
    for unit in ordered {
      for candidate in CandidatePath(search: search(unit)).candidates() {
        messages.formUnion(unasked(under: candidate, among: part(.calibration).messages, scope: unit.scope))
      }
    }
    return messages
  }

  private func search(_ unit: TuningUnit) -> GoalSearch {
    GoalSearch(tuner: self, unit: unit, delta: 1 - options.confidence, chosenSoFar: current)
  }

  private func unaskedWhileChoosing(_ results: [GoalResult]) -> Set<Int32> {
    results.reduce(into: []) { messages, result in
      for bands in result.tested { messages.formUnion(unasked(under: bands, among: part(.choosing).messages, scope: result.scope)) }
    }
  }

  /// The share of blocks is the one metric that a right answer can make worse, so that a goal about it needs every answer that may count.
  private func unaskedAboutBlocks(_ units: [TuningUnit], in part: GroupedSplit.Part) -> Set<Int32> {
    guard metrics.contains(.blockRate) else { return [] }
    let open = current.map { _ in Band?(Band(allowBelow: -1, blockAbove: 2)) }
    return unasked(under: open, among: self.part(part).messages, scopes: units.map(\.scope))
  }

  private var metrics: [Metric] { goals.flatMap { [$0.objective] + $0.bounds.map(\.metric) } + options.budgets.map(\.metric) }

  /// Where only misses count, an answer about a harmless message changes nothing.
  private func couldChangeChoice(_ message: Int32) -> Bool {
    let concernsAll = metrics.contains { $0.concernsWrongFlags || $0 == .reviewRate || $0 == .blockRate }
    return concernsAll || scene.anyLabels[Int(message)] == .positive
  }
}
