import Moderation

/// What to say when a goal cannot be met, and what to show beside it when it is.
extension GoalSearch {
  private var scene: MessageScene { tuner.scene }
  private var choosingShare: Double {
    let shares = tuner.options.shares
    return shares.total > 0 && shares.choosing > 0 ? shares.choosing / shares.total : 1
  }

  /// Whatever the answers are, the goal will be refused, so none of them is worth its price.
  var isRefused: Bool { !labelsMissing().isEmpty }

  /// Bounds that the labels of the choosing part could not prove even if nothing at all went wrong.
  func labelsMissing() -> [LabelNeed] {
    let counts = point(tuner.current, .choosing).counts
    return unit.goal.guaranteed.compactMap { bound in
      guard let limit = bound.riskLimit, let need = RiskControl.fewestTrials(limit: limit, delta: delta) else {
        // A limit of zero cannot be proved by any number; it is infeasible rather than short of labels.
        return nil
      }
      let available: Double =
        switch bound.metric {
        case .recall, .missRate: counts.positives
        case .falsePositiveRate: counts.negatives
        default: counts.labelled
        }
      guard Int(available) < need else { return nil }
      return labelNeed(bound, have: Int(available), need: need, supposesNoneBad: true)
    }
  }

  private func labelNeed(_ bound: Bound, have: Int, need: Int, supposesNoneBad: Bool) -> LabelNeed {
    let more = Int((Double(need - have) / choosingShare).rounded(.up))
    return LabelNeed(bound: bound, unit: LabelNeed.unit(of: bound.metric), have: have, need: need, moreInAll: more, supposesNoneBad: supposesNoneBad)
  }

  /// What a proof of each bound would need if things went on as at `point`.
  func needs(at point: OperatingPoint) -> [LabelNeed] {
    unit.goal.guaranteed.compactMap { bound in
      guard let limit = bound.riskLimit, let (bad, trials) = point.counts.risk(of: bound.metric), trials > 0 else { return nil }
      guard RiskControl.pValue(bad: bad, trials: trials, limit: limit) > delta else { return nil }
      let need = RiskControl.trialsNeeded(badShare: Double(bad) / Double(trials), limit: limit, delta: delta)
      return need.flatMap { $0 > trials ? labelNeed(bound, have: trials, need: $0, supposesNoneBad: false) : nil }
    }
  }

  /// The points closest to an infeasible goal: nearest to all bounds together, then the best that dropping one bound would give.
  func nearestPoints() -> [GoalResult.Nearest] {
    let bounds = unit.goal.bounds.map(provable)
    func best(_ bounds: [Bound], direction: Goal.Direction, objective: Metric) -> [Band?]? {
      let aim = Aim(direction: direction, objective: objective, bounds: bounds)
      return unit.search(tuner, aim: aim, levels: min(512, tuner.options.levels)).run(tuner.part(.choosing), from: chosenSoFar)?.bands
    }
    var nearest: [GoalResult.Nearest] = []
    if let bands = best(bounds, direction: unit.goal.direction, objective: unit.goal.objective) {
      nearest.append(.init(text: "closest to all bounds", point: point(bands, .choosing)))
    }
    guard bounds.count > 1 || !nearest.isEmpty else { return nearest }
    for (place, bound) in unit.goal.bounds.enumerated() where bound.metric.percentile == nil {
      var others = bounds
      others.remove(at: place)
      let direction: Goal.Direction = bound.metric.higherIsBetter ? .maximum : .minimum
      guard let bands = best(others, direction: direction, objective: bound.metric), !nearest.contains(where: { $0.point.bands == bands }) else { continue }
      nearest.append(.init(text: "best `\(bound.metric.name)` within the other bounds", point: point(bands, .choosing)))
    }
    return nearest
  }

  /// The bound as the choosing part would have to measure it for the proof to go through.
  private func provable(_ bound: Bound) -> Bound {
    guard let limit = bound.riskLimit, bound.metric == .recall || bound.metric == .missRate else { return bound }
    let positives = Int(point(chosenSoFar, .choosing).counts.positives)
    guard positives > 0, let allowed = RiskControl.allowedEvents(trials: positives, limit: limit, delta: delta) else { return bound }
    let share = Double(allowed) / Double(positives)
    return Bound(bound.metric, bound.relation, bound.metric == .recall ? 1 - share : share)
  }

  // MARK: Frontier

  /// What is worth paying escalations for: the objective when it is a quality, else the first bounded quality.
  var frontierMetric: Metric {
    let qualities: [Metric] = [.recall, .f1, .precision, .missRate, .selectiveRisk, .falsePositiveRate]
    if qualities.contains(unit.goal.objective) { return unit.goal.objective }
    return unit.goal.bounds.map(\.metric).first { qualities.contains($0) } ?? .recall
  }

  /// The best of ``frontierMetric`` within each of a row of escalation budgets, the goal's other bounds as measured.
  func frontier() -> [OperatingPoint] {
    let metric = frontierMetric
    let load: Set<Metric> = [.escalationRate, .llmCalls, .cost, .coverage]
    let kept = unit.goal.bounds.filter { $0.metric != metric && !load.contains($0.metric) }
    var points: [OperatingPoint] = []
    let aim = Aim(direction: metric.higherIsBetter ? .maximum : .minimum, objective: metric, bounds: kept)
    guard tuner.options.frontierPoints > 0 else { return [] }
    var search = unit.search(tuner, aim: aim, levels: 192)
    let part = unit.categories.count == 1 ? tuner.part(.choosing) : tuner.part(.choosing).thinned(to: Self.jointMessages)
    search.prepare(part, from: chosenSoFar)
    for share in Self.escalationShares(tuner.options.frontierPoints) {
      search.aim.bounds = kept + [Bound(.escalationRate, .atMost, share)]
      guard let found = search.run(part, from: chosenSoFar), found.rank.isFeasible else { continue }
      if points.last?.bands != found.bands { points.append(point(found.bands, .choosing)) }
    }
    return points
  }

  /// 0...1, dense where escalations are few.
  static func escalationShares(_ count: Int) -> [Double] {
    guard count > 1 else { return count == 1 ? [1] : [] }
    return (0..<count).map { step in
      let share = Double(step) / Double(count - 1)
      return share * share
    }
  }

  // MARK: Notes

  func notes() -> [String] {
    var notes: [String] = []
    if !unit.goal.movesBlock { notes.append("`block_above` stays as it is: the goal says nothing of wrong blocks") }
    if !unit.goal.movesAllow { notes.append("`allow_below` stays as it is: the goal says nothing of misses") }
    let positives = tuner.part(.choosing).messages.filter { scene.label(Int($0), unit.scope) == .positive }
    let groups = Set(positives.map { tuner.split.groups[Int($0)] }).count
    if groups < positives.count, !unit.goal.guaranteed.isEmpty {
      notes.append(
        "the \(counted(positives.count, "positive")) of the choosing part come from \(grouped(groups)) distinct conversations or texts: "
          + "the proof supposes that they are independent")
    }
    let failed = tuner.part(.choosing).messages.count { message in unit.categories.contains { tuner.sample.findings[$0][Int(message)] == .failed } }
    if failed > 0, !unit.goal.guaranteed.isEmpty {
      notes.append("the reasoner failed on \(counted(failed, "message")) of the choosing part: taken as wrong answers, since a failure proves nothing")
    }
    if unit.goal.guaranteed.contains(where: { $0.riskLimit == 0 }) { notes.append("a risk of exactly zero cannot be proved by any number of labels") }
    return notes
  }

  /// Only the chosen thresholds rest on known answers alone; the others that are shown may not.
  func notesOnSuppositions(_ points: [OperatingPoint]) -> [String] {
    guard tuner.options.unknown == .correct else { return [] }
    let messages = tuner.part(.choosing).messages + tuner.part(.reporting).messages
    let unasked = Set(points.flatMap { tuner.unasked(under: $0.bands, among: messages, scope: unit.scope) })
    guard !unasked.isEmpty else { return [] }
    return [
      "the numbers of other thresholds than the chosen ones suppose that the reasoner is right about \(counted(unasked.count, "message")) "
        + "that it was not asked about"
    ]
  }
}
