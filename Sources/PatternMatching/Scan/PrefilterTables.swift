import Moderation
import Text

/// What a phrase or rule is to the scan. 8 bytes.
struct PatternSource: BitwiseCopyable, Sendable {
  static let anyCategory: UInt8 = .max
  var effect: PatternEffect
  /// ``anyCategory`` for exceptions that hold for all.
  var category: UInt8
  /// For an exception that belongs to one phrase: that phrase; else -1.
  var scope: Int32 = -1
}

/// Everything compiled, flat: shared by all workers, held as pointers by each.
struct PrefilterTables: Sendable {
  let bitmap: FlatArray<UInt64>
  let bitmapShift: UInt64
  let wordBuckets: FlatArray<UInt32>
  let wordEntries: FlatArray<WordIndex.Entry>
  let longestWord: Int
  let hasWords: Bool

  let forms: FlatArray<FormTable.Form>
  let formPool: FlatArray<UInt8>

  let pairs: FlatArray<UInt8>
  let shortPairs: FlatArray<UInt8>
  let four: FlatGrams
  let three: FlatGrams
  let two: FlatGrams
  let single: FlatArray<LiteralIndex.Entry>
  let literalPool: FlatArray<UInt8>
  let hasLiterals: Bool

  let sources: FlatArray<PatternSource>
  let byteClasses: FlatArray<UInt64>

  let hasExemptions: Bool
  let copyHasLiteralForms: Bool

  struct FlatGrams: Sendable {
    let bitmap: FlatArray<UInt64>
    let shift: UInt32
    let buckets: FlatArray<UInt32>
    let entries: FlatArray<LiteralIndex.Entry>

    init(_ grams: LiteralIndex.Grams) {
      bitmap = FlatArray(grams.bitmap)
      shift = grams.shift
      buckets = FlatArray(grams.buckets)
      entries = FlatArray(grams.entries)
    }

    var pointers: LiteralScanner.Grams {
      .init(bitmap: bitmap.base, shift: shift, buckets: buckets.base, mask: UInt32(buckets.count - 2), entries: entries.base)
    }
  }

  init(words: WordIndex, forms: FormTable, literals: LiteralIndex, sources: [PatternSource], byteClasses: ByteClasses) {
    bitmap = FlatArray(words.bitmap)
    bitmapShift = words.shift
    wordBuckets = FlatArray(words.buckets)
    wordEntries = FlatArray(words.entries)
    longestWord = words.longestWord
    hasWords = !words.isEmpty
    self.forms = FlatArray(forms.forms)
    formPool = FlatArray(forms.pool)
    pairs = FlatArray(literals.pairs)
    shortPairs = FlatArray(literals.shortPairs)
    four = FlatGrams(literals.four)
    three = FlatGrams(literals.three)
    two = FlatGrams(literals.two)
    single = FlatArray(literals.single)
    literalPool = FlatArray(literals.pool)
    hasLiterals = !literals.isEmpty
    self.sources = FlatArray(sources)
    copyHasLiteralForms = literals.forms.contains { forms.forms[$0].streams.contains(.normalised) }
    hasExemptions = sources.contains { $0.effect == .exempt }
    self.byteClasses = FlatArray(byteClasses.table)
  }

  var formMatcher: FormMatcher { FormMatcher(pool: formPool.base, forms: forms.base) }

  var wordScanner: WordScanner {
    WordScanner(
      bitmap: bitmap.base, shift: bitmapShift, buckets: wordBuckets.base, bucketMask: UInt64(wordBuckets.count - 2), entries: wordEntries.base,
      longestWord: longestWord, matcher: formMatcher)
  }

  var literalScanner: LiteralScanner {
    LiteralScanner(
      pairs: pairs.base, shortPairs: shortPairs.base, four: four.pointers, three: three.pointers, two: two.pointers,
      single: UnsafeBufferPointer(start: single.base, count: single.count), pool: literalPool.base)
  }
}

/// A rule as the scan needs it.
struct CompiledRule: Sendable {
  /// Its number among all sources.
  var source: Int32
  /// Its number in the ``PatternSet``.
  var pattern: Int
  var streams: TextStreams
  /// Bits of ``ByteClasses`` that a text must have.
  var needs: UInt64
  /// Bytes that a text must start with, when the rule can only match there.
  var first: ByteSet?
  /// Found through literals; else it is asked about every text.
  var hasLiterals: Bool
  var isCaseSensitive: Bool
  var isExempt: Bool
}
