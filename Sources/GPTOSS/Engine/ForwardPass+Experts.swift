import CKernels

/// The mixture of experts: tokens are grouped by expert, so that each expert's weights are read and decoded once for up to 16 tokens.
extension ForwardPass {
  /// Up to 16 tokens of one expert.
  private struct Tile {
    var expert: Int
    /// Index of its first token in `assigned`; also its place in `expertHidden`.
    var first: Int
    var tokens: Int
    /// Its activations.
    var input: UnsafePointer<UInt8>
  }

  func experts(_ layer: PreparedLayout.Layer) {
    route(layer)
    let (assigned, tiles) = group()
    gateUp(layer, tiles)
    down(layer, tiles, assigned)
  }

  /// Norm, router logits, the top k, and the token's activations.
  private func route(_ layer: PreparedLayout.Layer) {
    let norm = model.pointer(layer.mlpNorm, as: Float.self), k = config.expertsPerToken
    let router = model.pointer(layer.router, as: UInt16.self), bias = model.pointer(layer.routerBias, as: Float.self)
    let bytes = wk_activation_bytes(1, layout.hiddenBlocks, 32)
    pool.run(count) { t, worker in
      let normed = space.scratch(worker), logits = normed + rowStride
      kernels.rmsnorm(space.x + t * rowStride, norm, config.hiddenSize, config.rmsNormEps, normed)
      kernels.matvec_f32_bf16w(router, bias, config.numExperts, config.hiddenSize, normed, logits)
      wk_router_top_k(logits, config.numExperts, k, space.experts + t * k, space.weights + t * k)
      kernels.quantize(normed, config.hiddenSize, 32, space.hiddenRows + t * bytes, 1, 0)
    }
  }

  /// Token and slot of each assignment, experts ascending, tokens ascending within; and the tiles they form.
  private func group() -> (assigned: [Int], tiles: [[Tile]]) {
    let k = config.expertsPerToken
    var starts = [Int](repeating: 0, count: config.numExperts + 1)
    for i in 0..<count * k { starts[Int(space.experts[i]) + 1] += 1 }
    for e in 0..<config.numExperts { starts[e + 1] += starts[e] }
    var assigned = [Int](repeating: 0, count: count * k), next = starts
    for i in 0..<count * k {
      let expert = Int(space.experts[i])
      assigned[next[expert]] = i
      next[expert] += 1
    }
    let bytes = wk_activation_bytes(1, layout.hiddenBlocks, 32)
    var tiles: [[Tile]] = []
    for expert in 0..<config.numExperts where starts[expert] < starts[expert + 1] {
      tiles.append(
        stride(from: starts[expert], to: starts[expert + 1], by: 16).map { first in
          let tokens = min(16, starts[expert + 1] - first)
          // A single token's row is its tile.
          let input = tokens == 1 ? space.hiddenRows + assigned[first] / k * bytes : space.expertInput + first * bytes
          return Tile(expert: expert, first: first, tokens: tokens, input: input)
        })
    }
    gather(tiles.joined().filter { $0.tokens > 1 }, assigned, bytes)
    return (assigned, tiles)
  }

  private func gather(_ tiles: [Tile], _ assigned: [Int], _ bytes: Int) {
    pool.run(tiles.count) { item, _ in
      let tile = tiles[item]
      withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>?.self, capacity: tile.tokens) { rows in
        for i in 0..<tile.tokens {
          rows.initializeElement(at: i, to: UnsafePointer(space.hiddenRows + assigned[tile.first + i] / config.expertsPerToken * bytes))
        }
        wk_gather_activations(rows.baseAddress, tile.tokens, layout.hiddenBlocks, 32, space.expertInput + tile.first * bytes)
      }
    }
  }

  /// gate_up, SwiGLU, and the quantisation of its result. An item covers whole blocks of 32 features of one expert.
  private func gateUp(_ layer: PreparedLayout.Layer, _ tiles: [[Tile]]) {
    let weights = model.pointer(layer.gateUp, as: UInt8.self), biases = model.pointer(layer.gateUpBias, as: Float.self)
    let all = 2 * layout.featureTiles, chunk = Self.chunkTiles, chunks = layout.gateUpChunks
    pool.run(tiles.count * chunks) { item, worker in
      let first = item % chunks * chunk, rows = min(chunk, all - first), features = rows * 8
      let out = space.scratch(worker), hidden = out + 16 * chunk * 16
      for tile in tiles[item / chunks] {
        let w = weights + (tile.expert * all + first) * layout.gateUpTile, bias = biases + (tile.expert * all + first) * 16
        kernels.matmul_f32_mxfp4w(w, rows, layout.hiddenBlocks, tile.input, tile.tokens, out, rows * 16)
        let to = space.expertHidden + tile.first * wk_activation_bytes(1, layout.intermediateBlocks, 32) + first * 8 / 32 * tile.tokens * 40
        for i in 0..<tile.tokens {
          kernels.swiglu(out + i * rows * 16, bias, features, config.swigluLimit, hidden)
          kernels.quantize(hidden, features, 32, to, tile.tokens, i)
        }
      }
    }
  }

  /// down, its bias, the routing weight, and the sum into the residual stream. An item covers some rows for all experts.
  private func down(_ layer: PreparedLayout.Layer, _ tiles: [[Tile]], _ assigned: [Int]) {
    let weights = model.pointer(layer.down, as: UInt8.self), biases = model.pointer(layer.downBias, as: Float.self), k = config.expertsPerToken
    // Few tokens: small items balance better. Many: larger ones read each activation tile less often.
    let chunk = count > 32 ? 10 : 4, chunks = (layout.hiddenTiles + chunk - 1) / chunk
    pool.run(chunks) { item, worker in
      let first = item * chunk, rows = min(chunk, layout.hiddenTiles - first), out = space.scratch(worker)
      for tile in tiles.joined() {
        let at = tile.expert * layout.hiddenTiles + first
        let input = space.expertHidden + tile.first * wk_activation_bytes(1, layout.intermediateBlocks, 32)
        kernels.matmul_f32_mxfp4w(weights + at * layout.downTile, rows, layout.intermediateBlocks, input, tile.tokens, out, rows * 16)
        for i in 0..<tile.tokens {
          let assignment = assigned[tile.first + i]
          kernels.add_scaled(
            space.x + assignment / k * rowStride + first * 16, out + i * rows * 16, biases + at * 16, space.weights[assignment], rows * 16)
        }
      }
    }
  }
}
