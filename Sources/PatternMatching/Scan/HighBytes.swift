import Text

/// The characters beyond ASCII, which the word kernel leaves aside.
enum HighBytes {
  /// What they are, taken together.
  struct Summary {
    var traits: Normalizer.Trait = []
    /// Whether a word of the text is another in the copy: a character that belongs to it changes, or one that vanishes stood inside it.
    var changesWords = false
  }

  /// Adds the word bits of all characters beyond ASCII; nil when the text is not valid UTF-8.
  @inline(__always)
  static func mark(
    _ bytes: UnsafePointer<UInt8>, count: Int, words: UnsafeMutablePointer<UInt64>, high: UnsafePointer<UInt64>,
    traits: ScalarTrie<Normalizer.Trait>.View
  ) -> Summary? {
    var summary = Summary()
    var covered = 0
    // The last run of characters that vanish: where it ends, and whether a word character stood before it.
    var (gapEnd, wordBeforeGap) = (-1, false)
    for block in 0..<(count &+ 63) >> 6 {
      var bits = high[block]
      while bits != 0 {
        let index = block << 6 | bits.trailingZeroBitCount
        bits &= bits &- 1
        guard index >= covered else { continue }
        let (scalar, length) = UTF8Scalar.decodeLong(bytes, at: index, end: count)
        if scalar == UTF8Scalar.replacement, length == 1 { return nil }
        covered = index &+ length
        let trait = traits[scalar]
        summary.traits.formUnion(trait)
        if trait.contains(.word) { mark(words, from: index, to: covered) }
        if trait.contains(.vanishes) {
          if gapEnd != index {
            if wordBeforeGap, isWord(words, gapEnd, count) { summary.changesWords = true }
            wordBeforeGap = index > 0 && isWord(words, index &- 1, count)
          }
          gapEnd = covered
        }
      }
    }
    if wordBeforeGap, isWord(words, gapEnd, count) { summary.changesWords = true }
    if summary.traits.contains(.changesWords) { summary.changesWords = true }
    return summary
  }

  @inline(__always)
  private static func mark(_ words: UnsafeMutablePointer<UInt64>, from start: Int, to end: Int) {
    for place in start..<end { words[place >> 6] |= 1 << UInt64(truncatingIfNeeded: place & 63) }
  }

  @inline(__always)
  private static func isWord(_ words: UnsafeMutablePointer<UInt64>, _ index: Int, _ count: Int) -> Bool {
    index < count && words[index >> 6] >> UInt64(truncatingIfNeeded: index & 63) & 1 != 0
  }
}
