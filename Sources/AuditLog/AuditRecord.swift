import GRDB

/// What the audit file keeps of one message.
public struct AuditRecord: Sendable, Codable, FetchableRecord {
  public var run: String
  /// 0-based place in the run's stream.
  public var position: Int
  /// The id as a JSON literal.
  public var messageID: String
  /// SHA-256 of the judged text's UTF-8, hex.
  public var textHash: String
  /// Only with `--audit-text`.
  public var text: String?
  public var conversationHash: String?
  public var verdict: String
  public var reason: String
  public var category: String?
  public var stage: String?
  public var score: Double?
  public var degraded: String?
  /// Whether the message was shown to the reasoner although it was decided (audit sample).
  public var audited: Bool
  /// The probability with which a decided message of this verdict is sampled, for estimates; nil when there is no sample.
  public var sampling: Double?
  public var time: String
  /// Each stage's status, signals, latency and shadow findings, as JSON.
  public var trace: String

  enum CodingKeys: String, CodingKey, ColumnExpression {
    case run, position, text, verdict, reason, category, stage, score, degraded, audited, sampling, time, trace
    case messageID = "message_id"
    case textHash = "text_hash"
    case conversationHash = "conversation_hash"
  }
}

/// One run, as the audit file remembers it.
public struct AuditRun: Sendable, Codable, FetchableRecord {
  public var id: String
  public var started: String
  public var finished: String?
  public var pipeline: String
  public var pipelinePath: String
  /// SHA-256 of the pipeline file.
  public var pipelineHash: String
  /// Each stage's id, type, mode, fingerprint and thresholds in force, as JSON.
  public var stages: String
  public var winnowVersion: String

  enum CodingKeys: String, CodingKey {
    case id, started, finished, pipeline, stages
    case pipelinePath = "pipeline_path"
    case pipelineHash = "pipeline_hash"
    case winnowVersion = "winnow_version"
  }
}

/// The restricted part of a record.
public struct AuditRationale: Sendable, Codable, FetchableRecord {
  public var stage: String
  public var category: String
  public var rationale: String?
  public var reasoning: String?
}
