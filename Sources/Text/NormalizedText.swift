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

  /// Where everything lies. Behind a pointer, so that inner loops read it without checks for exclusive access.
  @usableFromInline struct Storage {
    @usableFromInline var count = 0
    @usableFromInline var originalCount = 0
    @usableFromInline var capacity: Int
    @usableFromInline var bytes: UnsafeMutablePointer<UInt8>
    @usableFromInline var starts: UnsafeMutablePointer<UInt32>
    @usableFromInline var ends: UnsafeMutablePointer<UInt32>
    @usableFromInline var flags: UnsafeMutablePointer<UInt8>

    init(capacity: Int) {
      self.capacity = capacity
      bytes = .allocate(capacity: capacity + NormalizedText.padding)
      starts = .allocate(capacity: capacity + NormalizedText.padding)
      ends = .allocate(capacity: capacity + NormalizedText.padding)
      flags = .allocate(capacity: capacity + NormalizedText.padding)
    }

    func deallocate() {
      bytes.deallocate()
      starts.deallocate()
      ends.deallocate()
      flags.deallocate()
    }
  }

  @usableFromInline let storage: UnsafeMutablePointer<Storage>

  /// Bytes of the copy.
  @inlinable public var count: Int { storage.pointee.count }
  /// Bytes of the original.
  @inlinable public var originalCount: Int { storage.pointee.originalCount }
  /// The copy: well-formed UTF-8, ``padding`` zeros behind it.
  @inlinable public var bytes: UnsafeMutablePointer<UInt8> { storage.pointee.bytes }
  /// For each byte, where the character that it came from starts and ends in the original.
  @inlinable public var starts: UnsafeMutablePointer<UInt32> { storage.pointee.starts }
  @inlinable public var ends: UnsafeMutablePointer<UInt32> { storage.pointee.ends }
  /// For each byte, ``stretched`` and ``joined``.
  @inlinable public var flags: UnsafeMutablePointer<UInt8> { storage.pointee.flags }

  public init() {
    storage = .allocate(capacity: 1)
    storage.initialize(to: Storage(capacity: 1024))
  }

  deinit {
    storage.pointee.deallocate()
    storage.deallocate()
  }

  /// Makes room for `needed` bytes, keeping the first `used`.
  @inline(__always) func reserve(_ needed: Int, used: Int) {
    if needed > storage.pointee.capacity { grow(needed, used: used) }
  }

  private func grow(_ needed: Int, used: Int) {
    let old = storage.pointee
    var new = Storage(capacity: max(needed, old.capacity * 2))
    new.originalCount = old.originalCount
    new.bytes.update(from: old.bytes, count: used)
    new.starts.update(from: old.starts, count: used)
    new.ends.update(from: old.ends, count: used)
    new.flags.update(from: old.flags, count: used)
    old.deallocate()
    storage.pointee = new
  }

  /// Moves one byte and all that is known of it.
  @inline(__always) func move(from source: Int, to target: Int) {
    bytes[target] = bytes[source]
    starts[target] = starts[source]
    ends[target] = ends[source]
    flags[target] = flags[source]
  }

  func finish(count: Int) {
    storage.pointee.count = count
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
