/// The features of whole texts, for training.
struct RowFeatures: ~Copyable {
  private var extractor: FeatureExtractor
  private var tokens = TokenStream()
  private var token: BucketBuffer
  private var row: [UInt32] = []

  init(_ settings: FeatureSettings) {
    extractor = FeatureExtractor(settings)
    token = BucketBuffer(capacity: extractor.maximumFeatures + 1)
  }

  /// Calls `body` with the buckets of `text`, in the order of the text, with repeats.
  mutating func with(_ text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt32>) -> Void) {
    row.removeAll(keepingCapacity: true)
    tokens.begin(text, readable: text.count)
    var previous = FeatureHash.start
    while let start = tokens.next() {
      token.removeAll()
      let ends = extractor.extract(start, tokens.range.count, into: &token)
      if let pair = extractor.joint(previous, ends) { token.add(pair) }
      if ends.last != 0 { previous = ends.last }
      row.append(contentsOf: UnsafeBufferPointer(start: token.buckets, count: token.count))
    }
    row.withUnsafeBufferPointer(body)
  }
}
