/// The file `tokenizer.winnow`: the tables of a tokenizer as they are in memory, so that a start takes tens of milliseconds instead of half a second.
///
/// It is made for one `tokenizer.json` and says for which, by size and hash; for any other it is stale. Little-endian. A 128-byte header:
///
/// | bytes | content |
/// | --- | --- |
/// | 0..<8 | `WINNOWTK` |
/// | 8..<12 | version, 1 |
/// | 12..<16 | 1 if a piece that is a token is taken whole |
/// | 16..<32 | size and ``ContentHash`` of the `tokenizer.json` |
/// | 32..<40 | hash of the file with this field zero |
/// | 40..<88 | tokens (highest id + 1), bytes of all tokens, merges, special tokens, longest ordinary token, ordinary tokens |
///
/// and behind it the sections of ``TokenizerLayout``. The hash finds accidents; what an attacker writes is checked as well: every index in the tables lies
/// inside them, every probe of a hash table ends, and no ordinary text gives a special token.
enum TokenizerCache {
  static let fileName = "tokenizer.winnow"
  private static let magic = UInt64(littleEndian: 0x4B54_574F_4E4E_4957)
  private static let version: UInt32 = 1

  /// What a `tokenizer.json` is known by.
  struct Source: Hashable {
    var size: Int
    var hash: UInt64

    init(_ json: UnsafeRawBufferPointer) {
      size = json.count
      hash = ContentHash.hash(json)
    }
  }

  // MARK: - Writing

  /// The file's content.
  static func content(_ tables: TokenizerTables, of source: Source) -> [UInt8] {
    var bytes = Array(tables.memory.bytes)
    bytes.withUnsafeMutableBytes { file in
      writeHeader(tables.layout, source, into: file)
      file.storeBytes(of: hash(UnsafeRawBufferPointer(file)).littleEndian, toByteOffset: 32, as: UInt64.self)
    }
    return bytes
  }

  private static func writeHeader(_ layout: TokenizerLayout, _ source: Source, into file: UnsafeMutableRawBufferPointer) {
    file.storeBytes(of: magic.littleEndian, toByteOffset: 0, as: UInt64.self)
    file.storeBytes(of: version.littleEndian, toByteOffset: 8, as: UInt32.self)
    file.storeBytes(of: (layout.ignoresMerges ? 1 as UInt32 : 0).littleEndian, toByteOffset: 12, as: UInt32.self)
    file.storeBytes(of: UInt64(source.size).littleEndian, toByteOffset: 16, as: UInt64.self)
    file.storeBytes(of: source.hash.littleEndian, toByteOffset: 24, as: UInt64.self)
    let counts = [layout.tokenCount, layout.byteCount, layout.mergeCount, layout.specialCount, layout.longestToken, layout.ordinaryCount]
    for (i, count) in counts.enumerated() { file.storeBytes(of: UInt64(count).littleEndian, toByteOffset: 40 + 8 * i, as: UInt64.self) }
  }

  /// Hash of a file with its hash field counted as zero.
  static func hash(_ file: UnsafeRawBufferPointer) -> UInt64 {
    let header = ContentHash.hash(UnsafeRawBufferPointer(rebasing: file[0..<32])) ^ ContentHash.hash(UnsafeRawBufferPointer(rebasing: file[40..<128]))
    return header &* 31 ^ ContentHash.hash(UnsafeRawBufferPointer(rebasing: file[128...]))
  }

  // MARK: - Reading

  /// The tables in a file, or nil when it is not of this source, of another version, or damaged.
  static func tables(_ file: UnsafeRawBufferPointer, of source: Source) -> TokenizerTables? {
    guard file.count >= TokenizerLayout.headerSize else { return nil }
    func word(_ offset: Int) -> UInt64 { UInt64(littleEndian: file.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
    guard word(0) == magic, word(8) & 0xFFFF_FFFF == UInt64(version), word(8) >> 32 <= 1 else { return nil }
    guard word(16) == UInt64(source.size), word(24) == source.hash, word(32) == hash(file) else { return nil }
    guard let layout = layout(counts: (0..<6).map { word(40 + 8 * $0) }, ignoresMerges: word(8) >> 32 == 1) else { return nil }
    guard layout.size == file.count else { return nil }
    let memory = TokenizerMemory(size: file.count)
    memory.base.copyMemory(from: file.baseAddress!, byteCount: file.count)
    let tables = TokenizerTables(memory: memory, layout: layout)
    return TokenizerTablesCheck(tables).isSound ? tables : nil
  }

  private static func layout(counts: [UInt64], ignoresMerges: Bool) -> TokenizerLayout? {
    let limits = [TokenizerTables.maximumTokens, 1 << 30, TokenizerTables.maximumMerges, TokenizerTables.maximumTokens, 1 << 16, TokenizerTables.maximumTokens]
    guard zip(counts, limits).allSatisfy({ $0 <= UInt64($1) }) else { return nil }
    let values = counts.map { Int($0) }
    return TokenizerLayout(
      tokenCount: values[0], byteCount: values[1], mergeCount: values[2], specialCount: values[3], longestToken: values[4], ignoresMerges: ignoresMerges,
      ordinaryCount: values[5])
  }
}

/// Whether tables from a file can be used without leaving them, and keep the promise about special tokens.
struct TokenizerTablesCheck {
  private let tables: TokenizerTables
  private let isSpecial: [Bool]

  init(_ tables: TokenizerTables) {
    self.tables = tables
    var flags = [Bool](repeating: false, count: tables.tokenCount)
    for id in tables.specials where id < flags.count { flags[Int(id)] = true }
    isSpecial = flags
  }

  var isSound: Bool { areOffsetsSound && areSpecialsSound && areTokensSound && areMergesSound && areBytesSound }

  private func isOrdinary(_ id: UInt32) -> Bool { id < isSpecial.count && !isSpecial[Int(id)] }

  private var areOffsetsSound: Bool {
    let offsets = UnsafeBufferPointer(start: tables.offsets, count: tables.tokenCount + 1)
    return offsets[0] == 0 && offsets[tables.tokenCount] == tables.layout.byteCount && zip(offsets, offsets.dropFirst()).allSatisfy { $0 <= $1 }
  }

  private var areSpecialsSound: Bool {
    tables.specials.allSatisfy { $0 < tables.tokenCount && !tables.bytes(of: TokenID($0)).isEmpty } && zip(tables.specials, tables.specials.dropFirst()).allSatisfy { $0 < $1 }
  }

  /// A hash table with a free slot ends every probe.
  private var areTokensSound: Bool {
    var taken = 0
    for slot in 0...tables.tokenMask where tables.tokenSlots[slot] != TokenizerTables.emptySlot {
      taken += 1
      guard isOrdinary(UInt32(truncatingIfNeeded: tables.tokenSlots[slot])) else { return false }
    }
    return taken <= tables.tokenMask
  }

  private var areMergesSound: Bool {
    var taken = 0
    for slot in 0...tables.mergeMask where tables.mergeSlots[slot] != TokenizerTables.emptySlot {
      taken += 1
      guard tables.mergeSlots[slot] & 0xFF_FFFF < UInt64(tables.layout.mergeCount) else { return false }
    }
    return taken <= tables.mergeMask && (0..<tables.layout.mergeCount).allSatisfy { isOrdinary(tables.mergeResults[$0]) }
  }

  private var areBytesSound: Bool {
    let merges = UnsafeBufferPointer(start: tables.byteMerges, count: 65536)
    let areRanks = merges.allSatisfy { $0 == TokenizerTables.noRank || $0 < tables.layout.mergeCount }
    return areRanks && (0..<256).allSatisfy { isOrdinary(tables.byteTokens[$0]) }
  }
}
