/// The weights of all labels while they learn: logistic loss, AdaGrad (Duchi, Hazan, Singer 2011), L2 on the weights that a row touches.
///
/// One row at a time in a fixed order, single precision, no threads: the same rows give the same weights on every platform.
struct AdaGrad: ~Copyable {
  struct Settings: Sendable {
    var learningRate: Float
    var l2: Float
    /// For each label the factor on positive rows.
    var positiveWeights: [Float]
  }
  typealias Lanes = SIMD8<Float>
  private static let laneCount = 8
  private static let firstSquare: Float = 1e-3

  private let settings: Settings
  private let labelCount: Int
  private let blocks: Int
  private let bucketCount: Int
  /// `[buckets, blocks, 2]`: weights, then sums of squared gradients, of 8 labels. The last row is the biases'.
  private let rows: UnsafeMutablePointer<Lanes>
  private var errors: [Lanes]

  init(_ settings: Settings, labelCount: Int, bucketCount: Int) {
    (self.settings, self.labelCount, self.bucketCount) = (settings, labelCount, bucketCount)
    blocks = (labelCount + Self.laneCount - 1) / Self.laneCount
    errors = Array(repeating: Lanes(), count: blocks)
    let count = 2 * blocks * (bucketCount + 1)
    rows = .allocate(capacity: count)
    for i in 0..<count { (rows + i).initialize(to: i % 2 == 0 ? Lanes() : Lanes(repeating: Self.firstSquare)) }
  }

  deinit { rows.deallocate() }

  /// Learns one row.
  /// - Parameters:
  ///   - buckets: the row's features, with repeats.
  ///   - targets: 1, 0 or -1 (unknown: that label learns nothing) for each label.
  mutating func learn(_ buckets: UnsafeBufferPointer<UInt32>, _ targets: ArraySlice<Int8>) {
    let value = WeightTable.inverseRoot(buckets.count)
    for block in 0..<blocks {
      let mask = setErrors(block, buckets, value, targets)
      if all(.!mask) { continue }
      update(bucketCount, block, errors[block], decay: 0, mask)
      for bucket in buckets { update(Int(bucket), block, errors[block] * value, decay: settings.l2, mask) }
    }
  }

  /// Puts p - y (times the class weight, 0 for unknown) in `errors`; returns which labels are known.
  private mutating func setErrors(_ block: Int, _ buckets: UnsafeBufferPointer<UInt32>, _ value: Float, _ targets: ArraySlice<Int8>) -> SIMDMask<SIMD8<Int32>> {
    var sum = Lanes()
    for bucket in buckets { sum += rows[2 * (Int(bucket) * blocks + block)] }
    let logits = rows[2 * (bucketCount * blocks + block)] + sum * value
    var known = SIMDMask<SIMD8<Int32>>()
    errors[block] = Lanes()
    for lane in 0..<min(Self.laneCount, labelCount - block * Self.laneCount) {
      let label = block * Self.laneCount + lane
      let target = targets[targets.startIndex + label]
      guard target >= 0 else { continue }
      known[lane] = true
      let probability = Float(ExactMath.sigmoid(Double(logits[lane])))
      errors[block][lane] = target == 1 ? (probability - 1) * settings.positiveWeights[label] : probability
    }
    return known
  }

  @inline(__always) private func update(_ bucket: Int, _ block: Int, _ error: Lanes, decay: Float, _ known: SIMDMask<SIMD8<Int32>>) {
    let row = rows + 2 * (bucket * blocks + block)
    let gradient = (error + row[0] * decay).replacing(with: 0, where: .!known)
    row[1] += gradient * gradient
    row[0] -= gradient * settings.learningRate / row[1].squareRoot()
  }

  var biases: [Float] { (0..<labelCount).map { rows[2 * (bucketCount * blocks + $0 / Self.laneCount)][$0 % Self.laneCount] } }

  /// `[labels, buckets]`.
  var weights: [Float] {
    var result: [Float] = []
    result.reserveCapacity(labelCount * bucketCount)
    for label in 0..<labelCount {
      let (block, lane) = (label / Self.laneCount, label % Self.laneCount)
      for bucket in 0..<bucketCount { result.append(rows[2 * (bucket * blocks + block)][lane]) }
    }
    return result
  }
}
