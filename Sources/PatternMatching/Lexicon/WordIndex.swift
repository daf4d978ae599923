/// Phrases by the hash of their first word, or of their first two words: phrases that begin with a word character and match whole words.
///
/// A bitmap answers nearly all look-ups; behind it, entries of equal hash lie together.
struct WordIndex: Sendable {
  struct Entry: Sendable, BitwiseCopyable {
    var hash: UInt32
    var form: UInt32
  }

  private(set) var bitmap: [UInt64]
  /// The bitmap has 1 << (64 - `shift`) bits, indexed by a hash's upper bits.
  private(set) var shift: UInt64
  /// `[bucket ..< bucket + 1]`: the entries of a bucket, numbered by a hash's lower bits.
  private(set) var buckets: [UInt32]
  private(set) var entries: [Entry]
  let isEmpty: Bool
  /// The longest first word, in bytes.
  let longestWord: Int

  init(_ keys: [(hash: UInt64, form: Int, wordLength: Int)]) {
    isEmpty = keys.isEmpty
    longestWord = keys.map(\.wordLength).max() ?? 0
    let bitmapBits = Self.bits(for: keys.count * 16, atLeast: 12)
    shift = UInt64(64 - bitmapBits)
    bitmap = [UInt64](repeating: 0, count: 1 << (bitmapBits - 6))
    let bucketCount = 1 << Self.bits(for: keys.count, atLeast: 4)
    var counts = [UInt32](repeating: 0, count: bucketCount + 1)
    for key in keys {
      let bit = key.hash >> shift
      bitmap[Int(bit >> 6)] |= 1 << (bit & 63)
      counts[Self.bucket(key.hash, bucketCount) + 1] += 1
    }
    for bucket in 0..<bucketCount { counts[bucket + 1] += counts[bucket] }
    buckets = counts
    entries = [Entry](repeating: Entry(hash: 0, form: 0), count: keys.count)
    for key in keys {
      let bucket = Self.bucket(key.hash, bucketCount)
      entries[Int(counts[bucket])] = Entry(hash: UInt32(truncatingIfNeeded: key.hash >> 16), form: UInt32(key.form))
      counts[bucket] += 1
    }
  }

  private static func bucket(_ hash: UInt64, _ count: Int) -> Int { Int(truncatingIfNeeded: hash) & (count - 1) }

  /// Bits of the smallest power of two that is at least `count`, within 2^24.
  private static func bits(for count: Int, atLeast: Int) -> Int {
    var bits = atLeast
    while bits < 24, 1 << bits < count { bits += 1 }
    return bits
  }
}
