/// One alternative at one token of an answer.
public struct TokenAlternative: Sendable, Hashable {
  /// The token's text; of a token that is no whole UTF-8, what the server made of it.
  public var text: String
  /// Natural logarithm of its probability.
  public var logprob: Double
  public init(text: String, logprob: Double) { (self.text, self.logprob) = (text, logprob) }
}

/// One token of an answer with what else could have stood there.
public struct TokenScore: Sendable, Hashable {
  public var token: TokenAlternative
  public var alternatives: [TokenAlternative]
  public init(token: TokenAlternative, alternatives: [TokenAlternative]) { (self.token, self.alternatives) = (token, alternatives) }
}

/// What a server answered, whatever names it has for the parts.
public struct ChatCompletion: Sendable, Hashable {
  public enum Finish: Sendable, Hashable {
    case stop
    /// The token limit cut the answer off.
    case length
    /// Tool call, content filter, or a word that is not known.
    case other
  }
  /// The final channel; nil when the server sent none (`null`, missing).
  public var content: String?
  /// The analysis channel, from `reasoning_content`, `reasoning` or `thinking`.
  public var reasoning: String?
  public var finish: Finish
  public var model: String
  public var promptTokens: Int
  public var cachedPromptTokens: Int
  public var completionTokens: Int
  /// Empty when the server gave none.
  public var tokens: [TokenScore]

  /// Reads the body of a 200: OpenAI's shape, or Ollama's own (`{"message": …, "done": true}`). Nil for any other shape.
  init?(body: [UInt8]) {
    guard let root = try? JSONValue(parsing: body), root["error"]?.isNull ?? true else { return nil }
    let choice = root["choices"]?[0] ?? root
    guard let message = choice["message"], message.members != nil, message["role"]?.string ?? "assistant" == "assistant" else { return nil }
    guard let content = Self.text(message["content"]) else { return nil }
    self.content = content.isEmpty && message["content"]?.string == nil ? nil : content
    reasoning = ["reasoning_content", "reasoning", "thinking"].lazy.compactMap { message[$0]?.string }.first { !$0.isEmpty }
    finish = Self.finish(choice["finish_reason"] ?? root["done_reason"])
    model = root["model"]?.string ?? ""
    let usage = root["usage"]
    promptTokens = Self.count(usage?["prompt_tokens"] ?? root["prompt_eval_count"])
    cachedPromptTokens = Self.count(usage?["prompt_tokens_details"]?["cached_tokens"])
    completionTokens = Self.count(usage?["completion_tokens"] ?? root["eval_count"])
    tokens = Self.tokens(choice["logprobs"]?["content"])
  }

  /// The content's text: a string, nothing, or a list of text parts; nil for a shape that is none of these.
  private static func text(_ content: JSONValue?) -> String? {
    switch content {
    case nil, .null?: return ""
    case .string(let text)?: return text
    case .array(let parts)?:
      guard parts.allSatisfy({ $0["text"]?.string != nil }) else { return nil }
      return parts.compactMap { $0["text"]?.string }.joined()
    default: return nil
    }
  }

  private static func finish(_ reason: JSONValue?) -> Finish {
    switch reason?.string {
    case "length", "max_tokens": .length
    case "stop", "eos", "eos_token", "stop_sequence", "end_turn", nil: .stop
    default: .other
    }
  }

  /// Whatever the server says, sums of it stay numbers.
  private static func count(_ value: JSONValue?) -> Int { min(max(0, value?.int ?? 0), 1 << 30) }

  private static func tokens(_ content: JSONValue?) -> [TokenScore] {
    (content?.array ?? []).compactMap { item in
      guard let token = alternative(item) else { return nil }
      return TokenScore(token: token, alternatives: (item["top_logprobs"]?.array ?? []).compactMap(alternative))
    }
  }

  private static func alternative(_ value: JSONValue) -> TokenAlternative? {
    guard let text = value["token"]?.string, let logprob = value["logprob"]?.double, logprob <= 0.001 else { return nil }
    return TokenAlternative(text: text, logprob: min(0, logprob))
  }
}
