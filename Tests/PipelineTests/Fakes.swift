import Moderation
import Pipeline
import Synchronization

/// A screen made of a closure: hits, probabilities and failures by text.
struct FakeScreen: Screen {
  struct Answer {
    var hits: [(CategoryIndex, HitEffect)] = []
    var probabilities: [Float] = []
    var failure: DegradedCause?
  }
  var scoredCategories: [CategoryIndex] = []
  var allowsWithoutHits = false
  var fingerprint = "fake"
  var answer: @Sendable (String) -> Answer

  func describe(source: Int32) -> SourceDescription { SourceDescription(rule: "rule/\(source)") }
  func makeWorker() -> any ScreenWorker { Worker(screen: self) }

  final class Worker: ScreenWorker {
    let screen: FakeScreen
    init(screen: FakeScreen) { self.screen = screen }
    func evaluate(_ batch: MessageBatch, asked: [Int32], into output: inout ScreenOutput) {
      for message in asked {
        let record = batch.messages[Int(message)]
        let answer = screen.answer(batch.string(record.text))
        for (category, effect) in answer.hits {
          output.hits.append(Hit(message: message, category: category, effect: effect, source: 1, span: ByteRange(0..<record.text.count)))
        }
        output.probabilities += answer.probabilities
        if let failure = answer.failure { output.failures.append(ScreenFailure(message: message, cause: failure, detail: "fake failure")) }
      }
    }
  }
}

/// A reasoner made of a closure; counts what it is asked and how many at once.
final class FakeReasoner: Reasoner {
  let judgedCategories: CategorySet
  let concurrency: Int
  let contextMessages: Int
  let fingerprint = "fake"
  let notice: String? = nil
  private let answer: @Sendable (JudgeRequest) async throws(ReasonerError) -> Judgement
  private let counts = Mutex((running: 0, most: 0, requests: [JudgeRequest]()))
  var requests: [JudgeRequest] { counts.withLock { $0.requests } }
  var mostAtOnce: Int { counts.withLock { $0.most } }

  init(
    judging categories: CategorySet, concurrency: Int = 4, contextMessages: Int = 0,
    answer: @escaping @Sendable (JudgeRequest) async throws(ReasonerError) -> Judgement
  ) {
    judgedCategories = categories
    self.concurrency = concurrency
    self.contextMessages = contextMessages
    self.answer = answer
  }

  func start() async throws {}
  func shutdown() async {}
  func judge(_ request: JudgeRequest) async throws(ReasonerError) -> Judgement {
    counts.withLock { counts in
      counts.running += 1
      counts.most = max(counts.most, counts.running)
      counts.requests.append(request)
    }
    defer { counts.withLock { $0.running -= 1 } }
    return try await answer(request)
  }

  /// Violation when the text holds `bad`, abstention for `odd`, safe otherwise.
  @Sendable static func byWord(_ request: JudgeRequest) async throws(ReasonerError) -> Judgement {
    guard case .message(let text) = request.item else { throw ReasonerError(.error, "no message") }
    if text.contains("fail") { throw ReasonerError(.timeout, "too slow") }
    return Judgement(
      findings: request.categories.map { category in
        let outcome: Finding.Outcome = text.contains("bad") ? .violates : text.contains("odd") ? .abstain("empty answer") : .safe
        return Finding(category: category, outcome: outcome, score: text.contains("bad") ? 0.9 : 0.1, policy: "p@1", ruleIDs: ["H1"])
      }, usage: ReasonerUsage(calls: 1, promptTokens: 10, completionTokens: 2))
  }
}

enum Fixture {
  static let harassment = CategoryIndex(0)
  static let threats = CategoryIndex(1)
  static let spam = CategoryIndex(2)
  static let span = SourceSpan(file: "fixture.yaml", line: 1, column: 1)

  static func categories(noAutoBlock: Set<String> = [], alwaysEscalate: Set<String> = []) -> CategoryTable {
    CategoryTable(
      ["harassment", "threats", "spam"].map {
        Category(name: $0, severity: $0 == "threats" ? .critical : .medium, autoBlock: !noAutoBlock.contains($0), alwaysEscalate: alwaysEscalate.contains($0))
      })
  }

  static func stage(
    _ id: String, _ built: BuiltStage, mode: StageMode = .enforce, failure: FailureModes? = nil, bands: [CategoryIndex: Band] = [:],
    categories: CategoryTable = categories()
  ) -> (StageDefinition, BuiltStage) {
    let kind: StageSpec.Kind = if case .screen = built { .screen } else { .reasoner }
    let spec = StageSpec(type: "fake", kind: kind, summary: "", description: "", fields: [], scores: true, example: "")
    let configuration = StageConfiguration(id: id, settings: Setting(.map([]), at: span), categories: categories, baseDirectory: "/")
    return (
      StageDefinition(
        id: id, spec: spec, mode: mode, failure: failure ?? (kind == .screen ? .screen : .reasoner), bands: bands, configuration: configuration, span: span),
      built
    )
  }

  static func pipeline(
    _ stages: [(StageDefinition, BuiltStage)], categories: CategoryTable = categories(), lanes: Int = 2, sample: AuditSample = .none,
    budget: EscalationBudget? = nil, deadline: Duration = .seconds(30), input: InputMapping = .init()
  ) -> ModerationPipeline {
    ModerationPipeline(
      definition: PipelineDefinition(
        name: "fixture", path: "fixture.yaml", fingerprint: "f", input: input, deadline: deadline, categories: categories, stages: stages.map(\.0),
        auditSample: sample, budget: budget), stages: stages.map(\.1), lanes: lanes)
  }

  static func batch(_ texts: [String], sequence: Int = 0) -> MessageBatch {
    var batch = MessageBatch(sequence: sequence)
    for (index, text) in texts.enumerated() { batch.append(id: "m\(index)", text: text) }
    return batch
  }

  /// Scores harassment by the number in the text: `p=0.4`.
  static let scoring = FakeScreen(scoredCategories: [harassment]) { text in
    .init(probabilities: [text.split(separator: "=").last.flatMap { Float($0.prefix { "0123456789.".contains($0) }) } ?? .nan])
  }
  static let bands: [CategoryIndex: Band] = [harassment: Band(allowBelow: 0.1, blockAbove: 0.9)]
}
