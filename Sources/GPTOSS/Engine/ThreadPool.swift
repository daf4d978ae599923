#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif
import CKernels

/// One thread for each core that this process may use, at most 64.
public var defaultThreadCount: Int { min(64, max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))) }

/// Persistent threads that share numbered pieces of work; see `wk_pool` in ckernels.h.
final class ThreadPool: @unchecked Sendable {
  // The C pool synchronises itself; runs are issued by one thread at a time.
  private let pool: OpaquePointer
  let threads: Int
  /// A run has fewer pieces than this.
  static let pieceLimit = 1 << 20

  /// `threads` counts the caller; nil when memory or threads are refused.
  init?(threads: Int) {
    guard let pool = wk_pool_create(UInt32(clamping: max(1, min(threads, 256)))) else { return nil }
    self.pool = pool
    self.threads = Int(wk_pool_threads(pool))
  }

  deinit { wk_pool_destroy(pool) }

  /// Calls `body(item, worker)` once for each item below `count`; returns when all have returned.
  func run(_ count: Int, _ body: (_ item: Int, _ worker: Int) -> Void) {
    precondition(count < Self.pieceLimit, "too many pieces")
    withoutActuallyEscaping(body) { body in
      var body = body
      withUnsafeMutablePointer(to: &body) { context in
        wk_pool_run(
          pool, UInt32(count),
          { context, item, worker in
            context?.assumingMemoryBound(to: ((Int, Int) -> Void).self).pointee(Int(item), Int(worker))
          }, context)
      }
    }
  }
}
