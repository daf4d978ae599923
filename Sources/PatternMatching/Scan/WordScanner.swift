import Text

/// Finds the phrases of a ``WordIndex`` in a text: two bitmap look-ups for each word, one for the word and one for it with the word before.
struct WordScanner {
  let bitmap: UnsafePointer<UInt64>
  let shift: UInt64
  let buckets: UnsafePointer<UInt32>
  let bucketMask: UInt64
  let entries: UnsafePointer<WordIndex.Entry>
  let longestWord: Int
  let matcher: FormMatcher

  /// Calls `found` with the form, its start and its end for each phrase in `view`.
  /// - Returns: whether a form of the normalised copy was expected somewhere and did not stand there.
  @inline(__always)
  func scan(_ view: TextView, found: (FormTable.Form, Int, Int) -> Void) -> Bool {
    var missed = false
    var start = Self.next(view.words, from: 0, count: view.count, inverted: 0)
    var previousStart = -1
    var previousHash: UInt64 = 0
    while start < view.count {
      let end = Self.next(view.words, from: start, count: view.count, inverted: .max)
      let hash = WordHash.word(view.bytes + start, count: end - start)
      if mayHold(hash), look(up: hash, at: start, in: view, found: found) { missed = true }
      if previousStart >= 0 {
        let pair = WordHash.pair(previousHash, hash)
        if mayHold(pair), look(up: pair, at: previousStart, in: view, found: found) { missed = true }
      }
      if view.hasJoined, view.isJoined(start) || view.isJoined(end - 1) { scanInside(start..<end, of: view, found: found) }
      (previousStart, previousHash) = (start, hash)
      start = Self.next(view.words, from: end, count: view.count, inverted: 0)
    }
    return missed
  }

  /// The next bit from `index` on that is 1, or 0 when `inverted` is all ones; `count` when there is none.
  @inline(__always)
  private static func next(_ words: UnsafePointer<UInt64>, from index: Int, count: Int, inverted: UInt64) -> Int {
    guard index < count else { return count }
    var block = index >> 6
    let rest = (words[block] ^ inverted) >> UInt64(truncatingIfNeeded: index & 63)
    if rest != 0 { return min(count, index + rest.trailingZeroBitCount) }
    block += 1
    while block << 6 < count {
      let bits = words[block] ^ inverted
      if bits != 0 { return min(count, block << 6 + bits.trailingZeroBitCount) }
      block += 1
    }
    return count
  }

  @inline(__always) private func mayHold(_ hash: UInt64) -> Bool {
    let bit = hash >> shift
    return bitmap[Int(truncatingIfNeeded: bit >> 6)] >> (bit & 63) & 1 != 0
  }

  private func look(up hash: UInt64, at start: Int, in view: TextView, found: (FormTable.Form, Int, Int) -> Void) -> Bool {
    var missed = false
    let bucket = Int(truncatingIfNeeded: hash & bucketMask)
    let tag = UInt32(truncatingIfNeeded: hash >> 16)
    for index in Int(buckets[bucket])..<Int(buckets[bucket + 1]) where entries[index].hash == tag {
      let form = matcher.forms[Int(entries[index].form)]
      guard !form.streams.isDisjoint(with: view.streams) else { continue }
      let end = matcher.end(of: form, in: view, at: start)
      if end >= 0 { found(form, start, end) } else if form.streams.contains(.normalised) { missed = true }
    }
    return missed
  }

  /// Every part of a word joined from spaced letters: its limits may have been lost in the joining.
  private func scanInside(_ word: Range<Int>, of view: TextView, found: (FormTable.Form, Int, Int) -> Void) {
    for start in word {
      let longest = min(word.upperBound, start + longestWord)
      guard start + FormMatcher.shortestJoinedPart <= longest else { continue }
      for end in start + FormMatcher.shortestJoinedPart...longest where start..<end != word {
        let hash = WordHash.word(view.bytes + start, count: end - start)
        if mayHold(hash) { _ = look(up: hash, at: start, in: view, found: found) }
      }
    }
  }
}
