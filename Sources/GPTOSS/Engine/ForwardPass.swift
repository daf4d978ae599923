#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif
import CKernels

/// The fast forward pass: many tokens of many sequences at once, through one layer after the other.
///
/// Each phase is one run of the thread pool over rows of a matrix, tokens, or heads; eight runs a layer. A work item owns its output rows for
/// all tokens, so the residual stream is added to in place, in a fixed order: experts ascending, whatever the batch. Hence a
/// token's result depends on its own sequence only. The file order is the forward order; the experts are in `ForwardPass+Experts.swift`.
final class ForwardPass: @unchecked Sendable {
  // Used by one thread at a time; the pool's workers write disjoint parts of the workspace.
  /// Some consecutive tokens of one sequence.
  struct Run {
    /// Keys and values of a shared prefix, complete.
    var prefix: KVSegment?
    /// The sequence's own keys and values; `tokens` are appended.
    var own: KVSegment
    var tokens: [TokenID]
    var outputs = Outputs.last
  }

  /// Tokens of a run whose logits may be asked for.
  enum Outputs: Sendable { case none, last, all }

  /// What a token is and where its keys go.
  struct Slot {
    var run: Int
    var token: TokenID
    /// Position in the sequence, and in the own segment.
    var position: Int
    var entry: Int
  }

  /// Most weight tiles of a work item.
  static let chunkTiles = 12

  let model: PreparedModel
  let layout: PreparedLayout
  let config: ModelConfig
  let kernels: wk_kernels
  let pool: ThreadPool
  let space: Workspace
  private let rotary: RotaryEmbedding
  private let scale: Float
  var slots: [Slot] = []
  var runs: [Run] = []
  /// Told after each phase, while the workspace holds its results; for conformance.
  var observer: ((Tap.Name, _ layer: Int) -> Void)?
  /// Floats from one token of the residual stream to the next.
  var rowStride: Int { layout.hiddenTiles * 16 }

  /// Nil when out of memory.
  init?(_ model: PreparedModel, kernels: KernelSet, pool: ThreadPool, maxTokens: Int) {
    guard let space = Workspace(model.layout, maxTokens: maxTokens, threads: pool.threads) else { return nil }
    (self.model, layout, config, self.pool, self.space) = (model, model.layout, model.config, pool, space)
    self.kernels = kernels.table.pointee
    rotary = RotaryEmbedding(model.config)
    scale = 1 / Float(model.config.headDim).squareRoot()
  }

  /// Tokens that are on their way; after `forward` its outputs.
  var count: Int { slots.count }
  /// Activation tiles of 16 tokens.
  var tokenTiles: Int { (count + 15) / 16 }
  func tokens(inTile tile: Int) -> Int { min(16, count - 16 * tile) }

  /// Runs all layers over all tokens of `runs`, appending their keys and values. Afterwards the residual stream holds the last state of each
  /// output, in order. At most `maxTokens` tokens; each below the vocabulary size; each segment has room.
  func forward(_ runs: [Run]) {
    self.runs = runs
    slots.removeAll(keepingCapacity: true)
    for (index, run) in runs.enumerated() {
      for (i, token) in run.tokens.enumerated() {
        slots.append(Slot(run: index, token: token, position: run.own.start + run.own.count + i, entry: run.own.count + i))
      }
    }
    precondition(count <= space.maxTokens, "more tokens than the workspace holds")
    embed()
    observer?(.embed, 0)
    for index in layout.layers.indices {
      attention(index, layout.layers[index])
      observer?(.afterAttn, index)
      experts(layout.layers[index])
      observer?(.out, index)
    }
    for run in runs { run.own.count += run.tokens.count }
    self.runs = []
  }

  /// Embedding rows and the rotation of each token's position.
  private func embed() {
    let table = model.pointer(layout.embedding, as: UInt8.self), hidden = config.hiddenSize, half = config.headDim / 2
    pool.run((count + 7) / 8) { item, _ in
      for t in item * 8..<min(count, item * 8 + 8) {
        wk_widen_bf16(table + Int(slots[t].token) * hidden * 2, hidden, space.x + t * rowStride)
        for i in 0..<half {
          // In float32, as the references do; see RotaryEmbedding.
          let angle = Float(slots[t].position) * rotary.inverseFrequencies[i]
          space.cosine[t * half + i] = cosf(angle) * rotary.concentration
          space.sine[t * half + i] = sinf(angle) * rotary.concentration
        }
      }
    }
  }

  // MARK: attention

  private func attention(_ index: Int, _ layer: PreparedLayout.Layer) {
    normalize(layer.inputNorm, tokens: count) { $0 }
    project(index, layer)
    if index == layout.layers.count - 1 { keepOutputs() }
    attend(index, layer)
    addOutput(layer)
  }

  /// Once the last layer's keys and values are stored, nothing asks for the other tokens any more: a prompt is spared most of a layer.
  private func keepOutputs() {
    let width = config.numAttentionHeads * layout.paddedHeadDim
    var (kept, token) = (0, 0)
    for run in runs {
      let first = switch run.outputs {
      case .none: run.tokens.count
      case .last: run.tokens.count - 1
      case .all: 0
      }
      for i in max(first, 0)..<run.tokens.count {
        if kept != token + i {
          (space.x + kept * rowStride).update(from: space.x + (token + i) * rowStride, count: rowStride)
          (space.q + kept * width).update(from: space.q + (token + i) * width, count: width)
          slots[kept] = slots[token + i]
        }
        kept += 1
      }
      token += run.tokens.count
    }
    slots.removeLast(slots.count - kept)
  }

  /// Norms `count` tokens and quantises them into tiles of 16 for the int8 matrices. `row` gives the token's place in the residual stream.
  func normalize(_ weight: Range<Int>, tokens: Int, row: (Int) -> Int) {
    let weight = model.pointer(weight, as: Float.self), blocks = layout.hiddenInt8Blocks, bytes = wk_activation_bytes(16, blocks, 64)
    pool.run(tokens) { t, worker in
      let normed = space.scratch(worker)
      kernels.rmsnorm(space.x + row(t) * rowStride, weight, config.hiddenSize, config.rmsNormEps, normed)
      kernels.quantize(normed, config.hiddenSize, 64, space.hiddenTiles + t / 16 * bytes, min(16, tokens - t / 16 * 16), t % 16)
    }
  }

  /// Queries, keys and values: one head is one item. Queries are rotated and scaled into `q`, keys and values go into the caches.
  private func project(_ index: Int, _ layer: PreparedLayout.Layer) {
    let width = layout.paddedHeadDim, half = config.headDim / 2, blocks = layout.hiddenInt8Blocks, bytes = wk_activation_bytes(16, blocks, 64)
    let weights = model.pointer(layer.qkv, as: UInt8.self), biases = model.pointer(layer.qkvBias, as: Float.self)
    let queries = config.numAttentionHeads, kvHeads = config.numKeyValueHeads
    pool.run(layout.qkvHeads) { head, worker in
      let out = space.scratch(worker), bias = biases + head * width
      for tile in 0..<tokenTiles {
        let tokens = tokens(inTile: tile)
        kernels.matmul_f32_int8w(
          weights + head * layout.headTiles * layout.hiddenInt8Tile, layout.headTiles, blocks, space.hiddenTiles + tile * bytes, tokens, out, width)
        for i in 0..<tokens {
          let t = tile * 16 + i, vector = out + i * width
          for d in 0..<width { vector[d] += bias[d] }
          if head < queries + kvHeads { kernels.rope(vector, space.cosine + t * half, space.sine + t * half, config.headDim) }
          if head < queries {
            let q = space.q + (t * queries + head) * width
            for d in 0..<width { q[d] = vector[d] * scale }
            continue
          }
          let (block, lane) = runs[slots[t].run].own.place(layer: index, head: (head - queries) % kvHeads, entry: slots[t].entry)
          if head < queries + kvHeads { wk_kv_store_k(block, lane, vector, width) } else { wk_kv_store_v(block, lane, vector, width) }
        }
      }
    }
  }

  /// One item is a KV head and a few tokens. The result is quantised for the output projection at once.
  private func attend(_ index: Int, _ layer: PreparedLayout.Layer) {
    let group = count > 16 ? 4 : 1, groups = (count + group - 1) / group
    pool.run(config.numKeyValueHeads * groups) { item, worker in
      let first = item % groups * group
      for t in first..<min(count, first + group) { attend(index, layer, token: t, kvHead: item / groups, scratch: space.scratch(worker)) }
    }
  }

  private func attend(_ index: Int, _ layer: PreparedLayout.Layer, token t: Int, kvHead: Int, scratch: UnsafeMutablePointer<Float>) {
    let width = layout.paddedHeadDim, rows = config.queryGroupSize, head = kvHead * rows, slot = slots[t]
    let maximum = scratch, sum = scratch + rows, out = scratch + 2 * rows
    let sinks = model.pointer(layer.sinks, as: Float.self) + head
    for r in 0..<rows { (maximum[r], sum[r]) = (sinks[r], 1) }
    for d in 0..<rows * width { out[d] = 0 }
    let oldest = config.layerTypes[index] == .sliding ? max(0, slot.position - config.slidingWindow + 1) : 0
    let q = space.q + (t * config.numAttentionHeads + head) * width
    for segment in [runs[slot.run].prefix, runs[slot.run].own] {
      guard let segment else { continue }
      let own = segment === runs[slot.run].own
      let first = max(oldest - segment.start, 0), last = own ? slot.entry + 1 : segment.count
      guard first < last else { continue }
      var call = wk_attention(
        q: q, rows: UInt32(rows), head_dim: UInt32(width), blocks: segment.blocks(layer: index, head: kvHead),
        ring_blocks: segment.layout.ringBlocks[index], first: first, last: last, maximum: maximum, sum: sum, out: out)
      kernels.attention(&call)
    }
    let blocks = layout.headBlocks, tokens = tokens(inTile: t / 16)
    let tile = space.outputTiles + t / 16 * wk_activation_bytes(16, layout.outputBlocks, 64)
    for r in 0..<rows {
      let inverse = 1 / sum[r]
      for d in 0..<width { out[r * width + d] *= inverse }
      kernels.quantize(out + r * width, config.headDim, 64, tile + (head + r) * blocks * tokens * 72, tokens, t % 16)
    }
  }

  private func addOutput(_ layer: PreparedLayout.Layer) {
    let weights = model.pointer(layer.output, as: UInt8.self), bias = model.pointer(layer.outputBias, as: Float.self)
    let chunk = 4, chunks = (layout.hiddenTiles + chunk - 1) / chunk, bytes = wk_activation_bytes(16, layout.outputBlocks, 64)
    pool.run(chunks) { item, worker in
      let first = item * chunk, tiles = min(chunk, layout.hiddenTiles - first), out = space.scratch(worker)
      for tile in 0..<tokenTiles {
        let tokens = tokens(inTile: tile)
        kernels.matmul_f32_int8w(
          weights + first * layout.outputTile, tiles, layout.outputBlocks, space.outputTiles + tile * bytes, tokens, out, tiles * 16)
        for i in 0..<tokens {
          kernels.add_scaled(space.x + (tile * 16 + i) * rowStride + first * 16, out + i * tiles * 16, bias + first * 16, 1, tiles * 16)
        }
      }
    }
  }
}
