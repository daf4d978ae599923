/// Where the fields of a message stand in a record. Dotted paths reach into objects: `data.message.body`.
public struct InputMapping: Sendable, Hashable {
  public enum Format: String, Sendable, CaseIterable { case jsonl, csv }
  public var format: Format = .jsonl
  public var id = "id"
  public var text = "text"
  public var conversation: String?
  public var author: String?
  public var timestamp: String?
  /// Both set: records are exchanges with a language model; `text` is not read.
  public var prompt: String?
  public var completion: String?
  /// Set: records are whole chats, an array of `{role, content}` at this path; `text` is not read.
  public var messages: String?
  /// A record without `id` gets its 1-based line number instead of going to the dead letters.
  public var idOptional = false
  public init() {}
  public var kind: ItemKind { messages != nil ? .chat : prompt != nil ? .exchange : .message }
}

/// Random shares of *decided* messages that go to the reasoner as well: the only unbiased view of what the cheap stages miss.
public struct AuditSample: Sendable, Hashable {
  public var allowed: Double
  public var blocked: Double
  public init(allowed: Double = 0, blocked: Double = 0) { (self.allowed, self.blocked) = (allowed, blocked) }
  public static let none = AuditSample()
}

/// A ceiling on what the reasoner is asked. What exceeds it goes to `onOverload` of the reasoner, least uncertain first.
public struct EscalationBudget: Sendable, Hashable {
  /// Share of all messages, counted over the stream so far.
  public var share: Double?
  /// Messages escalated per second; each asks once for every open policy, second try and vote.
  public var perSecond: Double?
  public init(share: Double? = nil, perSecond: Double? = nil) { (self.share, self.perSecond) = (share, perSecond) }
}

/// One stage as written and checked, before anything is compiled.
public struct StageDefinition: Sendable {
  public var id: String
  public var spec: StageSpec
  public var mode: StageMode
  public var failure: FailureModes
  /// Empty for a stage that does not score.
  public var bands: [CategoryIndex: Band]
  public var configuration: StageConfiguration
  public var span: SourceSpan
  public init(
    id: String, spec: StageSpec, mode: StageMode = .enforce, failure: FailureModes, bands: [CategoryIndex: Band] = [:],
    configuration: StageConfiguration, span: SourceSpan
  ) {
    self.id = id
    self.spec = spec
    self.mode = mode
    self.failure = failure
    self.bands = bands
    self.configuration = configuration
    self.span = span
  }
}

/// One case of `tests:`.
public struct PipelineTestCase: Sendable {
  public var name: String
  public var item: Item
  public var author: String?
  public var context: [ChatTurn]
  public var expectVerdict: Verdict?
  public var expectCategory: String?
  public var expectStage: String?
  public var expectRule: String?
  /// Reasoner answers to use, by category name: `violates`, `safe`, `abstain`, or a raw final answer for the reader.
  public var reasoner: [String: String]
  public var span: SourceSpan
  public init(
    name: String, item: Item, author: String? = nil, context: [ChatTurn] = [], expectVerdict: Verdict? = nil, expectCategory: String? = nil,
    expectStage: String? = nil, expectRule: String? = nil, reasoner: [String: String] = [:], span: SourceSpan
  ) {
    self.name = name
    self.item = item
    self.author = author
    self.context = context
    self.expectVerdict = expectVerdict
    self.expectCategory = expectCategory
    self.expectStage = expectStage
    self.expectRule = expectRule
    self.reasoner = reasoner
    self.span = span
  }
}

/// What a person wrote, checked: the first of the two steps (written → running).
public struct PipelineDefinition: Sendable {
  public var name: String
  /// The file it came from.
  public var path: String
  /// SHA-256 of the file's bytes, hex.
  public var fingerprint: String
  /// SHA-256 of what variables gave, hex; empty without variables.
  public var variables = ""
  public var input: InputMapping
  /// Time that one message may take in all, from being read to its verdict.
  public var deadline: Duration
  public var categories: CategoryTable
  public var stages: [StageDefinition]
  public var auditSample: AuditSample
  public var budget: EscalationBudget?
  /// Seed of every random choice (audit sample), so that a resumed run makes the same ones.
  public var seed: UInt64
  public var tests: [PipelineTestCase]

  public init(
    name: String, path: String, fingerprint: String, input: InputMapping = .init(), deadline: Duration = .seconds(30),
    categories: CategoryTable, stages: [StageDefinition], auditSample: AuditSample = .none, budget: EscalationBudget? = nil, seed: UInt64 = 1,
    tests: [PipelineTestCase] = []
  ) {
    self.name = name
    self.path = path
    self.fingerprint = fingerprint
    self.input = input
    self.deadline = deadline
    self.categories = categories
    self.stages = stages
    self.auditSample = auditSample
    self.budget = budget
    self.seed = seed
    self.tests = tests
  }
}
