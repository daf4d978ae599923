/// Turns logits into the completion of one request: which rows of lm_head are needed next, what was chosen, what follows without choice.
struct Decoder: Sendable {
  enum Outcome: Sendable {
    /// The tokens chosen and forced; to be fed before the next choice.
    case append([TokenID])
    /// The completion is whole.
    case finish(GenerationResult.FinishReason)
  }

  private enum Phase { case open, analysis, answer }

  private let harmony: HarmonyTokenIDs
  private let reasoning: ReasoningMode
  private let maxTokens: Int
  private let isSpecial: @Sendable (TokenID) -> Bool
  private var sampler: Sampler
  private var phase: Phase
  private var answer: AnswerDecoder?
  private var allowed: [TokenID] = []
  private var channel = ChannelTracker()

  private(set) var tokens: [TokenID] = []
  private(set) var decodedTokens = 0
  private(set) var analysisTokens: [TokenID] = []
  private(set) var finalTokens: [TokenID] = []
  private(set) var reasoningWasCut = false
  private var phaseTokens = 0
  /// Bytes, and so tokens, that one way through the constraint can force.
  private let forcedBound: Int

  init(_ request: GenerationRequest, _ harmony: HarmonyTokenIDs, _ tokenizer: Tokenizer, _ constraint: CompiledConstraint?, _ kernels: KernelSet) {
    self.harmony = harmony
    reasoning = request.reasoning
    maxTokens = request.maxTokens
    forcedBound = request.constraint?.pattern.forcedBound ?? 0
    isSpecial = { tokenizer.isSpecial($0) }
    sampler = Sampler(temperature: request.temperature, seed: request.seed, kernels: kernels)
    phase = request.reasoning == .open ? .open : .analysis
    if request.reasoning != .open, let constraint { answer = AnswerDecoder(constraint, tokenizer, endToken: harmony.endOfReturn) }
  }

  /// Most tokens that the request can add to its sequence.
  static func tokenLimit(_ request: GenerationRequest, _ harmony: HarmonyTokenIDs) -> Int {
    // A closing text and forced text come on top of the answer's budget.
    let headers = harmony.analysisHeader.count + harmony.analysisToFinal.count + 2 * (request.constraint?.pattern.forcedBound ?? 0)
    return switch request.reasoning {
    case .open: request.maxTokens
    case .none: request.maxTokens + headers
    case .budget(let tokens): tokens + request.maxTokens + headers
    }
  }

  /// What is forced before the first choice.
  mutating func begin() -> Outcome {
    switch reasoning {
    case .open: return .append([])
    case .budget(let tokens) where tokens > 0:
      add(harmony.analysisHeader)
      return .append(harmony.analysisHeader)
    case .budget, .none:
      phase = .answer
      add(harmony.finalHeader)
      return startAnswer(harmony.finalHeader)
    }
  }

  /// Rows of lm_head that the next choice is among.
  mutating func rows() -> ForwardPass.Rows {
    guard phase == .answer, let answer else { return .all }
    allowed = answer.allowed()
    // Most of the vocabulary costs less in one sweep than row by row.
    return allowed.count > 4096 ? .all : .some(allowed)
  }

  /// Takes the logits of `rows()`.
  mutating func choose(_ logits: UnsafeBufferPointer<Float>) throws(EngineError) -> Outcome {
    decodedTokens += 1
    phaseTokens += 1
    if phase == .answer, answer != nil { return try chooseConstrained(logits) }
    let token = TokenID(try sampler.choose(logits))
    switch phase {
    case .open: return chooseOpen(token)
    case .analysis: return chooseAnalysis(token)
    case .answer: return chooseFree(token)
    }
  }

  // MARK: phases

  private mutating func chooseOpen(_ token: TokenID) -> Outcome {
    add([token])
    switch channel.add(token, harmony) {
    case .analysis?: analysisTokens.append(token)
    case .final?: finalTokens.append(token)
    case nil: break
    }
    if harmony.stops(token) { return .finish(.stop) }
    return tokens.count >= maxTokens ? .finish(.length) : .append([token])
  }

  private mutating func chooseAnalysis(_ token: TokenID) -> Outcome {
    guard case .budget(let budget) = reasoning else { return .finish(.stop) }
    // Any special token ends the analysis: in a well-formed completion only `<|end|>` can come here.
    if isSpecial(token) { return toAnswer([]) }
    add([token])
    analysisTokens.append(token)
    guard phaseTokens >= budget else { return .append([token]) }
    reasoningWasCut = true
    return toAnswer([token])
  }

  private mutating func toAnswer(_ pending: [TokenID]) -> Outcome {
    (phase, phaseTokens) = (.answer, 0)
    add(harmony.analysisToFinal)
    return startAnswer(pending + harmony.analysisToFinal)
  }

  private mutating func startAnswer(_ pending: [TokenID]) -> Outcome {
    let forced = force()
    if answer?.isFinished == true { return end(.stop) }
    return .append(pending + forced)
  }

  private mutating func chooseFree(_ token: TokenID) -> Outcome {
    // Special tokens other than stops would start a second message; the answer ends there too.
    if isSpecial(token) { return end(.stop) }
    add([token])
    finalTokens.append(token)
    return phaseTokens >= maxTokens ? .finish(.length) : .append([token])
  }

  private mutating func chooseConstrained(_ logits: UnsafeBufferPointer<Float>) throws(EngineError) -> Outcome {
    let among = logits.count == allowed.count ? Array(logits) : allowed.map { logits[Int($0)] }
    var chosen = Result<Int, EngineError>.success(0)
    among.withUnsafeBufferPointer { among in chosen = Result { () throws(EngineError) in try sampler.choose(among) } }
    let index = try chosen.get(), token = allowed[index]
    // The largest may be a number and another not: then the choice was made among what was left, and the probabilities are none.
    guard !among.contains(where: \.isNaN) else { throw .notANumber }
    answer?.accept(index, of: allowed, logits: among)
    if token == harmony.endOfReturn { return end(.stop) }
    add([token])
    finalTokens.append(token)
    let forced = force()
    if answer?.isFinished == true { return end(.stop) }
    guard phaseTokens >= maxTokens || finalTokens.count >= maxTokens + forcedBound else { return .append([token] + forced) }
    let closing = answer?.close() ?? []
    add(closing)
    finalTokens += closing
    return end(.length)
  }

  /// Takes the text that leaves no choice.
  private mutating func force() -> [TokenID] {
    let forced = answer?.forced() ?? []
    add(forced)
    finalTokens += forced
    return forced
  }

  private mutating func end(_ reason: GenerationResult.FinishReason) -> Outcome {
    add([harmony.endOfReturn])
    return .finish(reason)
  }

  private mutating func add(_ more: [TokenID]) { tokens += more }

  /// The decisions that the constraint has come to.
  var decisions: [GenerationResult.Decision] {
    guard let answer else { return [] }
    return answer.compiled.constraint.choices.enumerated().compactMap { index, choice in
      guard let taken = answer.taken[index], let probabilities = answer.decided[index] else { return nil }
      return GenerationResult.Decision(
        name: choice.name, label: choice.alternatives[taken],
        probabilities: Dictionary(zip(choice.alternatives, probabilities), uniquingKeysWith: +))
    }
  }
}

/// Follows the channels of a completion that the model writes itself.
struct ChannelTracker: Sendable {
  enum Channel: Sendable { case analysis, final }
  private enum State { case header, channelName([TokenID]), content(Channel?) }
  private var state = State.header

  /// The channel whose content the token is; nil for headers and special tokens.
  mutating func add(_ token: TokenID, _ harmony: HarmonyTokenIDs) -> Channel? {
    switch state {
    case .content(let channel):
      guard token == harmony.end || harmony.stops(token) else { return channel }
      state = .header
    case .header:
      if token == harmony.channel { state = .channelName([]) } else if token == harmony.message { state = .content(nil) }
    case .channelName(let name):
      guard token == harmony.message else {
        state = .channelName(name + [token])
        return nil
      }
      state = .content(name.starts(with: harmony.finalName) ? .final : name.starts(with: harmony.analysisName) ? .analysis : nil)
    }
    return nil
  }
}
