/// A 64-bit hash of large contents at memory speed, to tell files apart that differ by accident. Not cryptographic. Part of file formats.
enum ContentHash {
  private typealias Lanes = SIMD4<UInt64>
  private static let primes = Lanes(0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63)

  static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var lanes = primes
    var i = 0
    // Four independent chains hide the latency of the multiplication.
    while i + 32 <= bytes.count {
      for lane in 0..<4 {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: i + 8 * lane, as: UInt64.self))
        let mixed = (lanes[lane] ^ word) &* primes[lane]
        lanes[lane] = mixed ^ mixed >> 31
      }
      i += 32
    }
    var state = UInt64(bytes.count)
    for lane in 0..<4 { state = scramble(state ^ lanes[lane]) }
    for byte in bytes[i...] { state = scramble(state ^ UInt64(byte)) }
    return state
  }

  private static func scramble(_ value: UInt64) -> UInt64 {
    var z = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
