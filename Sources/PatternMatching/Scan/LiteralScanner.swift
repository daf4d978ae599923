/// Finds the literals of a ``LiteralIndex`` in a text: one bitmap look-up a byte and window size.
struct LiteralScanner {
  struct Grams {
    let bitmap: UnsafePointer<UInt64>
    let shift: UInt32
    let buckets: UnsafePointer<UInt32>
    let mask: UInt32
    let entries: UnsafePointer<LiteralIndex.Entry>
    let isEmpty: Bool

    @inline(__always) func mayHold(_ key: UInt32) -> Bool {
      let bit = LiteralIndex.hash(key) >> shift
      return bitmap[Int(truncatingIfNeeded: bit >> 6)] >> UInt64(truncatingIfNeeded: bit & 63) & 1 != 0
    }
  }

  let four: Grams
  let three: Grams
  let two: Grams
  let one: Grams
  let pool: UnsafePointer<UInt8>

  /// Calls `found` with the target and the start of each literal in the text. Targets may come several times.
  @inline(__always)
  func scan(_ bytes: UnsafePointer<UInt8>, count: Int, found: (Int32, Int) -> Void) {
    if !one.isEmpty || !two.isEmpty { scan(bytes, count: count, shorter: true, found: found) } else { scan(bytes, count: count, shorter: false, found: found) }
  }

  @inline(__always)
  private func scan(_ bytes: UnsafePointer<UInt8>, count: Int, shorter: Bool, found: (Int32, Int) -> Void) {
    if three.isEmpty {
      scan(bytes, count: count, threes: false, shorter: shorter, found: found)
    } else {
      scan(bytes, count: count, threes: true, shorter: shorter, found: found)
    }
  }

  @inline(__always)
  private func scan(_ bytes: UnsafePointer<UInt8>, count: Int, threes: Bool, shorter: Bool, found: (Int32, Int) -> Void) {
    let raw = UnsafeRawPointer(bytes)
    var index = 0
    while index < count {
      let key = raw.loadUnaligned(fromByteOffset: index, as: UInt32.self) | LiteralIndex.foldMask
      if four.mayHold(key) { look(up: key, in: four, bytes, count, at: index, found: found) }
      if threes, three.mayHold(key & 0xFF_FFFF) { look(up: key & 0xFF_FFFF, in: three, bytes, count, at: index, found: found) }
      if shorter {
        if two.mayHold(key & 0xFFFF) { look(up: key & 0xFFFF, in: two, bytes, count, at: index, found: found) }
        if one.mayHold(key & 0xFF) { look(up: key & 0xFF, in: one, bytes, count, at: index, found: found) }
      }
      index += 1
    }
  }

  private func look(up key: UInt32, in grams: Grams, _ bytes: UnsafePointer<UInt8>, _ count: Int, at index: Int, found: (Int32, Int) -> Void) {
    let bucket = Int(LiteralIndex.bucket(key, grams.mask))
    for place in Int(grams.buckets[bucket])..<Int(grams.buckets[bucket + 1]) {
      let entry = grams.entries[place]
      guard entry.key == key else { continue }
      let start = index - Int(entry.offset)
      guard start >= 0, start + Int(entry.length) <= count, matches(entry, bytes + start) else { continue }
      found(entry.target, start)
    }
  }

  @inline(__always) private func matches(_ entry: LiteralIndex.Entry, _ bytes: UnsafePointer<UInt8>) -> Bool {
    let literal = pool + Int(entry.place)
    for index in 0..<Int(entry.length) where FormMatcher.folded(bytes[index]) != literal[index] { return false }
    return true
  }
}
