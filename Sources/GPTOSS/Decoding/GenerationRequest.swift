/// Tokens that come before many requests, above all a policy. Their keys and values are computed once and shared.
public struct PromptPrefix: Sendable, Hashable {
  /// Names the prefix in the cache, for example a hash of policy and template. The same key with other tokens replaces the old entry.
  public var key: String
  public var tokens: [TokenID]
  public init(key: String, tokens: [TokenID]) { (self.key, self.tokens) = (key, tokens) }
}

/// How much the model may think before it answers.
public enum ReasoningMode: Sendable, Hashable {
  /// The model writes its own channels; nothing is forced. A constraint does not apply.
  case open
  /// The analysis channel is opened for it; after this many tokens it is closed and the answer asked for.
  case budget(Int)
  /// No analysis: the final channel is opened at once.
  case none
}

/// One message to judge.
public struct GenerationRequest: Sendable {
  public var prefix: PromptPrefix?
  /// The prompt after the prefix, up to and including `<|start|>assistant`.
  public var tokens: [TokenID]
  public var reasoning: ReasoningMode
  /// What the final channel must hold; nil leaves it free.
  public var constraint: AnswerConstraint?
  /// Most tokens of the answer, or in `open` mode of everything. A constrained answer that reaches it is ended by the shortest valid text.
  public var maxTokens: Int
  /// 0 is greedy.
  public var temperature: Float
  public var seed: UInt64
  public var deadline: ContinuousClock.Instant?

  public init(
    prefix: PromptPrefix? = nil, tokens: [TokenID], reasoning: ReasoningMode = .open, constraint: AnswerConstraint? = nil, maxTokens: Int = 256,
    temperature: Float = 0, seed: UInt64 = 0, deadline: ContinuousClock.Instant? = nil
  ) {
    self.prefix = prefix
    self.tokens = tokens
    self.reasoning = reasoning
    self.constraint = constraint
    self.maxTokens = maxTokens
    self.temperature = temperature
    self.seed = seed
    self.deadline = deadline
  }
}

/// What a request gave.
public struct GenerationResult: Sendable {
  public enum FinishReason: String, Sendable, Hashable {
    /// The model, or the constraint, ended the answer.
    case stop
    /// `maxTokens` was reached first.
    case length
  }

  /// A decision of the constraint.
  public struct Decision: Sendable, Hashable {
    /// `label`, or the JSON field's key.
    public var name: String
    /// The alternative taken.
    public var label: String
    /// Of each alternative, at the decision point, among the allowed ones; they add up to 1. Exact where the first token tells the alternatives
    /// apart; otherwise what was not followed is split evenly.
    public var probabilities: [String: Double]
  }

  /// All tokens after the prompt, forced ones included: a harmony completion.
  public var tokens: [TokenID]
  /// Inside the analysis channel.
  public var analysisTokens: [TokenID]
  /// Inside the final channel.
  public var finalTokens: [TokenID]
  /// Those that the model made, in order: fewer than the constraint's choices when `maxTokens` ended the answer before all were made.
  public var decisions: [Decision]
  public var finishReason: FinishReason
  /// Whether the analysis was cut off by its budget.
  public var reasoningWasCut: Bool
  public var promptTokens: Int
  /// Of the prompt, taken from the prefix cache.
  public var cachedPromptTokens: Int
  /// Tokens that were chosen by the model, one step each.
  public var decodedTokens: Int
  public var timings: Timings

  public struct Timings: Sendable, Hashable {
    /// Until the first forward pass for this request.
    public var queued: Duration
    /// From there to the first choice.
    public var prefill: Duration
    /// From there to the end.
    public var decode: Duration
  }
}

/// What happens while a request runs, for streaming.
public enum GenerationEvent: Sendable {
  /// Tokens were added to the completion, chosen or forced, in order.
  case tokens([TokenID])
  case finished(GenerationResult)
}
