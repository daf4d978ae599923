/// A half-open range of bytes in a batch's buffer, or of UTF-8 bytes in one text.
public struct ByteRange: Sendable, Hashable {
  public var start: UInt32
  public var end: UInt32
  @inlinable public init(start: UInt32, end: UInt32) { (self.start, self.end) = (start, end) }
  @inlinable public init(_ range: Range<Int>) { self.init(start: UInt32(range.lowerBound), end: UInt32(range.upperBound)) }
  public static let empty = ByteRange(start: 0, end: 0)
  @inlinable public var count: Int { Int(end &- start) }
  @inlinable public var isEmpty: Bool { start == end }
  @inlinable public var range: Range<Int> { Int(start)..<Int(end) }
}

/// What a record holds to be judged.
public enum ItemKind: UInt8, Sendable {
  /// One message of a person.
  case message
  /// A prompt to a language model and its completion.
  case exchange
  /// A whole chat, `messages: [{role, content}]`.
  case chat
}

/// Where the fields of one message lie in its batch's buffer.
public struct MessageRecord: Sendable {
  /// 0-based place of the message in the whole stream.
  public var position: Int
  public var kind: ItemKind
  /// The id as a JSON literal (`"m1"` or `17`), exactly as it stood in the input; never empty.
  public var id: ByteRange
  /// The text to judge: valid UTF-8, JSON escapes decoded. For an exchange the prompt, a line feed and the completion; for a chat all contents, one a line.
  public var text: ByteRange
  /// The whole record as one line of JSON, without its line end.
  public var record: ByteRange
  /// Decoded conversation key, author and timestamp; empty when the record has none.
  public var conversation: ByteRange
  public var author: ByteRange
  public var timestamp: ByteRange
  /// For an exchange: byte length of the prompt at the start of `text`. Else 0.
  public var promptLength: UInt32

  public init(
    position: Int, kind: ItemKind = .message, id: ByteRange, text: ByteRange, record: ByteRange, conversation: ByteRange = .empty,
    author: ByteRange = .empty, timestamp: ByteRange = .empty, promptLength: UInt32 = 0
  ) {
    self.position = position
    self.kind = kind
    self.id = id
    self.text = text
    self.record = record
    self.conversation = conversation
    self.author = author
    self.timestamp = timestamp
    self.promptLength = promptLength
  }
}

/// Messages that travel through the screens together: one byte buffer, and for each message the places of its fields in it.
///
/// No message owns memory, so a batch of 4,096 costs two allocations, and a screen reads UTF-8 without building a `String`.
public struct MessageBatch: Sendable {
  /// Number of the batch in its stream, from 0.
  public var sequence: Int
  public var bytes: [UInt8]
  public var messages: [MessageRecord]
  /// The turns of the messages that are whole chats, by index; empty otherwise.
  public var chats: [Int: [ChatTurn]] = [:]
  /// When the last byte of the batch was read.
  public var arrival: ContinuousClock.Instant = .now
  /// Whether somebody waits for its verdicts: it came from a pipe or the end of a followed file, and was not there before the run.
  public var isLive = true

  public init(sequence: Int = 0, bytes: [UInt8] = [], messages: [MessageRecord] = []) {
    self.sequence = sequence
    self.bytes = bytes
    self.messages = messages
  }

  @inlinable public var count: Int { messages.count }

  /// The text as a `String`; for slow paths (reasoner, reports), not for screens.
  public func string(_ range: ByteRange) -> String { String(decoding: bytes[range.range], as: UTF8.self) }

  /// What is to be judged, as the reasoner sees it.
  public func item(at index: Int) -> Item {
    let message = messages[index]
    switch message.kind {
    case .message: return .message(string(message.text))
    case .exchange:
      let promptEnd = Int(message.text.start) + Int(message.promptLength)
      let completionStart = min(promptEnd + 1, Int(message.text.end))
      return .exchange(
        prompt: string(ByteRange(Int(message.text.start)..<promptEnd)), completion: string(ByteRange(completionStart..<Int(message.text.end))))
    case .chat: return .chat(chats[index] ?? [ChatTurn(role: "user", content: string(message.text))])
    }
  }

  /// Appends a message for tests, the REPL and single requests; `id` is written as a JSON string.
  public mutating func append(id: String, text: String, conversation: String = "", author: String = "") {
    let record = #"{"id":\#(JSONText.quoted(id)),"text":\#(JSONText.quoted(text))}"#
    func add(_ string: String) -> ByteRange {
      let start = bytes.count
      bytes.append(contentsOf: string.utf8)
      return ByteRange(start..<bytes.count)
    }
    let message = MessageRecord(
      position: messages.count, id: add(JSONText.quoted(id)), text: add(text), record: add(record),
      conversation: add(conversation), author: add(author))
    messages.append(message)
  }
}
