import Moderation
import Pipeline
import Tuning

/// One message's row of a sample, from what the pipeline and the screens said of its batch.
struct SampleRow {
  let evaluator: PipelineEvaluator
  let outcome: BatchOutcome
  let screens: [ScreenOutput?]
  /// Place in the batch, and in all items.
  let message: Int
  let number: Int

  private var entry: AnswerBook.Entry? { evaluator.book.entry(number) }

  func row(_ item: LabelledItem) -> EvaluationRow {
    let decision = outcome.decisions[message]
    var row = EvaluationRow(
      id: item.id, conversation: item.conversation, textHash: TextHash.of(item.text), labels: item.labels, stages: evaluator.stages.indices.map(stage),
      verdict: decision.verdict, decidingStage: decision.stage, decidingCategory: decision.category, degraded: degraded(decision), slices: item.slices)
    addHits(to: &row)
    if evaluator.reasonerStage != nil { addFindings(to: &row) }
    return row
  }

  /// An answer that nobody was asked for did not fail.
  private func degraded(_ decision: MessageDecision) -> DegradedCause? {
    guard decision.degraded == .abstain, let stage = evaluator.reasonerStage, self.stage(stage).status == .skipped else { return decision.degraded }
    return nil
  }

  private func stage(_ place: Int) -> Tuning.StageRecord {
    if place == evaluator.reasonerStage {
      // An answer that was only wanted for comparison is kept as a finding; the pipeline did not come so far.
      let reached = outcome.stages[place].judged[Int32(message)] != nil
      return Tuning.StageRecord(status: reached ? PipelineEvaluator.status(entry) : .skipped, latency: entry?.latency.map { Float($0.inSeconds) } ?? .nan)
    }
    let reached = outcome.status(of: message, in: place)
    guard let screen = screens[place] else { return Tuning.StageRecord(status: reached) }
    let asked = max(1, outcome.stages[place].asked.count)
    let latency = reached == .skipped ? .nan : Float(outcome.stages[place].time.inSeconds / Double(asked))
    return Tuning.StageRecord(status: failure(screen)?.status ?? reached, probabilities: probabilities(place, screen), latency: latency)
  }

  private func failure(_ screen: ScreenOutput) -> DegradedCause? { screen.failures.first { Int($0.message) == message }?.cause }

  private func probabilities(_ place: Int, _ screen: ScreenOutput) -> [Float] {
    guard case .screen(let stage) = evaluator.stages[place], evaluator.definition.stages[place].spec.scores else { return [] }
    let scored = stage.scoredCategories
    var probabilities = [Float](repeating: .nan, count: evaluator.definition.categories.count)
    for (column, category) in scored.enumerated() { probabilities[category.index] = screen.probabilities[message * scored.count + column] }
    return probabilities
  }

  /// Hits count up to the first failure that decides the message: the pipeline looks at none behind it. Those of the same pass stand, unless the failure blocks.
  private func addHits(to row: inout EvaluationRow) {
    for (place, screen) in screens.enumerated() where evaluator.definition.stages[place].mode == .enforce {
      guard let screen else { continue }
      let action = failure(screen).map { evaluator.definition.stages[place].failure.action(for: $0) } ?? .next
      if action == .block { return }
      for hit in screen.hits where Int(hit.message) == message {
        switch hit.effect {
        case .signal: row.signalHits.insert(hit.category)
        case .escalate: row.escalateHits.insert(hit.category)
        case .block: row.blockHits.insert(hit.category)
        }
      }
      if action != .next { return }
    }
  }

  private func addFindings(to row: inout EvaluationRow) {
    guard let entry else { return }
    let categories = evaluator.definition.categories.count
    row.findings = (0..<categories).map { category in
      let index = CategoryIndex(category)
      if let finding = entry.findings[index] { return ReasonerOutcome(finding.outcome) }
      return entry.failed.contains(index) ? .failed : .notAsked
    }
    row.findingScores = (0..<categories).map { entry.findings[CategoryIndex($0)]?.score.map(Float.init) ?? .nan }
    row.usage = usage(entry)
  }

  /// What the pipeline itself would have spent: nothing on a message that it decided alone, and an even part where more categories were
  /// asked about than it had left open.
  private func usage(_ entry: AnswerBook.Entry) -> ReasonerUsage {
    guard let stage = evaluator.reasonerStage, let judged = outcome.stages[stage].judged[Int32(message)] else { return ReasonerUsage() }
    return entry.usage.part(judged.asked.intersection(entry.known).count, of: entry.known.count)
  }
}

extension ReasonerUsage {
  /// What `asked` of `known` categories take of it, evenly.
  func part(_ asked: Int, of known: Int) -> ReasonerUsage {
    guard asked < known else { return self }
    func part(_ count: Int) -> Int { (count * asked + known / 2) / known }
    return ReasonerUsage(
      calls: part(calls), retries: part(retries), promptTokens: part(promptTokens), cachedPromptTokens: part(cachedPromptTokens),
      completionTokens: part(completionTokens))
  }
}
