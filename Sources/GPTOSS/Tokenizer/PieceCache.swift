/// Tokens of pieces that were merged before: names, misspelt words and the like come again and again. Direct-mapped and of fixed
/// size (half a megabyte); a slot holds one short piece with its few tokens, and a new one takes the place of the old.
struct PieceCache {
  static let slotCount = 1 << 13
  static let maximumBytes = 24
  static let maximumTokens = 7

  /// 64 bytes. Layout: bytes 0..<24 the piece padded with zeros, 24 its length (0: empty), 25 number of tokens, 28... the tokens.
  private let slots = UnsafeMutableRawPointer.allocate(byteCount: 64 * PieceCache.slotCount, alignment: 64)
  private typealias Key = (UInt64, UInt64, UInt64)

  init() { slots.initializeMemory(as: UInt8.self, repeating: 0, count: 64 * Self.slotCount) }

  func deallocate() { slots.deallocate() }

  /// Appends the tokens of the piece if they are here; `count` is at least 2.
  @inline(__always) func append(_ piece: UnsafePointer<UInt8>, _ count: Int, to ids: inout [TokenID]) -> Bool {
    guard count <= Self.maximumBytes else { return false }
    let key = Self.key(piece, count)
    let slot = slot(of: key, count)
    let found = slot.load(as: Key.self)
    guard found == key, slot.load(fromByteOffset: 24, as: UInt8.self) == UInt8(truncatingIfNeeded: count) else { return false }
    let tokens = (slot + 28).assumingMemoryBound(to: TokenID.self)
    for i in 0..<Int(slot.load(fromByteOffset: 25, as: UInt8.self)) { ids.append(tokens[i]) }
    return true
  }

  /// Keeps `ids[first...]` as the tokens of the piece, if both are short.
  @inline(__always) func remember(_ piece: UnsafePointer<UInt8>, _ count: Int, _ ids: [TokenID], from first: Int) {
    let tokenCount = ids.count - first
    guard count <= Self.maximumBytes, tokenCount <= Self.maximumTokens else { return }
    let key = Self.key(piece, count)
    let slot = slot(of: key, count)
    slot.storeBytes(of: key, as: Key.self)
    slot.storeBytes(of: UInt8(truncatingIfNeeded: count), toByteOffset: 24, as: UInt8.self)
    slot.storeBytes(of: UInt8(truncatingIfNeeded: tokenCount), toByteOffset: 25, as: UInt8.self)
    for i in 0..<tokenCount { slot.storeBytes(of: ids[first + i], toByteOffset: 28 + 4 * i, as: TokenID.self) }
  }

  private func slot(of key: Key, _ count: Int) -> UnsafeMutableRawPointer {
    var mixed = (key.0 ^ UInt64(truncatingIfNeeded: count)) &* 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ mixed >> 29 ^ key.1) &* 0xC2B2_AE3D_27D4_EB4F
    mixed = (mixed ^ mixed >> 29 ^ key.2) &* 0x1656_67B1_9E37_79F9
    return slots + 64 * Int(truncatingIfNeeded: mixed >> 51)
  }

  @inline(__always) private static func key(_ piece: UnsafePointer<UInt8>, _ count: Int) -> Key {
    var key: Key = (0, 0, 0)
    withUnsafeMutableBytes(of: &key) { $0.copyMemory(from: UnsafeRawBufferPointer(start: piece, count: count)) }
    return key
  }
}
