import Moderation

/// Computes the parts of a report that depend on a scope: one category, or messages as a whole.
struct ScopeEvaluator {
  let sample: EvaluationSample
  let options: EvaluationOptions
  let anyLabels: [Label]
  let escalated: [Bool]
  private let stage: Int?
  /// nil without a scoring stage, and where thresholds cannot be replayed.
  private let scene: MessageScene?

  init(sample: EvaluationSample, options: EvaluationOptions, anyLabels: [Label], escalated: [Bool]) {
    self.sample = sample
    self.options = options
    self.anyLabels = anyLabels
    self.escalated = escalated
    stage = options.stage.map { name in sample.stages.firstIndex { $0.id == name && $0.scores } } ?? sample.scoringStage
    scene = StageOrder.problem(sample.stages) == nil
      ? stage.map { MessageScene(sample, stage: $0, review: options.reviewCounts, unknown: .abstain, context: MetricContext()) } : nil
  }

  func labels(_ category: Int?) -> [Label] { category.map { sample.labels[$0] } ?? anyLabels }

  /// What the pipeline said in this scope.
  private func outcome(_ message: Int, _ category: Int?) -> CategoryOutcome {
    category.map { sample.outcomes[$0][message] } ?? CategoryOutcome(sample.verdicts[message])
  }

  private func isFlagged(_ outcome: CategoryOutcome) -> Bool {
    outcome == .block || (outcome == .review && options.reviewCounts == .flagged)
  }

  func report(_ category: Int?) throws(TuningError) -> ScopeReport {
    let labels = labels(category)
    var report = ScopeReport(
      category: category.map { sample.categories.categories[$0].name }, labelled: labels.count { $0 != .unknown },
      settledElsewhere: (0..<sample.count).count { labels[$0] != .unknown && outcome($0, category) == .unsettled },
      quality: Quality(confusion(category) { _ in true }, options), recallCeiling: recallCeiling(category), baselines: [])
    let cheap = cheapOutcomes(category)
    report.coverage = Proportion(cheap.settled, of: report.labelled).estimate(confidence: options.confidence)
    report.selectiveRisk = Proportion(cheap.wrong, of: cheap.settled).estimate(confidence: options.confidence)
    report.baselines = try baselines(category)
    if let category, let stage {
      report.scores = try ScoreReport(
        stage: sample.stages[stage].id, scores: sample.probabilities[stage][category], labels: labels, band: sample.stages[stage].bands[category],
        options: options)
    }
    if let stage, let scene, category != nil || sample.categories.count == 1 { addFrontiers(&report, scene, stage, category ?? 0) }
    return report
  }

  private func confusion(_ category: Int?, where isIncluded: (Int) -> Bool) -> Confusion {
    let labels = labels(category)
    var confusion = Confusion()
    for message in 0..<sample.count where labels[message] != .unknown && isIncluded(message) {
      let outcome = outcome(message, category)
      if outcome != .unsettled { confusion.count(flagged: isFlagged(outcome), positive: labels[message] == .positive) }
    }
    return confusion
  }

  /// Whether a cheap stage settled the message in this scope.
  private func isCheaplySettled(_ message: Int, _ category: Int?) -> Bool {
    let outcome = outcome(message, category)
    guard outcome == .allow || outcome == .block else { return false }
    guard let category, let scene, let stage else { return !escalated[message] }
    // Whether the message went on says nothing of one category: another may have sent it on, or settled it.
    return scene.columns[category].state(message, under: sample.stages[stage].bands[category]) != .open
  }

  private func cheapOutcomes(_ category: Int?) -> (settled: Int, wrong: Int) {
    let labels = labels(category)
    var (settled, wrong) = (0, 0)
    for message in 0..<sample.count where labels[message] != .unknown && isCheaplySettled(message, category) {
      settled += 1
      if (outcome(message, category) == .block) != (labels[message] == .positive) { wrong += 1 }
    }
    return (settled, wrong)
  }

  func recallCeiling(_ category: Int?) -> Double? {
    let labels = labels(category)
    let positives = labels.count { $0 == .positive }
    guard positives > 0 else { return nil }
    let lost = (0..<sample.count).count { labels[$0] == .positive && isCheaplySettled($0, category) && outcome($0, category) == .allow }
    return 1 - Double(lost) / Double(positives)
  }

  // MARK: Baselines

  private func baselines(_ category: Int?) throws(TuningError) -> [Baseline] {
    var baselines: [Baseline] = []
    if sample.reasonerStage != nil, let alone = reasonerAlone(category) { baselines.append(alone) }
    if let stage, let category { baselines += try classifierAlone(category, stage) }
    return baselines
  }

  /// The reasoner asked about everything, as far as its answers are known.
  private func reasonerAlone(_ category: Int?) -> Baseline? {
    let labels = labels(category)
    // Of messages as a whole, the categories that it has a policy for. Who counts must depend on what was asked, never on the answer.
    let judged = sample.reasonerStage.flatMap { sample.stages[$0].judges }
    let columns = (category.map { [$0] } ?? sample.findings.indices.filter { judged?.contains(CategoryIndex($0)) ?? true }).map { sample.findings[$0] }
    var confusion = Confusion()
    var known: [Bool] = Array(repeating: false, count: sample.count)
    // A reasoner without a model abstains from everything: that is no system to compare with.
    guard columns.contains(where: { $0.contains { $0 == .violates || $0 == .safe || $0 == .review } }) else { return nil }
    for message in 0..<sample.count where labels[message] != .unknown {
      let findings = columns.map { $0[message] }
      guard !findings.contains(.notAsked) else { continue }
      known[message] = true
      let violates = findings.contains(.violates)
      let review = findings.contains { $0 == .review || $0 == .abstain || $0 == .failed }
      confusion.count(flagged: violates || (review && options.reviewCounts == .flagged), positive: labels[message] == .positive)
    }
    guard confusion.total > 0 else { return nil }
    let all = confusion.total == labels.count { $0 != .unknown }
    return Baseline(
      name: "reasoner alone", quality: Quality(confusion, options), known: confusion.total,
      pipelineOnSame: Quality(self.confusion(category) { known[$0] }, options), callShare: 1,
      note: all ? nil : "known only where it was asked, which is no random sample")
  }

  private func classifierAlone(_ category: Int, _ stage: Int) throws(TuningError) -> [Baseline] {
    let scores = sample.probabilities[stage][category]
    let levels = try ScoreLevels(scores: scores, labels: sample.labels[category])
    guard levels.positiveCount > 0 else { return [] }
    let same = Quality(confusion(category) { !scores[$0].isNaN }, options)
    let name = "`\(sample.stages[stage].id)` alone"
    var baselines = [
      Baseline(
        name: name + " at 0.5", quality: Quality(levels.confusion(atThreshold: 0.5), options), known: levels.count, pipelineOnSame: same, callShare: 0)
    ]
    if let best = levels.bestF1 {
      baselines.append(
        Baseline(
          name: name + " at \(NumberText.short(Double(best.threshold), 3))", quality: Quality(best.confusion, options), known: levels.count,
          pipelineOnSame: same, callShare: 0, note: "the best F1 on these very labels"))
    }
    return baselines
  }

  // MARK: Frontier

  private func addFrontiers(_ report: inout ScopeReport, _ scene: MessageScene, _ stage: Int, _ category: Int) {
    let order = RadixOrder.ascending(scene.columns[category].scores)
    let messages = (0..<Int32(sample.count)).map { $0 }
    let rest = messages.filter { scene.columns[category].scores[Int($0)].isNaN }
    let part = ScoredPart(
      messages: messages, orders: scene.columns.indices.map { $0 == category ? order : [] }, rests: scene.columns.indices.map { $0 == category ? rest : [] })
    func frontier(_ metric: Metric, movesBlock: Bool) -> [ScoreReport.CurvePoint] {
      var search = CoordinateSearch(
        scene: scene, aim: Aim(direction: .maximum, objective: metric, bounds: []), categories: [category], scope: category, movesAllow: true,
        movesBlock: movesBlock, current: sample.stages[stage].bands, levels: 256)
      search.prepare(part, from: sample.stages[stage].bands)
      return GoalSearch.escalationShares(40).compactMap { share in
        search.aim.bounds = [Bound(.escalationRate, .atMost, share)]
        guard let found = search.run(part, from: sample.stages[stage].bands), found.rank.isFeasible else { return nil }
        // Thresholds that need an answer which nobody was asked for have no value that could be told.
        let band = found.bands[category]
        if messages.contains(where: { scene.columns[category].unasked[Int($0)] && scene.columns[category].state(Int($0), under: band) == .open }) { return nil }
        return ScoreReport.CurvePoint(found.rank.escalated / Double(max(1, sample.count)), -found.rank.objective)
      }
    }
    report.recallFrontier = frontier(.recall, movesBlock: false)
    report.f1Frontier = frontier(.f1, movesBlock: true)
  }

  // MARK: Slices

  /// Values in the order to show: by the number that they begin with (`21 to 80`), those without one behind them, large groups first; at
  /// most ``mostSliceValues``.
  private static func order(_ names: [String], _ messages: [Int]) -> ArraySlice<Int> {
    let numbers = names.map { Int($0.prefix { $0.isNumber }) ?? .max }
    return names.indices.sorted { (numbers[$0], -messages[$0], names[$0]) < (numbers[$1], -messages[$1], names[$1]) }.prefix(mostSliceValues)
  }
  static let mostSliceValues = 40

  func slices() -> [SliceReport] {
    var reports: [SliceReport] = []
    var quick = options
    quick.bootstrapDraws = min(200, options.bootstrapDraws)
    for slice in sample.sliceNames.indices {
      let names = sample.sliceValues[slice] + ["(none)"]
      var confusions = [Confusion](repeating: Confusion(), count: names.count)
      var counts = [(messages: Int, escalated: Int)](repeating: (0, 0), count: names.count)
      for message in 0..<sample.count {
        let number = Int(sample.slices[slice][message])
        let value = number < 0 ? names.count - 1 : number
        counts[value].messages += 1
        counts[value].escalated += escalated[message] ? 1 : 0
        if anyLabels[message] != .unknown {
          confusions[value].count(flagged: isFlagged(outcome(message, nil)), positive: anyLabels[message] == .positive)
        }
      }
      for value in Self.order(names, counts.map(\.messages)) where counts[value].messages > 0 {
        reports.append(
          SliceReport(
            slice: sample.sliceNames[slice], value: names[value], messages: counts[value].messages, quality: Quality(confusions[value], quick),
            escalated: Proportion(counts[value].escalated, of: counts[value].messages)))
      }
    }
    return reports
  }
}
