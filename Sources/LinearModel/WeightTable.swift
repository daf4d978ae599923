/// The weights of all labels, laid out for summing: the weights of one bucket lie together.
///
/// Weights are whole numbers times one unit per label, and sums are whole numbers. So a sum does not depend on the order of its terms, and a score not on
/// batch, thread, or what a memo already knew.
struct WeightTable: Sendable {
  enum Storage: Sendable {
    /// `[buckets, stride]`.
    case int8([Int8])
    /// `[buckets, stride]`, float weights as multiples of `maximum / 2^30`.
    case fixed([Int32])
  }
  static let laneCount = 8

  let labelCount: Int
  let bucketCount: Int
  /// Weights from one bucket to the next: 1 for one label, else a multiple of ``laneCount``.
  let stride: Int
  let storage: Storage
  /// What one unit of a label's sum is worth, in log-odds.
  let units: [Float]
  let biases: [Float]

  /// From rows of `bucketCount` weights, one for each label.
  init(int8 rows: [Int8], units: [Float], biases: [Float], bucketCount: Int) {
    (labelCount, self.bucketCount, self.units, self.biases) = (biases.count, bucketCount, units, biases)
    stride = Self.stride(labelCount)
    storage = .int8(Self.transposed(rows, labelCount, bucketCount, stride))
  }

  /// From rows of finite floats.
  init(float rows: [Float], biases: [Float], bucketCount: Int) {
    (labelCount, self.bucketCount, self.biases) = (biases.count, bucketCount, biases)
    stride = Self.stride(labelCount)
    var units: [Float] = []
    var fixed: [Int32] = []
    fixed.reserveCapacity(rows.count)
    for label in 0..<biases.count {
      let row = rows[label * bucketCount..<(label + 1) * bucketCount]
      let maximum = row.reduce(Float(0)) { max($0, abs($1)) }
      let unit = maximum == 0 ? 1 : max(maximum / 0x1p30, .leastNormalMagnitude)
      units.append(unit)
      fixed.append(contentsOf: row.map { Int32((Double($0) / Double(unit)).rounded(.toNearestOrEven)) })
    }
    self.units = units
    storage = .fixed(Self.transposed(fixed, biases.count, bucketCount, stride))
  }

  static func stride(_ labels: Int) -> Int { labels == 1 ? 1 : (labels + laneCount - 1) / laneCount * laneCount }

  private static func transposed<T: FixedWidthInteger>(_ rows: [T], _ labels: Int, _ buckets: Int, _ stride: Int) -> [T] {
    var table = [T](repeating: 0, count: buckets * stride)
    for label in 0..<labels {
      for bucket in 0..<buckets { table[bucket * stride + label] = rows[label * buckets + bucket] }
    }
    return table
  }

  /// Log-odds of `label` for a sum over `featureCount` features: bias + unit · sum / √count; the bias alone when there is no feature.
  @inline(__always) func logit(_ label: Int, sum: Int64, inverseRoot: Float) -> Float {
    biases[label] + units[label] * Float(sum) * inverseRoot
  }

  /// 1 / √count, 0 for none: features count for their share of the text, so that long texts are no more extreme than short ones.
  @inline(__always) static func inverseRoot(_ featureCount: Int) -> Float {
    featureCount == 0 ? 0 : 1 / Float(featureCount).squareRoot()
  }
}

/// Sums of int8 rows.
enum RowSum {
  /// Rows that 16 bits can hold: 258 · 127 < 2^15.
  static let shortLimit = 258

  /// Adds the rows at `buckets` to `sums` (`stride` values).
  /// - Precondition: `sums` has room: fewer than 2^23 rows since it was zero.
  @inline(__always) static func add(
    _ table: UnsafePointer<Int8>, stride: Int, _ buckets: UnsafePointer<UInt32>, _ count: Int, into sums: UnsafeMutablePointer<Int32>
  ) {
    if stride == 1 { return addSingle(table, buckets, count, into: sums) }
    for block in 0..<stride / WeightTable.laneCount {
      addBlock(table + block * WeightTable.laneCount, stride, buckets, count, into: sums + block * WeightTable.laneCount)
    }
  }

  @inline(__always) private static func addSingle(
    _ table: UnsafePointer<Int8>, _ buckets: UnsafePointer<UInt32>, _ count: Int, into sums: UnsafeMutablePointer<Int32>
  ) {
    var sum: Int32 = 0
    for i in 0..<count { sum &+= Int32(table[Int(buckets[i])]) }
    sums[0] &+= sum
  }

  @inline(__always) private static func addBlock(
    _ table: UnsafePointer<Int8>, _ stride: Int, _ buckets: UnsafePointer<UInt32>, _ count: Int, into sums: UnsafeMutablePointer<Int32>
  ) {
    var done = 0
    while done < count {
      let stop = min(count, done + shortLimit)
      var short = SIMD8<Int16>()
      for i in done..<stop {
        let row = UnsafeRawPointer(table + Int(buckets[i]) * stride).loadUnaligned(as: SIMD8<Int8>.self)
        short &+= SIMD8<Int16>(truncatingIfNeeded: row)
      }
      addShort(short, to: sums)
      done = stop
    }
  }

  @inline(__always) static func addShort(_ short: SIMD8<Int16>, to sums: UnsafeMutablePointer<Int32>) {
    let raw = UnsafeMutableRawPointer(sums)
    raw.storeBytes(of: raw.loadUnaligned(as: SIMD8<Int32>.self) &+ SIMD8<Int32>(truncatingIfNeeded: short), as: SIMD8<Int32>.self)
  }
}
