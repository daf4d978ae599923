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

  /// What answers in place of a reasoner stage while a case runs.
  public typealias Script = @Sendable (StageDefinition, PipelineTestCase) throws -> any Reasoner

  private let definition: PipelineDefinition
  private let stages: [BuiltStage]
  private let script: Script

  /// - Parameter stages: the pipeline's real stages; for each case, reasoners are replaced by what `script` gives.
  public init(definition: PipelineDefinition, stages: [BuiltStage], script: @escaping Script) {
    var offline = definition
    // Cases say what is decided, not what a draw or a budget makes of it.
    offline.auditSample = .none
    offline.budget = nil
    self.definition = offline
    self.stages = stages
    self.script = script
  }

  public func run() async throws -> [Result] {
    var results: [Result] = []
    for testCase in definition.tests { results.append(try await run(testCase)) }
    return results
  }

  private func run(_ testCase: PipelineTestCase) async throws -> Result {
    let built = try zip(definition.stages, stages).map { stage, built -> BuiltStage in
      guard case .reasoner = built else { return built }
      return .reasoner(try script(stage, testCase))
    }
    let pipeline = ModerationPipeline(definition: definition, stages: built, lanes: 1)
    let id = "case"
    var batch = MessageBatch()
    batch.append(id: id, item: testCase.item, author: testCase.author ?? "")
    var prepared = pipeline.prepare(batch)
    prepared.contexts = [testCase.context]
    let outcome = await pipeline.process(prepared)
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
      let rules = rules(outcome, pipeline)
      if !rules.contains(rule) { failures.append("expected rule `\(rule)`, got \(rules.isEmpty ? "none" : rules.map { "`\($0)`" }.joined(separator: ", "))") }
    }
    let observed = [decision.verdict.name, category, stage.map { "by \($0)" }, "(\(decision.reason.name))"].compactMap { $0 }.joined(separator: " ")
    return Result(testCase: testCase, failures: failures, observed: observed)
  }

  /// Every rule that matched or was cited.
  private func rules(_ outcome: BatchOutcome, _ pipeline: ModerationPipeline) -> [String] {
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
