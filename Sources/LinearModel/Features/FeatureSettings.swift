/// Which features a model looks at. Written into the model card; a model is only ever used with the settings it was trained with.
public struct FeatureSettings: Sendable, Hashable {
  /// Weights per label are `2^bucketBits`.
  public var bucketBits: Int
  /// Longest word n-gram: 0 for no word features, 1 or 2.
  public var wordNgrams: Int
  /// Shortest and longest character n-gram inside a word with its two boundary marks, in Unicode scalars; nil for none.
  public var characterNgrams: ClosedRange<Int>?
  /// In texts of more UTF-8 bytes than this a repeated feature counts with 1 + ln(occurrences), and words count three times; nil: texts of any length are summed
  /// token by token.
  public var longTextBytes: Int?

  public static let bucketBitsRange = 8...22
  public static let characterNgramRange = 1...8
  public static let longTextRange = 0...1_000_000_000

  public init(bucketBits: Int = 18, wordNgrams: Int = 2, characterNgrams: ClosedRange<Int>? = 3...5, longTextBytes: Int? = 256) {
    self.bucketBits = bucketBits
    self.wordNgrams = wordNgrams
    self.characterNgrams = characterNgrams
    self.longTextBytes = longTextBytes
  }

  public var bucketCount: Int { 1 << bucketBits }
  /// How many of the buckets belong to words and word pairs; the first ones.
  package var wordBucketCount: Int { characterNgrams == nil ? bucketCount : wordNgrams == 0 ? 0 : bucketCount / 4 }

  @inline(__always) package func isLong(byteCount: Int) -> Bool { longTextBytes.map { byteCount > $0 } ?? false }

  /// What is wrong with the settings, or nil.
  package var problem: String? {
    guard Self.bucketBitsRange.contains(bucketBits) else { return "bucket bits must be \(Self.bucketBitsRange.written)" }
    if let longTextBytes, !Self.longTextRange.contains(longTextBytes) { return "the bytes of a long text must be \(Self.longTextRange.written)" }
    guard (0...2).contains(wordNgrams) else { return "word n-grams must be 0, 1 or 2" }
    if let characterNgrams {
      let allowed = Self.characterNgramRange
      guard allowed.contains(characterNgrams.lowerBound), allowed.contains(characterNgrams.upperBound) else {
        return "character n-grams must be within \(allowed.written)"
      }
    } else if wordNgrams == 0 {
      return "a model needs word or character n-grams"
    }
    return nil
  }
}

extension ClosedRange<Int> {
  var written: String { "\(lowerBound)...\(upperBound)" }
}
