/// How the look-alike letters of a word are read.
enum WordReading {
  case asWritten
  /// Every letter has a Latin twin: the word is Latin in disguise.
  case wholly
  /// The word has a Latin letter: everything in it that can be is Latin.
  case mixed
}

extension CharacterPass {
  /// Characters looked at on either side to tell what a word is. Longer words are read as if they ended there.
  private static let reach = 64

  /// Writes the Latin twin of `scalar` if the word around it calls for one.
  mutating func emitTwin(of scalar: UInt32, length: Int) -> Bool {
    if source >= wordEnd { readWord() }
    let pair = twins[scalar]
    let letters: UInt32 =
      switch wordReading {
      case .asWritten: 0
      case .wholly: pair.always
      case .mixed: pair.insideLatin
      }
    guard letters != 0 else { return false }
    changed = true
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2) { buffer in
      let base = buffer.baseAddress.unsafelyUnwrapped
      base[0] = UInt8(truncatingIfNeeded: letters)
      base[1] = UInt8(truncatingIfNeeded: letters >> 8)
      write(base, count: base[1] == 0 ? 1 : 2, from: source, to: source + length)
    }
    source += length
    return true
  }

  /// Classifies the word that `source` lies in.
  private mutating func readWord() {
    var start = source
    for _ in 0..<Self.reach where start > 0 {
      let before = UTF8Scalar.start(before: start, in: text, lowerBound: 0)
      guard isWordPart(UTF8Scalar.decode(text, at: before, end: end).scalar) else { break }
      start = before
    }
    var (hasLatin, hasLetter, allTwins) = (insideLatinWord, false, true)
    var index = start
    while index < end, index < source + 4 * Self.reach {
      let (scalar, length) = UTF8Scalar.decode(text, at: index, end: end)
      guard isWordPart(scalar) else { break }
      index += length
      if isLatin(scalar) {
        hasLatin = true
      } else if ScalarClass.table[scalar].isLetter || twins[scalar].always != 0 {
        hasLetter = true
        if twins[scalar].always == 0 { allTwins = false }
      }
    }
    wordEnd = max(index, source + 1)
    wordReading = hasLatin ? .mixed : hasLetter && allTwins ? .wholly : .asWritten
  }

  private func isWordPart(_ scalar: UInt32) -> Bool {
    let scalarClass = ScalarClass.table[scalar]
    if scalarClass.isWord || !scalarClass.isDisjoint(with: [.removableMark]) || twins[scalar].bits != 0 { return true }
    return scalarClass.contains(.invisible) && scalar > 0x20
  }

  /// Whether the scalar is an ASCII letter or becomes one by itself.
  private func isLatin(_ scalar: UInt32) -> Bool {
    if scalar < 0x80 { return (scalar | 0x20) &- 0x61 < 26 }
    let entry = entries[scalar]
    return entry.kind == .replaced && UInt32(pool[entry.offset] | 0x20) &- 0x61 < 26
  }

  static let regionalIndicators: ClosedRange<UInt32> = 0x1F1E6...0x1F1FF

  /// Two regional indicators are a flag and stay; any other number of them spells something.
  mutating func copyRegionalIndicators() {
    var count = 0
    var index = source
    while index < end {
      let (scalar, length) = UTF8Scalar.decode(text, at: index, end: end)
      guard Self.regionalIndicators.contains(scalar) else { break }
      count += 1
      index += length
    }
    for _ in 0..<count {
      let scalar = UTF8Scalar.decode(text, at: source, end: end).scalar
      if count == 2 {
        write(text + source, count: 4, from: source, to: source + 4)
      } else {
        changed = true
        writeScalar(scalar - Self.regionalIndicators.lowerBound + 0x61, from: source, to: source + 4)
      }
      source += 4
    }
  }
}
