/// What a scalar is, as far as matching words needs to know.
public struct ScalarClass: OptionSet, Sendable, Hashable {
  public let rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
  /// General category L.
  public static let letter = ScalarClass(rawValue: 1)
  /// General categories Mn and Mc.
  public static let mark = ScalarClass(rawValue: 2)
  /// General category N.
  public static let number = ScalarClass(rawValue: 4)
  /// White space, line ends, and the blank Braille pattern.
  public static let space = ScalarClass(rawValue: 8)
  /// Default-ignorable and control characters: nothing to see. Never together with another class.
  public static let invisible = ScalarClass(rawValue: 16)
  /// A mark that may go without the word losing a letter: accents, Hebrew points, Arabic vowel signs; not Indic or Thai vowels.
  public static let removableMark = ScalarClass(rawValue: 32)
  /// Part of a script that puts no spaces between words: Han, kana, Thai, Khmer…
  public static let unspaced = ScalarClass(rawValue: 64)
  /// General category Nd.
  public static let digit = ScalarClass(rawValue: 128)

  /// Changes under full case folding.
  public static let foldable = ScalarClass(rawValue: 256)

  /// Whether the scalar binds to its neighbours in a word: a letter, mark or number of a script that separates words.
  /// The low line `_` does not, so that `some_word` holds both words.
  @inlinable public var isWord: Bool { rawValue & 7 != 0 && rawValue & 64 == 0 }
  @inlinable public var isLetter: Bool { rawValue & 1 != 0 }

  /// The classes of all scalars.
  public static let table = ScalarTrie<ScalarClass>(
    runs: PackedTables.runs(PackedTables.classes).map {
      .init(first: $0.first, count: $0.count, stride: $0.stride, value: .init(rawValue: UInt16($0.values[0])))
    },
    fallback: [])
}
