import CKernels
import Synchronization
import Testing

@Suite struct PoolKernelTests {
  private final class Counts: Sendable {
    let items = Mutex<[Int]>([])
  }

  @Test(arguments: [1, 2, 3, 8] as [UInt32], [0, 1, 2, 7, 100] as [UInt32]) func everyPieceRunsOnceAndAllBeforeTheRunReturns(_ threads: UInt32, count: UInt32) throws {
    let pool = try #require(wk_pool_create(threads))
    defer { wk_pool_destroy(pool) }
    for _ in 0..<20 {
      let counts = Counts()
      counts.items.withLock { $0 = [Int](repeating: 0, count: Int(count)) }
      wk_pool_run(
        pool, count,
        { context, item, worker in
          let counts = Unmanaged<Counts>.fromOpaque(context!).takeUnretainedValue()
          counts.items.withLock { $0[Int(item)] += worker < 8 ? 1 : 100 }
        }, Unmanaged.passUnretained(counts).toOpaque())
      #expect(counts.items.withLock { $0 } == [Int](repeating: 1, count: Int(count)))
    }
  }

  /// Runs that follow each other closely, and others after the helpers have gone to sleep.
  @Test func manyShortRunsLoseNothing() throws {
    let pool = try #require(wk_pool_create(3))
    defer { wk_pool_destroy(pool) }
    final class Box: Sendable { let total = Atomic<Int>(0) }
    let box = Box()
    for run in 0..<3000 {
      wk_pool_run(
        pool, 5, { context, _, _ in Unmanaged<Box>.fromOpaque(context!).takeUnretainedValue().total.add(1, ordering: .relaxed) },
        Unmanaged.passUnretained(box).toOpaque())
      #expect(box.total.load(ordering: .relaxed) == 5 * (run + 1))
    }
  }
}
