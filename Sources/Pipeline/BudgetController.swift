import Moderation
import Synchronization

/// A ceiling on escalations, kept in stream order: tokens come with every message (and with time, when a rate is set), an escalation takes one, and the
/// emptier the bucket the surer a message must need the reasoner. So the least uncertain are shed first, and the share is never exceeded for long.
final class BudgetController: Sendable {
  /// Messages whose allowance may be spent at once.
  static let burstMessages = 1000
  /// One escalation, in the budget's unit: whole numbers, because sums of fractions depend on how they are grouped into batches.
  private static let escalation = 1_000_000_000
  private struct State {
    var tokens: Int
    var timeTokens: Double
    var lastRefill = ContinuousClock.now
    var nextBatch = 0
    var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
  }
  private let budget: EscalationBudget
  private let perMessage: Int
  private let capacity: Int
  private let timeCapacity: Double
  private let state: Mutex<State>

  init(_ budget: EscalationBudget) {
    self.budget = budget
    perMessage = Int((min(max(budget.share ?? 1, 0), 1) * Double(Self.escalation)).rounded())
    // A share or a rate of nothing allows nothing, not even the first message.
    capacity = perMessage == 0 ? 0 : max(Self.escalation, perMessage * Self.burstMessages)
    timeCapacity = budget.perSecond.map { $0 > 0 ? max(1, $0) : 0 } ?? 1
    state = Mutex(State(tokens: capacity, timeTokens: timeCapacity))
  }

  /// Takes up the budget where an interrupted run left it.
  func resume(_ tokens: Int) { state.withLock { $0.tokens = min(max(tokens, 0), capacity) } }

  /// For each candidate (index in the batch ascending, doubt 0...1) whether it may go to the reasoner, and what is left behind the batch.
  /// Waits for its turn: batches count in their order.
  func admit(_ candidates: [(index: Int, doubt: Float)], of count: Int, batch: Int) async -> (admitted: [Bool], tokens: Int) {
    await turn(of: batch)
    let (answers, tokens, next) = state.withLock { state -> ([Bool], Int, CheckedContinuation<Void, Never>?) in
      refill(&state)
      var answers: [Bool] = []
      var seen = 0
      for candidate in candidates {
        state.tokens = min(capacity, state.tokens + (candidate.index + 1 - seen) * perMessage)
        seen = candidate.index + 1
        answers.append(take(&state, doubt: candidate.doubt))
      }
      state.tokens = min(capacity, state.tokens + (count - seen) * perMessage)
      state.nextBatch = max(state.nextBatch, batch + 1)
      return (answers, state.tokens, state.waiting.removeValue(forKey: batch + 1))
    }
    next?.resume()
    return (answers, tokens)
  }

  private func turn(of batch: Int) async {
    await withCheckedContinuation { continuation in
      let now: Bool = state.withLock { state in
        if batch <= state.nextBatch { return true }
        state.waiting[batch] = continuation
        return false
      }
      if now { continuation.resume() }
    }
  }

  private func take(_ state: inout State, doubt: Float) -> Bool {
    guard state.tokens >= Self.escalation, budget.perSecond == nil || state.timeTokens >= 1 else { return false }
    let fill = min(Double(state.tokens) / Double(capacity), budget.perSecond == nil ? 1 : state.timeTokens / timeCapacity)
    // A bucket more than half full takes all; below that the bar rises as it empties.
    guard Double(doubt) >= 1 - 2 * fill else { return false }
    state.tokens -= Self.escalation
    if budget.perSecond != nil { state.timeTokens -= 1 }
    return true
  }

  private func refill(_ state: inout State) {
    guard let perSecond = budget.perSecond else { return }
    let now = ContinuousClock.now
    state.timeTokens = min(timeCapacity, state.timeTokens + perSecond * (now - state.lastRefill).inSeconds)
    state.lastRefill = now
  }
}
