/// `x * rsqrt(mean(x²) + eps) * weight`, row by row, all in float32.
///
/// Source: Zhang and Sennrich 2019, arXiv:1910.07467; gpt_oss/torch/model.py `RMSNorm`.
struct RMSNorm: Sendable {
  /// `[H]`
  let weight: [Float]
  let eps: Float

  init(_ weight: BF16Tensor, eps: Float) {
    self.weight = weight.floats()
    self.eps = eps
  }

  /// `[T, H]` to `[T, H]`.
  func callAsFunction(_ x: Matrix) -> Matrix {
    var result = x
    result.withEachRow { _, row in
      guard let values = UnsafePointer(row.baseAddress) else { return }
      let scale = 1 / (dot(values, values, count: row.count) / Float(row.count) + eps).squareRoot()
      for i in row.indices { row[i] = row[i] * scale * weight[i] }
    }
    return result
  }
}
