import CKernels

/// All memory of a forward pass, taken once: nothing is allocated while tokens flow. T is the most tokens of a step.
final class Workspace: @unchecked Sendable {
  // Owned by one forward pass; its phases write disjoint parts.
  let maxTokens: Int
  /// Residual stream `[T][hiddenTiles * 16]`
  let x: UnsafeMutablePointer<Float>
  /// Queries `[T][heads][paddedHeadDim]`
  let q: UnsafeMutablePointer<Float>
  /// `[T][headDim / 2]`
  let cosine: UnsafeMutablePointer<Float>
  let sine: UnsafeMutablePointer<Float>
  /// int8 activation tiles of 16 tokens × hidden
  let hiddenTiles: UnsafeMutablePointer<UInt8>
  /// int8 activation tiles of 16 tokens × attention output
  let outputTiles: UnsafeMutablePointer<UInt8>
  /// One activation row of hidden for each token, blocks of 32
  let hiddenRows: UnsafeMutablePointer<UInt8>
  /// Tiles of hidden for each (expert, tokens), gathered
  let expertInput: UnsafeMutablePointer<UInt8>
  /// Tiles of intermediate for each (expert, tokens)
  let expertHidden: UnsafeMutablePointer<UInt8>
  /// `[T][k]`
  let experts: UnsafeMutablePointer<UInt32>
  let weights: UnsafeMutablePointer<Float>
  /// `[maxLogits][vocabTiles * 16]`; takes room only where it is used
  let logits: UnsafeMutablePointer<Float>
  /// Most tokens whose logits are computed at once.
  let maxLogits: Int
  /// `[threads][scratchFloats]`
  private let scratch: UnsafeMutablePointer<Float>
  private let scratchFloats: Int
  private let memory: MappedBytes

  static func byteCount(_ layout: PreparedLayout, maxTokens: Int, threads: Int) -> Int { Plan(layout, maxTokens, threads).end }

  /// Nil when out of memory.
  init?(_ layout: PreparedLayout, maxTokens: Int, threads: Int) {
    let plan = Plan(layout, maxTokens, threads)
    guard let memory = MappedBytes(zeroed: plan.end) else { return nil }
    memory.adviseLargePages(0..<plan.end, true)
    func floats(_ offset: Int) -> UnsafeMutablePointer<Float> { (memory.base + offset).assumingMemoryBound(to: Float.self) }
    func bytes(_ offset: Int) -> UnsafeMutablePointer<UInt8> { (memory.base + offset).assumingMemoryBound(to: UInt8.self) }
    self.maxTokens = maxTokens
    self.memory = memory
    (x, q, cosine, sine) = (floats(plan.x), floats(plan.q), floats(plan.cosine), floats(plan.sine))
    (hiddenTiles, outputTiles, hiddenRows) = (bytes(plan.hiddenTiles), bytes(plan.outputTiles), bytes(plan.hiddenRows))
    (expertInput, expertHidden) = (bytes(plan.expertInput), bytes(plan.expertHidden))
    experts = (memory.base + plan.experts).assumingMemoryBound(to: UInt32.self)
    weights = floats(plan.weights)
    (logits, maxLogits) = (floats(plan.logits), plan.maxLogits)
    (scratch, scratchFloats) = (floats(plan.scratch), plan.scratchFloats)
  }

  func scratch(_ worker: Int) -> UnsafeMutablePointer<Float> { scratch + worker * scratchFloats }

  private struct Plan {
    var x = 0, q = 0, cosine = 0, sine = 0, hiddenTiles = 0, outputTiles = 0, hiddenRows = 0, expertInput = 0, expertHidden = 0
    var experts = 0, weights = 0, logits = 0, maxLogits = 0, scratch = 0, scratchFloats = 0, end = 0

    init(_ layout: PreparedLayout, _ tokens: Int, _ threads: Int) {
      let config = layout.config, full = (tokens + 15) / 16 * 16
      func take(_ bytes: Int) -> Int {
        defer { end += (bytes + 127) / 128 * 128 }
        return end
      }
      x = take(4 * tokens * layout.hiddenTiles * 16)
      q = take(4 * tokens * config.numAttentionHeads * layout.paddedHeadDim)
      cosine = take(2 * tokens * config.headDim)
      sine = take(2 * tokens * config.headDim)
      hiddenTiles = take(wk_activation_bytes(full, layout.hiddenInt8Blocks, 64))
      outputTiles = take(wk_activation_bytes(full, layout.outputBlocks, 64))
      hiddenRows = take(wk_activation_bytes(tokens, layout.hiddenBlocks, 32))
      expertInput = take(wk_activation_bytes(tokens * config.expertsPerToken, layout.hiddenBlocks, 32))
      expertHidden = take(wk_activation_bytes(tokens * config.expertsPerToken, layout.intermediateBlocks, 32))
      experts = take(4 * tokens * config.expertsPerToken)
      weights = take(4 * tokens * config.expertsPerToken)
      maxLogits = min(32, full)
      logits = take(4 * maxLogits * layout.vocabTiles * 16)
      let attention = layout.config.queryGroupSize * (layout.paddedHeadDim + 2)
      let rows = 16 * max(ForwardPass.chunkTiles * 16, layout.paddedHeadDim)
      scratchFloats = (max(rows + ForwardPass.chunkTiles * 16, max(attention, layout.hiddenTiles * 16 + config.numExperts)) + 31) / 32 * 32
      scratch = take(4 * threads * scratchFloats)
    }
  }
}
