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

  /// Single letters and digits with the same gap between each two.
  private struct Run {
    var letters: [Range<Int>]
    var hasLetter: Bool
    var isWord: Bool { letters.count >= 3 && hasLetter }
    /// Where the last one starts and ends.
    var last: Range<Int> { letters[letters.count - 1] }
  }

  /// The next word spelled with gaps that starts at or behind `index`, where no word goes on.
  private static func next(_ copy: NormalizedText, from index: Int) -> (start: Int, word: (letters: [Range<Int>], end: Int))? {
    let bytes = copy.bytes
    var read = index
    var previousIsWord = false
    while read < copy.count {
      let (scalar, length) = UTF8Scalar.decode(bytes, at: read, end: copy.count)
      let isWord = isWordPart(scalar)
      if isWord, !previousIsWord, let run = singles(copy, from: read) {
        if run.isWord { return (read, (run.letters, run.last.upperBound)) }
        // What starts further on in a run without letters, or of two, is a part of it and no word either; only at its end another gap may follow.
        read = run.last.lowerBound
        continue
      }
      previousIsWord = isWord
      read += length
    }
    return nil
  }

  /// The run of at least two that starts at `start`.
  private static func singles(_ copy: NormalizedText, from start: Int) -> Run? {
    guard let first = single(copy, at: start), let gap = gap(copy, at: first.upperBound), single(copy, at: gap.upperBound) != nil else { return nil }
    var run = Run(letters: [first], hasLetter: isLetter(copy, first))
    var next = gap.upperBound
    while let letter = single(copy, at: next) {
      run.letters.append(letter)
      if isLetter(copy, letter) { run.hasLetter = true }
      guard let following = self.gap(copy, at: letter.upperBound), isSame(copy, following, gap) else { break }
      next = following.upperBound
    }
    return run
  }

  private static func isLetter(_ copy: NormalizedText, _ part: Range<Int>) -> Bool {
    ScalarClass.table[UTF8Scalar.decode(copy.bytes, at: part.lowerBound, end: copy.count).scalar].isLetter
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
