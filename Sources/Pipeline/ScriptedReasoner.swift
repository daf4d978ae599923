import Moderation

/// Stands in for a reasoner in pipeline tests: answers from the case that is running; no model, no network.
public struct ScriptedReasoner: Reasoner {
  /// Reads a raw final answer under the policy of a category, as the real stage would.
  public typealias RawReader = @Sendable (_ answer: String, _ category: CategoryIndex) -> Finding
  public let judgedCategories: CategorySet
  public let concurrency = 1
  public let contextMessages: Int
  public let fingerprint = "scripted"
  public let notice: String? = nil
  private let categories: CategoryTable
  /// By message id (a JSON literal), then by category name.
  private let answers: [String: [String: String]]
  private let readRaw: RawReader

  public init(standingInFor reasoner: any Reasoner, categories: CategoryTable, answers: [String: [String: String]], readRaw: @escaping RawReader) {
    judgedCategories = reasoner.judgedCategories
    contextMessages = reasoner.contextMessages
    self.categories = categories
    self.answers = answers
    self.readRaw = readRaw
  }

  public func start() async throws {}
  public func shutdown() async {}

  public func judge(_ request: JudgeRequest) async throws(ReasonerError) -> Judgement {
    let script = answers[request.messageID] ?? [:]
    return Judgement(findings: request.categories.map { finding($0, script[categories[$0].name]) }, usage: ReasonerUsage(calls: 1), model: "scripted")
  }

  private func finding(_ category: CategoryIndex, _ answer: String?) -> Finding {
    func simple(_ outcome: Finding.Outcome) -> Finding { Finding(category: category, outcome: outcome, policy: "scripted@test") }
    switch answer {
    case nil: return simple(.abstain("the case has no `reasoner` answer for this category"))
    case "violates": return simple(.violates)
    case "safe": return simple(.safe)
    case "review": return simple(.review)
    case "abstain": return simple(.abstain("scripted"))
    case let raw?: return readRaw(raw, category)
    }
  }
}
