/// A 64-bit signature whose bits are the signs of 64 random projections of a text's hashed character 4-grams (SimHash,
/// Charikar 2002): similar texts share most bits, so that the first few bits are a bucket of similar texts.
public enum TextSignature {
  public static func of(_ utf8: some Sequence<UInt8>) -> UInt64 {
    var window: UInt32 = 0
    var sums = SIMD64<Int16>.zero
    var count = 0
    for byte in utf8 {
      // ASCII letters in one case; other bytes as they are.
      let folded = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
      window = window << 8 | UInt32(folded)
      count += 1
      // Sums of 16 bits hold 32,767 grams; what follows would say little more.
      if count >= 4, count < 32_000 { add(SeededGenerator.mix(UInt64(window)), to: &sums) }
    }
    if count < 4 { return SeededGenerator.mix(UInt64(window)) }
    return (0..<64).reduce(UInt64(0)) { bits, lane in sums[lane] > 0 ? bits | 1 << UInt64(lane) : bits }
  }
  public static func of(_ text: String) -> UInt64 { of(text.utf8) }

  private static func add(_ hash: UInt64, to sums: inout SIMD64<Int16>) {
    for lane in 0..<64 { sums[lane] &+= hash >> UInt64(lane) & 1 == 1 ? 1 : -1 }
  }
}
