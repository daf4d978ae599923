import AuditLog
import Moderation
import Pipeline
import Tuning

/// What would have happened had the shadow stages decided: a live run's audit records, sent through the pipeline's rules once more with
/// every stage answering what it answered then. Nothing is scored or asked again.
public struct ShadowComparison: Sendable {
  private let definition: PipelineDefinition
  private let stages: [BuiltStage]
  private let insteadOf: String?
  private var records: [ReplayedRecord] = []
  private var ids: [String] = []
  private var verdicts: [Verdict] = []
  /// Traces that could not be read.
  public private(set) var unreadable = 0

  public struct Outcome: Sendable {
    public var report: ComparisonReport
    /// Messages whose replay differs from what the run recorded: the pipeline file has changed since.
    public var mismatches: Int
    /// Messages that the shadow stages would have left to a reasoner that was not asked about them: taken as reviews.
    public var unanswered: Int
  }

  /// - Parameters:
  ///   - stages: the built stages of the definition; only what they score and judge is looked at.
  ///   - insteadOf: a stage that the shadow stages would replace.
  public init(definition: PipelineDefinition, stages: [BuiltStage], insteadOf: String? = nil) throws(TuningError) {
    if !definition.stages.contains(where: { $0.mode == .shadow }) { throw .mismatch("the pipeline has no stage with `mode: shadow`") }
    if let insteadOf, !definition.stages.contains(where: { $0.id == insteadOf && $0.mode == .enforce }) {
      throw .mismatch("the pipeline has no deciding stage `\(insteadOf)`")
    }
    self.definition = definition
    self.stages = stages
    self.insteadOf = insteadOf
  }

  public mutating func add(_ record: AuditRecord) {
    guard let entries = record.stages, let verdict = Verdict(name: record.verdict) else { return unreadable += 1 }
    records.append(ReplayedRecord(entries, definition))
    ids.append(record.messageID.filter { $0 != "\"" })
    verdicts.append(verdict)
  }

  /// - Parameter examples: ids kept for each kind of flip.
  public func run(examples: Int = 5) async throws(TuningError) -> Outcome {
    guard !records.isEmpty else { throw .emptySample }
    var (live, shadow) = (definition, definition)
    for place in definition.stages.indices where definition.stages[place].mode == .shadow {
      live.stages[place].mode = .off
      shadow.stages[place].mode = .enforce
    }
    if let insteadOf, let place = definition.stages.firstIndex(where: { $0.id == insteadOf }) { shadow.stages[place].mode = .off }
    let (first, _) = await replay(live)
    let (second, unanswered) = await replay(shadow)
    let labels = MessageLabels(
      any: ids.map { _ in .unknown }, categoryNames: definition.categories.categories.map(\.name),
      categories: definition.categories.categories.map { _ in ids.map { _ in .unknown } })
    return Outcome(
      report: ComparisonReport(names: ("live", "with the shadow stages"), ids: ids, first: first, second: second, labels: labels, examples: examples),
      mismatches: zip(verdicts, first.verdicts).count { $0 != $1 }, unanswered: unanswered)
  }

  private func replay(_ definition: PipelineDefinition) async -> (MessageVerdicts, unanswered: Int) {
    var offline = definition
    offline.auditSample = .none
    offline.budget = nil
    let replayed = stages.enumerated().map { place, stage -> BuiltStage in
      switch stage {
      case .screen(let screen): .screen(ReplayedScreen(of: screen, stage: place, records: records))
      case .reasoner(let reasoner): .reasoner(ReplayedReasoner(of: reasoner, stage: place, records: records))
      }
    }
    let pipeline = ModerationPipeline(definition: offline, stages: replayed, lanes: 1)
    var verdicts: [Verdict] = [], escalated: [Bool] = [], usages: [ReasonerUsage] = []
    var outcomes = [[CategoryOutcome]](repeating: [], count: definition.categories.count)
    var unanswered = 0
    for first in stride(from: 0, to: records.count, by: 1024) {
      var batch = MessageBatch()
      for record in first..<min(first + 1024, records.count) { batch.append(id: "\(record)", text: "") }
      let outcome = await pipeline.process(batch)
      for (message, decision) in outcome.decisions.enumerated() {
        let asked = stages.indices.filter { outcome.stages[$0].judged[Int32(message)] != nil }
        let known = asked.filter { records[first + message].stages[$0]?.isAnswered ?? false }
        if known.count < asked.count { unanswered += 1 }
        verdicts.append(decision.verdict)
        escalated.append(!asked.isEmpty || decision.reason == .unsettled)
        usages.append(known.reduce(ReasonerUsage()) { $0 + (records[first + message].stages[$1]?.usage ?? ReasonerUsage()) })
        for category in outcomes.indices { outcomes[category].append(Self.outcome(decision, category)) }
      }
    }
    return (MessageVerdicts(verdicts: verdicts, escalated: escalated, outcomes: outcomes, usages: usages), unanswered)
  }

  private static func outcome(_ decision: MessageDecision, _ category: Int) -> CategoryOutcome {
    if decision.verdict == .allow { return .allow }
    return decision.category?.index == category ? CategoryOutcome(decision.verdict) : .unsettled
  }
}

/// One audit record by stage.
struct ReplayedRecord: Sendable {
  struct Stage: Sendable {
    var hits: [Hit] = []
    var scores: [CategoryIndex: Float] = [:]
    var findings: [Finding] = []
    var usage = ReasonerUsage()
    var failure: DegradedCause?
    var isAnswered: Bool { !findings.isEmpty || failure != nil }
  }
  /// By place of the stage.
  var stages: [Int: Stage] = [:]

  init(_ entries: [StageTrace], _ definition: PipelineDefinition) {
    for entry in entries {
      guard let place = definition.stages.firstIndex(where: { $0.id == entry.stage }) else { continue }
      stages[place] = Self.stage(entry, definition.categories)
    }
  }

  private static func stage(_ entry: StageTrace, _ categories: CategoryTable) -> Stage {
    var stage = Stage()
    for hit in entry.hits ?? [] {
      guard let category = categories.index(of: hit.category), let effect = HitEffect.allCases.first(where: { $0.name == hit.effect }) else { continue }
      stage.hits.append(Hit(message: 0, category: category, effect: effect, source: 0, span: .empty))
    }
    for (name, score) in entry.scores ?? [:] {
      if let category = categories.index(of: name) { stage.scores[category] = score.map { Float($0) } ?? .nan }
    }
    for finding in entry.findings ?? [] {
      guard let category = categories.index(of: finding.category) else { continue }
      let outcome: Finding.Outcome =
        switch finding.outcome {
        case "violates": .violates
        case "safe": .safe
        case "review": .review
        default: .abstain(finding.detail ?? "abstained")
        }
      stage.findings.append(Finding(category: category, outcome: outcome, score: finding.score, policy: finding.policy))
    }
    stage.usage = ReasonerUsage(calls: entry.calls ?? 0, promptTokens: entry.promptTokens ?? 0, completionTokens: entry.completionTokens ?? 0)
    // A failure's detail stands beside what was found all the same.
    stage.failure = entry.findings == nil || entry.detail != nil ? DegradedCause.allCases.first { $0.status.rawValue == entry.status } : nil
    return stage
  }
}

/// The number that a replayed message carries as its id.
private func number(of message: MessageRecord, in batch: MessageBatch) -> Int { Int(batch.string(message.id).filter { $0 != "\"" }) ?? 0 }

struct ReplayedScreen: Screen {
  let scoredCategories: [CategoryIndex]
  let allowsWithoutHits: Bool
  let fingerprint = "replayed"
  let stage: Int
  let records: [ReplayedRecord]

  init(of screen: any Screen, stage: Int, records: [ReplayedRecord]) {
    scoredCategories = screen.scoredCategories
    allowsWithoutHits = screen.allowsWithoutHits
    self.stage = stage
    self.records = records
  }

  func makeWorker() -> any ScreenWorker { Worker(screen: self) }
  func describe(source: Int32) -> SourceDescription { SourceDescription(rule: "replayed") }

  private final class Worker: ScreenWorker {
    let screen: ReplayedScreen
    init(screen: ReplayedScreen) { self.screen = screen }

    func evaluate(_ batch: MessageBatch, asked: [Int32], into output: inout ScreenOutput) {
      for index in asked {
        let record = screen.records[number(of: batch.messages[Int(index)], in: batch)].stages[screen.stage]
        for var hit in record?.hits ?? [] {
          hit.message = index
          output.hits.append(hit)
        }
        for category in screen.scoredCategories { output.probabilities.append(record?.scores[category] ?? .nan) }
        if let failure = record?.failure { output.failures.append(ScreenFailure(message: index, cause: failure, detail: "replayed")) }
      }
    }
  }
}

struct ReplayedReasoner: Reasoner {
  let judgedCategories: CategorySet
  let stage: Int
  let records: [ReplayedRecord]
  var concurrency: Int { 64 }
  var contextMessages: Int { 0 }
  var fingerprint: String { "replayed" }
  var notice: String? { nil }

  init(of reasoner: any Reasoner, stage: Int, records: [ReplayedRecord]) {
    judgedCategories = reasoner.judgedCategories
    self.stage = stage
    self.records = records
  }

  func start() async throws {}
  func shutdown() async {}

  func judge(_ request: JudgeRequest) async throws(ReasonerError) -> Judgement {
    let record = Int(request.messageID.filter { $0 != "\"" }).flatMap { records[$0].stages[stage] }
    if let failure = record?.failure { throw ReasonerError(failure, "replayed", reviews: record?.findings.filter { $0.outcome == .review } ?? []) }
    let known = record?.findings ?? []
    return Judgement(
      findings: request.categories.map { category in
        known.first { $0.category == category } ?? Finding(category: category, outcome: .abstain(AnswerBook.notAsked), policy: "")
      })
  }
}
