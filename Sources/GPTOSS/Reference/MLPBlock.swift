#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Which experts each token is sent to, and with which weight: `[T, k]`.
struct Routing {
  var experts: [[Int]]
  var weights: [[Float]]
}

/// SwiGLU as gpt-oss has it: the gate is limited from above, the linear half on both sides and then shifted by one.
///
/// Source: gpt_oss/torch/model.py `swiglu`; the factor 1.702 stands in the code, not in the configuration.
func swiglu(gate: Float, up: Float, limit: Float) -> Float {
  let gate = min(gate, limit)
  let up = min(max(up, -limit), limit)
  return gate / (1 + expf(-1.702 * gate)) * (up + 1)
}

/// A mixture of experts: the router's `expertsPerToken` best, softmax over those only.
///
/// Source: gpt_oss/torch/model.py `MLPBlock`. Expert weights are dequantised row by row, once for all tokens that chose the expert.
struct MLPBlock {
  let config: ModelConfig
  let tensors: LayerTensors
  let norm: RMSNorm

  init(_ config: ModelConfig, _ tensors: LayerTensors) {
    self.config = config
    self.tensors = tensors
    norm = RMSNorm(tensors.postAttentionLayernorm, eps: config.rmsNormEps)
  }

  /// `[T, H]` to `[T, H]`, to be added to the residual stream.
  func callAsFunction(_ x: Matrix, tap: (Tap.Name, Matrix) -> Void) -> Matrix {
    let t = norm(x)
    tap(.mlpNorm, t)
    let logits = linear(t, tensors.router)  // [T, E]
    tap(.routerLogits, logits)
    let routing = route(logits)
    tap(.topkIndices, matrix(routing.experts.map { $0.map { Float($0) } }))
    tap(.topkWeights, matrix(routing.weights))
    var result = Matrix(rows: x.rows, columns: config.hiddenSize)
    for expert in 0..<config.numExperts {
      let tokens = (0..<x.rows).filter { routing.experts[$0].contains(expert) }
      if tokens.isEmpty { continue }
      let output = run(expert, rows(tokens, of: t))  // [chosen, H]
      for (i, token) in tokens.enumerated() {
        guard let slot = routing.experts[token].firstIndex(of: expert) else { continue }
        let weight = routing.weights[token][slot]
        for h in 0..<config.hiddenSize { result.values[token * config.hiddenSize + h] += weight * output.values[i * config.hiddenSize + h] }
      }
    }
    tap(.moeOut, result)
    return result
  }

  /// The k largest logits of each token, of equal ones the lower expert first, and the softmax over those k.
  private func route(_ logits: Matrix) -> Routing {
    var routing = Routing(experts: [], weights: [])
    for token in 0..<logits.rows {
      let row = logits.values[token * config.numExperts..<(token + 1) * config.numExperts]
      let best = row.enumerated().sorted { ($1.element, $0.offset) < ($0.element, $1.offset) }.prefix(config.expertsPerToken)
      let exponentials = best.map { expf($0.element - (best.first?.element ?? 0)) }
      let total = exponentials.reduce(0, +)
      routing.experts.append(best.map(\.offset))
      routing.weights.append(exponentials.map { $0 / total })
    }
    return routing
  }

  /// One expert on the tokens that chose it: `[chosen, H]` to `[chosen, H]`.
  private func run(_ expert: Int, _ x: Matrix) -> Matrix {
    let gateUp = project(x, tensors.gateUpProj, expert)  // [chosen, 2I], gate and up interleaved
    var hidden = Matrix(rows: x.rows, columns: config.intermediateSize)
    for i in hidden.values.indices {
      hidden.values[i] = swiglu(gate: gateUp.values[2 * i], up: gateUp.values[2 * i + 1], limit: config.swigluLimit)
    }
    return project(hidden, tensors.downProj, expert)
  }

  /// `[chosen, inputs]` by one expert's `[outputs, inputs]`, plus its bias: `[chosen, outputs]`.
  private func project(_ x: Matrix, _ projection: ExpertTensors, _ expert: Int) -> Matrix {
    let weight = projection.weight
    var bias = [Float](repeating: 0, count: weight.rows)
    bias.withUnsafeMutableBufferPointer { projection.bias.read(row: expert, into: $0) }
    var result = Matrix(rows: x.rows, columns: weight.rows)
    let scratch = UnsafeMutableBufferPointer<Float>.allocate(capacity: weight.columns)
    defer { scratch.deallocate() }
    x.values.withUnsafeBufferPointer { input in
      result.values.withUnsafeMutableBufferPointer { output in
        guard let input = input.baseAddress, let weights = scratch.baseAddress else { return }
        for row in 0..<weight.rows {
          weight.dequantize(expert: expert, rows: row..<row + 1, into: scratch)
          for token in 0..<x.rows { output[token * weight.rows + row] = dot(weights, input + token * x.columns, count: x.columns) + bias[row] }
        }
      }
    }
    return result
  }

  private func rows(_ tokens: [Int], of x: Matrix) -> Matrix {
    matrix(tokens.map { Array(x.values[$0 * x.columns..<($0 + 1) * x.columns]) })
  }

  private func matrix(_ rows: [[Float]]) -> Matrix {
    var matrix = Matrix(rows: rows.count, columns: rows.first?.count ?? 0)
    matrix.values = Array(rows.joined())
    return matrix
  }
}
