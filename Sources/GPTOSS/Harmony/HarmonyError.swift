/// Why something is not rendered.
public struct HarmonyError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Error, Sendable {
    /// The tokenizer lacks a token that harmony needs.
    case tokenizer = "harmony-tokenizer"
    /// The conversation has a form that harmony does not have.
    case conversation = "harmony-conversation"
  }
  public var code: Code
  /// Constant words and field names; nothing of the messages' text.
  public var detail: String
  public init(_ code: Code, _ detail: String) { (self.code, self.detail) = (code, detail) }
  public var description: String { "\(detail) [\(code.rawValue)]" }
}

/// Why tokens are no harmony messages.
public struct HarmonyParseError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Error, Sendable {
    /// The stream ends inside a header, or before one.
    case endInsideHeader = "end-inside-header"
    /// A message does not begin with `<|start|>`.
    case missingStart = "missing-start"
    /// The header is not UTF-8.
    case headerNotText = "header-not-text"
    /// `<|channel|>` without a name behind it.
    case emptyChannel = "empty-channel"
    case missingRole = "missing-role"
    case unknownRole = "unknown-role"
    /// More words in the header than it can have.
    case headerTooLong = "header-too-long"
  }
  public var code: Code
  /// Position of the token at which it went wrong; nil at the end of the stream.
  public var tokenIndex: Int?
  public init(_ code: Code, at tokenIndex: Int?) { (self.code, self.tokenIndex) = (code, tokenIndex) }

  public var description: String {
    let what =
      switch code {
      case .endInsideHeader: "the stream ends before the message header is complete"
      case .missingStart: "a token other than `<|start|>` where a message begins"
      case .headerNotText: "the message header is not UTF-8"
      case .emptyChannel: "`<|channel|>` without a channel name"
      case .missingRole: "the message header has no role"
      case .unknownRole: "the message header has an unknown role"
      case .headerTooLong: "the message header has more words than it can have"
      }
    return tokenIndex.map { "\(what), at token \($0)" } ?? what
  }
}
