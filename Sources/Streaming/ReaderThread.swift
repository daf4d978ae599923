import Dispatch
import RecordIO

/// Runs a blocking reader away from the cooperative threads, one call at a time.
final class ReaderThread: Sendable {
  /// The reader is touched on `queue` only; that is what makes sharing the box sound.
  private final class Box: @unchecked Sendable {
    let reader: RecordReader
    init(_ reader: RecordReader) { self.reader = reader }
  }
  private let box: Box
  private let queue = DispatchQueue(label: "winnow.reader")

  init(_ reader: sending RecordReader) { box = Box(reader) }

  /// The next batch and how many bytes of the current file have been read.
  func next() async throws -> (batch: ReadBatch, bytesRead: Int)? {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { [box] in
        continuation.resume(with: Result { try box.reader.next().map { ($0, box.reader.bytesRead) } })
      }
    }
  }
}
