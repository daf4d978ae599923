import FoundationEssentials

/// One stage of a record's trace, read back: what the stage saw, said and took.
public struct StageTrace: Sendable, Decodable {
  public struct Hit: Sendable, Decodable {
    public var rule: String
    public var category: String
    /// signal, escalate, block or exempt.
    public var effect: String
    /// Start and end in the UTF-8 bytes of the original text.
    public var span: [Int]
  }
  public struct Finding: Sendable, Decodable {
    public var category: String
    /// violates, safe or abstain.
    public var outcome: String
    /// Id and version.
    public var policy: String
    public var label: String?
    public var score: Double?
    public var rules: [String]?
    public var detail: String?
  }
  public var stage: String
  public var status: String
  /// Nil for `enforce`.
  public var mode: String?
  /// Of a reasoner's call: decide, audit or shadow.
  public var purpose: String?
  public var detail: String?
  public var hits: [Hit]?
  /// Probability by category; nil where there was none.
  public var scores: [String: Double?]?
  public var findings: [Finding]?
  public var latency: Duration? { microseconds.map { .microseconds($0) } }
  private var microseconds: Double?
  public var model: String?
  public var calls: Int?
  public var promptTokens: Int?
  public var completionTokens: Int?

  private enum CodingKeys: String, CodingKey {
    case stage, status, mode, purpose, detail, hits, scores, findings, model, calls
    case microseconds = "latency_us"
    case promptTokens = "prompt_tokens"
    case completionTokens = "completion_tokens"
  }
}

extension AuditRecord {
  /// The stages that the message went through, in order; nil when the trace is not one that this version writes.
  public var stages: [StageTrace]? { try? JSONDecoder().decode([StageTrace].self, from: Data(trace.utf8)) }
}

/// A stage as the run's record names it.
public struct AuditStage: Sendable, Decodable {
  public struct Thresholds: Sendable, Decodable {
    public var allowBelow: Double
    public var blockAbove: Double
    private enum CodingKeys: String, CodingKey {
      case allowBelow = "allow_below"
      case blockAbove = "block_above"
    }
  }
  public var id: String
  public var type: String
  public var mode: String
  public var fingerprint: String
  /// By category.
  public var bands: [String: Thresholds]
}

extension AuditRun {
  /// The pipeline's stages in order; nil when they are not as this version writes them.
  public var stageList: [AuditStage]? { try? JSONDecoder().decode([AuditStage].self, from: Data(stages.utf8)) }
}
