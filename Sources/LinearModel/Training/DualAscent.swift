/// L2-regularised logistic regression by dual coordinate ascent (Yu, Huang, Lin 2011; LIBLINEAR's solver 7), all labels in one pass.
///
/// Minimises ½ Σ wⱼ²/vⱼ + C Σ cᵢ·log(1 + e^(-yᵢ·w·xᵢ)) for each label, the bias being the weight of a constant feature and vⱼ from ``WeightPriors``.
/// Each row has one dual variable per label; a visit solves it exactly with the others held. There is no learning rate, and the end does not depend on
/// where one began: the optimum is unique.
/// One row at a time in a fixed order, no threads: the same rows give the same weights on every platform.
///
/// Why not AdaGrad: on 32 labelled sets it was level on sets of 10,000 rows and more, and 0.02 to 0.15 AUPRC worse on small or long-text ones, where it had
/// not reached the optimum after 60 epochs; this has after about 6.
struct DualAscent: ~Copyable {
  struct Settings: Sendable {
    /// C of each label: what a row's loss weighs against the size of the weights.
    var costs: [Float]
    /// For each label the factor on positive rows.
    var positiveWeights: [Float]
  }
  private typealias Lanes = SIMD8<Float>
  private static let laneCount = 8
  /// Smaller moves of a dual variable, as a share of its range, are not worth a pass over the row.
  private static let leastMove: Float = 1e-4

  let scales: FeatureScales
  private let settings: Settings
  private let labelCount: Int
  /// Floats from one bucket to the next: 1 for one label, else a multiple of 8.
  private let stride: Int
  private let bucketCount: Int
  private let values: [Float]
  /// `[buckets + 1, stride]`; the last row is the biases'.
  private let rows: UnsafeMutablePointer<Float>
  /// `[rows, labels]`, 0 ... C·c: signed by the label when added to the weights.
  private var duals: [Float]
  /// `[rows, labels]` squared norm of each row with its constant feature, each square times its weight's variance; 0 while unknown.
  private var norms: [Float]
  /// `[buckets, stride]`: the weights' variances.
  private let variances: UnsafeMutablePointer<Float>
  private let scratch: UnsafeMutablePointer<Float>

  init(_ settings: Settings, rowCount: Int, scales: FeatureScales, counts: FeatureCounts) {
    (self.settings, self.labelCount, self.scales) = (settings, counts.labelCount, scales)
    values = scales.values
    bucketCount = values.count
    stride = labelCount == 1 ? 1 : (labelCount + Self.laneCount - 1) / Self.laneCount * Self.laneCount
    rows = .allocate(capacity: (bucketCount + 1) * stride)
    rows.initialize(repeating: 0, count: (bucketCount + 1) * stride)
    scratch = .allocate(capacity: stride)
    scratch.initialize(repeating: 0, count: stride)
    duals = [Float](repeating: 0, count: rowCount * labelCount)
    norms = duals
    variances = .allocate(capacity: bucketCount * stride)
    variances.initialize(repeating: 0, count: bucketCount * stride)
    for bucket in 0..<bucketCount where scales.steps[bucket] > 0 {
      for label in 0..<labelCount { variances[bucket * stride + label] = WeightPriors.variance(counts, bucket: bucket, label: label) }
    }
  }

  deinit {
    rows.deallocate()
    variances.deallocate()
    scratch.deallocate()
  }

  /// Visits one row.
  /// - Parameters:
  ///   - features: the row's features; a bucket may stand more than once.
  ///   - targets: 1, 0 or -1 (unknown: that label learns nothing) for each label.
  mutating func learn(_ row: Int, _ features: RowFeatures.Row, _ targets: ArraySlice<Int8>) {
    let inverse = WeightTable.inverseLength(length(features))
    if norms[row * labelCount] == 0 { norm(row, features, inverse) }
    margins(features, inverse)
    if solve(row, targets) { add(features, inverse) }
  }

  /// The square of the row's length, as scoring computes it.
  private func length(_ features: RowFeatures.Row) -> Int64 {
    var sum: Int64 = 0
    for i in features.buckets.indices {
      let factor = Int64(features.factors[i])
      sum += Int64(scales.steps[Int(features.buckets[i])]) * factor * factor
    }
    return sum
  }

  /// Leaves w·x of each label in `scratch`.
  private func margins(_ features: RowFeatures.Row, _ inverse: Float) {
    let (buckets, factors) = (features.buckets, features.factors)
    let bias = rows + bucketCount * stride
    if stride == 1 {
      var sum: Float = 0
      for i in buckets.indices { sum += rows[Int(buckets[i])] * (values[Int(buckets[i])] * factors[i]) }
      scratch[0] = sum * inverse + bias[0]
      return
    }
    for block in Swift.stride(from: 0, to: stride, by: Self.laneCount) {
      var sum = Lanes()
      for i in buckets.indices { sum += Self.lanes(rows + Int(buckets[i]) * stride + block).pointee * (values[Int(buckets[i])] * factors[i]) }
      Self.lanes(scratch + block).pointee = sum * inverse + Self.lanes(bias + block).pointee
    }
  }

  /// Replaces the margins in `scratch` by what is to be added along the row. False when nothing moves.
  private mutating func solve(_ row: Int, _ targets: ArraySlice<Int8>) -> Bool {
    var moves = false
    for label in 0..<labelCount {
      let target = targets[targets.startIndex + label]
      guard target >= 0 else {
        scratch[label] = 0
        continue
      }
      let sign: Float = target == 1 ? 1 : -1
      let cost = target == 1 ? settings.costs[label] * settings.positiveWeights[label] : settings.costs[label]
      let old = duals[row * labelCount + label]
      let new = Self.dual(margin: Double(sign * scratch[label]), norm: Double(norms[row * labelCount + label]), cost: Double(cost), old: Double(old))
      guard abs(new - old) > Self.leastMove * cost else {
        scratch[label] = 0
        continue
      }
      duals[row * labelCount + label] = new
      scratch[label] = (new - old) * sign
      moves = true
    }
    return moves
  }

  /// The dual variable a = C·σ(-u) where u = margin + norm·(a - old): Newton's method on u, whose slope is at least 1.
  private static func dual(margin: Double, norm: Double, cost: Double, old: Double) -> Float {
    // The root lies between the ends that σ = 0 and σ = 1 give.
    var (low, high) = (margin - norm * old, margin + norm * (cost - old))
    var u = min(max(margin, low), high)
    for _ in 0..<20 {
      let sigma = ExactMath.sigmoid(-u)
      let value = u - margin - norm * (cost * sigma - old)
      if abs(value) < 1e-6 { break }
      if value > 0 { high = u } else { low = u }
      let next = u - value / (1 + norm * cost * sigma * (1 - sigma))
      u = next > low && next < high ? next : (low + high) / 2
    }
    return Float(cost * ExactMath.sigmoid(-u))
  }

  /// Adds `scratch` times the row to the weights.
  private func add(_ features: RowFeatures.Row, _ inverse: Float) {
    let (buckets, factors) = (features.buckets, features.factors)
    let bias = rows + bucketCount * stride
    if stride == 1 {
      let step = scratch[0] * inverse
      for i in buckets.indices { rows[Int(buckets[i])] += step * (values[Int(buckets[i])] * factors[i]) * variances[Int(buckets[i])] }
      bias[0] += scratch[0]
      return
    }
    for block in Swift.stride(from: 0, to: stride, by: Self.laneCount) {
      let move = Self.lanes(scratch + block).pointee
      let step = move * inverse
      for i in buckets.indices {
        let place = Int(buckets[i]) * stride + block
        Self.lanes(rows + place).pointee += step * (values[Int(buckets[i])] * factors[i]) * Self.lanes(variances + place).pointee
      }
      Self.lanes(bias + block).pointee += move
    }
  }

  /// 1 for the constant feature, and the squares of the others times their variances, repeats added up first.
  private mutating func norm(_ row: Int, _ features: RowFeatures.Row, _ inverse: Float) {
    for label in 0..<labelCount { norms[row * labelCount + label] = 1 }
    var last: UInt32?
    var value: Float = 0
    func close() {
      guard let last else { return }
      for label in 0..<labelCount { norms[row * labelCount + label] += value * value * variances[Int(last) * stride + label] }
    }
    for (bucket, factor) in zip(features.buckets, features.factors).sorted(by: { $0.0 < $1.0 }) {
      if bucket != last {
        close()
        (last, value) = (bucket, 0)
      }
      value += values[Int(bucket)] * factor * inverse
    }
    close()
  }

  private static func lanes(_ pointer: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Lanes> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Lanes.self)
  }

  var biases: [Float] { (0..<labelCount).map { rows[bucketCount * stride + $0] } }

  /// `[labels, buckets]`, each times its bucket's value.
  var weights: [Float] {
    var result: [Float] = []
    result.reserveCapacity(labelCount * bucketCount)
    for label in 0..<labelCount {
      for bucket in 0..<bucketCount { result.append(rows[bucket * stride + label] * values[bucket]) }
    }
    return result
  }
}
