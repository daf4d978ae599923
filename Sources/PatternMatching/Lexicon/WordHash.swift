/// Hashes of words and of pairs of words, by their bytes with ASCII letters folded.
enum WordHash {
  private static let mixer: UInt64 = 0x9FB2_1C65_1E98_DF25
  private static let lengthMixer: UInt64 = 0x9E37_79B9_7F4A_7C15
  private static let fold: UInt64 = 0x2020_2020_2020_2020

  /// Hash of the `count` bytes at `bytes`. Of words longer than 16 bytes only both ends and the length count.
  /// Reads 8 bytes from `bytes`, whatever `count` is.
  @inline(__always)
  static func word(_ bytes: UnsafePointer<UInt8>, count: Int) -> UInt64 {
    let raw = UnsafeRawPointer(bytes)
    var key = raw.loadUnaligned(as: UInt64.self) | fold
    if count < 8 {
      key &= (1 &<< (UInt64(truncatingIfNeeded: count) &* 8)) &- 1
    } else if count > 8 {
      let tail = raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self) | fold
      key ^= tail << 29 | tail >> 35
    }
    return mix(key ^ UInt64(truncatingIfNeeded: count) &* lengthMixer)
  }

  @inline(__always)
  static func pair(_ first: UInt64, _ second: UInt64) -> UInt64 { mix(first &+ (second << 31 | second >> 33)) }

  @inline(__always)
  private static func mix(_ key: UInt64) -> UInt64 {
    let product = key &* mixer
    return product ^ product >> 32
  }

  /// The hash of a word in an array; for building tables.
  static func word(_ word: [UInt8]) -> UInt64 {
    (word + [UInt8](repeating: 0, count: 8)).withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { Self.word($0, count: word.count) } ?? 0
    }
  }
}
