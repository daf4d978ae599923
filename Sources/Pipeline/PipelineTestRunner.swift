import Moderation

/// Runs the cases of a pipeline file, offline.
public struct PipelineTestRunner: Sendable {
  public struct Result: Sendable {
    public var testCase: PipelineTestCase
    /// What was expected and not met; empty for a passed case.
    public var failures: [String]
    /// One line: verdict, stage, reason.
    public var observed: String
    public var passed: Bool { failures.isEmpty }
  }

  private let definition: PipelineDefinition
  private let pipeline: ModerationPipeline

  /// - Parameter stages: the pipeline's real stages; reasoners are replaced by scripted ones.
  public init(definition: PipelineDefinition, stages: [BuiltStage], readRaw: @escaping ScriptedReasoner.RawReader) {
    var answers: [String: [String: String]] = [:]
    for (index, testCase) in definition.tests.enumerated() { answers["\"\(index)\""] = testCase.reasoner }
    let scripted = stages.map { stage -> BuiltStage in
      guard case .reasoner(let reasoner) = stage else { return stage }
      return .reasoner(ScriptedReasoner(standingInFor: reasoner, categories: definition.categories, answers: answers, readRaw: readRaw))
    }
    var offline = definition
    // Cases say what is decided, not what a draw or a budget makes of it.
    offline.auditSample = .none
    offline.budget = nil
    self.definition = offline
    pipeline = ModerationPipeline(definition: offline, stages: scripted, lanes: 1)
  }

  public func run() async -> [Result] {
    var results: [Result] = []
    for (index, testCase) in definition.tests.enumerated() { results.append(await run(testCase, id: "\(index)")) }
    return results
  }

  private func run(_ testCase: PipelineTestCase, id: String) async -> Result {
    var batch = MessageBatch()
    batch.append(id: id, item: testCase.item, author: testCase.author ?? "")
    let outcome = await pipeline.process(batch)
    let decision = outcome.decisions[0]
    let stage = decision.stage.map { definition.stages[$0].id }
    let category = decision.category.map { definition.categories[$0].name }
    var failures: [String] = []
    func check(_ what: String, _ expected: String?, _ found: String?) {
      if let expected, expected != found { failures.append("expected \(what) `\(expected)`, got \(found.map { "`\($0)`" } ?? "none")") }
    }
    check("verdict", testCase.expectVerdict?.name, decision.verdict.name)
    check("category", testCase.expectCategory, category)
    check("stage", testCase.expectStage, stage)
    if let rule = testCase.expectRule {
      let rules = rules(outcome)
      if !rules.contains(rule) { failures.append("expected rule `\(rule)`, got \(rules.isEmpty ? "none" : rules.map { "`\($0)`" }.joined(separator: ", "))") }
    }
    let observed = [decision.verdict.name, category, stage.map { "by \($0)" }, "(\(decision.reason.name))"].compactMap { $0 }.joined(separator: " ")
    return Result(testCase: testCase, failures: failures, observed: observed)
  }

  /// Every rule that matched or was cited.
  private func rules(_ outcome: BatchOutcome) -> [String] {
    var rules: [String] = []
    for (stage, built) in pipeline.stages.enumerated() {
      if case .screen(let screen) = built { rules += outcome.hits(of: 0, in: stage).map { screen.describe(source: $0.source).rule } }
      if case .success(let judgement)? = outcome.stages[stage].judged[0]?.result { rules += judgement.findings.flatMap(\.ruleIDs) }
    }
    return rules
  }
}

extension MessageBatch {
  /// Appends an item of any kind.
  public mutating func append(id: String, item: Item, conversation: String = "", author: String = "") {
    switch item {
    case .message(let text): append(id: id, text: text, conversation: conversation, author: author)
    case .exchange(let prompt, let completion):
      append(id: id, text: prompt + "\n" + completion, conversation: conversation, author: author)
      messages[messages.count - 1].kind = .exchange
      messages[messages.count - 1].promptLength = UInt32(prompt.utf8.count)
    case .chat(let turns):
      append(id: id, text: turns.map(\.content).joined(separator: "\n"), conversation: conversation, author: author)
      messages[messages.count - 1].kind = .chat
      chats[messages.count - 1] = turns
    }
  }
}
