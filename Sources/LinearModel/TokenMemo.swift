/// What short tokens contributed when they were last seen: one direct-mapped table for each worker.
///
/// Exact, not approximate: the token's bytes are compared, and the sums are whole numbers, so a hit gives what computing again would give.
/// A token that does not fit an entry is never remembered.
struct TokenMemo: ~Copyable {
  /// Longest token, in bytes.
  static let maximumTokenBytes = 24
  /// Key (24 bytes), hashes of the first and last word (16), feature count (8); then the sums, 16 bits each.
  private static let sumsOffset = 48

  private let memory: UnsafeMutableRawPointer
  private let masks: UnsafeMutablePointer<UInt64>
  private let slotBytes: Int
  private let shift: UInt64

  /// - Parameters:
  ///   - stride: sums in an entry, as in ``WeightTable``.
  ///   - slotBits: `2^slotBits` entries, 0 ... 20.
  init(stride: Int, slotBits: Int) {
    slotBytes = (Self.sumsOffset + 2 * stride + 63) / 64 * 64
    shift = UInt64(64 - slotBits)
    let byteCount = slotBytes << slotBits
    memory = .allocate(byteCount: byteCount, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    masks = .allocate(capacity: 3 * (Self.maximumTokenBytes + 1))
    for length in 0...Self.maximumTokenBytes {
      for word in 0..<3 {
        let used = min(max(length - 8 * word, 0), 8)
        (masks + 3 * length + word).initialize(to: used == 0 ? 0 : FeatureHash.mask(used))
      }
    }
  }

  deinit {
    memory.deallocate()
    masks.deallocate()
  }

  struct Key {
    var words: (UInt64, UInt64, UInt64)
    var slot: UnsafeMutableRawPointer
  }

  /// The key of `length` bytes (1 ... 24) at `token`. Tokens have no NUL, so no key is zero.
  /// - Precondition: 24 bytes at `token` may be read.
  @inline(__always) func key(_ token: UnsafeRawPointer, _ length: Int) -> Key {
    let mask = masks + 3 * length
    let a = token.loadUnaligned(as: UInt64.self) & mask[0]
    let b = token.loadUnaligned(fromByteOffset: 8, as: UInt64.self) & mask[1]
    let c = token.loadUnaligned(fromByteOffset: 16, as: UInt64.self) & mask[2]
    var hash = (a &* 0x9E37_79B9_7F4A_7C15) ^ (b &* 0xC2B2_AE3D_27D4_EB4F) ^ (c &* 0x1656_67B1_9E37_79F9)
    hash = (hash ^ (hash >> 32)) &* 0xD6E8_FEB8_6659_FD93
    return Key(words: (a, b, c), slot: memory + Int(truncatingIfNeeded: hash >> shift) &* slotBytes)
  }

  @inline(__always) func holds(_ key: Key) -> Bool {
    let difference =
      (key.slot.load(as: UInt64.self) ^ key.words.0) | (key.slot.load(fromByteOffset: 8, as: UInt64.self) ^ key.words.1)
      | (key.slot.load(fromByteOffset: 16, as: UInt64.self) ^ key.words.2)
    return difference == 0
  }

  @inline(__always) func ends(_ key: Key) -> TokenEnds {
    TokenEnds(first: key.slot.load(fromByteOffset: 24, as: UInt64.self), last: key.slot.load(fromByteOffset: 32, as: UInt64.self))
  }

  @inline(__always) func featureCount(_ key: Key) -> Int { key.slot.load(fromByteOffset: 40, as: Int.self) }

  /// Adds the remembered sums to `sums`.
  @inline(__always) func addSums(_ key: Key, stride: Int, to sums: UnsafeMutablePointer<Int32>) {
    let short = key.slot + Self.sumsOffset
    if stride == 1 {
      sums[0] &+= Int32(short.load(as: Int16.self))
      return
    }
    for block in 0..<stride / WeightTable.laneCount {
      RowSum.addShort(short.load(fromByteOffset: 16 * block, as: SIMD8<Int16>.self), to: sums + block * WeightTable.laneCount)
    }
  }

  /// Remembers a token whose sums came from at most ``RowSum/shortLimit`` rows.
  func store(_ key: Key, ends: TokenEnds, featureCount: Int, sums: UnsafePointer<Int32>, stride: Int) {
    key.slot.storeBytes(of: key.words.0, as: UInt64.self)
    key.slot.storeBytes(of: key.words.1, toByteOffset: 8, as: UInt64.self)
    key.slot.storeBytes(of: key.words.2, toByteOffset: 16, as: UInt64.self)
    key.slot.storeBytes(of: ends.first, toByteOffset: 24, as: UInt64.self)
    key.slot.storeBytes(of: ends.last, toByteOffset: 32, as: UInt64.self)
    key.slot.storeBytes(of: featureCount, toByteOffset: 40, as: Int.self)
    for i in 0..<stride {
      key.slot.storeBytes(of: Int16(truncatingIfNeeded: sums[i]), toByteOffset: Self.sumsOffset + 2 * i, as: Int16.self)
    }
  }
}
