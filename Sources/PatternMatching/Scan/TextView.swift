import Text

/// One text as the scanners see it: the original, its case-folded copy, or the normalised copy.
struct TextView {
  /// Readable for ``padding`` bytes behind `count`.
  var bytes: UnsafePointer<UInt8>
  var count: Int
  /// Bit i: whether byte i belongs to a word character.
  var words: UnsafePointer<UInt64>
  /// Bytes of a copy have flags and a way back.
  var copy: NormalizedText?
  /// What is looked for in this text.
  var streams: TextStreams
  /// Whether words joined from spaced letters may be taken apart.
  var hasJoined = false

  @inline(__always) func isWord(_ index: Int) -> Bool { words[index >> 6] >> UInt64(truncatingIfNeeded: index & 63) & 1 != 0 }

  /// Whether a word goes on across `index`.
  @inline(__always) func isInsideWord(_ index: Int) -> Bool { index > 0 && index < count && isWord(index - 1) && isWord(index) }

  @inline(__always) func isJoined(_ index: Int) -> Bool { copy.map { $0.flags[index] & NormalizedText.joined != 0 } ?? false }
  @inline(__always) func isStretched(_ index: Int) -> Bool { copy.map { $0.flags[index] & NormalizedText.stretched != 0 } ?? false }
}

/// Memory for the word bits of one text at a time.
struct WordBits: ~Copyable {
  private(set) var words: UnsafeMutablePointer<UInt64>
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
  mutating func reserve(_ count: Int) {
    let needed = count / 64 + 2
    guard needed > capacity else { return }
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
