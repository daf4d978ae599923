import Moderation

/// What one stage did with one batch.
public struct StageRecord: Sendable {
  /// The messages that reached the stage, ascending.
  public var asked: [Int32] = []
  /// For a screen: what it found. Hits are grouped by message in the order of `asked`.
  public var output = ScreenOutput()
  /// For a reasoner: by message.
  public var judged: [Int32: JudgedMessage] = [:]
  /// Time that the stage took for the batch (screens) or in all requests together (reasoners).
  public var time: Duration = .zero
  public init() {}
}

/// One message's way through a reasoner.
public struct JudgedMessage: Sendable {
  /// Why the reasoner was asked.
  public enum Purpose: String, Sendable { case decide, shadow, audit }
  public var purpose: Purpose
  public var asked: CategorySet
  public var result: Result<Judgement, ReasonerError>
  /// From the request's start to its end, waiting for a free place not counted.
  public var latency: Duration
  /// What the reasoner said; after a failure what stands of it.
  public var findings: [Finding] {
    switch result {
    case .success(let judgement): judgement.findings
    case .failure(let error): error.reviews
    }
  }
  public init(purpose: Purpose, asked: CategorySet, result: Result<Judgement, ReasonerError>, latency: Duration) {
    self.purpose = purpose
    self.asked = asked
    self.result = result
    self.latency = latency
  }
}

/// A batch with its verdicts: one for each message, in order, and everything that led to them.
public struct BatchOutcome: Sendable {
  public var batch: MessageBatch
  public var decisions: [MessageDecision]
  /// One for each stage of the pipeline.
  public var stages: [StageRecord]
  /// From the taking up of the batch to the end of its last screen.
  public var screenTime: Duration
  /// What was left of the escalation budget behind this batch, for a checkpoint; nil without a budget.
  public var budgetTokens: Int?
  public init(batch: MessageBatch, decisions: [MessageDecision], stages: [StageRecord], screenTime: Duration = .zero) {
    self.batch = batch
    self.decisions = decisions
    self.stages = stages
    self.screenTime = screenTime
  }

  /// Where message `message` stands among those asked by `stage`; nil when it did not reach it.
  public func row(of message: Int, in stage: Int) -> Int? {
    let asked = stages[stage].asked
    var (low, high) = (0, asked.count)
    while low < high {
      let middle = (low + high) / 2
      if asked[middle] < message { low = middle + 1 } else { high = middle }
    }
    return low < asked.count && asked[low] == message ? low : nil
  }

  /// The hits of a screen in one message.
  public func hits(of message: Int, in stage: Int) -> ArraySlice<Hit> {
    let hits = stages[stage].output.hits
    var (low, high) = (0, hits.count)
    while low < high {
      let middle = (low + high) / 2
      if hits[middle].message < message { low = middle + 1 } else { high = middle }
    }
    var end = low
    while end < hits.count, hits[end].message == message { end += 1 }
    return hits[low..<end]
  }

  /// The first failure of a stage for one message. Failures stand in the order of the messages.
  public func failure(of message: Int, in stage: Int) -> ScreenFailure? {
    let failures = stages[stage].output.failures
    var (low, high) = (0, failures.count)
    while low < high {
      let middle = (low + high) / 2
      if failures[middle].message < message { low = middle + 1 } else { high = middle }
    }
    return low < failures.count && failures[low].message == message ? failures[low] : nil
  }

  /// How `stage` came out for one message.
  public func status(of message: Int, in stage: Int) -> StageStatus {
    if let judged = stages[stage].judged[Int32(message)] {
      switch judged.result {
      case .failure(let error): return error.cause.status
      case .success(let judgement):
        let abstained = judgement.findings.contains { if case .abstain = $0.outcome { true } else { false } }
        return abstained ? .abstain : .ok
      }
    }
    if let failure = failure(of: message, in: stage) { return failure.cause.status }
    return row(of: message, in: stage) == nil ? .skipped : .ok
  }
}

extension DegradedCause {
  /// The stage status that leads to this cause.
  public var status: StageStatus {
    switch self {
    case .error: .error
    case .timeout, .deadline: .timeout
    case .abstain: .abstain
    case .overload, .budget: .overload
    }
  }
}
