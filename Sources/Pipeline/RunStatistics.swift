import Moderation

/// What one stage did in a run.
public struct StageStatistics: Sendable, Codable {
  public var id: String
  public var type: String
  public var mode: StageMode
  /// Messages that reached the stage.
  public var asked = 0
  public var allowed = 0
  public var blocked = 0
  public var reviewed = 0
  /// Messages that left it undecided.
  public var passedOn = 0
  public var errors = 0
  public var timeouts = 0
  public var abstained = 0
  public var overloads = 0
  public var messagesWithHits = 0
  public var usage = ReasonerUsage()
  /// Seconds of work: for screens of the lanes, for reasoners of all requests together.
  public var seconds = 0.0
  public init(id: String, type: String, mode: StageMode) { (self.id, self.type, self.mode) = (id, type, mode) }
}

/// Counts of a run, kept while it goes; saved in a checkpoint and taken up again.
public struct RunStatistics: Sendable, Codable {
  public var messages = 0
  public var allowed = 0
  public var reviewed = 0
  public var blocked = 0
  /// Messages that no stage settled; part of `reviewed`.
  public var unsettled = 0
  public var deadLetters: [String: Int] = [:]
  public var degraded: [String: Int] = [:]
  public var categories: [String: Int] = [:]
  public var stages: [StageStatistics]
  /// Messages that some reasoner was asked about to decide them.
  public var escalated = 0
  /// Messages that the screens left open and no reasoner was asked about: without one, or when the budget was spent.
  public var leftOver = 0
  public var audited = 0
  public var cheapLatency = LatencyHistogram()
  public var reasonerLatency = LatencyHistogram()

  public init(_ definition: PipelineDefinition) {
    stages = definition.stages.map { StageStatistics(id: $0.id, type: $0.spec.type, mode: $0.mode) }
  }

  public var deadLetterCount: Int { deadLetters.values.reduce(0, +) }
  /// Share of messages decided without a reasoner.
  public var coverage: Double { messages == 0 ? 0 : Double(settledByScreens) / Double(messages) }
  public var settledByScreens: Int { messages - escalated - leftOver }

  public mutating func add(_ outcome: BatchOutcome, _ definition: PipelineDefinition) {
    messages += outcome.batch.count
    for decision in outcome.decisions { count(decision, definition) }
    var askedReasoner = Set<Int32>()
    for (index, record) in outcome.stages.enumerated() { count(record, stage: index, outcome, &askedReasoner) }
    escalated += askedReasoner.count
    leftOver += outcome.decisions.indices.count { !askedReasoner.contains(Int32($0)) && isLeftOpen(outcome.decisions[$0], definition) }
    cheapLatency.record(outcome.screenTime, times: outcome.batch.count - askedReasoner.count)
  }

  private func isLeftOpen(_ decision: MessageDecision, _ definition: PipelineDefinition) -> Bool {
    if decision.reason == .unsettled { return true }
    return decision.reason == .failureMode && decision.stage.map { definition.stages[$0].spec.kind == .reasoner } ?? false
  }

  private mutating func count(_ decision: MessageDecision, _ definition: PipelineDefinition) {
    switch decision.verdict {
    case .allow: allowed += 1
    case .review: reviewed += 1
    case .block: blocked += 1
    }
    if decision.reason == .unsettled { unsettled += 1 }
    if let degraded = decision.degraded { self.degraded[degraded.rawValue, default: 0] += 1 }
    if decision.verdict != .allow, let category = decision.category { categories[definition.categories[category].name, default: 0] += 1 }
    guard let stage = decision.stage else { return }
    switch decision.verdict {
    case .allow: stages[stage].allowed += 1
    case .review: stages[stage].reviewed += 1
    case .block: stages[stage].blocked += 1
    }
  }

  private mutating func count(_ record: StageRecord, stage: Int, _ outcome: BatchOutcome, _ askedReasoner: inout Set<Int32>) {
    stages[stage].asked += record.asked.count
    stages[stage].seconds += record.time.inSeconds
    var last: Int32 = -1
    for hit in record.output.hits where hit.message != last {
      last = hit.message
      stages[stage].messagesWithHits += 1
    }
    for failure in record.output.failures { count(failure.cause, stage: stage) }
    for (message, judged) in record.judged {
      if judged.purpose == .audit { audited += 1 } else if judged.purpose == .decide { askedReasoner.insert(message) }
      // Nothing was asked of the reasoner when the deadline passed in the queue.
      if judged.latency > .zero { reasonerLatency.record(judged.latency) }
      switch judged.result {
      case .success(let judgement):
        stages[stage].usage = stages[stage].usage + judgement.usage
        if outcome.status(of: Int(message), in: stage) == .abstain { stages[stage].abstained += 1 }
      case .failure(let error):
        stages[stage].usage = stages[stage].usage + error.usage
        count(error.cause, stage: stage)
      }
    }
    let decidedHere = outcome.decisions.lazy.filter { $0.stage == stage }.count
    stages[stage].passedOn += max(0, record.asked.count - decidedHere)
  }

  private mutating func count(_ cause: DegradedCause, stage: Int) {
    switch cause {
    case .error: stages[stage].errors += 1
    case .timeout, .deadline: stages[stage].timeouts += 1
    case .abstain: stages[stage].abstained += 1
    case .overload, .budget: stages[stage].overloads += 1
    }
  }
}
