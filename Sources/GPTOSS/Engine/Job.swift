/// A request on its way: what was asked, whom to answer, and the state of its sequence. After it is handed to the engine, only the engine's thread
/// touches the mutable part.
final class Job: @unchecked Sendable {
  // Handed over through the inbox's lock; from then on confined to the engine's thread.
  let id: UInt64
  let request: GenerationRequest
  let handle: @Sendable (Result<GenerationEvent, EngineError>) -> Void
  let submitted = ContinuousClock.now

  var decoder: Decoder
  /// Most tokens of the own segment.
  let capacity: Int
  var prefix: PrefixStore.Entry?
  var own: KVSegment?
  /// Tokens to be fed before the next choice.
  var pending: [TokenID] = []
  var cachedTokens = 0
  var started: ContinuousClock.Instant?
  var firstChoice: ContinuousClock.Instant?
  private var reported = 0

  init(
    id: UInt64, _ request: GenerationRequest, _ decoder: Decoder, capacity: Int,
    handle: @escaping @Sendable (Result<GenerationEvent, EngineError>) -> Void
  ) {
    (self.id, self.request, self.decoder, self.capacity, self.handle) = (id, request, decoder, capacity, handle)
  }

  /// Applies what the decoder said; true when the request is done.
  func apply(_ outcome: Decoder.Outcome) -> Bool {
    if decoder.tokens.count > reported {
      handle(.success(.tokens(Array(decoder.tokens[reported...]))))
      reported = decoder.tokens.count
    }
    switch outcome {
    case .append(let tokens):
      pending += tokens
      return false
    case .finish(let reason):
      handle(.success(.finished(result(reason))))
      return true
    }
  }

  private func result(_ reason: GenerationResult.FinishReason) -> GenerationResult {
    let now = ContinuousClock.now, started = started ?? now, first = firstChoice ?? now
    return GenerationResult(
      tokens: decoder.tokens, analysisTokens: decoder.analysisTokens, finalTokens: decoder.finalTokens, decisions: decoder.decisions,
      finishReason: reason, reasoningWasCut: decoder.reasoningWasCut, promptTokens: (request.prefix?.tokens.count ?? 0) + request.tokens.count,
      cachedPromptTokens: cachedTokens, decodedTokens: decoder.decodedTokens,
      timings: .init(queued: started - submitted, prefill: first - started, decode: now - first))
  }
}
