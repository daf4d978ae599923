import Moderation
import Pipeline
import Tuning

/// Sends labelled messages through a pipeline once and keeps what every stage says of every message.
///
/// Verdicts come from the real pipeline, stage by stage. Beside it, each screen also judges the messages that an earlier stage had
/// decided already, so that thresholds can be moved afterwards without running anything again. Left out, and said in ``notes``: the
/// escalation budget and the audit sample, which are draws over live traffic, and shadow reasoners, which would cost calls.
public final class PipelineEvaluator: Sendable {
  /// What the reasoner may be asked about.
  public enum Asking: Sendable, Hashable {
    /// What the pipeline escalates, as in a run.
    case escalated
    /// Every message: for recordings, and for the reasoner alone as a baseline.
    case everything
    /// Nothing beyond what the book holds.
    case nothing
  }

  public let definition: PipelineDefinition
  let stages: [BuiltStage]
  /// For a second evaluator over other messages: what is built is not built again.
  public var stagesForScoring: [BuiltStage] { stages }
  let book: AnswerBook
  private let lanes: Int
  private let isReplay: Bool
  /// Place of the first reasoner that decides.
  let reasonerStage: Int?

  static let batchSize = 1024

  /// - Parameters:
  ///   - stages: one for each of the definition's, started.
  ///   - book: answers that are known; shared by evaluators that ask the same questions.
  ///   - isReplay: the reasoner answers from a recording, so that recorded latencies count and not those of looking up.
  public init(definition: PipelineDefinition, stages: [BuiltStage], lanes: Int, book: AnswerBook = AnswerBook(), isReplay: Bool = false) {
    var offline = definition
    offline.auditSample = .none
    offline.budget = nil
    for (place, stage) in stages.enumerated() {
      if case .reasoner = stage, offline.stages[place].mode == .shadow { offline.stages[place].mode = .off }
    }
    self.definition = offline
    self.stages = stages
    self.lanes = max(1, lanes)
    self.book = book
    self.isReplay = isReplay
    reasonerStage = offline.stages.indices.first { place in
      if case .reasoner = stages[place] { offline.stages[place].mode == .enforce } else { false }
    }
    notes = Self.notes(definition, stages)
  }

  /// What differs from a live run, one sentence each.
  public let notes: [String]

  private static func notes(_ definition: PipelineDefinition, _ stages: [BuiltStage]) -> [String] {
    var notes: [String] = []
    if definition.budget != nil { notes.append("the escalation budget is not applied: calls are counted as if there were none") }
    for (stage, built) in zip(definition.stages, stages) where stage.mode == .shadow {
      if case .reasoner = built { notes.append("shadow stage `\(stage.id)` is not asked") }
    }
    for (stage, built) in zip(definition.stages, stages) where stage.mode == .enforce {
      if case .reasoner(let reasoner) = built, !reasoner.hasModel { notes.append("stage `\(stage.id)` has no model: it abstains") }
    }
    if let problem = StageOrder.problem(evaluated(definition, stages)) { notes.append(problem) }
    return notes
  }

  /// The reasoner that decides, if it has a model behind it.
  public var canAsk: Bool {
    guard let reasonerStage, case .reasoner(let reasoner) = stages[reasonerStage] else { return false }
    return reasoner.hasModel
  }

  /// Lets models and connections go.
  public func shutdown() async {
    for case .reasoner(let reasoner) in stages { await reasoner.shutdown() }
  }

  /// Called with the number of messages that are through.
  public typealias Progress = @Sendable (Int) -> Void

  /// One run over all of `items`.
  public func run(_ items: [LabelledItem], asking: Asking, slices: [String] = [], progress: Progress = { _ in }) async throws(TuningError) -> EvaluationSample {
    if asking == .everything { await ask(items, messages: Array(items.indices)) }
    var sample = EvaluationSample(categories: definition.categories, stages: Self.evaluated(definition, stages), sliceNames: slices)
    let pipeline = pipeline(definition, mayAsk: asking == .escalated ? nil : [], isRun: true)
    let bench = ScreenBench(stages: stages, definition: definition)
    for first in stride(from: 0, to: items.count, by: Self.batchSize) {
      let places = first..<min(first + Self.batchSize, items.count)
      let outcome = await pipeline.process(pipeline.prepare(Self.batch(items, places)))
      let screens = bench.judge(outcome.batch)
      for place in places {
        let row = SampleRow(evaluator: self, outcome: outcome, screens: screens, message: place - first, number: place)
        try sample.append(row.row(items[place]))
      }
      progress(places.upperBound)
    }
    sample.settleCategories()
    return sample
  }

  /// Asks the reasoner about `messages` in all categories that it has a policy for, with their conversations as context. What the book
  /// holds is not asked again.
  public func ask(_ items: [LabelledItem], messages: [Int], progress: Progress = { _ in }) async {
    guard let reasonerStage else { return }
    var bare = definition
    for place in bare.stages.indices { bare.stages[place].mode = place == reasonerStage ? .enforce : .off }
    let pipeline = pipeline(bare, mayAsk: Set(messages))
    let wanted = Set(messages)
    var done = 0
    for first in stride(from: 0, to: items.count, by: Self.batchSize) {
      let places = first..<min(first + Self.batchSize, items.count)
      let count = places.count { wanted.contains($0) }
      guard count > 0 || pipeline.remembersConversations else { continue }
      // Prepared in any case: conversations are remembered in order.
      let prepared = pipeline.prepare(Self.batch(items, places))
      guard count > 0 else { continue }
      _ = await pipeline.process(prepared)
      done += count
      progress(done)
    }
  }

  /// Enters what the book now holds of `messages` into a sample of the same items.
  public func update(_ sample: inout EvaluationSample, messages: [Int]) {
    guard let reasonerStage else { return }
    for message in messages {
      guard let entry = book.entry(message) else { continue }
      for (category, finding) in entry.findings { sample.setFinding(ReasonerOutcome(finding.outcome), score: finding.score.map(Float.init) ?? .nan, category: category, message: message) }
      for category in entry.failed { sample.setFinding(.failed, category: category, message: message) }
      // All categories were asked about. Of a message that only other thresholds leave open, a run would ask about one.
      let asked = book.left(message).map { $0.intersection(entry.known).count } ?? 1
      sample.setReasonerRun(
        status: Self.status(entry), latency: entry.latency.map { Float($0.inSeconds) } ?? .nan, usage: entry.usage.part(asked, of: entry.known.count),
        stage: reasonerStage, message: message)
    }
  }

  static func status(_ entry: AnswerBook.Entry?) -> Moderation.StageStatus {
    guard let entry, !entry.known.isEmpty else { return .skipped }
    if let failure = entry.failure, !entry.failed.isEmpty { return failure.cause.status }
    return entry.findings.values.contains { if case .abstain = $0.outcome { true } else { false } } ? .abstain : .ok
  }

  // MARK: Parts

  private static func evaluated(_ definition: PipelineDefinition, _ stages: [BuiltStage]) -> [EvaluatedStage] {
    zip(definition.stages, stages).map { EvaluatedStage($0, built: $1, categories: definition.categories) }
  }

  private func pipeline(_ definition: PipelineDefinition, mayAsk: Set<Int>?, isRun: Bool = false) -> ModerationPipeline {
    let booked = stages.enumerated().map { place, stage -> BuiltStage in
      guard case .reasoner(let reasoner) = stage else { return stage }
      // The book is that of the first reasoner. Another one may be asked as in a run, or not at all.
      guard place == reasonerStage else { return mayAsk == nil ? stage : .reasoner(BookedReasoner(inner: reasoner, book: AnswerBook(), mayAsk: [], isReplay: isReplay)) }
      return .reasoner(BookedReasoner(inner: reasoner, book: book, mayAsk: mayAsk, isRun: isRun, isReplay: isReplay))
    }
    return ModerationPipeline(definition: definition, stages: booked, lanes: lanes)
  }

  private static func batch(_ items: [LabelledItem], _ places: Range<Int>) -> MessageBatch {
    var batch = MessageBatch(sequence: places.lowerBound / batchSize)
    for place in places {
      let item = items[place]
      batch.append(id: "\(place)", item: item.item, conversation: item.conversation ?? "", author: item.author ?? "")
    }
    return batch
  }
}

/// Every screen over every message of a batch, decided or not.
struct ScreenBench {
  private let workers: [(any ScreenWorker)?]

  init(stages: [BuiltStage], definition: PipelineDefinition) {
    workers = zip(stages, definition.stages).map { stage, definition in
      if case .screen(let screen) = stage, definition.mode != .off { screen.makeWorker() } else { nil }
    }
  }

  /// One output per stage; nil for reasoners and stages that are off.
  func judge(_ batch: MessageBatch) -> [ScreenOutput?] {
    let all = (0..<Int32(batch.count)).map { $0 }
    return workers.map { worker in
      guard let worker else { return nil }
      var output = ScreenOutput()
      worker.evaluate(batch, asked: all, into: &output)
      return output
    }
  }
}
