/// How much each bucket counts: squared inverse document frequency, in whole steps, 0 for a bucket seen in fewer than two rows.
///
/// A text's length is the root of the sum of its buckets' steps (nearly the L2 norm of its TF-IDF vector), and a bucket's value is the root of its own step.
/// Steps are whole numbers so that a length, like a score, does not depend on the order of addition.
struct FeatureScales: Sendable {
  static let maximumStep = 127
  static let leastRows = 2
  /// Words and pairs are few beside the character n-grams of the same text; with three times their steps they are heard
  /// (measured over 14 sets: 3 is best on the whole, 1 and 8 lose up to 0.02 AUPRC on long texts and on chat).
  static let wordEmphasis = 3.0

  /// One for each bucket, 0 ... ``maximumStep``.
  let steps: [Int8]

  /// - Parameters:
  ///   - rowCounts: in how many of `rows` rows each bucket occurs.
  ///   - wordBuckets: how many of the buckets, from the first, belong to words.
  init(rowCounts: [Int32], rows: Int, wordBuckets: Int) {
    func weight(_ count: Int32) -> Double { 1 + ExactMath.log(Double(1 + rows) / Double(1 + count)) }
    let top = weight(Int32(Self.leastRows))
    steps = rowCounts.enumerated().map { bucket, count in
      guard count >= Self.leastRows else { return 0 }
      let share = weight(count) / top
      let factor = bucket < wordBuckets ? 1 : 1 / Self.wordEmphasis
      return Int8(max(1, (share * share * factor * Double(Self.maximumStep)).rounded()))
    }
  }

  /// Value of each bucket before division by the text's length.
  var values: [Float] { steps.map { Float($0).squareRoot() } }
}
