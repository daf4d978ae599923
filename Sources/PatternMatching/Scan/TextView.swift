import Text

/// One text as the scanners see it: the original, its case-folded copy, or the normalised copy. Pointers only: valid while the text is judged.
struct TextView {
  /// Readable for `WK_TEXT_PADDING` bytes behind `count`.
  var bytes: UnsafePointer<UInt8>
  var count: Int
  /// Bit i: whether byte i belongs to a word character.
  var words: UnsafePointer<UInt64>
  /// Room for a bit for each byte.
  var scratch: UnsafeMutablePointer<UInt64>
  /// What is looked for in this text.
  var streams: TextStreams
  /// Whether words joined from spaced letters may be taken apart.
  var hasJoined = false
  /// Of a copy: where each byte's character starts and ends in the original, and ``NormalizedText``'s flags.
  var starts: UnsafePointer<UInt32>?
  var ends: UnsafePointer<UInt32>?
  var flags: UnsafePointer<UInt8>?

  @inline(__always) func isWord(_ index: Int) -> Bool { words[index >> 6] >> UInt64(truncatingIfNeeded: index & 63) & 1 != 0 }

  /// Whether a word goes on across `index`.
  @inline(__always) func isInsideWord(_ index: Int) -> Bool { index > 0 && index < count && isWord(index - 1) && isWord(index) }

  @inline(__always) func isJoined(_ index: Int) -> Bool { flags.map { $0[index] & NormalizedText.joined != 0 } ?? false }
  @inline(__always) func isStretched(_ index: Int) -> Bool { flags.map { $0[index] & NormalizedText.stretched != 0 } ?? false }

  /// The match `start ..< end`, not empty, in the original.
  @inline(__always) func match(_ start: Int, _ end: Int, source: Int32) -> RawMatch {
    if let starts, let ends { return RawMatch(start: starts[start], end: ends[end - 1], source: source) }
    return RawMatch(start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end), source: source)
  }
}

/// Memory for the word bits of one text at a time.
struct WordBits: ~Copyable {
  private(set) var words: UnsafeMutablePointer<UInt64>
  /// First the bits of bytes beyond ASCII, then scratch.
  private(set) var high: UnsafeMutablePointer<UInt64>
  private var capacity = 64

  init() {
    words = .allocate(capacity: 64)
    high = .allocate(capacity: 64)
  }

  deinit {
    words.deallocate()
    high.deallocate()
  }

  /// Makes room for a text of `count` bytes.
  @inline(__always) mutating func reserve(_ count: Int) {
    if count >> 6 &+ 2 > capacity { grow(count >> 6 + 2) }
  }

  private mutating func grow(_ needed: Int) {
    words.deallocate()
    high.deallocate()
    capacity = max(needed, 2 * capacity)
    words = .allocate(capacity: capacity)
    high = .allocate(capacity: capacity)
  }
}

/// A match before it is weighed against exceptions; the span lies in the original text.
struct RawMatch: BitwiseCopyable, Sendable {
  var start: UInt32
  var end: UInt32
  var source: Int32

  static func precedes(_ a: Self, _ b: Self) -> Bool {
    if a.start != b.start { return a.start < b.start }
    if a.end != b.end { return a.end < b.end }
    return a.source < b.source
  }
}
