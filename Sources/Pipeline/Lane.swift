import Moderation
import Synchronization

/// One thread's set of screen workers, with their scratch memory.
///
/// Sendable by construction, not by type: the pool hands a lane to one task at a time and takes it back before the next.
final class Lane: @unchecked Sendable {
  let workers: [Int: any ScreenWorker]

  init(_ stages: [BuiltStage]) {
    var workers: [Int: any ScreenWorker] = [:]
    for (index, stage) in stages.enumerated() {
      if case .screen(let screen) = stage { workers[index] = screen.makeWorker() }
    }
    self.workers = workers
  }
}

/// As many lanes as screens may run at once; tasks wait for a free one in the order they came.
final class LanePool: Sendable {
  private struct State {
    var free: [Lane]
    var waiting: [CheckedContinuation<Lane, Never>] = []
  }
  private let state: Mutex<State>

  init(_ stages: [BuiltStage], count: Int) { state = Mutex(State(free: (0..<max(1, count)).map { _ in Lane(stages) })) }

  func take() async -> Lane {
    await withCheckedContinuation { continuation in
      let lane: Lane? = state.withLock { state in
        if let lane = state.free.popLast() { return lane }
        state.waiting.append(continuation)
        return nil
      }
      if let lane { continuation.resume(returning: lane) }
    }
  }

  func giveBack(_ lane: Lane) {
    let next: CheckedContinuation<Lane, Never>? = state.withLock { state in
      if state.waiting.isEmpty {
        state.free.append(lane)
        return nil
      }
      return state.waiting.removeFirst()
    }
    next?.resume(returning: lane)
  }
}
