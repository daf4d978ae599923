/// What the fast pass can show of its layers: the residual stream after each phase, rotated queries, and where each token was sent. The rest exists only in 8
/// bits, in the kernels' layout.
extension FastModel: TracingLanguageModel {
  public func trace(_ tokens: [TokenID]) throws -> [Tap: [Float]] {
    let (space, layout) = (pass.space, pass.layout)
    guard tokens.count <= space.maxTokens else { throw LanguageModelError.contextOverflow(tokens: tokens.count, limit: space.maxTokens) }
    var taps: [Tap: [Float]] = [:], before: [Float] = []
    pass.observer = { [pass, config] name, layer in
      let residual = Self.rows(space.x, tokens.count, stride: pass.rowStride, width: config.hiddenSize)
      switch name {
      case .embed: taps[Tap(.embed)] = residual
      case .afterAttn:
        taps[Tap(.afterAttn, layer: layer)] = residual
        taps[Tap(.qRope, layer: layer)] = Self.queries(space.q, tokens.count, layout)
      default:
        let k = config.expertsPerToken
        taps[Tap(.out, layer: layer)] = residual
        taps[Tap(.moeOut, layer: layer)] = zip(residual, before).map { $0 - $1 }
        taps[Tap(.topkIndices, layer: layer)] = (0..<tokens.count * k).map { Float(space.experts[$0]) }
        taps[Tap(.topkWeights, layer: layer)] = (0..<tokens.count * k).map { space.weights[$0] }
      }
      before = residual
    }
    defer { pass.observer = nil }
    // With logits asked for, the last layer runs for all tokens too.
    _ = try makeSequence().append(tokens, logitsAt: Array(tokens.indices.suffix(1)))
    return taps
  }

  private static func rows(_ from: UnsafeMutablePointer<Float>, _ count: Int, stride: Int, width: Int) -> [Float] {
    (0..<count).flatMap { Array(UnsafeBufferPointer(start: from + $0 * stride, count: width)) }
  }

  /// `[T, heads, d]` without padding and without the 1/√d that the pass puts into them.
  private static func queries(_ q: UnsafeMutablePointer<Float>, _ count: Int, _ layout: PreparedLayout) -> [Float] {
    let d = layout.config.headDim, scale = Float(d).squareRoot()
    return (0..<count * layout.config.numAttentionHeads).flatMap { head in (0..<d).map { q[head * layout.paddedHeadDim + $0] * scale } }
  }
}
