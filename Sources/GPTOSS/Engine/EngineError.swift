/// Why the engine did not start, or gave no result.
public enum EngineError: Error, Sendable, Hashable, CustomStringConvertible {
  case unknownKernels(String)
  /// Starting or this request would need more memory than is free; nothing was allocated.
  case outOfMemory(needed: Int, available: Int)
  case threadRefused(Int32)
  /// Known before any work: the prompt and the tokens asked for do not fit.
  case contextOverflow(tokens: Int, limit: Int)
  case tokenOutOfRange(TokenID, vocabSize: Int)
  case emptyPrompt
  /// The weights gave a value that is not a number, so no token can be chosen.
  case notANumber
  /// The request's constraint cannot be met with this tokenizer.
  case badConstraint(String)
  case deadlineExceeded
  case cancelled
  /// The engine was shut down.
  case shutDown
  /// The tokenizer is another model's: it has tokens that the weights have no rows for.
  case foreignTokenizer(tokens: Int, vocabSize: Int)
  /// The mapped weights were written to since they were opened.
  case weightsChanged
  /// A saved prefix does not fit this model, or is damaged.
  case badSavedPrefix(String)

  public var description: String {
    switch self {
    case .unknownKernels(let name): "no kernels `\(name)` on this machine (available: \(KernelSet.available.map(\.description).joined(separator: ", ")))"
    case .outOfMemory(let needed, let available): "needs \(needed >> 20) MiB of memory, \(available >> 20) MiB are available"
    case .threadRefused(let code): "the system refused a thread (error \(code))"
    case .contextOverflow(let tokens, let limit): "\(tokens) tokens are more than the context of \(limit)"
    case .tokenOutOfRange(let token, let vocabSize): "token \(token) is outside the vocabulary of \(vocabSize)"
    case .emptyPrompt: "the prompt is empty"
    case .notANumber: "the model's output is not a number"
    case .badConstraint(let detail): detail
    case .deadlineExceeded: "the deadline passed"
    case .cancelled: "cancelled"
    case .shutDown: "the engine is shut down"
    case .foreignTokenizer(let tokens, let vocabSize): "the tokenizer has \(tokens) tokens, the model rows for \(vocabSize): they do not belong together"
    case .weightsChanged: "the prepared weights were written to while they are mapped; prepare the model again and restart"
    case .badSavedPrefix(let detail): "saved prefix: \(detail)"
    }
  }
}
