import AuditLog

/// A part of a conversation as a page shows it: what was flagged, with its surroundings.
public struct ConversationView: Sendable {
  public struct Line: Sendable {
    public var record: AuditRecord
    public var stages: [StageTrace]
    /// Messages left out before this one.
    public var omitted = 0
  }
  public var hash: String
  public var messages: Int
  public var flagged: Int
  public private(set) var lines: [Line] = []
  /// Messages left out behind the last line.
  public private(set) var omittedAtEnd = 0

  static let surroundings = 3
  static let shortConversation = 40
  static let mostLines = 80

  /// Unflagged messages that may yet be shown, if a flagged one follows.
  private var waiting: [Line] = []
  private var sinceFlagged = surroundings + 1

  init(_ conversation: AuditReader.Conversation) { (hash, messages, flagged) = (conversation.hash, conversation.messages, conversation.flagged) }

  /// The next message of the conversation.
  mutating func add(_ record: AuditRecord) {
    let line = Line(record: record, stages: record.stages ?? [])
    guard lines.count < Self.mostLines else {
      omittedAtEnd += 1
      return
    }
    let isFlagged = record.verdict != "allow"
    sinceFlagged = isFlagged ? 0 : sinceFlagged + 1
    if messages <= Self.shortConversation || isFlagged || sinceFlagged <= Self.surroundings {
      show(line)
    } else {
      waiting.append(line)
      if waiting.count > Self.surroundings {
        waiting.removeFirst()
        omittedAtEnd += 1
      }
    }
  }

  private mutating func show(_ line: Line) {
    var gap = omittedAtEnd
    for var shown in waiting + [line] {
      shown.omitted = gap
      gap = 0
      lines.append(shown)
    }
    waiting.removeAll()
    omittedAtEnd = 0
  }

  /// To be called behind the last message.
  mutating func finish() {
    omittedAtEnd += waiting.count
    waiting.removeAll()
  }
}
