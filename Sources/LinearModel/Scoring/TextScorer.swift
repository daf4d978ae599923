/// Sums the weights of a text's features. One for each thread; allocates nothing per text.
struct TextScorer: ~Copyable {
  private let table: WeightTable
  private let settings: FeatureSettings
  private var extractor: FeatureExtractor
  /// Made at the first long text.
  private var bag: FeatureBag?
  private var tokens = TokenStream()
  private var buckets: BucketBuffer
  private let memo: TokenMemo
  private let usesMemo: Bool
  /// Sums of the current text, `stride` values: 32 bits while it goes, 64 bits at the end.
  private let running: UnsafeMutablePointer<Int32>
  private let tokenSums: UnsafeMutablePointer<Int32>
  private let totals: UnsafeMutablePointer<Int64>
  /// At least as many as the rows added to `running` since it was last emptied into `totals`.
  private var pending = 0

  static let memoSlotBits = 14
  private static let pendingLimit = 1 << 22

  init(_ table: WeightTable, _ settings: FeatureSettings, usesMemo: Bool = true) {
    self.table = table
    self.settings = settings
    extractor = FeatureExtractor(settings)
    buckets = BucketBuffer(capacity: extractor.maximumFeatures + 1)
    if case .int8 = table.storage { self.usesMemo = usesMemo } else { self.usesMemo = false }
    memo = TokenMemo(stride: table.stride, slotBits: self.usesMemo ? Self.memoSlotBits : 1)
    (running, tokenSums, totals) = (.allocate(capacity: table.stride), .allocate(capacity: table.stride), .allocate(capacity: table.stride))
    running.initialize(repeating: 0, count: table.stride)
    tokenSums.initialize(repeating: 0, count: table.stride)
    totals.initialize(repeating: 0, count: table.stride)
  }

  deinit {
    running.deallocate()
    tokenSums.deallocate()
    totals.deallocate()
  }

  /// Log-odds of `label` for the last text.
  @inline(__always) func logit(_ label: Int, inverseLength: Float) -> Float { table.logit(label, sum: totals[label], inverseLength: inverseLength) }

  /// For ``logit(_:inverseLength:)`` on the last text.
  @inline(__always) var inverseLength: Float { WeightTable.inverseLength(totals[table.labelCount]) }

  /// Sums the features of `text`.
  /// - Parameter readable: bytes that may be read from the start of `text` on, at least `text.count`.
  mutating func sum(_ text: UnsafeBufferPointer<UInt8>, readable: Int) {
    pending = 0
    totals.update(repeating: 0, count: table.stride)
    if settings.isLong(byteCount: text.count) { return sumLong(text, readable: readable) }
    running.update(repeating: 0, count: table.stride)
    tokens.begin(text, readable: readable)
    switch table.storage {
    case .int8(let weights): weights.withUnsafeBufferPointer { sumInt8($0) }
    case .fixed(let weights): weights.withUnsafeBufferPointer { sumFixed($0) }
    }
  }

  /// A text whose features are gathered before they count.
  private mutating func sumLong(_ text: UnsafeBufferPointer<UInt8>, readable: Int) {
    var bag = bag.take() ?? FeatureBag(settings)
    bag.fill(text, readable: readable, &extractor, &tokens, &buckets)
    switch table.storage {
    case .int8(let weights): weights.withUnsafeBufferPointer { addBag(bag, $0) }
    case .fixed(let weights): weights.withUnsafeBufferPointer { addBag(bag, $0) }
    }
    self.bag = consume bag
  }

  private func addBag(_ bag: borrowing FeatureBag, _ weights: UnsafeBufferPointer<some FixedWidthInteger>) {
    for index in 0..<bag.count {
      let row = Int(bag.bucket(index)) * table.stride
      let step = Int64(weights[row + table.labelCount])
      // Not in the training rows, or in one only.
      if step == 0 { continue }
      let factor = Int64(bag.factor(index))
      for label in 0..<table.labelCount { totals[label] &+= Int64(weights[row + label]) * factor }
      totals[table.labelCount] &+= step * factor * factor
    }
  }

  /// Float weights, as whole numbers of 32 bits.
  private mutating func sumFixed(_ weights: UnsafeBufferPointer<Int32>) {
    var previous = FeatureHash.start
    while let token = tokens.next() {
      buckets.removeAll()
      let ends = extractor.extract(token, tokens.range.count, into: &buckets)
      if let pair = extractor.joint(previous, ends) { buckets.add(pair) }
      if ends.last != 0 { previous = ends.last }
      for i in 0..<buckets.count {
        let row = Int(buckets.buckets[i]) * table.stride
        for label in 0...table.labelCount { totals[label] &+= Int64(weights[row + label]) }
      }
    }
  }
}

// MARK: - int8

extension TextScorer {
  @inline(__always) private mutating func sumInt8(_ weights: UnsafeBufferPointer<Int8>) {
    guard let table = weights.baseAddress else { return }
    var previous = FeatureHash.start
    while let token = tokens.next() {
      let ends = addToken(token, table)
      if var pair = extractor.joint(previous, ends) {
        RowSum.add(table, stride: self.table.stride, &pair, 1, into: running)
        pending += 1
      }
      if ends.last != 0 { previous = ends.last }
      if pending >= Self.pendingLimit { empty() }
    }
    empty()
  }

  /// Moves the 32-bit sums into the 64-bit ones.
  private mutating func empty() {
    for i in 0..<table.stride {
      totals[i] &+= Int64(running[i])
      running[i] = 0
    }
    pending = 0
  }

  @inline(__always) private mutating func addToken(_ token: UnsafePointer<UInt8>, _ table: UnsafePointer<Int8>) -> TokenEnds {
    guard usesMemo, let key = tokens.key else { return compute(token, table, into: running) }
    let slot = memo.slot(key)
    guard memo.holds(slot) else { return computeAndRemember(slot, token, table) }
    memo.addSums(slot, stride: self.table.stride, to: running)
    pending += RowSum.shortLimit
    return memo.ends(slot)
  }

  @inline(never) private mutating func computeAndRemember(_ slot: TokenMemo.Slot, _ token: UnsafePointer<UInt8>, _ table: UnsafePointer<Int8>) -> TokenEnds {
    let stride = self.table.stride
    tokenSums.update(repeating: 0, count: stride)
    let ends = compute(token, table, into: tokenSums)
    for i in 0..<stride { running[i] &+= tokenSums[i] }
    if buckets.count <= RowSum.shortLimit { memo.store(slot, ends: ends, sums: tokenSums, stride: stride) }
    return ends
  }

  private mutating func compute(_ token: UnsafePointer<UInt8>, _ table: UnsafePointer<Int8>, into sums: UnsafeMutablePointer<Int32>) -> TokenEnds {
    buckets.removeAll()
    let ends = extractor.extract(token, tokens.range.count, into: &buckets)
    RowSum.add(table, stride: self.table.stride, buckets.buckets, buckets.count, into: sums)
    pending += buckets.count
    return ends
  }
}
