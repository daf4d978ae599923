/// The features of whole texts, for training.
struct RowFeatures: ~Copyable {
  /// The features of one text, in the order of the text. A bucket may stand more than once; its factors add up.
  struct Row {
    var buckets: UnsafeBufferPointer<UInt32>
    /// How much each counts: whole numbers, 1 in a short text (``FeatureBag``).
    var factors: UnsafeBufferPointer<Float>
  }
  private let settings: FeatureSettings
  private var extractor: FeatureExtractor
  private var tokens = TokenStream()
  private var token: BucketBuffer
  private var bag: FeatureBag
  private var row: [UInt32] = []
  private var factors: [Float] = []

  init(_ settings: FeatureSettings) {
    self.settings = settings
    extractor = FeatureExtractor(settings)
    token = BucketBuffer(capacity: extractor.maximumFeatures + 1)
    bag = FeatureBag(settings)
  }

  mutating func with(_ text: UnsafeBufferPointer<UInt8>, _ body: (Row) -> Void) {
    row.removeAll(keepingCapacity: true)
    factors.removeAll(keepingCapacity: true)
    if settings.isLong(byteCount: text.count) { fillLong(text) } else { fillShort(text) }
    row.withUnsafeBufferPointer { buckets in factors.withUnsafeBufferPointer { body(Row(buckets: buckets, factors: $0)) } }
  }

  private mutating func fillShort(_ text: UnsafeBufferPointer<UInt8>) {
    tokens.begin(text, readable: text.count)
    var previous = FeatureHash.start
    while let start = tokens.next() {
      token.removeAll()
      let ends = extractor.extract(start, tokens.range.count, into: &token)
      if let pair = extractor.joint(previous, ends) { token.add(pair) }
      if ends.last != 0 { previous = ends.last }
      row.append(contentsOf: UnsafeBufferPointer(start: token.buckets, count: token.count))
    }
    factors.append(contentsOf: repeatElement(1, count: row.count))
  }

  private mutating func fillLong(_ text: UnsafeBufferPointer<UInt8>) {
    bag.fill(text, readable: text.count, &extractor, &tokens, &token)
    for index in 0..<bag.count {
      row.append(bag.bucket(index))
      factors.append(Float(bag.factor(index)))
    }
  }
}
