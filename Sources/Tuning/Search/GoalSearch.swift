import Moderation

/// The search for one unit, from refusal to proof.
struct GoalSearch {
  let tuner: Tuner
  let unit: TuningUnit
  /// Chance that any guaranteed bound of this unit fails.
  let delta: Double
  /// Thresholds after the units before this one.
  let chosenSoFar: [Band?]

  /// Thresholds with the proof that they hold.
  struct Proved {
    var bands: [Band?]
    var method: Certificate.Method
    /// Everything that had to pass for it.
    var tested: [[Band?]]
  }
  enum Outcome {
    case found(Proved)
    case notFound(reason: String)
  }

  /// How many messages the searches over several categories look at where they only suggest.
  static let jointMessages = 40_000

  private var choosing: ScoredPart { tuner.part(.choosing) }
  private var scene: MessageScene { tuner.scene }

  func run() -> GoalResult {
    var result = emptyResult()
    result.notes = notes()
    result.frontier = frontier()
    result.notes += notesOnSuppositions([result.current] + result.frontier)
    result.simpler = simplerSystems()
    let missing = labelsMissing()
    guard missing.isEmpty else {
      result.status = .refused(missing)
      return result
    }
    switch outcome() {
    case .found(let proved): accept(proved, &result)
    case .notFound(let reason):
      let nearest = nearestPoints()
      result.nearest = nearest
      result.status = .infeasible(reason: reason, needs: nearest.first.map { needs(at: $0.point) } ?? [])
    }
    return result
  }

  private func emptyResult() -> GoalResult {
    let names = unit.categories.map { tuner.sample.categories.categories[$0].name }
    return GoalResult(
      goal: unit.goal, categories: names, categoryPlaces: unit.categories, status: .refused([]), current: point(tuner.current, .choosing),
      reportedCurrent: point(tuner.current, .reporting), currentLatency: latency(tuner.current), frontierMetric: frontierMetric)
  }

  func point(_ bands: [Band?], _ part: GroupedSplit.Part) -> OperatingPoint {
    OperatingPoint(bands: bands, counts: scene.counts(tuner.part(part).messages, bands, scope: unit.scope), context: scene.context)
  }

  private func accept(_ proved: Proved, _ result: inout GoalResult) {
    let chosen = point(proved.bands, .choosing)
    result.status = .met
    result.chosen = chosen
    result.reported = point(proved.bands, .reporting)
    result.latency = latency(proved.bands)
    result.tested = proved.tested
    for bound in unit.goal.guaranteed where bound.metric == .precision {
      guard let baseRate = tuner.options.baseRate else { continue }
      let confusion = chosen.counts.confusion
      result.restated.append(
        RestatedPrecision(
          bound: bound, baseRate: baseRate, recall: confusion.recall, falsePositiveRate: confusion.falsePositiveRate, confidence: 1 - delta,
          method: proved.method))
    }
    result.certificates = unit.goal.guaranteed.compactMap { bound in
      guard let (bad, trials) = chosen.counts.risk(of: bound.metric), tuner.options.baseRate == nil || bound.metric != .precision else { return nil }
      let future = tuner.options.measuredOver.map { Int((Double(trials) * $0).rounded(.up)) }
      return Certificate(bound: bound, bad: bad, trials: trials, confidence: 1 - delta, method: proved.method, future: future)
    }
  }

  private func latency(_ bands: [Band?]) -> LatencySummary? {
    LatencySummary(
      tuner.part(.reporting).messages.map { message in
        scene.latency(Int(message), escalated: scene.replay(Int(message), bands).escalated && scene.hasReasoner)
      })
  }

  // MARK: Search

  private func outcome() -> Outcome {
    if unit.goal.guaranteed.isEmpty { return bestMeasured() }
    return unit.isMonotone ? monotoneSequence() : fixedSequence()
  }

  /// Nothing to prove: the best pair on the choosing part.
  private func bestMeasured() -> Outcome {
    guard let best = unit.search(tuner, aim: unit.aim, levels: tuner.options.levels).run(choosing, from: chosenSoFar), best.rank.isFeasible else {
      return .notFound(reason: "no thresholds meet the bounds on the choosing part")
    }
    return .found(Proved(bands: best.bands, method: .fixedSequence(passed: 0, of: 0), tested: [best.bands]))
  }

  private func passes(_ counts: OutcomeCounts) -> Bool {
    unit.goal.guaranteed.allSatisfy { RiskControl.pValue($0, counts, tuner.options) <= delta }
  }

  private func monotoneSequence() -> Outcome {
    let category = unit.categories[0]
    let search = unit.search(tuner, aim: unit.aim, levels: 1 << 16)
    let sweep = search.sweep(choosing, category, chosenSoFar, levels: 1 << 16)
    let (allow, block) = search.ranges(sweep, category)
    let measured = Aim(direction: unit.goal.direction, objective: unit.goal.objective, bounds: unit.goal.measuredBounds)
    var best: (cut: Int, rank: Rank)?
    var passed = 0
    for cut in allow where cut <= block.lowerBound {
      let counts = sweep.counts(allow: cut, block: block.lowerBound)
      guard passes(counts) else { break }
      passed += 1
      let rank = measured.rank(counts, scene.context)
      if best.map({ rank < $0.rank }) ?? true { best = (cut, rank) }
    }
    guard let best else { return .notFound(reason: monotoneFailure(sweep.counts(allow: allow.lowerBound, block: block.lowerBound))) }
    guard best.rank.isFeasible else { return .notFound(reason: "the thresholds that keep the guaranteed bound break another one") }
    var bands = chosenSoFar
    bands[category] = search.band(sweep, category, allow: best.cut, block: block.lowerBound)
    // Lower thresholds miss no more, so the chosen one speaks for all that had to pass before it.
    return .found(Proved(bands: bands, method: .monotoneSequence(passed: passed), tested: [bands]))
  }

  /// Why not even the lowest threshold passed.
  private func monotoneFailure(_ lowest: OutcomeCounts) -> String {
    let reason = "not even the lowest `allow_below` can be proved to keep the bound: "
    let broken = Aim(direction: .minimum, objective: .missRate, bounds: unit.goal.guaranteed).rank(lowest, scene.context).violation > 0
    return reason + (broken ? "what the reasoner is asked about is missed too often" : "it keeps it as measured, but on too few labels")
  }

  private func fixedSequence() -> Outcome {
    let candidates = CandidatePath(search: self).candidates()
    let aim = Aim(direction: unit.goal.direction, objective: unit.goal.objective, bounds: unit.goal.measuredBounds)
    var best: (bands: [Band?], rank: Rank)?
    var tested: [[Band?]] = []
    for candidate in candidates {
      let bands = merged(candidate)
      let counts = scene.counts(choosing.messages, bands, scope: unit.scope)
      guard passes(counts) else { break }
      tested.append(bands)
      let rank = aim.rank(counts, scene.context)
      if best.map({ rank < $0.rank }) ?? true { best = (bands, rank) }
    }
    guard let best else { return .notFound(reason: "no candidate thresholds can be proved to keep the bounds") }
    guard best.rank.isFeasible else { return .notFound(reason: "the thresholds that keep the guaranteed bounds break another one") }
    return .found(Proved(bands: best.bands, method: .fixedSequence(passed: tested.count, of: candidates.count), tested: tested))
  }

  /// The unit's own categories from `candidate`, the others as chosen so far.
  private func merged(_ candidate: [Band?]) -> [Band?] {
    var bands = chosenSoFar
    for category in unit.categories { bands[category] = candidate[category] }
    return bands
  }
}
