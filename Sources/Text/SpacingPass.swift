/// Words written with gaps: three or more single letters, the same gap between each two, become one word.
///
/// A gap is one to three characters that are neither letters, digits nor line ends. A wider gap ends the word, so that
/// `f u c k   y o u` becomes two. The letters are marked as joined, as the word's own limits may be lost (`a f u c k`).
enum SpacingPass {
  static func run(_ copy: NormalizedText) -> Bool {
    guard copy.count >= 5, var (start, word) = next(copy, from: 0) else { return false }
    var write = start
    while true {
      for part in word.letters {
        for i in part {
          copy.move(from: i, to: write)
          copy.flags[write] |= NormalizedText.joined
          write += 1
        }
      }
      let following = next(copy, from: word.end)
      for i in word.end..<(following?.start ?? copy.count) {
        copy.move(from: i, to: write)
        write += 1
      }
      guard let following else { break }
      (start, word) = following
    }
    copy.finish(count: write)
    return true
  }

  /// The next word spelled with gaps that starts at or behind `index`, where no word goes on.
  private static func next(_ copy: NormalizedText, from index: Int) -> (start: Int, word: (letters: [Range<Int>], end: Int))? {
    let bytes = copy.bytes
    var read = index
    var previousIsWord = false
    while read < copy.count {
      let (scalar, length) = UTF8Scalar.decode(bytes, at: read, end: copy.count)
      let isWord = isWordPart(scalar)
      if isWord, !previousIsWord, let word = spelled(copy, from: read) { return (read, word) }
      previousIsWord = isWord
      read += length
    }
    return nil
  }

  /// The word spelled with gaps that starts at `start`; nil when there is none.
  private static func spelled(_ copy: NormalizedText, from start: Int) -> (letters: [Range<Int>], end: Int)? {
    guard let first = single(copy, at: start), let gap = gap(copy, at: first.upperBound), single(copy, at: gap.upperBound) != nil else { return nil }
    var letters = [first]
    var next = gap.upperBound
    var hasLetter = false
    while let letter = single(copy, at: next) {
      letters.append(letter)
      if ScalarClass.table[UTF8Scalar.decode(copy.bytes, at: letter.lowerBound, end: copy.count).scalar].isLetter { hasLetter = true }
      guard let following = self.gap(copy, at: letter.upperBound), isSame(copy, following, gap) else { break }
      next = following.upperBound
    }
    guard letters.count >= 3, hasLetter, let end = letters.last?.upperBound else { return nil }
    return (letters, end)
  }

  /// The letter or digit at `index`, when no other follows it.
  private static func single(_ copy: NormalizedText, at index: Int) -> Range<Int>? {
    guard index < copy.count else { return nil }
    let (scalar, length) = UTF8Scalar.decode(copy.bytes, at: index, end: copy.count)
    guard isWordPart(scalar) else { return nil }
    let end = index + length
    if end < copy.count, isWordPart(UTF8Scalar.decode(copy.bytes, at: end, end: copy.count).scalar) { return nil }
    return index..<end
  }

  private static func gap(_ copy: NormalizedText, at index: Int) -> Range<Int>? {
    var end = index
    var characters = 0
    while end < copy.count {
      let (scalar, length) = UTF8Scalar.decode(copy.bytes, at: end, end: copy.count)
      guard !isWordPart(scalar), scalar != 0x0A, scalar != 0x0D else { break }
      characters += 1
      end += length
      if characters > 3 { return nil }
    }
    return characters > 0 ? index..<end : nil
  }

  private static func isSame(_ copy: NormalizedText, _ a: Range<Int>, _ b: Range<Int>) -> Bool {
    guard a.count == b.count else { return false }
    for i in 0..<a.count where copy.bytes[a.lowerBound + i] != copy.bytes[b.lowerBound + i] { return false }
    return true
  }

  @inline(__always)
  private static func isWordPart(_ scalar: UInt32) -> Bool {
    if scalar < 0x80 { return (scalar | 0x20) &- 0x61 < 26 || scalar &- 0x30 < 10 }
    return !ScalarClass.table[scalar].isDisjoint(with: [.letter, .number, .mark])
  }
}
