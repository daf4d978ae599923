/// The forward pass as the paper has it: float32, one thread, no tricks. The oracle that the fast path is measured against.
///
/// Per layer `x += o_proj(attention(norm(x)))`, `x += experts(norm(x))`; then the last norm and lm_head. No scale on the embedding, no cap on the
/// logits. Source: gpt_oss/torch/model.py `Transformer`, whose order the files of this folder follow.
/// Weights stay in the mapped checkpoint, in bfloat16 and MXFP4, and are widened row by row: the memory is the activations and the KV cache.
public struct ReferenceModel: TracingLanguageModel {
  public let checkpoint: Checkpoint
  private let blocks: [TransformerBlock]
  private let norm: RMSNorm

  public var config: ModelConfig { checkpoint.config }

  public init(_ checkpoint: Checkpoint) {
    self.checkpoint = checkpoint
    let config = checkpoint.config
    blocks = zip(checkpoint.layers, config.layerTypes).map { TransformerBlock(config, $0, type: $1) }
    norm = RMSNorm(checkpoint.norm, eps: config.rmsNormEps)
  }

  public func makeSequence() -> any LanguageModelSequence { ReferenceSequence(self) }

  public func trace(_ tokens: [TokenID]) throws -> [Tap: [Float]] {
    var taps: [Tap: [Float]] = [:]
    _ = try ReferenceSequence(self).append(tokens, logitsAt: []) { taps[$0] = $1.values }
    return taps
  }

  /// Tokens at `position` and after; `[rows, V]`.
  fileprivate func forward(
    _ tokens: [TokenID], position: Int, caches: inout [LayerCache], logitsAt rows: [Int], tap: (Tap, Matrix) -> Void
  ) -> Matrix {
    var x = embed(tokens)  // [T, H]
    tap(Tap(.embed), x)
    for (layer, block) in blocks.enumerated() {
      block(&x, position: position, cache: &caches[layer]) { tap(Tap($0, layer: layer), $1) }
    }
    let t = norm(x)
    tap(Tap(.finalNorm), t)
    return unembed(t, rows)
  }

  /// `[T, H]`
  private func embed(_ tokens: [TokenID]) -> Matrix {
    var x = Matrix(rows: tokens.count, columns: config.hiddenSize)
    x.withEachRow { checkpoint.embedTokens.read(row: Int(tokens[$0]), into: $1) }
    return x
  }

  /// `[T, H]` to `[rows, V]`.
  private func unembed(_ x: Matrix, _ rows: [Int]) -> Matrix {
    var wanted = Matrix(rows: rows.count, columns: x.columns)
    wanted.withEachRow { row, values in
      for h in values.indices { values[h] = x.values[rows[row] * x.columns + h] }
    }
    return project(wanted, checkpoint.lmHead)
  }
}

/// Attention, then experts, each added to the residual stream.
private struct TransformerBlock {
  let attention: AttentionBlock
  let mlp: MLPBlock

  init(_ config: ModelConfig, _ tensors: LayerTensors, type: ModelConfig.LayerType) {
    attention = AttentionBlock(config, tensors, type: type)
    mlp = MLPBlock(config, tensors)
  }

  /// Changes `[T, H]` in place.
  func callAsFunction(_ x: inout Matrix, position: Int, cache: inout LayerCache, tap: (Tap.Name, Matrix) -> Void) {
    x.add(attention(x, position: position, cache: &cache, tap: tap))
    tap(.afterAttn, x)
    x.add(mlp(x, tap: tap))
    tap(.out, x)
  }
}

/// A sequence of the reference model. Keeps keys and values of all positions, on sliding layers too.
final class ReferenceSequence: LanguageModelSequence {
  private let model: ReferenceModel
  private var caches: [LayerCache]
  private(set) var position = 0

  init(_ model: ReferenceModel) {
    self.model = model
    caches = [LayerCache](repeating: LayerCache(), count: model.config.numHiddenLayers)
  }

  func append(_ tokens: [TokenID], logitsAt rows: [Int]) throws -> [[Float]] { try append(tokens, logitsAt: rows) { _, _ in } }

  func append(_ tokens: [TokenID], logitsAt rows: [Int], tap: (Tap, Matrix) -> Void) throws -> [[Float]] {
    let config = model.config
    if let token = tokens.first(where: { $0 < 0 || $0 >= config.vocabSize }) { throw LanguageModelError.tokenOutOfRange(token, vocabSize: config.vocabSize) }
    guard position + tokens.count <= config.maxPositionEmbeddings else {
      throw LanguageModelError.contextOverflow(tokens: position + tokens.count, limit: config.maxPositionEmbeddings)
    }
    precondition(rows.allSatisfy(tokens.indices.contains), "logits are asked for at tokens that are not appended")
    let logits = model.forward(tokens, position: position, caches: &caches, logitsAt: rows, tap: tap)
    position += tokens.count
    return (0..<logits.rows).map { Array(logits.values[$0 * logits.columns..<($0 + 1) * logits.columns]) }
  }
}
