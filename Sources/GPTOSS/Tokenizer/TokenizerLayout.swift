/// Where the sections of a ``TokenizerTables`` block stand. The counts are its header; every offset follows from them.
struct TokenizerLayout: Hashable {
  /// Highest id + 1, special tokens included.
  var tokenCount: Int
  var byteCount: Int
  var mergeCount: Int
  var specialCount: Int
  var longestToken: Int
  var ignoresMerges: Bool
  /// Number of ordinary tokens.
  var ordinaryCount: Int

  static let headerSize = 128

  var tokenSlotBits: Int { Self.slotBits(for: ordinaryCount) }
  var mergeSlotBits: Int { Self.slotBits(for: mergeCount) }

  var tokenSlots: Int { Self.headerSize }
  var mergeSlots: Int { tokenSlots + 8 << tokenSlotBits }
  var mergeResults: Int { mergeSlots + 8 << mergeSlotBits }
  var byteMerges: Int { mergeResults + 4 * mergeCount }
  var byteTokens: Int { byteMerges + 4 * 65536 }
  var specials: Int { byteTokens + 4 * 256 }
  var offsets: Int { specials + 4 * specialCount }
  var bytes: Int { offsets + 4 * (tokenCount + 1) }
  var size: Int { bytes + byteCount }

  /// At most half of the slots are taken, and there are at least 16.
  private static func slotBits(for count: Int) -> Int {
    var bits = 4
    while 1 << bits < 2 * count { bits += 1 }
    return bits
  }
}
