/// A normalised copy of one text and the way back: for each byte, the span of the original that it came from.
///
/// Filled by ``Normalizer/normalize(_:into:insideLatinWord:)``, again and again; memory only grows. Not Sendable: one per worker.
public final class NormalizedText {
  /// A letter that stood three or more times in a row.
  public static let stretched: UInt8 = 1
  /// Part of a word that was written with gaps.
  public static let joined: UInt8 = 2
  /// Bytes that can be read (as zeros) behind the text.
  public static let padding = 64

  /// Bytes of the copy.
  public internal(set) var count = 0
  /// Bytes of the original.
  public internal(set) var originalCount = 0
  public private(set) var capacity: Int
  /// The copy: well-formed UTF-8, ``padding`` zeros behind it.
  public private(set) var bytes: UnsafeMutablePointer<UInt8>
  /// For each byte, where the character that it came from starts and ends in the original.
  public private(set) var starts: UnsafeMutablePointer<UInt32>
  public private(set) var ends: UnsafeMutablePointer<UInt32>
  /// For each byte, ``stretched`` and ``joined``.
  public private(set) var flags: UnsafeMutablePointer<UInt8>

  public init() {
    capacity = 1024
    bytes = .allocate(capacity: capacity + Self.padding)
    starts = .allocate(capacity: capacity + Self.padding)
    ends = .allocate(capacity: capacity + Self.padding)
    flags = .allocate(capacity: capacity + Self.padding)
  }

  deinit {
    bytes.deallocate()
    starts.deallocate()
    ends.deallocate()
    flags.deallocate()
  }

  /// Makes room for `needed` bytes, keeping the first `used`.
  func reserve(_ needed: Int, used: Int) {
    guard needed > capacity else { return }
    let grown = max(needed, capacity * 2)
    bytes = Self.grow(bytes, used: used, to: grown)
    starts = Self.grow(starts, used: used, to: grown)
    ends = Self.grow(ends, used: used, to: grown)
    flags = Self.grow(flags, used: used, to: grown)
    capacity = grown
  }

  private static func grow<T>(_ old: UnsafeMutablePointer<T>, used: Int, to capacity: Int) -> UnsafeMutablePointer<T> {
    let new = UnsafeMutablePointer<T>.allocate(capacity: capacity + padding)
    new.update(from: old, count: used)
    old.deallocate()
    return new
  }

  /// Moves one byte and all that is known of it.
  @inline(__always) func move(from source: Int, to target: Int) {
    bytes[target] = bytes[source]
    starts[target] = starts[source]
    ends[target] = ends[source]
    flags[target] = flags[source]
  }

  func finish(count: Int) {
    self.count = count
    (bytes + count).update(repeating: 0, count: Self.padding)
  }

  /// The bytes of the original that the bytes `span` of the copy came from, whole characters.
  /// - Precondition: `span` lies within the copy.
  @inlinable public func originalSpan(of span: Range<Int>) -> Range<Int> {
    precondition(span.lowerBound >= 0 && span.upperBound <= count, "a span of the copy")
    if span.isEmpty {
      let at = span.lowerBound < count ? Int(starts[span.lowerBound]) : originalCount
      return at..<at
    }
    return Int(starts[span.lowerBound])..<Int(ends[span.upperBound - 1])
  }

  /// The copy as a `String`; for tests and tools.
  public var string: String { String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self) }
}
