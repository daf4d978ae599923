/// The features of one long text with their counts, each feature once.
///
/// In a long text the same letters come back in many words. There a feature counts with 1 + ln(occurrences), as in TF-IDF with sublinear term frequencies, and
/// words three times as much as letters (measured on six sets of prompts and posts: without this 0.01 to 0.03 AUPRC are lost). Short texts, where features hardly
/// repeat, are summed token by token instead, which is what makes chat fast.
struct FeatureBag: ~Copyable {
  /// Factors are whole numbers, this many to one, so that sums do not depend on the order of their terms. Scores are divided by the text's length, in which
  /// the same factors stand, so the unit cancels.
  static let unit = 16.0
  static let wordFactor = 3.0
  private static let knownFactors: [Int32] = (0..<256).map { factor(occurrences: max(1, $0), isWord: false) }
  private static let knownWordFactors: [Int32] = (0..<256).map { factor(occurrences: max(1, $0), isWord: true) }

  private let wordBuckets: UInt32
  /// Occurrences in the current text, by bucket.
  private let counts: UnsafeMutablePointer<UInt32>
  /// The buckets that occur, in the order of their first occurrence.
  private let touched: UnsafeMutablePointer<UInt32>
  private(set) var count = 0

  init(_ settings: FeatureSettings) {
    wordBuckets = UInt32(settings.wordBucketCount)
    counts = .allocate(capacity: settings.bucketCount)
    counts.initialize(repeating: 0, count: settings.bucketCount)
    touched = .allocate(capacity: settings.bucketCount)
    touched.initialize(repeating: 0, count: settings.bucketCount)
  }

  deinit {
    counts.deallocate()
    touched.deallocate()
  }

  mutating func removeAll() {
    for i in 0..<count { counts[Int(touched[i])] = 0 }
    count = 0
  }

  @inline(__always) mutating func add(_ bucket: UInt32) {
    if counts[Int(bucket)] == 0 {
      touched[count] = bucket
      count &+= 1
    }
    counts[Int(bucket)] &+= 1
  }

  @inline(__always) func bucket(_ index: Int) -> UInt32 { touched[index] }

  /// How much the bucket at `index` counts, in ``unit``s.
  @inline(__always) func factor(_ index: Int) -> Int32 { factor(of: touched[index]) }

  @inline(__always) func factor(of bucket: UInt32) -> Int32 {
    let occurrences = Int(counts[Int(bucket)])
    let isWord = bucket < wordBuckets
    guard occurrences < Self.knownFactors.count else { return Self.factor(occurrences: occurrences, isWord: isWord) }
    return isWord ? Self.knownWordFactors[occurrences] : Self.knownFactors[occurrences]
  }

  func occurrences(of bucket: UInt32) -> Int { Int(counts[Int(bucket)]) }

  private static func factor(occurrences: Int, isWord: Bool) -> Int32 {
    Int32((unit * (isWord ? wordFactor : 1) * (1 + ExactMath.log(Double(occurrences)))).rounded())
  }

  /// Fills the bag with all features of `text`.
  mutating func fill(_ text: UnsafeBufferPointer<UInt8>, readable: Int, _ extractor: inout FeatureExtractor, _ tokens: inout TokenStream, _ buffer: inout BucketBuffer) {
    removeAll()
    tokens.begin(text, readable: readable, countsAll: true)
    var previous = FeatureHash.start
    while let token = tokens.next() {
      buffer.removeAll()
      let ends = extractor.extract(token, tokens.range.count, into: &buffer)
      if let pair = extractor.joint(previous, ends) { buffer.add(pair) }
      if ends.last != 0 { previous = ends.last }
      for i in 0..<buffer.count { add(buffer.buckets[i]) }
    }
  }
}
