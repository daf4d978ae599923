/// A token of at most 24 bytes as three words, zero-filled. Tokens have no NUL, so equal keys mean equal tokens and no key starts with zero.
struct TokenKey {
  static let maximumBytes = 24

  var words: (UInt64, UInt64, UInt64)

  /// Well-mixed bits in the upper half.
  @inline(__always) var hash: UInt64 {
    let mixed = (words.0 &* 0x9E37_79B9_7F4A_7C15) ^ (words.1 &* 0xC2B2_AE3D_27D4_EB4F) ^ (words.2 &* 0x1656_67B1_9E37_79F9)
    return (mixed ^ (mixed >> 32)) &* 0xD6E8_FEB8_6659_FD93
  }
}

/// Makes keys from tokens.
struct TokenKeyReader: ~Copyable {
  private let masks: UnsafeMutablePointer<UInt64>
  private let padded: UnsafeMutableRawPointer

  init() {
    masks = .allocate(capacity: 3 * (TokenKey.maximumBytes + 1))
    for length in 0...TokenKey.maximumBytes {
      for word in 0..<3 {
        let used = min(max(length - 8 * word, 0), 8)
        (masks + 3 * length + word).initialize(to: used == 0 ? 0 : FeatureHash.mask(used))
      }
    }
    padded = .allocate(byteCount: TokenKey.maximumBytes, alignment: 8)
    padded.initializeMemory(as: UInt8.self, repeating: 0, count: TokenKey.maximumBytes)
  }

  deinit {
    masks.deallocate()
    padded.deallocate()
  }

  /// - Parameters:
  ///   - length: 1 ... 24.
  ///   - readable: bytes that may be read at `token`, at least `length`.
  @inline(__always) func key(_ token: UnsafePointer<UInt8>, _ length: Int, readable: Int) -> TokenKey {
    var start = UnsafeRawPointer(token)
    if readable < TokenKey.maximumBytes {
      padded.copyMemory(from: token, byteCount: length)
      start = UnsafeRawPointer(padded)
    }
    let mask = masks + 3 * length
    return TokenKey(
      words: (
        start.loadUnaligned(as: UInt64.self) & mask[0], start.loadUnaligned(fromByteOffset: 8, as: UInt64.self) & mask[1],
        start.loadUnaligned(fromByteOffset: 16, as: UInt64.self) & mask[2]
      ))
  }
}
