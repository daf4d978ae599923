import Text

/// The characters beyond ASCII, which the word kernel leaves aside.
enum HighBytes {
  /// Adds the word bits of all characters beyond ASCII and collects their traits; nil when the text is not valid UTF-8.
  @inline(__always)
  static func mark(
    _ bytes: UnsafePointer<UInt8>, count: Int, words: UnsafeMutablePointer<UInt64>, high: UnsafePointer<UInt64>,
    traits: ScalarTrie<Normalizer.Trait>.View
  ) -> Normalizer.Trait? {
    var seen: UInt8 = 0
    var covered = 0
    for block in 0..<(count + 63) / 64 {
      var bits = high[block]
      while bits != 0 {
        let index = block << 6 + bits.trailingZeroBitCount
        bits &= bits &- 1
        guard index >= covered else { continue }
        let (scalar, length) = UTF8Scalar.decodeLong(bytes, at: index, end: count)
        if scalar == UTF8Scalar.replacement, length == 1 { return nil }
        covered = index + length
        let trait = traits[scalar]
        seen |= trait.rawValue
        guard trait.contains(.word) else { continue }
        for place in index..<covered { words[place >> 6] |= 1 << UInt64(truncatingIfNeeded: place & 63) }
      }
    }
    return Normalizer.Trait(rawValue: seen)
  }
}
