import Moderation
import Synchronization

/// Takes batches in order and hands out their outcomes in the same order, several on the way at once.
public struct StreamRunner: Sendable {
  let pipeline: ModerationPipeline
  /// Batches read and not yet handed out: bounds memory, and is the back-pressure on the reader.
  let window: Int

  public init(pipeline: ModerationPipeline, window: Int) {
    self.pipeline = pipeline
    self.window = max(1, window)
  }

  /// Runs until `next` returns nil and every outcome is handed to `emit`. The tag travels with its batch (end position, dead letters …).
  ///
  /// If `next` or `emit` throws, no further batch is taken, batches on the way are cancelled, and the error is thrown.
  public func run<Tag: Sendable>(
    next: @escaping @Sendable () async throws -> (MessageBatch, Tag)?, emit: @escaping @Sendable (BatchOutcome, Tag) async throws -> Void
  ) async throws {
    let queue = OrderedQueue<(Task<BatchOutcome, Never>, Tag)>(capacity: window)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { queue.finish() }
        while let (batch, tag) = try await next() {
          let prepared = pipeline.prepare(batch)
          let task = Task { await pipeline.process(prepared) }
          guard await queue.append((task, tag)) else { return task.cancel() }
        }
      }
      group.addTask {
        do {
          while let (task, tag) = await queue.removeFirst() { try await emit(await task.value, tag) }
        } catch {
          for (task, _) in queue.close() { task.cancel() }
          throw error
        }
      }
      try await group.waitForAll()
    }
  }
}

/// A bounded first-in-first-out queue between one producer and one consumer.
final class OrderedQueue<Element: Sendable>: Sendable {
  private struct State {
    var items: [Element] = []
    var isFinished = false
    var isClosed = false
    var producer: CheckedContinuation<Bool, Never>?
    var consumer: CheckedContinuation<Element?, Never>?
  }
  private let capacity: Int
  private let state = Mutex(State())

  init(capacity: Int) { self.capacity = capacity }

  /// Waits while the queue is full; false when the consumer is gone.
  func append(_ element: Element) async -> Bool {
    let (consumer, isClosed) = state.withLock { state -> (CheckedContinuation<Element?, Never>?, Bool) in
      if state.isClosed { return (nil, true) }
      if let consumer = state.consumer {
        state.consumer = nil
        return (consumer, false)
      }
      state.items.append(element)
      return (nil, false)
    }
    if isClosed { return false }
    consumer?.resume(returning: element)
    return await withCheckedContinuation { continuation in
      let answer: Bool? = state.withLock { state in
        if state.isClosed { return false }
        if state.items.count < capacity { return true }
        state.producer = continuation
        return nil
      }
      if let answer { continuation.resume(returning: answer) }
    }
  }

  /// No more elements will come.
  func finish() {
    let consumer = state.withLock { state in
      state.isFinished = true
      let consumer = state.consumer
      state.consumer = nil
      return consumer
    }
    consumer?.resume(returning: nil)
  }

  /// The consumer gives up; what was not taken is returned.
  func close() -> [Element] {
    let (items, producer) = state.withLock { state in
      state.isClosed = true
      let result = (state.items, state.producer)
      state.items = []
      state.producer = nil
      return result
    }
    producer?.resume(returning: false)
    return items
  }

  /// The next element; nil when the queue is finished and empty.
  func removeFirst() async -> Element? {
    await withCheckedContinuation { continuation in
      let (element, isDone, producer) = state.withLock { state -> (Element?, Bool, CheckedContinuation<Bool, Never>?) in
        guard !state.items.isEmpty else {
          if state.isFinished { return (nil, true, nil) }
          state.consumer = continuation
          return (nil, false, nil)
        }
        let element = state.items.removeFirst()
        let producer = state.producer
        state.producer = nil
        return (element, true, producer)
      }
      producer?.resume(returning: true)
      if isDone { continuation.resume(returning: element) }
    }
  }
}
