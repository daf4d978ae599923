import Text

/// One spelling that a phrase is looked for in: folded bytes with two signs of its own.
struct PhraseForm: Sendable, Hashable {
  /// A run of blanks, `_` and `-` of any length from one.
  static let gap: UInt8 = 0x20
  /// The character before must be a stretched one.
  static let stretched: UInt8 = 0x01

  var bytes: [UInt8]
  var streams: TextStreams

  /// What the index needs to know of a form.
  struct Shape {
    var startsInWord = false
    var endsInWord = false
    /// The first two words, signs left out: maximal runs of word characters. Empty where there is none.
    var first: [UInt8] = []
    var second: [UInt8] = []
  }

  var shape: Shape {
    var shape = Shape()
    var words = 0
    var isInside = false
    bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      var index = 0
      while index < buffer.count {
        let (scalar, length) = UTF8Scalar.decode(base, at: index, end: buffer.count)
        let isSign = scalar == UInt32(Self.stretched)
        let isWord = isSign ? isInside : Self.isWord(scalar)
        if isWord, !isInside { words += 1 }
        if index == 0 { shape.startsInWord = isWord }
        if isWord, !isSign, words <= 2 {
          for place in index..<index + length {
            if words == 1 { shape.first.append(buffer[place]) } else { shape.second.append(buffer[place]) }
          }
        }
        isInside = isWord
        index += length
      }
    }
    shape.endsInWord = isInside
    return shape
  }

  private static func isWord(_ scalar: UInt32) -> Bool {
    scalar < 0x80 ? (scalar | 0x20) &- 0x61 < 26 || scalar &- 0x30 < 10 : ScalarClass.table[scalar].isWord
  }

  /// The bytes up to the first sign: what a literal scan can look for.
  var literal: [UInt8] { Array(bytes.prefix { $0 != Self.gap && $0 != Self.stretched }) }
}
