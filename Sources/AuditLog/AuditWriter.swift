import Crypto
import FoundationEssentials
import GRDB
import Moderation
import Pipeline

/// Appends the verdicts of a run to an audit file, one transaction a batch. Writing the same place of the same run again replaces it, so that a resumed run
/// leaves each message once.
public struct AuditWriter: Sendable {
  private let queue: DatabaseQueue
  private let runID: String
  private let keepText: Bool
  private let pipeline: ModerationPipeline
  private let traceWriter: AuditTrace

  /// Opens or makes the file and notes the run's start.
  public init(path: String, pipeline: ModerationPipeline, runID: String, version: String, keepText: Bool = false) throws {
    var configuration = Configuration()
    // Somebody may be reading the file, or copying it.
    configuration.busyMode = .timeout(10)
    configuration.prepareDatabase { database in
      try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
    }
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      try AuditSchema.migrator.migrate(queue)
    } catch { throw AuditFileError(path, opening: error) }
    self.runID = runID
    self.keepText = keepText
    self.pipeline = pipeline
    traceWriter = AuditTrace(pipeline: pipeline)
    try begin(version: version)
  }

  private func begin(version: String) throws {
    let definition = pipeline.definition
    let stages = AuditTrace.stagesJSON(pipeline)
    try queue.write { database in
      try database.execute(
        sql: """
          INSERT INTO run (id, started, pipeline, pipeline_path, pipeline_hash, stages, winnow_version) VALUES (?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (id) DO NOTHING
          """, arguments: [runID, Self.now(), definition.name, definition.path, definition.fingerprint, stages, version])
    }
  }

  public func append(_ outcome: BatchOutcome) throws {
    let time = Self.now()
    try queue.write { database in
      let insert = try database.cachedStatement(
        sql: """
          INSERT OR REPLACE INTO verdict (run, position, message_id, text_hash, text, conversation_hash, verdict, reason, category, stage, score, degraded,
            audited, sampling, time, trace) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """)
      for message in 0..<outcome.batch.count {
        try insert.execute(arguments: arguments(outcome, message, time: time))
        try appendRationale(outcome, message, to: database)
      }
    }
  }

  public func finish() throws {
    try queue.write { database in try database.execute(sql: "UPDATE run SET finished = ? WHERE id = ?", arguments: [Self.now(), runID]) }
  }

  private func arguments(_ outcome: BatchOutcome, _ message: Int, time: String) -> StatementArguments {
    let record = outcome.batch.messages[message]
    let decision = outcome.decisions[message]
    let definition = pipeline.definition
    let conversation = record.conversation.isEmpty ? nil : hash(outcome.batch, record.conversation)
    let sampling: Double? =
      switch decision.verdict {
      case .allow: definition.auditSample.allowed
      case .block: definition.auditSample.blocked
      case .review: nil
      }
    let audited = outcome.stages.contains { $0.judged[Int32(message)]?.purpose == .audit }
    return [
      runID, record.position, Self.canonical(outcome.batch.string(record.id)), hash(outcome.batch, record.text),
      keepText ? Self.withoutNUL(outcome.batch.string(record.text)) : nil,
      conversation, decision.verdict.name, decision.reason.name, decision.category.map { definition.categories[$0].name },
      decision.stage.map { definition.stages[$0].id }, decision.score.isNaN ? nil : Double(decision.score), decision.degraded?.rawValue, audited,
      sampling.flatMap { $0 > 0 ? $0 : nil }, time, traceWriter.json(outcome, message),
    ]
  }

  private func appendRationale(_ outcome: BatchOutcome, _ message: Int, to database: Database) throws {
    guard outcome.stages.contains(where: { $0.judged[Int32(message)] != nil }) else { return }
    try database.cachedStatement(sql: "DELETE FROM rationale WHERE run = ? AND position = ?").execute(arguments: [
      runID, outcome.batch.messages[message].position,
    ])
    for (index, record) in outcome.stages.enumerated() {
      for finding in record.judged[Int32(message)]?.findings ?? [] where finding.rationale != nil || finding.reasoning != nil {
        try database.cachedStatement(
          sql: "INSERT OR REPLACE INTO rationale (run, position, stage, category, rationale, reasoning) VALUES (?, ?, ?, ?, ?, ?)"
        ).execute(arguments: [
          runID, outcome.batch.messages[message].position, pipeline.definition.stages[index].id, pipeline.definition.categories[finding.category].name,
          finding.rationale.map(Self.withoutNUL), finding.reasoning.map(Self.withoutNUL),
        ])
      }
    }
  }

  /// A column of text ends at its first NUL, so that one would hide what stands behind it. U+0001 has the same length, and spans keep their places.
  static func withoutNUL(_ text: String) -> String { text.utf8.contains(0) ? text.replacing("\0", with: "\u{1}") : text }

  /// An id as a JSON literal in the one way that it is looked up, however its writer escaped it.
  static func canonical(_ literal: String) -> String {
    guard literal.utf8.contains(UInt8(ascii: "\\")), let id = try? JSONDecoder().decode(String.self, from: Data(literal.utf8)) else { return literal }
    return JSONText.quoted(id)
  }

  private func hash(_ batch: MessageBatch, _ range: ByteRange) -> String { hex(SHA256.hash(data: batch.bytes[range.range])) }

  static func now() -> String { Date().formatted(.iso8601) }
}

func hex(_ digest: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  var bytes: [UInt8] = []
  for byte in digest { bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
  return String(decoding: bytes, as: UTF8.self)
}
