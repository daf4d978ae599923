/// The buckets of one token, in fixed memory.
struct BucketBuffer: ~Copyable, FeatureSink {
  let buckets: UnsafeMutablePointer<UInt32>
  private(set) var count = 0

  /// - Parameter capacity: at least the extractor's ``FeatureExtractor/maximumFeatures``.
  init(capacity: Int) {
    buckets = .allocate(capacity: capacity)
    buckets.initialize(repeating: 0, count: capacity)
  }
  deinit { buckets.deallocate() }

  mutating func removeAll() { count = 0 }

  @inline(__always) mutating func add(_ bucket: UInt32, _ kind: FeatureKind, _ start: Int, _ end: Int) { add(bucket) }

  @inline(__always) mutating func add(_ bucket: UInt32) {
    buckets[count] = bucket
    count &+= 1
  }
}
