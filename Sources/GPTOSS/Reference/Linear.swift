/// `x · weightᵀ + bias`: `[T, inputs]` by `[outputs, inputs]` gives `[T, outputs]`.
///
/// Weights stay in the mapped file as bfloat16; each row is widened once and used for all tokens.
func linear(_ x: Matrix, _ tensors: LinearTensors) -> Matrix {
  project(x, tensors.weight, bias: tensors.bias.floats())
}

/// `x · weightᵀ`, plus a bias per output when there is one.
func project(_ x: Matrix, _ weight: BF16Tensor, bias: [Float]? = nil) -> Matrix {
  var result = Matrix(rows: x.rows, columns: weight.rows)
  let scratch = UnsafeMutableBufferPointer<Float>.allocate(capacity: weight.columns)
  defer { scratch.deallocate() }
  guard let weights = scratch.baseAddress else { return result }
  x.values.withUnsafeBufferPointer { input in
    result.values.withUnsafeMutableBufferPointer { output in
      guard let input = input.baseAddress else { return }
      for row in 0..<weight.rows {
        weight.read(row: row, into: scratch)
        for token in 0..<x.rows {
          output[token * weight.rows + row] = dot(weights, input + token * x.columns, count: x.columns) + (bias?[row] ?? 0)
        }
      }
    }
  }
  return result
}
