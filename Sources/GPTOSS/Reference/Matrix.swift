/// Float32 values `[rows, columns]`, row-major. A row is one token.
public struct Matrix: Sendable {
  public var values: [Float]
  public let rows: Int
  public let columns: Int

  public init(rows: Int, columns: Int) {
    values = [Float](repeating: 0, count: rows * columns)
    self.rows = rows
    self.columns = columns
  }

  /// Calls `body` with each row, which it may change.
  mutating func withEachRow(_ body: (Int, UnsafeMutableBufferPointer<Float>) -> Void) {
    let (rows, columns) = (rows, columns)
    values.withUnsafeMutableBufferPointer { buffer in
      for row in 0..<rows { body(row, UnsafeMutableBufferPointer(rebasing: buffer[row * columns..<(row + 1) * columns])) }
    }
  }

  /// Adds another matrix of the same size.
  mutating func add(_ other: Matrix) {
    for i in values.indices { values[i] += other.values[i] }
  }
}

/// Sum of a[i] * b[i], summed in float64: the references sum float32 in an order of their own, and the exact sum is the nearest to all of them.
func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float {
  var sums = SIMD8<Double>.zero
  let (rawA, rawB) = (UnsafeRawPointer(a), UnsafeRawPointer(b))
  let whole = count / 8 * 8
  for i in stride(from: 0, to: whole, by: 8) {
    let left = rawA.loadUnaligned(fromByteOffset: i * 4, as: SIMD8<Float>.self)
    let right = rawB.loadUnaligned(fromByteOffset: i * 4, as: SIMD8<Float>.self)
    sums += SIMD8<Double>(left) * SIMD8<Double>(right)
  }
  var sum = sums.sum()
  for i in whole..<count { sum += Double(a[i]) * Double(b[i]) }
  return Float(sum)
}
