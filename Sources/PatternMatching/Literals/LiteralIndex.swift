/// Literals by a window of up to four of their bytes.
///
/// Two steps: a table of 1,024 pairs of bytes, small enough for registers, says where the window of some literal may start; there the
/// window is looked up by its hash. Of each literal the window with the rarest first pair is taken, or one whose pair is in the table anyway.
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

  /// Entries of one window size by the hash of their windows: `[bucket ..< bucket + 1]`, and a bitmap of the windows by the hash's upper bits.
  struct Grams: Sendable {
    var bitmap: [UInt64]
    var shift: UInt32
    var buckets: [UInt32]
    var entries: [Entry]
  }

  /// 128 bytes.
  private(set) var pairs = [UInt8](repeating: 0, count: 128)
  /// The pairs of windows shorter than four bytes among them.
  private(set) var shortPairs = [UInt8](repeating: 0, count: 128)
  private(set) var four: Grams
  private(set) var three: Grams
  private(set) var two: Grams
  /// Literals of a single byte have no pair; they are looked for one by one.
  private(set) var single: [Entry]
  private(set) var pool: [UInt8] = []
  /// The forms among the targets.
  var forms: [Int] { (four.entries + three.entries + two.entries + single).filter { $0.target >= 0 }.map { Int($0.target) } }
  var isEmpty: Bool { four.entries.isEmpty && three.entries.isEmpty && two.entries.isEmpty && single.isEmpty }

  /// All ASCII letters differ from their capitals in one bit; setting it in every byte folds them, and merges a few signs.
  static let foldMask: UInt32 = 0x2020_2020

  init(_ literals: [(bytes: [UInt8], target: Target)]) {
    var sets: [[Entry]] = [[], [], [], []]
    // Short literals first: they have the least choice.
    for (bytes, target) in literals.sorted(by: { $0.bytes.count < $1.bytes.count }) where !bytes.isEmpty && bytes.count <= 1000 {
      let offset = bytes.count > 1 ? Self.window(of: bytes, pairs: &pairs) : 0
      let size = min(4, bytes.count - offset)
      if size == 2 || size == 3 {
        let place = BigramFrequency.place(bytes[offset], bytes[offset + 1])
        shortPairs[place >> 3] |= 1 << UInt8(place & 7)
      }
      let number: Int32 =
        switch target {
        case .form(let form): Int32(form)
        case .rule(let rule): Int32(-1 - rule)
        }
      let key = (0..<size).reduce(UInt32(0)) { $0 | UInt32(bytes[offset + $1] | 0x20) << UInt32(8 * $1) }
      sets[size - 1].append(Entry(key: key, place: UInt32(pool.count), length: UInt16(bytes.count), offset: UInt16(offset), target: number))
      pool += bytes
    }
    pool += [UInt8](repeating: 0, count: 16)
    single = sets[0]
    two = Self.grams(sets[1])
    three = Self.grams(sets[2])
    four = Self.grams(sets[3])
  }

  /// Chooses the offset of a literal's window and puts its first pair into the table.
  private static func window(of bytes: [UInt8], pairs: inout [UInt8]) -> Int {
    func cost(_ offset: Int) -> Double {
      let place = BigramFrequency.place(bytes[offset], bytes[offset + 1])
      return pairs[place >> 3] & 1 << UInt8(place & 7) != 0 ? 0 : BigramFrequency.shares[place]
    }
    let last = max(0, bytes.count - 3)
    let best = (0...last).min { cost($0) < cost($1) } ?? 0
    let place = BigramFrequency.place(bytes[best], bytes[best + 1])
    pairs[place >> 3] |= 1 << UInt8(place & 7)
    return best
  }

  private static func grams(_ items: [Entry]) -> Grams {
    var bits: UInt32 = 4
    while bits < 22, 1 << Int(bits) < items.count * 2 { bits += 1 }
    var counts = [UInt32](repeating: 0, count: (1 << Int(bits)) + 1)
    let mask = UInt32(1 << bits) - 1
    let bitmapBits = max(9, min(20, bits + 4))
    var bitmap = [UInt64](repeating: 0, count: 1 << Int(bitmapBits - 6))
    for item in items {
      counts[Int(bucket(item.key, mask)) + 1] += 1
      let bit = hash(item.key) >> (32 - bitmapBits)
      bitmap[Int(bit >> 6)] |= 1 << UInt64(bit & 63)
    }
    for index in 0..<counts.count - 1 { counts[index + 1] += counts[index] }
    let buckets = counts
    var entries = items
    for item in items {
      let bucket = Int(bucket(item.key, mask))
      entries[Int(counts[bucket])] = item
      counts[bucket] += 1
    }
    return Grams(bitmap: bitmap, shift: 32 - bitmapBits, buckets: buckets, entries: entries)
  }

  @inline(__always) static func bucket(_ key: UInt32, _ mask: UInt32) -> UInt32 {
    let hash = hash(key)
    return (hash ^ hash >> 15) & mask
  }

  @inline(__always) static func hash(_ key: UInt32) -> UInt32 { key &* 0x9E37_79B1 }
}
