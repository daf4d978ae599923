import Moderation

/// Chooses the thresholds of one scoring stage for goals, and proves what it can.
///
/// Everything that orders or shapes candidates looks at the calibration part only; the choosing part tests them; the
/// reporting part is looked at once, for the numbers that are printed.
public struct Tuner: Sendable {
  let sample: EvaluationSample
  let options: TuningOptions
  let stage: Int
  let scene: MessageScene
  let split: GroupedSplit
  let parts: [GroupedSplit.Part: ScoredPart]
  /// Thresholds as they stand in the file.
  let current: [Band?]

  /// One sort per category. Throws when the sample has no message, no scoring stage to tune, or stages in an order that cannot be replayed.
  public init(_ sample: EvaluationSample, goals: [Goal] = [], options: TuningOptions = .init()) throws(TuningError) {
    guard !sample.isEmpty else { throw .emptySample }
    self.sample = sample
    self.options = options
    stage = try Self.stage(of: sample, named: options.stage)
    if let problem = StageOrder.problem(sample.stages, tuned: stage) { throw .mismatch(problem) }
    current = sample.stages[stage].bands
    let latencies = (options.budgets + goals.flatMap(\.bounds)).filter { $0.metric.percentile != nil }
    var context = MetricContext()
    context.cost = options.cost
    context.reachingClassifier = options.reachingClassifier
    context.baseRate = options.baseRate
    for bound in latencies where !context.latencies.contains(bound) { context.latencies.append(bound) }
    guard context.latencies.count <= OutcomeCounts.slowLanes else { throw .mismatch("at most \(OutcomeCounts.slowLanes) latency bounds can be kept at once") }
    scene = MessageScene(
      sample, stage: stage, review: options.reviewCounts, unknown: options.unknown, failed: goals.contains { !$0.guaranteed.isEmpty } ? .wrong : .asInARun,
      wholeMessage: goals.contains { $0.scope == .anyCategory }, context: context)
    if !context.latencies.isEmpty, scene.hasReasoner, !scene.hasReasonerLatency {
      throw .mismatch("a latency is bounded, but no latency of the reasoner was recorded")
    }
    split = GroupedSplit(sample, shares: options.shares, seed: options.seed)
    parts = ScoredPart.parts(of: scene, split)
    self.goals = goals
  }

  let goals: [Goal]

  private static func stage(of sample: EvaluationSample, named name: String?) throws(TuningError) -> Int {
    if let name {
      guard let stage = sample.stages.firstIndex(where: { $0.id == name && $0.scores }) else { throw .unknownStage(name) }
      return stage
    }
    guard let stage = sample.scoringStage else { throw .noScoringStage }
    return stage
  }

  func part(_ part: GroupedSplit.Part) -> ScoredPart { parts[part] ?? ScoredPart(messages: [], orders: [], rests: []) }

  /// Thresholds for all goals. Goals that cannot be met leave their thresholds as they are, and say why.
  /// Throws ``TuningError/noLabels(category:)``, ``TuningError/oneClass(category:positives:negatives:)`` or
  /// ``TuningError/noScores(stage:category:)`` when a goal speaks of a category that nothing can be said of.
  public func run() throws(TuningError) -> TuningResult {
    let units = try TuningUnit.units(of: goals, sample: sample, budgets: options.budgets)
    for unit in units { try check(unit) }
    let guaranteed = units.count { !$0.goal.guaranteed.isEmpty }
    let delta = (1 - options.confidence) / Double(options.holdTogether ? max(1, guaranteed) : 1)
    var bands = current
    var results: [GoalResult] = []
    for unit in units {
      let result = GoalSearch(tuner: self, unit: unit, delta: delta, chosenSoFar: bands).run()
      if let chosen = result.chosen { bands = chosen.bands }
      results.append(result)
    }
    return try summary(results, bands)
  }

  private func check(_ unit: TuningUnit) throws(TuningError) {
    for category in unit.categories {
      let name = sample.categories.categories[category].name
      let positives = sample.labels[category].count { $0 == .positive }
      let negatives = sample.labels[category].count { $0 == .negative }
      if positives + negatives == 0 { throw .noLabels(category: name) }
      if positives == 0 || negatives == 0, unit.scope != nil { throw .oneClass(category: name, positives: positives, negatives: negatives) }
      if scene.columns[category].scores.allSatisfy(\.isNaN) { throw .noScores(stage: sample.stages[stage].id, category: name) }
    }
    if unit.scope == nil, !scene.anyLabels.contains(.positive) || !scene.anyLabels.contains(.negative) {
      let positives = scene.anyLabels.count { $0 == .positive }
      throw .oneClass(category: "any", positives: positives, negatives: scene.anyLabels.count { $0 == .negative })
    }
  }

  /// Whether the budgets hold for messages as a whole, all categories together, on the choosing part.
  private func budgetChecks(_ bands: [Band?]) -> [BudgetCheck] {
    let counts = scene.counts(part(.choosing).messages, bands, scope: nil)
    return options.budgets.map { budget in
      let bound = scene.context.ratioBound(budget, counts)
      let measured = bound.ratio.value(counts)
      return BudgetCheck(budget: budget, measured: measured, holds: bound.violation(measured) == 0)
    }
  }

  private func summary(_ results: [GoalResult], _ bands: [Band?]) throws(TuningError) -> TuningResult {
    let reporting = part(.reporting).messages
    let names = sample.categories.categories.map(\.name)
    let changes = zip(names, zip(current, bands)).compactMap { name, pair in pair.0 == pair.1 ? nil : pair.1.map { (category: name, band: $0) } }
    return TuningResult(
      stage: sample.stages[stage].id, split: split, calibrations: calibrations(), scores: try scoreReports(bands), goals: results, bands: bands, changes: changes,
      flips: flips(to: bands, on: reporting), budgets: budgetChecks(bands), unasked: unasked(under: bands, among: (0..<Int32(sample.count)).map { $0 }),
      unknown: options.unknown)
  }

  private func flips(to bands: [Band?], on messages: [Int32]) -> ComparisonReport {
    let first = MessageVerdicts(scene: scene, messages: messages, bands: current)
    let second = MessageVerdicts(scene: scene, messages: messages, bands: bands)
    let ids = messages.map { sample.ids[Int($0)] }
    return ComparisonReport(
      names: ("current", "chosen"), ids: ids, first: first, second: second, labels: MessageLabels(scene: scene, messages: messages),
      examples: options.examples)
  }

  /// Messages that are open under `bands` in a category whose answer is not known: in that of `scope` alone, as if the others were not
  /// there, or else in any of a message that none blocks.
  func unasked(under bands: [Band?], among messages: [Int32], scope: Int? = nil) -> [Int32] {
    func state(_ category: Int, _ message: Int32) -> CheapState { scene.columns[category].state(Int(message), under: bands[category]) }
    func isUnasked(_ category: Int, _ message: Int32) -> Bool { scene.columns[category].unasked[Int(message)] && state(category, message) == .open }
    if let scope { return messages.filter { isUnasked(scope, $0) } }
    let categories = scene.columns.indices
    return messages.filter { message in
      categories.contains { isUnasked($0, message) } && !categories.contains { state($0, message) == .block }
    }
  }

  private func scoreReports(_ bands: [Band?]) throws(TuningError) -> [ScoreReport] {
    var options = EvaluationOptions()
    options.bootstrapDraws = 0
    let messages = part(.reporting).messages
    var reports: [ScoreReport] = []
    for category in bands.indices {
      reports.append(
        try ScoreReport(
          stage: sample.stages[stage].id, scores: messages.map { sample.probabilities[stage][category][Int($0)] },
          labels: messages.map { sample.labels[category][Int($0)] }, band: bands[category], options: options))
    }
    return reports
  }

  private func calibrations() -> [CalibrationResult] {
    sample.categories.categories.indices.compactMap { category in
      let scores = sample.probabilities[stage][category]
      func levels(_ part: GroupedSplit.Part, _ change: (Float) -> Float = { $0 }) -> ScoreLevels? {
        let messages = self.part(part).messages
        return try? ScoreLevels(scores: messages.map { change(scores[Int($0)]) }, labels: messages.map { sample.labels[category][Int($0)] })
      }
      guard let fitted = levels(.calibration).flatMap({ Calibrator($0) }), let before = levels(.reporting),
        let after = levels(.reporting, fitted.probability)
      else { return nil }
      return CalibrationResult(
        category: sample.categories.categories[category].name, calibrator: fitted, before: Reliability(before), after: Reliability(after))
    }
  }
}
