/// Reads the model's tokens one by one as harmony messages.
///
/// Equals openai-harmony's `StreamableParser` token for token. Text is held back until its characters are complete; control tokens other than those
/// that end a message are text inside content; text is not trimmed. A stream may end inside content: the message is what there was. So
/// the caller asks whether there is a `final` message at all: when there is none, there is no verdict.
public struct HarmonyParser: Sendable {
  public enum Strictness: String, Sendable, Hashable {
    /// A message without `<|message|>` is an error when the stream ends.
    case strict
    /// A message that ends inside its header is kept, the words behind the header as its text.
    case lenient
  }

  public enum State: String, Sendable, Hashable {
    case expectStart = "ExpectStart"
    case header = "Header"
    case content = "Content"
  }

  private let harmony: Harmony
  private let strictness: Strictness
  /// Role of the first message, which the prompt has already named.
  private var givenRole: HarmonyRole?
  private var headerTokens: [TokenID] = []
  private var header: HarmonyHeader?
  private var body = HarmonyBody()

  public private(set) var state: State
  /// Finished messages.
  public private(set) var messages: [HarmonyMessage] = []
  /// How many tokens were read.
  public private(set) var tokenCount = 0
  /// The text that the last token completed; nil when it completed none.
  public private(set) var delta: String?

  /// - Parameter role: whose header the stream begins in, as behind a completion prompt; nil for a transcript that begins with `<|start|>`.
  public init(_ harmony: Harmony, role: HarmonyRole? = .assistant, _ strictness: Strictness = .strict) {
    self.harmony = harmony
    self.strictness = strictness
    givenRole = role
    state = role == nil ? .expectStart : .header
  }

  /// Role of the message that is being read, as far as it is known.
  public var role: HarmonyRole? { header?.role ?? givenRole }
  /// Of the message whose content is being read.
  public var channel: String? { header?.channel }
  public var recipient: String? { header?.recipient }
  public var contentType: String? { header?.contentType }
  /// Text of the message that is being read, as far as its characters are complete.
  public var content: String { body.text }

  /// Reads one token.
  /// - Throws: when it cannot stand here. ``messages`` keeps what was complete before.
  public mutating func push(_ id: TokenID) throws(HarmonyParseError) {
    let index = tokenCount
    tokenCount += 1
    do throws(HarmonyParseError.Code) {
      switch state {
      case .expectStart: try expectStart(id)
      case .header: try readHeader(id)
      case .content: readContent(id)
      }
    } catch {
      throw HarmonyParseError(error, at: index)
    }
  }

  /// Ends the stream: a message inside its content ends, at a message's beginning nothing happens.
  public mutating func finish() throws(HarmonyParseError) {
    switch state {
    case .expectStart: break
    case .header: throw HarmonyParseError(.endInsideHeader, at: nil)
    case .content: endMessage()
    }
  }

  private mutating func expectStart(_ id: TokenID) throws(HarmonyParseError.Code) {
    guard id == harmony.start else { throw .missingStart }
    state = .header
    headerTokens.removeAll(keepingCapacity: true)
  }

  private mutating func readHeader(_ id: TokenID) throws(HarmonyParseError.Code) {
    if id == harmony.message {
      state = .expectStart
      let header = try HarmonyHeader(headerText(), role: givenRole)
      guard header.rest.isEmpty else { throw .headerTooLong }
      begin(header)
    } else if strictness == .lenient, harmony.endsMessage(id) {
      try keepMessageWithoutContent()
      state = .expectStart
      givenRole = nil
    } else {
      headerTokens.append(id)
    }
  }

  private func headerText() throws(HarmonyParseError.Code) -> String {
    var bytes: [UInt8] = []
    for id in headerTokens {
      guard harmony.tokenizer.contains(id) else { throw .headerNotText }
      harmony.tokenizer.appendText(of: id, to: &bytes)
    }
    guard bytes.withUnsafeBufferPointer({ UTF8Repair.validPrefix(of: $0) }) == bytes.count else { throw .headerNotText }
    return String(decoding: bytes, as: UTF8.self)
  }

  private mutating func begin(_ header: HarmonyHeader) {
    self.header = header
    givenRole = nil
    body = HarmonyBody()
    state = .content
  }

  /// Only of the first message: of later ones not even the role is certain.
  private mutating func keepMessageWithoutContent() throws(HarmonyParseError.Code) {
    guard let givenRole, !headerTokens.isEmpty else { return }
    let header = try HarmonyHeader(headerText(), role: givenRole, readsRecipient: false)
    messages.append(header.message(header.rest.joined(separator: " ")))
  }

  private mutating func readContent(_ id: TokenID) {
    if harmony.endsMessage(id) { return endMessage() }
    let isKnown = harmony.tokenizer.contains(id)
    delta = isKnown ? body.append { harmony.tokenizer.appendText(of: id, to: &$0) } : body.appendUnknown()
  }

  private mutating func endMessage() {
    if let header { messages.append(header.message(body.finish())) }
    header = nil
    body = HarmonyBody()
    delta = nil
    state = .expectStart
  }
}

extension HarmonyHeader {
  fileprivate func message(_ text: String) -> HarmonyMessage {
    HarmonyMessage(role, [.text(text)], name: name, channel: channel, recipient: recipient, contentType: contentType)
  }
}

/// The text of a message while it comes.
struct HarmonyBody: Sendable {
  private var complete: [UInt8] = []
  private var held: [UInt8] = []
  /// Set by an id without a token. As in openai-harmony, nothing behind it can be read: the rest of the message is one U+FFFD.
  private var isBroken = false

  var text: String { String(decoding: complete, as: UTF8.self) }

  /// Adds a token's bytes; the text that became complete, or nil.
  ///
  /// At most one ill-formed sequence is replaced with each token, what stands behind it waits for the next one.
  mutating func append(_ token: (inout [UInt8]) -> Void) -> String? {
    if isBroken { return nil }
    token(&held)
    var delta: [UInt8] = []
    let taken = held.withUnsafeBufferPointer { bytes in
      let valid = UTF8Repair.validPrefix(of: bytes)
      delta = Array(bytes[..<valid])
      guard valid < bytes.count, case .illFormed(let length) = UTF8Repair.unit(at: valid, in: bytes) else { return valid }
      delta += UTF8Repair.replacement
      return valid + length
    }
    held.removeFirst(taken)
    complete += delta
    return delta.isEmpty ? nil : String(decoding: delta, as: UTF8.self)
  }

  mutating func appendUnknown() -> String? {
    isBroken = true
    return nil
  }

  func finish() -> String { text + (isBroken ? "\u{FFFD}" : "") + String(repairing: held) }
}

extension Harmony {
  /// All messages of a finished stream of tokens.
  ///
  /// - Parameter role: whose header the stream begins in; nil for a transcript that begins with `<|start|>`.
  public func parse(
    _ ids: some Sequence<TokenID>, role: HarmonyRole? = .assistant, _ strictness: HarmonyParser.Strictness = .strict
  ) throws(HarmonyParseError) -> [HarmonyMessage] {
    var parser = HarmonyParser(self, role: role, strictness)
    for id in ids { try parser.push(id) }
    try parser.finish()
    return parser.messages
  }
}
