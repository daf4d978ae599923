/// Literals by 4-byte grams: of each literal the rarest window of four bytes, of shorter ones all they have.
struct LiteralIndex: Sendable {
  /// What a literal is for.
  enum Target: Sendable, Hashable {
    /// Confirm the form at the literal's place.
    case form(Int)
    /// Ask PCRE2 whether the rule matches.
    case rule(Int)
  }

  /// A literal in a bucket, reached through the window at `offset` in it. 16 bytes.
  struct Entry: Sendable, BitwiseCopyable {
    /// The window's bytes, folded.
    var key: UInt32
    /// Where the literal's bytes are in the pool.
    var place: UInt32
    var length: UInt16
    var offset: UInt16
    /// The target's number; negative: -1 - rule.
    var target: Int32
  }

  /// Tables for one window size.
  struct Grams: Sendable {
    var bitmap: [UInt64]
    var shift: UInt32
    var buckets: [UInt32]
    var entries: [Entry]
    var isEmpty: Bool { entries.isEmpty }
  }

  private(set) var four: Grams
  private(set) var three: Grams
  private(set) var two: Grams
  private(set) var one: Grams
  private(set) var pool: [UInt8] = []
  var isEmpty: Bool { four.isEmpty && three.isEmpty && two.isEmpty && one.isEmpty }

  init(_ literals: [(bytes: [UInt8], target: Target)]) {
    var sets: [[(key: UInt32, entry: Entry)]] = [[], [], [], []]
    for (bytes, target) in literals where !bytes.isEmpty && bytes.count <= 1000 {
      let size = min(4, bytes.count)
      let offset = Self.rarestWindow(of: bytes, size: size)
      let key = Self.key(bytes, at: offset, size: size)
      let number: Int32 =
        switch target {
        case .form(let form): Int32(form)
        case .rule(let rule): Int32(-1 - rule)
        }
      let entry = Entry(key: key, place: UInt32(pool.count), length: UInt16(bytes.count), offset: UInt16(offset), target: number)
      pool += bytes
      sets[size - 1].append((key, entry))
    }
    pool += [UInt8](repeating: 0, count: 16)
    one = Self.grams(sets[0])
    two = Self.grams(sets[1])
    three = Self.grams(sets[2])
    four = Self.grams(sets[3])
  }

  /// All ASCII letters differ from their capitals in one bit; setting it in every byte folds them, and merges a few signs.
  static let foldMask: UInt32 = 0x2020_2020

  @inline(__always) static func hash(_ key: UInt32) -> UInt32 { key &* 0x9E37_79B1 }

  private static func key(_ bytes: [UInt8], at offset: Int, size: Int) -> UInt32 {
    (0..<size).reduce(0) { $0 | UInt32(bytes[offset + $1] | 0x20) << UInt32(8 * $1) }
  }

  private static func rarestWindow(of bytes: [UInt8], size: Int) -> Int {
    let frequency = { (offset: Int) in bytes[offset..<offset + size].reduce(1.0) { $0 * ByteFrequency.of($1) } }
    return (0...bytes.count - size).min { frequency($0) < frequency($1) } ?? 0
  }

  private static func grams(_ items: [(key: UInt32, entry: Entry)]) -> Grams {
    var bitmapBits: UInt32 = 12
    while bitmapBits < 22, 1 << Int(bitmapBits) < items.count * 32 { bitmapBits += 1 }
    var bucketBits: UInt32 = 4
    while bucketBits < 22, 1 << Int(bucketBits) < items.count { bucketBits += 1 }
    var bitmap = [UInt64](repeating: 0, count: 1 << Int(bitmapBits - 6))
    var counts = [UInt32](repeating: 0, count: 1 << Int(bucketBits) + 1)
    let mask = UInt32(1 << bucketBits) - 1
    for item in items {
      let bit = hash(item.key) >> (32 - bitmapBits)
      bitmap[Int(bit >> 6)] |= 1 << UInt64(bit & 63)
      counts[Int(bucket(item.key, mask)) + 1] += 1
    }
    for index in 0..<counts.count - 1 { counts[index + 1] += counts[index] }
    let buckets = counts
    var entries = items.map(\.entry)
    for item in items {
      let bucket = Int(bucket(item.key, mask))
      entries[Int(counts[bucket])] = item.entry
      counts[bucket] += 1
    }
    return Grams(bitmap: bitmap, shift: 32 - bitmapBits, buckets: buckets, entries: entries)
  }

  @inline(__always) static func bucket(_ key: UInt32, _ mask: UInt32) -> UInt32 { (hash(key) ^ hash(key) >> 15) & mask }
}
