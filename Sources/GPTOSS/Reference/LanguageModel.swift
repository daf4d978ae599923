/// A model that continues token sequences: the reference, or the fast engine. ``Conformance`` runs against this.
public protocol LanguageModel {
  var config: ModelConfig { get }
  /// A new, empty sequence with a KV cache of its own.
  func makeSequence() throws -> any LanguageModelSequence
}

/// One token sequence and its KV cache. Used by one thread at a time.
public protocol LanguageModelSequence: AnyObject {
  /// Number of tokens so far.
  var position: Int { get }

  /// Appends tokens: a prompt, a part of one, or the one token just chosen.
  /// - Parameters:
  ///   - tokens: ids below `vocabSize`.
  ///   - rows: ascending indices into `tokens` whose logits are wanted.
  /// - Returns: `[rows, vocabSize]`: the logits of what follows each of those tokens.
  /// - Throws: before any state is changed: a token outside the vocabulary, or more tokens than the context holds.
  func append(_ tokens: [TokenID], logitsAt rows: [Int]) throws -> [[Float]]
}

/// A model that can show the values inside its layers.
public protocol TracingLanguageModel: LanguageModel {
  /// Runs `tokens` from an empty cache and returns every value it can show, each `[tokens, …]` row-major.
  func trace(_ tokens: [TokenID]) throws -> [Tap: [Float]]
}

/// What a sequence cannot take.
public enum LanguageModelError: Error, Sendable, Hashable, CustomStringConvertible {
  case tokenOutOfRange(TokenID, vocabSize: Int)
  case contextOverflow(tokens: Int, limit: Int)

  public var description: String {
    switch self {
    case .tokenOutOfRange(let token, let vocabSize): "token \(token) is outside the vocabulary of \(vocabSize)"
    case .contextOverflow(let tokens, let limit): "\(tokens) tokens are more than the context of \(limit)"
    }
  }
}

extension LanguageModel {
  /// Appends `prompt` and then always the likeliest token, `count` times; of equal logits the lower id. Does not stop at any token.
  /// - Returns: the tokens chosen, and the logits that chose the last one.
  public func greedy(_ prompt: [TokenID], count: Int) throws -> (tokens: [TokenID], lastLogits: [Float]) {
    let sequence = try makeSequence()
    var logits = try sequence.append(prompt, logitsAt: [prompt.count - 1])
    var tokens: [TokenID] = []
    while let last = logits.first, tokens.count < count {
      tokens.append(TokenID(argmax(last)))
      if tokens.count == count { return (tokens, last) }
      logits = try sequence.append([tokens[tokens.count - 1]], logitsAt: [0])
    }
    return (tokens, [])
  }
}

/// Index of the largest value; of equal ones the first. NaN never wins.
public func argmax(_ values: [Float]) -> Int {
  var best = 0
  for i in values.indices where values[i] > values[best] || (values[best].isNaN && !values[i].isNaN) { best = i }
  return best
}
