/// Why a tokenizer cannot be had from a file.
public struct TokenizerError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Sendable {
    /// The file cannot be read.
    case unreadable = "tokenizer-unreadable"
    /// The file is not JSON, or not what a `tokenizer.json` holds.
    case malformed = "tokenizer-malformed"
    /// A configuration that would give other ids than ours: another model, normaliser, pattern …
    case unsupported = "tokenizer-unsupported"
  }
  public var code: Code
  /// No capital at the start, no full stop, names in backticks; holds nothing of the texts that are tokenised.
  public var detail: String
  public init(_ code: Code, _ detail: String) { (self.code, self.detail) = (code, detail) }
  public var description: String { "\(detail) [\(code.rawValue)]" }
}
