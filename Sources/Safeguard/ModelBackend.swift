import Moderation

/// What may vary from call to call.
public struct Sampling: Sendable, Hashable {
  /// Ceiling for reasoning and final answer together.
  public var maxTokens: Int
  public var temperature: Double
  public var seed: Int?
  /// Which of several votes on the same prompt, from 0.
  public var vote: Int
  public init(maxTokens: Int = 2048, temperature: Double = 0, seed: Int? = nil, vote: Int = 0) {
    self.maxTokens = maxTokens
    self.temperature = temperature
    self.seed = seed
    self.vote = vote
  }
}

/// What a model answered to one prompt.
public struct ModelAnswer: Sendable, Hashable {
  public enum Finish: String, Sendable, Hashable, CaseIterable {
    case stop
    /// The token ceiling cut it off, also after a second try with more room; or the server ended it for a reason of its own.
    case length
    /// The server could not parse the model's output, also after a second try.
    case malformed
    /// Nothing was recorded for this prompt.
    case missing
    /// There is no model to ask.
    case noModel = "no_model"
  }
  /// The final channel, raw.
  public var final: String?
  /// The analysis channel. Never read for the decision.
  public var reasoning: String?
  public var finish: Finish
  /// Probability of each label at the token that decides, by label name, where the backend has it; they need not add up to 1.
  public var labelProbabilities: [String: Double]
  public var usage: ReasonerUsage
  public var latency: Duration
  /// Model name and where it ran.
  public var model: String

  public init(
    final: String?, reasoning: String? = nil, finish: Finish = .stop, labelProbabilities: [String: Double] = [:], usage: ReasonerUsage = .init(),
    latency: Duration = .zero, model: String = ""
  ) {
    self.final = final
    self.reasoning = reasoning
    self.finish = finish
    self.labelProbabilities = labelProbabilities
    self.usage = usage
    self.latency = latency
    self.model = model
  }
}

/// What answers prompts: an endpoint, a recording, a model in this process.
public protocol ModelBackend: Sendable {
  /// Model and place, for fingerprints and audit records.
  var identity: String { get }
  /// Whether the model runs in this process: its speed is that of the machine, and may be slow without anything being wrong.
  var isLocal: Bool { get }
  /// Made ready; throws what must stop the run.
  func start() async throws
  /// An answer by `deadline`. A model that answers nonsense, or nothing, is an answer; what cannot be asked is an error.
  func complete(_ prompt: SafeguardPrompt, sampling: Sampling, deadline: ContinuousClock.Instant) async throws(ReasonerError) -> ModelAnswer
  /// The same, and tells `onReasoning` of the analysis as it comes, in pieces; a backend that does not stream tells it whole at the end.
  func complete(
    _ prompt: SafeguardPrompt, sampling: Sampling, deadline: ContinuousClock.Instant, onReasoning: (@Sendable (String) -> Void)?
  ) async throws(ReasonerError) -> ModelAnswer
  func shutdown() async
}

extension ModelBackend {
  public func complete(
    _ prompt: SafeguardPrompt, sampling: Sampling, deadline: ContinuousClock.Instant, onReasoning: (@Sendable (String) -> Void)?
  ) async throws(ReasonerError) -> ModelAnswer {
    let answer = try await complete(prompt, sampling: sampling, deadline: deadline)
    if let onReasoning, let reasoning = answer.reasoning { onReasoning(reasoning) }
    return answer
  }

  public var isLocal: Bool { false }
  public func start() async throws {}
  public func shutdown() async {}
}
