#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The reader's own bytes: filled at the tail, consumed at the head, moved together between batches. Owned by one reader.
struct ReadBuffer: ~Copyable {
  private var storage: UnsafeMutableRawBufferPointer
  private(set) var head = 0
  private(set) var tail = 0

  init() { storage = .allocate(byteCount: 1 << 20, alignment: 64) }
  deinit { storage.deallocate() }

  var count: Int { tail - head }
  subscript(index: Int) -> UInt8 { storage[index] }

  func bytes(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: storage.baseAddress!.assumingMemoryBound(to: UInt8.self) + range.lowerBound, count: range.count)
  }

  func hasPrefix(_ prefix: [UInt8]) -> Bool { count >= prefix.count && prefix.indices.allSatisfy { self[head + $0] == prefix[$0] } }

  /// Moves what is left to the front.
  mutating func compact() {
    guard head > 0 else { return }
    if tail > head { memmove(storage.baseAddress!, storage.baseAddress! + head, tail - head) }
    (head, tail) = (0, tail - head)
  }

  /// Reads once; makes room for `atLeast` more bytes first.
  mutating func fill(from source: any ByteSource, atLeast: Int) throws(RecordIOError) -> Int {
    if storage.count - tail < atLeast { grow(to: tail + max(atLeast, storage.count)) }
    let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: storage[tail..<min(storage.count, tail + atLeast)]))
    tail += count
    return count
  }

  private mutating func grow(to size: Int) {
    let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
    memcpy(larger.baseAddress!, storage.baseAddress!, tail)
    storage.deallocate()
    storage = larger
  }

  mutating func consume(to index: Int) { head = index }

  /// Drops up to `limit` bytes; returns how many.
  mutating func discard(_ limit: Int) -> Int {
    let dropped = min(limit, count)
    head += dropped
    if head == tail { (head, tail) = (0, 0) }
    return dropped
  }

  /// Index of the next line feed.
  func lineEnd(from start: Int) -> Int? {
    guard start < tail, let found = memchr(storage.baseAddress! + start, 0x0A, tail - start) else { return nil }
    return found - UnsafeMutableRawPointer(storage.baseAddress!)
  }

  /// Index of the next line feed outside quotes (RFC 4180).
  func csvRecordEnd(from start: Int) -> Int? { scanCSV(from: start, to: tail).end }

  /// Whether a quote opens behind `start` that nothing closes before `end`, or in what was read.
  func isQuoteOpen(from start: Int, to end: Int? = nil) -> Bool { scanCSV(from: start, to: end ?? tail).isQuoted }

  private func scanCSV(from start: Int, to tail: Int) -> (end: Int?, isQuoted: Bool) {
    var quoted = false
    var atFieldStart = true
    var closedAt = -2
    var index = start
    while index < tail {
      let byte = storage[index]
      if quoted {
        if byte == UInt8(ascii: "\"") { (quoted, closedAt) = (false, index) }
      } else if byte == 0x0A {
        return (index, false)
      } else if byte == UInt8(ascii: "\""), atFieldStart || closedAt == index - 1 {
        // A quote opens at the start of a field, or is the second of a doubled one; elsewhere it is a character.
        quoted = true
      }
      atFieldStart = !quoted && byte == UInt8(ascii: ",")
      index += 1
    }
    return (nil, quoted)
  }

  func newlines(in range: Range<Int>) -> Int {
    var count = 0
    for index in range where storage[index] == 0x0A { count += 1 }
    return count
  }
}
