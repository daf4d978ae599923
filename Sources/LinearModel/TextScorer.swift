/// Sums the weights of a text's features. One for each thread; allocates nothing per text.
struct TextScorer: ~Copyable {
  private let table: WeightTable
  private var extractor: FeatureExtractor
  private var buckets: BucketBuffer
  private let memo: TokenMemo
  private let usesMemo: Bool
  /// Sums of the current text, `stride` values: 32 bits while it goes, 64 bits at the end.
  private let running: UnsafeMutablePointer<Int32>
  private let tokenSums: UnsafeMutablePointer<Int32>
  private let totals: UnsafeMutablePointer<Int64>
  private let paddedToken: UnsafeMutableRawPointer
  /// Rows added to `running` since it was last emptied into `totals`.
  private var pending = 0
  /// Features of the last text.
  private(set) var featureCount = 0

  /// 2^14 entries are 1 MiB: measured best beside a table of 1 to 2 MiB.
  static let memoSlotBits = 14
  private static let pendingLimit = 1 << 22

  init(_ table: WeightTable, _ settings: FeatureSettings, usesMemo: Bool = true) {
    self.table = table
    extractor = FeatureExtractor(settings)
    buckets = BucketBuffer(capacity: extractor.maximumFeatures)
    if case .int8 = table.storage { self.usesMemo = usesMemo } else { self.usesMemo = false }
    memo = TokenMemo(stride: table.stride, slotBits: self.usesMemo ? Self.memoSlotBits : 0)
    (running, tokenSums, totals) = (.allocate(capacity: table.stride), .allocate(capacity: table.stride), .allocate(capacity: table.stride))
    running.initialize(repeating: 0, count: table.stride)
    tokenSums.initialize(repeating: 0, count: table.stride)
    totals.initialize(repeating: 0, count: table.stride)
    paddedToken = .allocate(byteCount: TokenMemo.maximumTokenBytes, alignment: 8)
    paddedToken.initializeMemory(as: UInt8.self, repeating: 0, count: TokenMemo.maximumTokenBytes)
  }

  deinit {
    running.deallocate()
    tokenSums.deallocate()
    totals.deallocate()
    paddedToken.deallocate()
  }

  /// Log-odds of `label` for the last text.
  @inline(__always) func logit(_ label: Int, inverseRoot: Float) -> Float { table.logit(label, sum: totals[label], inverseRoot: inverseRoot) }

  /// Sums the features of `text`.
  /// - Parameter readable: bytes that may be read from the start of `text` on, at least `text.count`.
  mutating func sum(_ text: UnsafeBufferPointer<UInt8>, readable: Int) {
    featureCount = 0
    pending = 0
    totals.update(repeating: 0, count: table.stride)
    running.update(repeating: 0, count: table.stride)
    switch table.storage {
    case .int8(let weights): weights.withUnsafeBufferPointer { sumInt8(text, readable, $0) }
    case .fixed(let weights): weights.withUnsafeBufferPointer { sumFixed(text, $0) }
    }
  }
}

// MARK: - Whole-number sums of float weights

extension TextScorer {
  private mutating func sumFixed(_ text: UnsafeBufferPointer<UInt8>, _ weights: UnsafeBufferPointer<Int32>) {
    guard let base = text.baseAddress else { return }
    var scanner = TokenScanner(text)
    var previous = FeatureHash.start
    while scanner.next() {
      buckets.removeAll()
      let ends = extractor.extract(base + scanner.start, scanner.end - scanner.start, into: &buckets)
      if let pair = extractor.joint(previous, ends) { buckets.add(pair) }
      if ends.last != 0 { previous = ends.last }
      featureCount += buckets.count
      for i in 0..<buckets.count {
        let row = Int(buckets.buckets[i]) * table.stride
        for label in 0..<table.labelCount { totals[label] &+= Int64(weights[row + label]) }
      }
    }
  }
}

// MARK: - int8

extension TextScorer {
  @inline(__always) private mutating func sumInt8(_ text: UnsafeBufferPointer<UInt8>, _ readable: Int, _ weights: UnsafeBufferPointer<Int8>) {
    guard let base = text.baseAddress, let table = weights.baseAddress else { return }
    var scanner = TokenScanner(text)
    var previous = FeatureHash.start
    var jointBucket: UInt32 = 0
    while scanner.next() {
      let ends = addToken(base + scanner.start, scanner.end - scanner.start, readable - scanner.start, table)
      if let pair = extractor.joint(previous, ends) {
        jointBucket = pair
        RowSum.add(table, stride: self.table.stride, &jointBucket, 1, into: running)
        featureCount += 1
      }
      if ends.last != 0 { previous = ends.last }
      if featureCount - pending >= Self.pendingLimit { empty() }
    }
    empty()
  }

  /// Moves the 32-bit sums into the 64-bit ones.
  private mutating func empty() {
    for i in 0..<table.stride {
      totals[i] &+= Int64(running[i])
      running[i] = 0
    }
    pending = featureCount
  }

  @inline(__always) private mutating func addToken(_ token: UnsafePointer<UInt8>, _ length: Int, _ readable: Int, _ table: UnsafePointer<Int8>) -> TokenEnds {
    guard usesMemo, length <= TokenMemo.maximumTokenBytes else { return computeToken(token, length, table, into: running) }
    var start = UnsafeRawPointer(token)
    if readable < TokenMemo.maximumTokenBytes {
      paddedToken.copyMemory(from: token, byteCount: length)
      start = UnsafeRawPointer(paddedToken)
    }
    return addRemembered(start, token, length, table)
  }

  @inline(__always) private mutating func addRemembered(
    _ start: UnsafeRawPointer, _ token: UnsafePointer<UInt8>, _ length: Int, _ table: UnsafePointer<Int8>
  ) -> TokenEnds {
    let key = memo.key(start, length)
    if memo.holds(key) {
      memo.addSums(key, stride: self.table.stride, to: running)
      featureCount += memo.featureCount(key)
      return memo.ends(key)
    }
    return computeAndRemember(key, token, length, table)
  }

  @inline(never) private mutating func computeAndRemember(
    _ key: TokenMemo.Key, _ token: UnsafePointer<UInt8>, _ length: Int, _ table: UnsafePointer<Int8>
  ) -> TokenEnds {
    let stride = self.table.stride
    tokenSums.update(repeating: 0, count: stride)
    let before = featureCount
    let ends = computeToken(token, length, table, into: tokenSums)
    for i in 0..<stride { running[i] &+= tokenSums[i] }
    if featureCount - before <= RowSum.shortLimit {
      memo.store(key, ends: ends, featureCount: featureCount - before, sums: tokenSums, stride: stride)
    }
    return ends
  }

  private mutating func computeToken(
    _ token: UnsafePointer<UInt8>, _ length: Int, _ table: UnsafePointer<Int8>, into sums: UnsafeMutablePointer<Int32>
  ) -> TokenEnds {
    buckets.removeAll()
    let ends = extractor.extract(token, length, into: &buckets)
    RowSum.add(table, stride: self.table.stride, buckets.buckets, buckets.count, into: sums)
    featureCount += buckets.count
    return ends
  }
}
