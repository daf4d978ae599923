/// The special tokens of harmony and the fixed headers, as ids of one tokenizer.
struct HarmonyTokenIDs: Sendable {
  let start: TokenID
  let end: TokenID
  let message: TokenID
  let channel: TokenID
  let endOfReturn: TokenID
  let call: TokenID
  let endOfText: TokenID?
  /// `<|channel|>analysis<|message|>`
  let analysisHeader: [TokenID]
  /// `<|channel|>final<|message|>`
  let finalHeader: [TokenID]
  /// `<|end|><|start|>assistant<|channel|>final<|message|>`
  let analysisToFinal: [TokenID]
  let analysisName: [TokenID]
  let finalName: [TokenID]

  /// - Throws: ``EngineError/badConstraint(_:)`` when the tokenizer lacks one of them.
  init(_ tokenizer: Tokenizer) throws(EngineError) {
    func special(_ name: String) throws(EngineError) -> TokenID {
      guard let id = tokenizer.specialToken(named: name) else { throw .badConstraint("the tokenizer has no token `\(name)`") }
      return id
    }
    (start, end, message) = (try special("<|start|>"), try special("<|end|>"), try special("<|message|>"))
    (channel, endOfReturn, call) = (try special("<|channel|>"), try special("<|return|>"), try special("<|call|>"))
    endOfText = tokenizer.specialToken(named: "<|endoftext|>")
    (analysisName, finalName) = (tokenizer.encode(ordinary: "analysis"), tokenizer.encode(ordinary: "final"))
    analysisHeader = [channel] + analysisName + [message]
    finalHeader = [channel] + finalName + [message]
    analysisToFinal = [end, start] + tokenizer.encode(ordinary: "assistant") + finalHeader
  }

  /// `<|return|>`, `<|call|>` and `<|endoftext|>` end a generation; `<|end|>` does not.
  func stops(_ token: TokenID) -> Bool { token == endOfReturn || token == call || token == endOfText }
}
