import GRDB
import Moderation

/// A file that cannot be opened, or is no audit file.
public struct AuditFileError: Error, CustomStringConvertible {
  public var path: String
  public var detail: String
  public var description: String { "\(path): \(detail)" }

  init(_ path: String, opening error: any Error) {
    self.path = path
    let detail = (error as? DatabaseError)?.message ?? "\(error)"
    self.detail = "cannot be opened as an audit file: \(detail)"
  }
}

/// Reads an audit file.
public struct AuditReader: Sendable {
  private let queue: DatabaseQueue

  /// Opens an existing file without changing it.
  public init(path: String) throws {
    var configuration = Configuration()
    configuration.readonly = true
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      // SQLite opens anything, and looks at it with the first question.
      _ = try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM run") }
    } catch { throw AuditFileError(path, opening: error) }
  }

  public func runs() throws -> [AuditRun] { try queue.read { try AuditRun.fetchAll($0, sql: "SELECT * FROM run ORDER BY started, rowid") } }

  /// All records of a message, newest run last. `id` may be written with or without its JSON quotes.
  public func records(messageID id: String) throws -> [AuditRecord] {
    try queue.read { database in
      try AuditRecord.fetchAll(
        database, sql: "SELECT verdict.* FROM verdict JOIN run ON run.id = run WHERE message_id IN (?, ?) ORDER BY run.started, run.rowid, position",
        arguments: [id, JSONText.quoted(id)])
    }
  }

  public func rationales(run: String, position: Int) throws -> [AuditRationale] {
    try queue.read { database in
      try AuditRationale.fetchAll(
        database, sql: "SELECT stage, category, rationale, reasoning FROM rationale WHERE run = ? AND position = ? ORDER BY stage, category",
        arguments: [run, position])
    }
  }

  /// A conversation, by the hash of its id, and what came of its messages.
  public struct Conversation: Sendable, Codable, FetchableRecord {
    public var hash: String
    public var messages: Int
    /// Not allowed: reviewed or blocked.
    public var flagged: Int
  }

  /// The conversations of a run with the most messages that were not allowed, then the longest ones; at most `limit`.
  public func conversations(run: String, limit: Int) throws -> [Conversation] {
    try queue.read { database in
      try Conversation.fetchAll(
        database,
        sql: """
          SELECT conversation_hash AS hash, count(*) AS messages, sum(verdict != 'allow') AS flagged FROM verdict
          WHERE run = ? AND conversation_hash IS NOT NULL GROUP BY conversation_hash ORDER BY flagged DESC, messages DESC, min(position) LIMIT ?
          """, arguments: [run, limit])
    }
  }

  /// Hands out the records of some conversations of a run in order.
  public func forEach(run: String, conversations: [String], _ body: (AuditRecord) throws -> Void) throws {
    try queue.read { database in
      let marks = databaseQuestionMarks(count: conversations.count)
      let records = try AuditRecord.fetchCursor(
        database, sql: "SELECT * FROM verdict WHERE run = ? AND conversation_hash IN (\(marks)) ORDER BY position",
        arguments: StatementArguments([run] + conversations))
      while let record = try records.next() { try body(record) }
    }
  }

  /// Hands out all records in order, run after run, without holding or sorting them.
  public func forEach(run: String? = nil, verdict: String? = nil, _ body: (AuditRecord) throws -> Void) throws {
    try queue.read { database in
      let runs = try run.map { [$0] } ?? String.fetchAll(database, sql: "SELECT id FROM run ORDER BY started, rowid")
      for run in runs {
        let records = try AuditRecord.fetchCursor(
          database, sql: "SELECT * FROM verdict WHERE run = ?1 AND (?2 IS NULL OR verdict = ?2) ORDER BY position", arguments: [run, verdict])
        while let record = try records.next() { try body(record) }
      }
    }
  }
}
