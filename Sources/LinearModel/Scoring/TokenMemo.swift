/// What short tokens contributed when they were last seen: one direct-mapped table for each worker.
///
/// Exact, not approximate: the token's bytes are compared, and the sums are whole numbers, so a hit gives what computing again would give.
/// A token that does not fit an entry is never remembered.
struct TokenMemo: ~Copyable {
  /// Key (24 bytes), hashes of the first and last word (16); then the sums, 16 bits each.
  private static let sumsOffset = 40

  private let memory: UnsafeMutableRawPointer
  private let slotBytes: Int
  private let shift: UInt64

  /// - Parameters:
  ///   - stride: sums in an entry, as in ``WeightTable``.
  ///   - slotBits: `2^slotBits` entries, 1 ... 20.
  init(stride: Int, slotBits: Int) {
    slotBytes = (Self.sumsOffset + 2 * stride + 63) / 64 * 64
    shift = UInt64(64 - slotBits)
    let byteCount = slotBytes << slotBits
    memory = .allocate(byteCount: byteCount, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  }

  deinit {
    memory.deallocate()
  }

  /// Where a token is or would be.
  struct Slot {
    var key: TokenKey
    var entry: UnsafeMutableRawPointer
  }

  @inline(__always) func slot(_ key: TokenKey) -> Slot {
    Slot(key: key, entry: memory + Int(truncatingIfNeeded: key.hash >> shift) &* slotBytes)
  }

  @inline(__always) func holds(_ slot: Slot) -> Bool {
    let difference =
      (slot.entry.load(as: UInt64.self) ^ slot.key.words.0) | (slot.entry.load(fromByteOffset: 8, as: UInt64.self) ^ slot.key.words.1)
      | (slot.entry.load(fromByteOffset: 16, as: UInt64.self) ^ slot.key.words.2)
    return difference == 0
  }

  @inline(__always) func ends(_ slot: Slot) -> TokenEnds {
    TokenEnds(first: slot.entry.load(fromByteOffset: 24, as: UInt64.self), last: slot.entry.load(fromByteOffset: 32, as: UInt64.self))
  }

  /// Adds the remembered sums to `sums`.
  @inline(__always) func addSums(_ slot: Slot, stride: Int, to sums: UnsafeMutablePointer<Int32>) {
    let short = slot.entry + Self.sumsOffset
    if stride == 2 {
      sums[0] &+= Int32(short.load(as: Int16.self))
      sums[1] &+= Int32(short.load(fromByteOffset: 2, as: Int16.self))
      return
    }
    for block in 0..<stride / WeightTable.laneCount {
      RowSum.addShort(short.loadUnaligned(fromByteOffset: 16 * block, as: SIMD8<Int16>.self), to: sums + block * WeightTable.laneCount)
    }
  }

  /// Remembers a token whose sums came from at most ``RowSum/shortLimit`` rows.
  func store(_ slot: Slot, ends: TokenEnds, sums: UnsafePointer<Int32>, stride: Int) {
    slot.entry.storeBytes(of: slot.key.words.0, as: UInt64.self)
    slot.entry.storeBytes(of: slot.key.words.1, toByteOffset: 8, as: UInt64.self)
    slot.entry.storeBytes(of: slot.key.words.2, toByteOffset: 16, as: UInt64.self)
    slot.entry.storeBytes(of: ends.first, toByteOffset: 24, as: UInt64.self)
    slot.entry.storeBytes(of: ends.last, toByteOffset: 32, as: UInt64.self)
    for i in 0..<stride {
      slot.entry.storeBytes(of: Int16(truncatingIfNeeded: sums[i]), toByteOffset: Self.sumsOffset + 2 * i, as: Int16.self)
    }
  }
}
