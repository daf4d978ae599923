/// The weights of all labels, laid out for summing: the weights of one bucket lie together, and behind them the bucket's step (``FeatureScales``), so that one
/// pass sums scores and length.
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
  /// Numbers from one bucket to the next, at least `labelCount + 1`: 2 for one label, else a multiple of ``laneCount``.
  let stride: Int
  let storage: Storage
  /// What one unit of a label's sum is worth, in log-odds.
  let units: [Float]
  let biases: [Float]

  /// From rows of `bucketCount` weights, one for each label.
  init(int8 rows: [Int8], units: [Float], biases: [Float], steps: [Int8]) {
    (labelCount, bucketCount, self.units, self.biases) = (biases.count, steps.count, units, biases)
    stride = Self.stride(labelCount)
    storage = .int8(Self.transposed(rows, steps, labelCount, stride))
  }

  /// From rows of finite floats.
  init(float rows: [Float], biases: [Float], steps: [Int8]) {
    (labelCount, bucketCount, self.biases) = (biases.count, steps.count, biases)
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
    storage = .fixed(Self.transposed(fixed, steps.map(Int32.init), biases.count, stride))
  }

  static func stride(_ labels: Int) -> Int { labels == 1 ? 2 : (labels + laneCount) / laneCount * laneCount }

  private static func transposed<T: FixedWidthInteger>(_ rows: [T], _ steps: [T], _ labels: Int, _ stride: Int) -> [T] {
    var table = [T](repeating: 0, count: steps.count * stride)
    for bucket in steps.indices {
      for label in 0..<labels { table[bucket * stride + label] = rows[label * steps.count + bucket] }
      table[bucket * stride + labels] = steps[bucket]
    }
    return table
  }

  /// Log-odds of `label`: bias + unit · sum / length; the bias alone when no feature is known.
  @inline(__always) func logit(_ label: Int, sum: Int64, inverseLength: Float) -> Float {
    biases[label] + units[label] * Float(sum) * inverseLength
  }

  /// 1 / √(sum of steps), 0 for none: a feature counts for its share of the text, so that long texts are no more extreme than short ones.
  @inline(__always) static func inverseLength(_ steps: Int64) -> Float { steps <= 0 ? 0 : 1 / Float(steps).squareRoot() }
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
    if stride == 2 { return addPair(table, buckets, count, into: sums) }
    for block in 0..<stride / WeightTable.laneCount {
      addBlock(table + block * WeightTable.laneCount, stride, buckets, count, into: sums + block * WeightTable.laneCount)
    }
  }

  @inline(__always) private static func addPair(
    _ table: UnsafePointer<Int8>, _ buckets: UnsafePointer<UInt32>, _ count: Int, into sums: UnsafeMutablePointer<Int32>
  ) {
    var (first, second): (Int32, Int32) = (0, 0)
    for i in 0..<count {
      let row = table + 2 * Int(buckets[i])
      first &+= Int32(row[0])
      second &+= Int32(row[1])
    }
    sums[0] &+= first
    sums[1] &+= second
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
