/// All that encoding and decoding read, as flat arrays in one block of memory, which is also the cache file's content.
///
/// Ids fit 20 bits, ranks of merges 24, so that a merge is one 64-bit word: left id, right id, rank. For the published vocabulary
/// (200,019 tokens, 446,189 merges) the block has 16 MB, of which ordinary text touches a small part.
///
/// `@unchecked Sendable`: the memory is filled before the object is handed out and never written afterwards.
final class TokenizerTables: @unchecked Sendable {
  static let maximumTokens = 1 << 20 - 1
  static let maximumMerges = 1 << 24 - 1
  static let emptySlot = UInt64.max
  static let noRank = UInt32.max

  let memory: TokenizerMemory
  let layout: TokenizerLayout

  /// Start of each token's bytes in `bytes`, and the end of the last one: [tokenCount + 1]. Ids that do not exist have no bytes.
  let offsets: UnsafePointer<UInt32>
  let bytes: UnsafePointer<UInt8>
  /// Ordinary tokens by their bytes: hash's upper half, then the id. Open addressing, at most half full.
  let tokenSlots: UnsafePointer<UInt64>
  let tokenMask: Int
  /// Merges by their two ids: left << 44 | right << 24 | rank. Open addressing, at most half full.
  let mergeSlots: UnsafePointer<UInt64>
  let mergeShift: UInt64
  let mergeMask: Int
  /// Rank → id that the merge gives.
  let mergeResults: UnsafePointer<UInt32>
  /// First byte << 8 | second byte → rank of merging their tokens, or `noRank`: the table above for the first round.
  let byteMerges: UnsafePointer<UInt32>
  /// Byte → its token.
  let byteTokens: UnsafePointer<UInt32>
  /// Ids of the special tokens, ascending.
  let specials: UnsafeBufferPointer<UInt32>

  /// - Parameter memory: `layout.size` bytes, filled.
  init(memory: TokenizerMemory, layout: TokenizerLayout) {
    self.memory = memory
    self.layout = layout
    let base = UnsafeRawPointer(memory.base)
    func section<T>(_ offset: Int, _ type: T.Type) -> UnsafePointer<T> { (base + offset).assumingMemoryBound(to: T.self) }
    offsets = section(layout.offsets, UInt32.self)
    bytes = section(layout.bytes, UInt8.self)
    tokenSlots = section(layout.tokenSlots, UInt64.self)
    tokenMask = 1 << layout.tokenSlotBits - 1
    mergeSlots = section(layout.mergeSlots, UInt64.self)
    mergeShift = UInt64(64 - layout.mergeSlotBits)
    mergeMask = 1 << layout.mergeSlotBits - 1
    mergeResults = section(layout.mergeResults, UInt32.self)
    byteMerges = section(layout.byteMerges, UInt32.self)
    byteTokens = section(layout.byteTokens, UInt32.self)
    specials = UnsafeBufferPointer(start: section(layout.specials, UInt32.self), count: layout.specialCount)
  }

  var tokenCount: Int { layout.tokenCount }
  var ignoresMerges: Bool { layout.ignoresMerges }
  var longestToken: Int { layout.longestToken }

  /// The bytes of a token; none for an id that does not exist.
  @inline(__always) func bytes(of id: TokenID) -> UnsafeBufferPointer<UInt8> {
    guard id >= 0, Int(id) < layout.tokenCount else { return UnsafeBufferPointer(start: nil, count: 0) }
    let start = Int(offsets[Int(id)])
    return UnsafeBufferPointer(start: bytes + start, count: Int(offsets[Int(id) + 1]) - start)
  }

  func isSpecial(_ id: TokenID) -> Bool {
    guard id >= 0 else { return false }
    return specials.contains(UInt32(id))
  }

  /// The ordinary token with exactly these bytes, or -1.
  @inline(__always) func token(_ piece: UnsafePointer<UInt8>, _ count: Int) -> TokenID {
    if count > layout.longestToken { return -1 }
    let hash = Self.hash(piece, count)
    var slot = Int(truncatingIfNeeded: hash) & tokenMask
    while true {
      let entry = tokenSlots[slot]
      if entry == Self.emptySlot { return -1 }
      if entry >> 32 == hash >> 32 {
        let id = Int(truncatingIfNeeded: entry & 0xFFFF_FFFF)
        let start = offsets[id]
        if Int(offsets[id + 1] - start) == count, Self.areEqual(bytes + Int(start), piece, count) { return TokenID(truncatingIfNeeded: id) }
      }
      slot = (slot + 1) & tokenMask
    }
  }

  /// Rank of merging two tokens, or `noRank`.
  @inline(__always) func rank(_ left: UInt32, _ right: UInt32) -> UInt32 {
    let key = UInt64(left) << 20 | UInt64(right)
    var slot = Int(truncatingIfNeeded: Self.mergeHash(key) >> mergeShift)
    while true {
      let entry = mergeSlots[slot]
      if entry >> 24 == key { return UInt32(truncatingIfNeeded: entry & 0xFF_FFFF) }
      if entry == Self.emptySlot { return Self.noRank }
      slot = (slot + 1) & mergeMask
    }
  }

  @inline(__always) static func mergeHash(_ key: UInt64) -> UInt64 { key &* 0x9E37_79B9_7F4A_7C15 }

  /// Equality of short byte strings without a call.
  @inline(__always) private static func areEqual(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    var i = 0
    while i + 8 <= count {
      if load64(a + i) != load64(b + i) { return false }
      i += 8
    }
    while i < count {
      if a[i] != b[i] { return false }
      i += 1
    }
    return true
  }

  @inline(__always) private static func load64(_ p: UnsafePointer<UInt8>) -> UInt64 { UnsafeRawPointer(p).loadUnaligned(as: UInt64.self) }
  @inline(__always) private static func load32(_ p: UnsafePointer<UInt8>) -> UInt64 {
    UInt64(UnsafeRawPointer(p).loadUnaligned(as: UInt32.self))
  }

  @inline(__always) private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }

  /// 64-bit hash of a byte string, in the manner of wyhash. Part of the cache file's format.
  @inline(__always) static func hash(_ p: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    var state = 0xA076_1D64_78BD_642F ^ UInt64(truncatingIfNeeded: count)
    var i = 0
    while count - i > 8 {
      state = fold(state ^ load64(p + i), 0xE703_7ED1_A0B4_28DB)
      i += 8
    }
    let rest = count - i
    let tail: UInt64 =
      if count >= 8 { load64(p + count - 8) } else if rest >= 4 { load32(p) | load32(p + rest - 4) << 32 } else if rest > 0 {
        UInt64(p[0]) | UInt64(p[rest >> 1]) << 8 | UInt64(p[rest - 1]) << 16
      } else { 0 }
    return fold(state ^ tail, 0x8EBC_6AF0_9C88_C6E3)
  }
}

/// Memory that tables live in.
///
/// `@unchecked Sendable`: filled by one builder before it is handed out, and never written afterwards.
final class TokenizerMemory: @unchecked Sendable {
  let base: UnsafeMutableRawPointer
  let size: Int

  /// Zeroed.
  init(size: Int) {
    self.size = size
    base = .allocate(byteCount: size, alignment: 64)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: size)
  }

  deinit { base.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: size) }
}
