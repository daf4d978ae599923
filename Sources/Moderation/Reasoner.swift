/// A turn of a chat, or an earlier message of a conversation.
public struct ChatTurn: Sendable, Hashable, Codable {
  /// `user`, `assistant`, `system` … in a chat; the author's name in a conversation.
  public var role: String
  public var content: String
  public init(role: String, content: String) { (self.role, self.content) = (role, content) }
}

/// What is shown to the model, as what it is.
public enum Item: Sendable, Hashable {
  case message(String)
  case exchange(prompt: String, completion: String)
  case chat([ChatTurn])
}

/// One message on its way to a reasoner.
public struct JudgeRequest: Sendable {
  public var messageID: String
  public var item: Item
  /// Earlier messages of the same conversation, oldest first; shown apart, never judged.
  public var context: [ChatTurn]
  /// The categories that are still open: only their policies are asked.
  public var categories: CategorySet
  /// When the answer is of no more use.
  public var deadline: ContinuousClock.Instant
  public init(messageID: String, item: Item, context: [ChatTurn] = [], categories: CategorySet, deadline: ContinuousClock.Instant) {
    self.messageID = messageID
    self.item = item
    self.context = context
    self.categories = categories
    self.deadline = deadline
  }
}

/// What the reasoner says of one category.
public struct Finding: Sendable, Hashable {
  public enum Outcome: Sendable, Hashable {
    /// The policy is violated: block (review where the category says `auto_block: false`).
    case violates
    case safe
    /// The policy's own label is mapped to review.
    case review
    /// The model gave no usable answer (empty, refusal, malformed …); the reason is constant text.
    case abstain(String)
  }
  public var category: CategoryIndex
  public var outcome: Outcome
  /// Probability of the violating label at the decision point, 0...1, where the backend has it.
  public var score: Double?
  /// The label as the policy names it, for example `1`, `INVALID`, `high`.
  public var label: String?
  /// `<policy id>@<version>` under which the answer was made; the version is the content hash's first 12 hex digits where the file names none.
  public var policy: String
  /// Rule ids cited by the model and present in the policy.
  public var ruleIDs: [String]
  /// The short reason in the final answer; for reviewers.
  public var rationale: String?
  /// The analysis channel; restricted, never shown to end users.
  public var reasoning: String?

  public init(
    category: CategoryIndex, outcome: Outcome, score: Double? = nil, label: String? = nil, policy: String, ruleIDs: [String] = [],
    rationale: String? = nil, reasoning: String? = nil
  ) {
    self.category = category
    self.outcome = outcome
    self.score = score
    self.label = label
    self.policy = policy
    self.ruleIDs = ruleIDs
    self.rationale = rationale
    self.reasoning = reasoning
  }
}

/// What a judgement cost.
public struct ReasonerUsage: Sendable, Hashable, Codable {
  public var calls = 0
  public var retries = 0
  public var promptTokens = 0
  public var cachedPromptTokens = 0
  public var completionTokens = 0
  public init(calls: Int = 0, retries: Int = 0, promptTokens: Int = 0, cachedPromptTokens: Int = 0, completionTokens: Int = 0) {
    self.calls = calls
    self.retries = retries
    self.promptTokens = promptTokens
    self.cachedPromptTokens = cachedPromptTokens
    self.completionTokens = completionTokens
  }
  public static func + (a: Self, b: Self) -> Self {
    Self(
      calls: a.calls + b.calls, retries: a.retries + b.retries, promptTokens: a.promptTokens + b.promptTokens,
      cachedPromptTokens: a.cachedPromptTokens + b.cachedPromptTokens, completionTokens: a.completionTokens + b.completionTokens)
  }
}

/// A reasoner's answer to one request: one finding for each category asked.
public struct Judgement: Sendable, Hashable {
  public var findings: [Finding]
  public var usage: ReasonerUsage
  /// What answered: model name and backend, for the audit record.
  public var model: String
  /// What a reader of the verdict should know, in constant words: content cut short, special tokens broken.
  public var notes: [String]
  /// How long the model took, where its backend knows: of a recorded answer, how long it took when it was recorded.
  public var modelLatency: Duration?
  public init(findings: [Finding], usage: ReasonerUsage = .init(), model: String = "", notes: [String] = [], modelLatency: Duration? = nil) {
    self.modelLatency = modelLatency
    self.findings = findings
    self.usage = usage
    self.model = model
    self.notes = notes
  }
}

extension Judgement {
  /// The same judgement, however long the model took for it.
  public static func == (a: Self, b: Self) -> Bool {
    a.findings == b.findings && a.usage == b.usage && a.model == b.model && a.notes == b.notes
  }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(findings)
    hasher.combine(usage)
    hasher.combine(model)
    hasher.combine(notes)
  }
}

/// Why a reasoner gave no judgement at all.
public struct ReasonerError: Error, Sendable, Hashable, CustomStringConvertible {
  public var cause: DegradedCause
  /// Constant words and numbers, never message text.
  public var detail: String
  /// What was spent before it failed.
  public var usage: ReasonerUsage
  /// What it said before it failed and what stands all the same: findings that ask for a person, of categories that were asked.
  public var reviews: [Finding]
  public init(_ cause: DegradedCause, _ detail: String, usage: ReasonerUsage = .init(), reviews: [Finding] = []) {
    self.cause = cause
    self.detail = detail
    self.usage = usage
    self.reviews = reviews
  }
  public var description: String { detail }
}

/// A stage that asks a reasoning model: asynchronous, slow, costly, bounded.
public protocol Reasoner: Sendable {
  /// Made ready before the first message: models mapped, policies read, endpoints probed. Throws what must stop the run.
  func start() async throws
  /// The categories that it has a policy for; others are never asked and never settled here.
  var judgedCategories: CategorySet { get }
  /// How many requests it takes at once.
  var concurrency: Int { get }
  /// Earlier messages of the conversation that it wants to see.
  var contextMessages: Int { get }
  /// Hash of all that determines its prompts (policies, template, model, effort): hex, for the audit record.
  var fingerprint: String { get }
  /// A sentence to say once before the run: that the stage cannot do its work (no model …), or what its model is not for; else nil.
  var notice: String? { get }
  /// Whether there is somebody to ask. Without, every answer is an abstention.
  var hasModel: Bool { get }
  func judge(_ request: JudgeRequest) async throws(ReasonerError) -> Judgement
  func shutdown() async
}

extension Reasoner {
  public var judgedCategories: CategorySet { CategorySet(bits: .max) }
  public var hasModel: Bool { true }
}
