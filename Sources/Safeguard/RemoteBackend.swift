import Moderation
import RemoteModel

/// Asks a chat endpoint: policy as `system`, content as `user`, effort as its own parameter.
public struct RemoteBackend: ModelBackend {
  private let client: ChatClient
  private let model: String
  private let topLogprobs: Int

  /// - Parameter topLogprobs: alternatives to ask for at each token; 0 for none.
  public init(client: ChatClient, model: String, topLogprobs: Int = 5) {
    self.client = client
    self.model = model
    self.topLogprobs = topLogprobs
  }

  public var identity: String { "remote:\(model)" }

  public func complete(_ prompt: SafeguardPrompt, sampling: Sampling, deadline: ContinuousClock.Instant) async throws(ReasonerError) -> ModelAnswer {
    let first = try await ask(prompt, sampling, deadline, spent: .init())
    guard first.needsSecondTry else { return first.answer }
    // An empty or cut-off final mostly means that reasoning ate the budget: once more with room for it.
    var wider = sampling
    if first.answer.finish != .malformed { wider.maxTokens = min(sampling.maxTokens * 2, 131_072) }
    do {
      let second = try await ask(prompt, wider, deadline, spent: first.answer.usage)
      return second.answer
    } catch {
      // No time left for a second try: the first answer, which holds no verdict, is what there is.
      if error.cause == .timeout || error.cause == .deadline { return first.answer }
      throw error
    }
  }

  private struct Try {
    var answer: ModelAnswer
    var needsSecondTry: Bool
  }

  private func ask(
    _ prompt: SafeguardPrompt, _ sampling: Sampling, _ deadline: ContinuousClock.Instant, spent: ReasonerUsage
  ) async throws(ReasonerError) -> Try {
    let reply: ChatClient.Answer
    do {
      reply = try await client.complete(request(prompt, sampling), deadline: deadline)
    } catch {
      let usage = spent + ReasonerUsage(calls: error.attempts, retries: max(0, error.attempts - 1))
      guard error.kind == .malformedOutput else { throw ReasonerError(Self.cause(error), error.description, usage: usage) }
      return Try(answer: ModelAnswer(final: nil, finish: .malformed, usage: usage, model: identity), needsSecondTry: true)
    }
    let completion = reply.completion
    let usage =
      spent
      + ReasonerUsage(
        calls: reply.attempts, retries: reply.attempts - 1, promptTokens: completion.promptTokens, cachedPromptTokens: completion.cachedPromptTokens,
        completionTokens: completion.completionTokens)
    // A filter or a tool call ended it as a token limit does: what stands there is not known to be the whole answer.
    let answer = ModelAnswer(
      final: completion.content, reasoning: completion.reasoning, finish: completion.finish == .stop ? .stop : .length,
      labelProbabilities: probabilities(completion, prompt), usage: usage, latency: reply.latency, model: completion.model.isEmpty ? model : completion.model)
    return Try(answer: answer, needsSecondTry: completion.finish == .length || (completion.content ?? "").isEmpty)
  }

  private func request(_ prompt: SafeguardPrompt, _ sampling: Sampling) -> ChatRequest {
    ChatRequest(
      model: model, messages: [.init(role: "system", content: prompt.system), .init(role: "user", content: prompt.user)],
      reasoningEffort: prompt.effort.rawValue, maxTokens: sampling.maxTokens, temperature: sampling.temperature, seed: sampling.seed,
      topLogprobs: topLogprobs, stickiness: stickiness(prompt))
  }

  /// The first 64 bits of the first policy's hash: calls under one policy keep to the endpoint that has it cached.
  private func stickiness(_ prompt: SafeguardPrompt) -> UInt64 { prompt.policies.first.flatMap { UInt64($0.contentHash.prefix(16), radix: 16) } ?? 0 }

  private func probabilities(_ completion: ChatCompletion, _ prompt: SafeguardPrompt) -> [String: Double] {
    guard prompt.formats.count == 1, let final = completion.content else { return [:] }
    return LabelScore.probabilities(final: final, tokens: completion.tokens, format: prompt.formats[0])
  }

  private static func cause(_ failure: ChatFailure) -> DegradedCause {
    switch failure.kind {
    case .timeout, .cancelled: .timeout
    case .rateLimited, .unavailable, .circuitOpen: .overload
    default: .error
    }
  }

  public func shutdown() async { await client.shutdown() }
}
