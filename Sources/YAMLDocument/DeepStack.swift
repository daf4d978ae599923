import Dispatch
import Foundation
import Synchronization

/// A thread with a stack that is deep enough for the YAML parser, which calls itself once a level for up to 1,000 levels before it refuses:
/// more than the stacks of secondary threads hold on macOS (512 KiB) and with musl (128 KiB).
///
/// Foundation's thread, as the YAML parser brings Foundation along in any case.
enum DeepStack {
  /// Address space, of which only what is used becomes memory: a level takes 3 KB, a few times as much without optimisation.
  static let bytes = 16 << 20

  /// What `body` returns, run on such a thread; on this one where the system gives no more threads, of which Foundation does not tell.
  static func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) -> Result {
    let job = Job<Result>()
    let thread = Thread {
      job.started.store(true, ordering: .releasing)
      let result = body()
      job.result.withLock { $0 = result }
      job.done.signal()
    }
    thread.stackSize = bytes
    thread.start()
    if job.done.wait(timeout: .now() + 10) == .timedOut {
      guard job.started.load(ordering: .acquiring) else { return body() }
      job.done.wait()
    }
    return job.result.withLock { $0 } ?? body()
  }

  private final class Job<Result: Sendable>: Sendable {
    let started = Atomic(false)
    let result = Mutex<Result?>(nil)
    let done = DispatchSemaphore(value: 0)
  }
}
