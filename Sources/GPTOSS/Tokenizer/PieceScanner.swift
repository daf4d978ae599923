/// Splits text into the pieces (pre-tokens) of the o200k pattern, each of which is tokenised by itself:
///
///     [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
///     [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
///     \p{N}{1,3}
///      ?[^\s\p{L}\p{N}]+[\r\n/]*
///     \s*[\r\n]+
///     \s+(?!\S)
///     \s+
///
/// The first alternative that matches wins, with a backtracking engine's idea of greedy. What backtracking finds is worked out
/// beside each step, so nothing is tried twice: the time is linear in the text, whatever the text. Every scalar matches some
/// alternative, so the pieces cover the text.
struct PieceScanner {
  static let pattern =
    #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"#
    + #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"#
    + #"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  /// Well-formed UTF-8.
  let text: UnsafePointer<UInt8>
  let count: Int
  private let blockNumbers: UnsafePointer<UInt8>
  private let blocks: UnsafePointer<UInt8>

  init(text: UnsafePointer<UInt8>, count: Int, classes: ScalarClassTable) {
    self.text = text
    self.count = count
    blockNumbers = UnsafePointer(classes.blockNumbers)
    blocks = UnsafePointer(classes.blocks)
  }

  /// Where the piece ends that begins at `start`, which is the start of the text or the end of the piece before.
  @inline(__always) func end(ofPieceAt start: Int) -> Int {
    let (first, length) = scalar(at: start)
    switch first {
    case .lower, .upper, .uncased: return word(at: start) ?? start + length
    case .number: return numbers(from: start + length)
    case .newline: return whitespace(at: start)
    case .mark:
      // With the mark as the optional first scalar; or else alone, as `\p{M}` of the first alternative: what follows then has
      // only upper-case letters, which cannot end that alternative.
      return word(at: start + length, capitalsAlone: false) ?? contraction(at: start + length)
    case .space:
      if let end = word(at: start + length) { return end }
      if text[start] == UInt8(ascii: " "), let end = punctuation(at: start + 1) { return end }
      return whitespace(at: start)
    case .other: return word(at: start + length) ?? punctuation(at: start) ?? start + length
    }
  }

  /// Class and length of the scalar at `i`, which lies inside the text.
  @inline(__always) private func scalar(at i: Int) -> (ScalarClass, Int) {
    let first = text[i]
    if first < 0x80 { return (unsafeBitCast(blocks[Int(first)], to: ScalarClass.self), 1) }
    return multibyteScalar(at: i, first)
  }

  private func multibyteScalar(at i: Int, _ first: UInt8) -> (ScalarClass, Int) {
    let second = UInt32(text[i + 1] & 0x3F)
    if first < 0xE0 { return (scalarClass(UInt32(first & 0x1F) << 6 | second), 2) }
    let third = UInt32(text[i + 2] & 0x3F)
    if first < 0xF0 { return (scalarClass(UInt32(first & 0x0F) << 12 | second << 6 | third), 3) }
    return (scalarClass(UInt32(first & 0x07) << 18 | second << 12 | third << 6 | UInt32(text[i + 3] & 0x3F)), 4)
  }

  @inline(__always) private func scalarClass(_ scalar: UInt32) -> ScalarClass {
    // Raw values come from the generated table, which holds 0...7 only.
    unsafeBitCast(blocks[Int(blockNumbers[Int(scalar >> 8)]) << 8 | Int(scalar & 0xFF)], to: ScalarClass.self)
  }

  // MARK: - Words

  /// The first two alternatives without their optional first scalar.
  ///
  /// The first one takes the longest run of capitals (`upper`, `uncased`, `mark`), then small letters. When none follows, it gives
  /// back capitals until the last one given back can be a small letter as well: it ends behind the run's last `uncased` or
  /// `mark`. When there is none, the run is `upper` only, and the second alternative takes all of it.
  ///
  /// - Parameter capitalsAlone: whether the second alternative counts.
  @inline(__always) private func word(at start: Int, capitalsAlone: Bool = true) -> Int? {
    var i = start
    var lastUncased = -1
    while i < count {
      let (found, length) = scalar(at: i)
      switch found {
      case .upper: i += length
      case .uncased, .mark:
        i += length
        lastUncased = i
      case .lower: return contraction(at: smallLetters(from: i + length))
      default: return wordWithoutSmallLetters(start, i, lastUncased, capitalsAlone)
      }
    }
    return wordWithoutSmallLetters(start, i, lastUncased, capitalsAlone)
  }

  @inline(__always)
  private func wordWithoutSmallLetters(_ start: Int, _ end: Int, _ lastUncased: Int, _ capitalsAlone: Bool) -> Int? {
    if lastUncased >= 0 { return contraction(at: lastUncased) }
    return end > start && capitalsAlone ? contraction(at: end) : nil
  }

  @inline(__always) private func smallLetters(from start: Int) -> Int {
    var i = start
    while i < count {
      let (found, length) = scalar(at: i)
      guard found == .lower || found == .uncased || found == .mark else { break }
      i += length
    }
    return i
  }

  /// Behind `(?i:'s|'t|'re|'ve|'m|'ll|'d)?` at `i`. Case folding adds one scalar to ASCII's: U+017F (ſ) is an s.
  @inline(__always) private func contraction(at i: Int) -> Int {
    guard i + 1 < count, text[i] == UInt8(ascii: "'") else { return i }
    return contractedLetters(at: i)
  }

  private func contractedLetters(at i: Int) -> Int {
    let second = i + 2 < count ? text[i + 2] : 0
    switch text[i + 1] | 0x20 {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return i + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"): return second | 0x20 == UInt8(ascii: "e") ? i + 3 : i
    case UInt8(ascii: "l"): return second | 0x20 == UInt8(ascii: "l") ? i + 3 : i
    default: return text[i + 1] == 0xC5 && second == 0xBF ? i + 3 : i
    }
  }

  // MARK: - Everything else

  /// The rest of `\p{N}{1,3}` behind its first number.
  private func numbers(from start: Int) -> Int {
    var i = start
    for _ in 0..<2 where i < count {
      let (found, length) = scalar(at: i)
      guard found == .number else { break }
      i += length
    }
    return i
  }

  /// `[^\s\p{L}\p{N}]+[\r\n/]*`; nil when the first scalar does not fit.
  private func punctuation(at start: Int) -> Int? {
    var i = start
    while i < count {
      let (found, length) = scalar(at: i)
      guard found == .other || found == .mark else { break }
      i += length
    }
    guard i > start else { return nil }
    while i < count, text[i] == 0x0A || text[i] == 0x0D || text[i] == UInt8(ascii: "/") { i += 1 }
    return i
  }

  /// The last three alternatives, at a white space scalar: up to the last line break of the run; else the run without the scalar
  /// before the word that follows; else the run.
  private func whitespace(at start: Int) -> Int {
    var i = start
    var last = start
    var lineBreak = -1
    while i < count {
      let (found, length) = scalar(at: i)
      guard found == .space || found == .newline else { break }
      last = i
      i += length
      if found == .newline { lineBreak = i }
    }
    if lineBreak >= 0 { return lineBreak }
    return i == count || last == start ? i : last
  }
}
