import Moderation

/// The rules by which stages settle categories and messages: bands, effects, findings, failure modes. Pure; knows no stage module.
///
/// A category is *open* until a stage settles it. A message is allowed when nothing is open and nothing said review; the first block ends it.
struct Cascade: Sendable {
  let definition: PipelineDefinition
  /// Categories that some enforcing stage can settle. The others (rules only) hold no message up: they matter when a rule matches.
  let settleable: CategorySet
  /// Nil where no stage decides.
  private let lastEnforcing: Int?
  private let noAutoBlock: CategorySet
  private let alwaysEscalate: CategorySet

  init(definition: PipelineDefinition, stages: [BuiltStage]) {
    self.definition = definition
    var settleable = CategorySet()
    for (stage, built) in zip(definition.stages, stages) where stage.mode == .enforce {
      settleable = settleable.union(Self.settled(by: built, stage))
    }
    self.settleable = settleable.intersection(definition.categories.all)
    lastEnforcing = definition.stages.lastIndex { $0.mode == .enforce }
    noAutoBlock = CategorySet(definition.categories.categories.indices.lazy.filter { !definition.categories.categories[$0].autoBlock }.map { CategoryIndex($0) })
    alwaysEscalate = CategorySet(definition.categories.categories.indices.lazy.filter { definition.categories.categories[$0].alwaysEscalate }.map { CategoryIndex($0) })
  }

  private static func settled(by stage: BuiltStage, _ definition: StageDefinition) -> CategorySet {
    switch stage {
    case .screen(let screen) where screen.allowsWithoutHits: definition.configuration.categories.all
    case .screen(let screen): CategorySet(screen.scoredCategories.filter { definition.bands[$0] != nil })
    case .reasoner(let reasoner): reasoner.judgedCategories
    }
  }

  /// Categories that a shadow stage would settle and that no enforcing stage does: they are open only for it.
  func openInShadow(_ judged: CategorySet) -> CategorySet { judged.intersection(definition.categories.all).subtracting(settleable) }

  func start() -> MessageDecision { MessageDecision(open: settleable.union(alwaysEscalate), forced: alwaysEscalate) }

  /// Applies what a screen found; returns the messages that are still undecided, ascending.
  func apply(_ output: ScreenOutput, of screen: any Screen, stage: Int, asked: [Int32], to decisions: inout [MessageDecision]) -> [Int32] {
    var undecided: [Int32] = []
    undecided.reserveCapacity(asked.count)
    let rule = StageRule(screen, definition.stages[stage], all: definition.categories.all)
    var hit = 0
    var failure = 0
    decisions.withUnsafeMutableBufferPointer { decisions in
      for (row, message) in asked.enumerated() {
        let firstHit = hit
        while hit < output.hits.count, output.hits[hit].message == message { hit += 1 }
        let firstFailure = failure
        while failure < output.failures.count, output.failures[failure].message == message { failure += 1 }
        let index = Int(message)
        applyHits(&decisions[index], output.hits[firstHit..<hit], stage: stage)
        if failure > firstFailure { fail(&decisions[index], output.failures[firstFailure].cause, after: output.hits[firstHit..<hit], stage: stage) }
        if !decisions[index].isDecided, !rule.silenceAllows.isEmpty, failure == firstFailure {
          allowSilent(&decisions[index], rule.silenceAllows, output.hits[firstHit..<hit])
        }
        if !decisions[index].isDecided { applyScores(&decisions[index], output.probabilities, row: row, rule, stage: stage) }
        if !decisions[index].isDecided { undecided.append(message) }
      }
    }
    return undecided
  }

  /// What `apply` needs of a screen, looked up once a batch.
  private struct StageRule {
    var scored: [(category: CategoryIndex, band: Band?)]
    var silenceAllows: CategorySet
    var settlesSomething: Bool { !silenceAllows.isEmpty || scored.contains { $0.band != nil } }
    init(_ screen: any Screen, _ definition: StageDefinition, all: CategorySet) {
      scored = screen.scoredCategories.map { ($0, definition.bands[$0]) }
      silenceAllows = screen.allowsWithoutHits ? all : CategorySet()
    }
  }

  private func applyHits(_ decision: inout MessageDecision, _ hits: ArraySlice<Hit>, stage: Int) {
    for hit in hits {
      switch hit.effect {
      case .signal: continue
      case .escalate:
        decision.open.insert(hit.category)
        decision.forced.insert(hit.category)
        decision.uncertainty = 1
      case .block where noAutoBlock.contains(hit.category):
        decision.noteReview(.rule, stage: stage, category: hit.category, score: .nan)
      case .block: return decision.decide(.block, .rule, stage: stage, category: hit.category, score: .nan)
      }
    }
  }

  private func allowSilent(_ decision: inout MessageDecision, _ categories: CategorySet, _ hits: ArraySlice<Hit>) {
    var silent = categories.subtracting(decision.forced)
    for hit in hits { silent.remove(hit.category) }
    decision.open = decision.open.subtracting(silent)
  }

  private func applyScores(_ decision: inout MessageDecision, _ probabilities: [Float], row: Int, _ rule: StageRule, stage: Int) {
    var highest = Float.nan
    var blocked: (category: CategoryIndex, score: Float)?
    var uncertainty = Float(0)
    for (column, scored) in rule.scored.enumerated() {
      let probability = probabilities[row * rule.scored.count + column]
      if !(probability <= highest) && !probability.isNaN { highest = probability }
      guard let band = scored.band, decision.open.contains(scored.category) else { continue }
      switch band.outcome(probability) {
      case .block where !alwaysEscalate.contains(scored.category):
        if noAutoBlock.contains(scored.category) {
          decision.noteReview(.band, stage: stage, category: scored.category, score: probability)
        } else if blocked.map({ probability > $0.score }) ?? true {
          blocked = (scored.category, probability)
        }
      case .allow where !decision.forced.contains(scored.category): decision.open.remove(scored.category)
      default: uncertainty = max(uncertainty, doubt(probability, band))
      }
    }
    if !rule.scored.isEmpty { decision.uncertainty = decision.forced.isEmpty ? uncertainty : 1 }
    if let blocked { return decision.decide(.block, .band, stage: stage, category: blocked.category, score: blocked.score) }
    // A stage of rules alone ends nothing by its silence: rules of later stages may still block.
    if decision.open.isEmpty, rule.settlesSomething { decision.close(stage: stage, score: highest) }
  }

  /// 1 in the middle of the band, 0 at its edges; 1 for a missing probability.
  private func doubt(_ probability: Float, _ band: Band) -> Float {
    guard !probability.isNaN, band.blockAbove > band.allowBelow else { return 1 }
    let half = (min(1, band.blockAbove) - max(0, band.allowBelow)) / 2
    return half > 0 ? Float(max(0, 1 - abs(Double(probability) - band.middle) / half)) : 1
  }

  /// A screen failed for a message in the pass that found `hits`: what they block or send to review stands.
  private func fail(_ decision: inout MessageDecision, _ cause: DegradedCause, after hits: ArraySlice<Hit>, stage: Int) {
    guard !decision.isDecided else { return decision.degrade(cause) }
    fail(&decision, cause, stage: stage)
    for hit in hits where hit.effect == .block { decision.open.remove(hit.category) }
  }

  /// A reasoner gave no judgement; what it wants reviewed nevertheless is reviewed, unless the failure blocks.
  func fail(_ decision: inout MessageDecision, _ error: ReasonerError, stage: Int, asked: CategorySet) {
    var unanswered = asked
    for finding in error.reviews where asked.contains(finding.category) {
      decision.noteReview(.policy, stage: stage, category: finding.category, score: finding.score.map(Float.init) ?? .nan)
      unanswered.remove(finding.category)
    }
    fail(&decision, error.cause, stage: stage, categories: unanswered)
  }

  /// A stage failed for a message. With `next`, no later cheap allow counts for what was open: an error must not become an allow by the back door.
  func fail(_ decision: inout MessageDecision, _ cause: DegradedCause, stage: Int, categories: CategorySet? = nil) {
    decision.degrade(cause)
    let affected = categories ?? definition.categories.all
    switch definition.stages[stage].failure.action(for: cause) {
    case .next:
      decision.open = decision.open.union(affected)
      decision.forced = decision.forced.union(affected)
    case .review:
      let category = affected.intersection(decision.open).first { _ in true }
      decision.noteReview(.failureMode, stage: stage, category: category, score: .nan)
      decision.open = decision.open.subtracting(affected)
      if decision.open.isEmpty { decision.close(stage: stage, score: .nan) }
    case .block: decision.decide(.block, .failureMode, stage: stage, category: affected.intersection(decision.open).first { _ in true }, score: .nan)
    case .allow:
      decision.open = decision.open.subtracting(affected)
      if decision.open.isEmpty, !decision.hasReview { decision.decide(.allow, .failureMode, stage: stage, category: nil, score: .nan) }
      if decision.open.isEmpty, !decision.isDecided { decision.close(stage: stage, score: .nan) }
    }
  }

  /// Applies a reasoner's judgement to the categories that were asked.
  func apply(_ judgement: Judgement, stage: Int, asked: CategorySet, to decision: inout MessageDecision) {
    var answered = CategorySet()
    var abstained = CategorySet()
    var worst: (category: CategoryIndex, score: Float)?
    var highest = Float.nan
    for finding in judgement.findings where asked.contains(finding.category) {
      answered.insert(finding.category)
      let score = finding.score.map(Float.init) ?? .nan
      if !(score <= highest) && !score.isNaN { highest = score }
      switch finding.outcome {
      case .violates:
        if noAutoBlock.contains(finding.category) {
          decision.noteReview(.policy, stage: stage, category: finding.category, score: score)
        } else if worst.map({ outranks(finding.category, $0.category) }) ?? true {
          worst = (finding.category, score)
        }
      case .review: decision.noteReview(.policy, stage: stage, category: finding.category, score: score)
      case .safe:
        decision.open.remove(finding.category)
        decision.forced.remove(finding.category)
      case .abstain: abstained.insert(finding.category)
      }
    }
    if let worst { return decision.decide(.block, .policy, stage: stage, category: worst.category, score: worst.score) }
    // A category that was asked and not answered is an abstention, never an allow.
    abstained = abstained.union(asked.subtracting(answered))
    if !abstained.isEmpty { fail(&decision, .abstain, stage: stage, categories: abstained) }
    if !decision.isDecided, decision.open.isEmpty { decision.close(stage: stage, score: highest) }
  }

  private func outranks(_ a: CategoryIndex, _ b: CategoryIndex) -> Bool {
    definition.categories[a].severity > definition.categories[b].severity
  }

  /// The last stage has passed.
  func finish(_ decision: inout MessageDecision) {
    guard !decision.isDecided else { return }
    if decision.open.isEmpty { decision.close(stage: lastEnforcing, score: .nan) } else { decision.closeUnsettled(stageCount: definition.stages.count) }
  }
}
