#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Keys and values of one layer, of all positions so far: `[positions, kv heads, d]`, rotated keys.
struct LayerCache {
  var keys: [Float] = []
  var values: [Float] = []
}

/// Grouped-query attention with a learned sink per query head; on sliding layers over the last `slidingWindow` positions only.
///
/// Source: gpt_oss/torch/model.py `AttentionBlock` and `sdpa`.
struct AttentionBlock {
  let config: ModelConfig
  let tensors: LayerTensors
  let type: ModelConfig.LayerType
  let norm: RMSNorm
  let rope: RotaryEmbedding
  /// `[heads]`: a logit that takes part in the softmax and has no value. Not scaled by 1/√d.
  let sinks: [Float]

  init(_ config: ModelConfig, _ tensors: LayerTensors, type: ModelConfig.LayerType) {
    self.config = config
    self.tensors = tensors
    self.type = type
    norm = RMSNorm(tensors.inputLayernorm, eps: config.rmsNormEps)
    rope = RotaryEmbedding(config)
    sinks = tensors.sinks.floats()
  }

  /// `[T, H]` to `[T, H]`, to be added to the residual stream. The tokens stand at `position` and after, behind what the cache holds.
  func callAsFunction(_ x: Matrix, position: Int, cache: inout LayerCache, tap: (Tap.Name, Matrix) -> Void) -> Matrix {
    let t = norm(x)
    tap(.attnNorm, t)
    // [T, heads * d], [T, kv * d], [T, kv * d]
    var (q, k, v) = (linear(t, tensors.qProj), linear(t, tensors.kProj), linear(t, tensors.vProj))
    q.withEachRow { rope.apply(to: $1.baseAddress!, heads: config.numAttentionHeads, position: position + $0) }
    k.withEachRow { rope.apply(to: $1.baseAddress!, heads: config.numKeyValueHeads, position: position + $0) }
    tap(.qRope, q)
    tap(.kRope, k)
    tap(.v, v)
    cache.keys += k.values
    cache.values += v.values
    let heads = attend(q, position: position, cache)
    tap(.attnHeads, heads)
    return linear(heads, tensors.oProj)
  }

  /// `[T, heads * d]` queries to `[T, heads * d]`.
  private func attend(_ q: Matrix, position: Int, _ cache: LayerCache) -> Matrix {
    var result = Matrix(rows: q.rows, columns: q.columns)
    var scores = [Float](repeating: 0, count: position + q.rows)
    result.withEachRow { token, output in
      let last = position + token
      let first = type == .sliding ? max(0, last - config.slidingWindow + 1) : 0
      q.values.withUnsafeBufferPointer { q in
        for head in 0..<config.numAttentionHeads {
          let offset = head * config.headDim
          attendOneHead(
            head, query: q.baseAddress! + token * config.attentionSize + offset, visible: first...last, cache, &scores,
            into: output.baseAddress! + offset)
        }
      }
    }
    return result
  }

  /// One query of one head: scores, softmax with the sink, weighted sum of the values into `output` `[d]` (zero before).
  private func attendOneHead(
    _ head: Int, query: UnsafePointer<Float>, visible: ClosedRange<Int>, _ cache: LayerCache, _ scores: inout [Float], into output: UnsafeMutablePointer<Float>
  ) {
    let d = config.headDim
    let offset = head / config.queryGroupSize * d
    let scale = 1 / Float(d).squareRoot()
    cache.keys.withUnsafeBufferPointer { keys in
      for j in visible { scores[j] = dot(query, keys.baseAddress! + j * config.keyValueSize + offset, count: d) * scale }
    }
    let largest = visible.reduce(sinks[head]) { max($0, scores[$1]) }
    var total = Double(expf(sinks[head] - largest))
    for j in visible {
      scores[j] = expf(scores[j] - largest)
      total += Double(scores[j])
    }
    var sums = [Double](repeating: 0, count: d)
    cache.values.withUnsafeBufferPointer { values in
      for j in visible {
        let (weight, value) = (Double(scores[j]), values.baseAddress! + j * config.keyValueSize + offset)
        for i in 0..<d { sums[i] += weight * Double(value[i]) }
      }
    }
    for i in 0..<d { output[i] = Float(sums[i] / total) }
  }
}
