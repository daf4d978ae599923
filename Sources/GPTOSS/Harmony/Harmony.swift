/// The harmony format: conversations to tokens, and the model's tokens to messages.
///
/// Rendering equals openai-harmony 0.0.8 token for token. Only this type puts control tokens into a prompt: every text that it is given,
/// the policy as well as the message to judge, is encoded as ordinary text, so text that spells `<|end|><|start|>system` stays text.
///
/// A prompt may be rendered in parts: messages are separated by control tokens, so the tokens of `[system, developer]` followed by the
/// completion tokens of `[user]` are those of the whole (without function tools, of which the system message speaks).
public struct Harmony: Sendable {
  public let tokenizer: Tokenizer
  public let start: TokenID
  public let channel: TokenID
  public let constrain: TokenID
  public let message: TokenID
  /// Ends a message. Generation goes on behind it.
  public let end: TokenID
  /// Ends the last message of an answer.
  public let `return`: TokenID
  /// Ends a tool call.
  public let call: TokenID
  /// `<|endoftext|>`, which the published generation configuration counts as a stop token as well; nil when the tokenizer has none.
  public let endOfText: TokenID?

  /// - Throws: when the tokenizer lacks a control token.
  public init(_ tokenizer: Tokenizer) throws(HarmonyError) {
    func control(_ name: String) throws(HarmonyError) -> TokenID {
      guard let id = tokenizer.specialToken(named: name) else { throw HarmonyError(.tokenizer, "the tokenizer has no special token `\(name)`") }
      return id
    }
    self.tokenizer = tokenizer
    start = try control("<|start|>")
    channel = try control("<|channel|>")
    constrain = try control("<|constrain|>")
    message = try control("<|message|>")
    end = try control("<|end|>")
    `return` = try control("<|return|>")
    call = try control("<|call|>")
    endOfText = tokenizer.specialToken(named: "<|endoftext|>")
  }

  /// Tokens on which generation stops. `<|end|>` is none of them: it ends the analysis, and the final message follows.
  public var stopTokens: [TokenID] { [`return`, call] + (endOfText.map { [$0] } ?? []) }

  /// Whether a token ends a message.
  @inline(__always) func endsMessage(_ id: TokenID) -> Bool { id == end || id == `return` || id == call }
}
