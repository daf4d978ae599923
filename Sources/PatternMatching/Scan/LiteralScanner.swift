import CKernels

/// Finds the literals of a ``LiteralIndex`` in a text.
struct LiteralScanner {
  struct Grams {
    let bitmap: UnsafePointer<UInt64>
    let shift: UInt32
    let buckets: UnsafePointer<UInt32>
    let mask: UInt32
    let entries: UnsafePointer<LiteralIndex.Entry>

    @inline(__always) func mayHold(_ key: UInt32) -> Bool {
      let bit = LiteralIndex.hash(key) >> shift
      return bitmap[Int(truncatingIfNeeded: bit >> 6)] >> UInt64(truncatingIfNeeded: bit & 63) & 1 != 0
    }
  }

  let pairs: UnsafePointer<UInt8>
  let shortPairs: UnsafePointer<UInt8>
  let four: Grams
  let three: Grams
  let two: Grams
  let single: UnsafeBufferPointer<LiteralIndex.Entry>
  let pool: UnsafePointer<UInt8>

  /// Calls `found` with the target and the start of each literal in the text. Targets may come several times.
  /// - Parameter scratch: room for a bit for each byte.
  @inline(__always)
  func scan(_ bytes: UnsafePointer<UInt8>, count: Int, scratch: UnsafeMutablePointer<UInt64>, found: (Int32, Int) -> Void) {
    wk_find_bigrams(bytes, count, pairs, scratch)
    let raw = UnsafeRawPointer(bytes)
    for block in 0..<(count &+ 63) >> 6 {
      var bits = scratch[block]
      while bits != 0 {
        let index = block << 6 | bits.trailingZeroBitCount
        bits &= bits &- 1
        let key = raw.loadUnaligned(fromByteOffset: index, as: UInt32.self) | LiteralIndex.foldMask
        if four.mayHold(key) { look(up: key, in: four, bytes, count, at: index, found: found) }
        let place = BigramFrequency.place(bytes[index], bytes[index &+ 1])
        guard shortPairs[place >> 3] >> UInt8(truncatingIfNeeded: place & 7) & 1 != 0 else { continue }
        if three.mayHold(key & 0xFF_FFFF) { look(up: key & 0xFF_FFFF, in: three, bytes, count, at: index, found: found) }
        if two.mayHold(key & 0xFFFF) { look(up: key & 0xFFFF, in: two, bytes, count, at: index, found: found) }
      }
    }
    for entry in single {
      for index in 0..<count where FormMatcher.folded(bytes[index]) == pool[Int(entry.place)] { found(entry.target, index) }
    }
  }

  private func look(up key: UInt32, in grams: Grams, _ bytes: UnsafePointer<UInt8>, _ count: Int, at index: Int, found: (Int32, Int) -> Void) {
    let bucket = Int(truncatingIfNeeded: LiteralIndex.bucket(key, grams.mask))
    var place = Int(truncatingIfNeeded: grams.buckets[bucket])
    let end = Int(truncatingIfNeeded: grams.buckets[bucket &+ 1])
    while place < end {
      let entry = grams.entries[place]
      place &+= 1
      guard entry.key == key else { continue }
      let start = index &- Int(entry.offset)
      guard start >= 0, start &+ Int(entry.length) <= count, matches(entry, bytes + start) else { continue }
      found(entry.target, start)
    }
  }

  private func matches(_ entry: LiteralIndex.Entry, _ bytes: UnsafePointer<UInt8>) -> Bool {
    let literal = pool + Int(entry.place)
    for index in 0..<Int(entry.length) where FormMatcher.folded(bytes[index]) != literal[index] { return false }
    return true
  }
}
