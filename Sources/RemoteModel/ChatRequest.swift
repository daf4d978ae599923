/// One chat completion to ask for.
public struct ChatRequest: Sendable, Hashable {
  public struct Message: Sendable, Hashable {
    public var role: String
    public var content: String
    public init(role: String, content: String) { (self.role, self.content) = (role, content) }
  }

  public var model: String
  public var messages: [Message]
  /// `low`, `medium` or `high`; never part of the messages, so that the policy's bytes stay the same.
  public var reasoningEffort: String?
  /// Ceiling for reasoning and final answer together.
  public var maxTokens: Int
  public var temperature: Double
  public var seed: Int?
  /// How many alternatives to ask for at each token; 0 asks for none.
  public var topLogprobs: Int
  /// Requests with the same key prefer the same endpoint, whose prefix cache then holds their policy.
  public var stickiness: UInt64

  public init(
    model: String, messages: [Message], reasoningEffort: String? = nil, maxTokens: Int = 2048, temperature: Double = 0, seed: Int? = nil,
    topLogprobs: Int = 0, stickiness: UInt64 = 0
  ) {
    self.model = model
    self.messages = messages
    self.reasoningEffort = reasoningEffort
    self.maxTokens = maxTokens
    self.temperature = temperature
    self.seed = seed
    self.topLogprobs = topLogprobs
    self.stickiness = stickiness
  }

  /// A parameter that some servers refuse; a client leaves it out (or renames it) after the first refusal.
  enum OptionalParameter: String, CaseIterable, Sendable {
    case logprobs, seed, temperature
    case reasoningEffort = "reasoning_effort"
    /// Left out means: sent as `max_completion_tokens`.
    case maxTokens = "max_tokens"

    /// The parameter that a server's refusal names, if it is one of these.
    static func refused(in message: String) -> OptionalParameter? {
      if message.contains("top_logprobs") { return .logprobs }
      return allCases.first { message.contains($0.rawValue) }
    }
  }

  /// The request's JSON: members in a fixed order, messages first, so that equal prefixes are equal bytes.
  func body(without refused: Set<OptionalParameter>) -> [UInt8] {
    let turns = messages.map { JSONValue.object([.init("role", .string($0.role)), .init("content", .string($0.content))]) }
    var members: [JSONValue.Member] = [.init("model", .string(model)), .init("messages", .array(turns))]
    if let reasoningEffort, !refused.contains(.reasoningEffort) { members.append(.init("reasoning_effort", .string(reasoningEffort))) }
    members.append(.init(refused.contains(.maxTokens) ? "max_completion_tokens" : "max_tokens", .number(maxTokens)))
    if !refused.contains(.temperature) { members.append(.init("temperature", .number(temperature))) }
    if let seed, !refused.contains(.seed) { members.append(.init("seed", .number(seed))) }
    if topLogprobs > 0, !refused.contains(.logprobs) {
      members += [.init("logprobs", .bool(true)), .init("top_logprobs", .number(topLogprobs))]
    }
    members.append(.init("stream", .bool(false)))
    var bytes: [UInt8] = []
    JSONValue.object(members).write(to: &bytes)
    return bytes
  }
}
