import Synchronization

/// At most so many calls at once; the others wait in line. Waiting ends with the task's cancellation.
final class CallLimiter: Sendable {
  private struct State {
    var free: Int
    var nextTicket = 0
    var waiting: [(ticket: Int, continuation: CheckedContinuation<Bool, Never>)] = []
    var cancelled: Set<Int> = []
  }
  private let state: Mutex<State>

  init(_ limit: Int) { state = Mutex(State(free: max(1, limit))) }

  /// A place, when one is free now and nobody waits for it.
  func tryAcquire() -> Bool {
    state.withLock { state in
      guard state.free > 0, state.waiting.isEmpty else { return false }
      state.free -= 1
      return true
    }
  }

  /// Waits for a place. False when the task was cancelled before it got one.
  func acquire() async -> Bool {
    let ticket = state.withLock { state -> Int? in
      if state.free > 0, state.waiting.isEmpty {
        state.free -= 1
        return nil
      }
      state.nextTicket += 1
      return state.nextTicket
    }
    guard let ticket else { return true }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in enqueue(ticket, continuation) }
    } onCancel: {
      cancel(ticket)
    }
  }

  private func enqueue(_ ticket: Int, _ continuation: CheckedContinuation<Bool, Never>) {
    let verdict = state.withLock { state -> Bool? in
      if state.cancelled.remove(ticket) != nil { return false }
      if state.free > 0 {
        state.free -= 1
        return true
      }
      state.waiting.append((ticket, continuation))
      return nil
    }
    if let verdict { continuation.resume(returning: verdict) }
  }

  private func cancel(_ ticket: Int) {
    let continuation = state.withLock { state -> CheckedContinuation<Bool, Never>? in
      guard let index = state.waiting.firstIndex(where: { $0.ticket == ticket }) else {
        state.cancelled.insert(ticket)
        return nil
      }
      return state.waiting.remove(at: index).continuation
    }
    continuation?.resume(returning: false)
  }

  func release() {
    let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
      guard !state.waiting.isEmpty else {
        state.free += 1
        return nil
      }
      return state.waiting.removeFirst().continuation
    }
    next?.resume(returning: true)
  }
}
