import Moderation
import Testing
import Tuning

/// Replaying thresholds follows the rules of the pipeline: effects of hits, failure modes, categories that nobody settles.
@Suite struct ReplayFollowsThePipeline {
  static let toxic = CategorySet([CategoryIndex(0)])

  /// The verdict of one message at the thresholds 0.1 and 0.9.
  private func verdict(
    score: Float = 0.5, finding: ReasonerOutcome = .safe, category: Moderation.Category = .init(name: "toxic"), band: Band? = Band(allowBelow: 0.1, blockAbove: 0.9),
    prefilter: FailureModes = .screen, classifier: FailureModes = .screen, reasoner: EvaluatedStage? = .init(id: "safeguard", kind: .reasoner, failure: .reasoner),
    silenceAllows: Bool = false, change: (inout EvaluationRow) -> Void = { _ in }
  ) throws -> (verdict: Verdict, escalated: Bool) {
    let screens = [
      EvaluatedStage(id: "lexicon", kind: .screen, failure: prefilter, silenceAllows: silenceAllows),
      EvaluatedStage(id: "linear", kind: .screen, failure: classifier, bands: [band]),
    ]
    var sample = EvaluationSample(categories: CategoryTable([category]), stages: screens + (reasoner.map { [$0] } ?? []))
    // A second message of the other class makes the sample one that can be tuned; the first is looked at.
    for (id, label) in [("a", Label.positive), ("b", .negative)] {
      var row = Synthetic.row(id, scores: [score], labels: [label], findings: [finding])
      change(&row)
      if reasoner == nil { row.stages.removeLast() }
      try sample.append(row)
    }
    var options = TuningOptions()
    options.shares = .init(calibration: 0, choosing: 0, reporting: 1)
    let side = try Tuner(sample, goals: [], options: options).run().flips.first
    return (try #require(side.verdicts.first?.key), side.escalated.value == 1)
  }

  @Test(arguments: [(Float(0.05), Verdict.allow, false), (0.1, .allow, false), (0.5, .allow, true), (0.9, .block, false), (.nan, .allow, true)])
  func bands(_ score: Float, _ expected: Verdict, _ escalated: Bool) throws {
    let found = try verdict(score: score)
    #expect(found == (expected, escalated))
  }

  @Test(arguments: [(ReasonerOutcome.violates, Verdict.block), (.safe, .allow), (.review, .review), (.abstain, .review), (.failed, .review)])
  func answers(_ finding: ReasonerOutcome, _ expected: Verdict) throws {
    #expect(try verdict(finding: finding) == (expected, true))
    if finding == .violates { #expect(try verdict(finding: finding, category: .init(name: "toxic", autoBlock: false)) == (.review, true)) }
  }

  @Test func hits() throws {
    #expect(try verdict(score: 0.01) { $0.blockHits = Self.toxic } == (.block, false))
    #expect(try verdict(score: 0.01, category: .init(name: "toxic", autoBlock: false)) { $0.blockHits = Self.toxic } == (.review, false))
    #expect(try verdict(score: 0.01) { $0.escalateHits = Self.toxic } == (.allow, true))
    #expect(try verdict(score: 0.99) { $0.escalateHits = Self.toxic } == (.block, false))
    #expect(try verdict(score: 0.01) { $0.signalHits = Self.toxic } == (.allow, false))
  }

  @Test func categoriesThatAlwaysEscalateAreSettledByNoScore() throws {
    let always = Moderation.Category(name: "toxic", alwaysEscalate: true)
    #expect(try verdict(score: 0.01, category: always) == (.allow, true))
    #expect(try verdict(score: 0.99, finding: .violates, category: always) == (.block, true))
    #expect(try verdict(score: 0.01, category: always) { $0.blockHits = Self.toxic } == (.block, false))
  }

  @Test func anEarlierFailureVoidsALaterAllow() throws {
    #expect(try verdict(score: 0.01) { $0.stages[0].status = .error } == (.allow, true))
    #expect(try verdict(score: 0.99) { $0.stages[0].status = .error } == (.block, false))
    #expect(try verdict(score: 0.01, prefilter: .init(all: .review)) { $0.stages[0].status = .timeout } == (.review, false))
    #expect(try verdict(score: 0.01, prefilter: .init(all: .block)) { $0.stages[0].status = .timeout } == (.block, false))
    #expect(try verdict(score: 0.99, classifier: .init(all: .allow)) { $0.stages[1].status = .error } == (.allow, false))
  }

  @Test func aReasonerThatFailsDoesWhatItsFailureModeSays() throws {
    let allows = EvaluatedStage(id: "safeguard", kind: .reasoner, failure: FailureModes(onError: .block, onTimeout: .allow, onAbstain: .next, onOverload: .review))
    #expect(try verdict(finding: .failed, reasoner: allows) { $0.stages[2].status = .timeout } == (.allow, true))
    #expect(try verdict(finding: .failed, reasoner: allows) { $0.stages[2].status = .error } == (.block, true))
    #expect(try verdict(finding: .notAsked, reasoner: allows) { $0.stages[2].status = .overload } == (.review, true))
    #expect(try verdict(finding: .abstain, reasoner: allows) == (.review, true))
    // One that nobody can ask abstains.
    let silent = EvaluatedStage(id: "safeguard", kind: .reasoner, failure: FailureModes(onError: .review, onTimeout: .review, onAbstain: .allow, onOverload: .review))
    #expect(try verdict(finding: .notAsked, reasoner: silent) == (.allow, true))
  }

  @Test func whatNobodySettlesHoldsNothingUp() throws {
    let deaf = EvaluatedStage(id: "safeguard", kind: .reasoner, failure: .reasoner, judges: CategorySet())
    #expect(try verdict(band: nil, reasoner: deaf) == (.allow, false))
    #expect(try verdict(band: nil, reasoner: deaf) { $0.escalateHits = Self.toxic } == (.review, true))
    #expect(try verdict(band: nil, reasoner: nil) == (.allow, false))
    #expect(try verdict(band: nil) == (.allow, true))
    #expect(try verdict(reasoner: nil) == (.review, true))
  }

  @Test func silenceAllowsOnlyWithoutHits() throws {
    #expect(try verdict(silenceAllows: true) == (.allow, false))
    #expect(try verdict(finding: .violates, silenceAllows: true) { $0.signalHits = Self.toxic } == (.block, true))
  }

  @Test func thresholdsLeftOutNeverDecide() throws {
    #expect(try verdict(score: 0, band: Band(allowBelow: -1, blockAbove: 0.9)) == (.allow, true))
    #expect(try verdict(score: 1, finding: .safe, band: Band(allowBelow: 0.1, blockAbove: 2)) == (.allow, true))
  }
}

/// Hits are counted from the start, so stages in another order than that are refused.
@Suite struct ReplayNeedsAnOrder {
  private static func stage(_ id: String, _ kind: StageSpec.Kind = .screen, mode: StageMode = .enforce, band: Band? = nil, silenceAllows: Bool = false) -> EvaluatedStage {
    EvaluatedStage(id: id, kind: kind, mode: mode, failure: .screen, bands: band.map { [$0] } ?? [], silenceAllows: silenceAllows)
  }
  private static let rules = stage("rules"), silent = stage("silent", silenceAllows: true), judge = stage("judge", .reasoner)
  private static let linear = stage("linear", band: Band(allowBelow: 0.1, blockAbove: 0.9)), strict = stage("strict", band: Band(allowBelow: -1, blockAbove: 0.9))

  @Test func whatIsSeenOnlyAfterAnAllowIsNamed() {
    for (stages, move) in [
      ([Self.linear, Self.rules, Self.judge], "move `rules` before `linear`"), ([Self.silent, Self.rules], "move `rules` before `silent`"),
      ([Self.judge, Self.rules], "move `rules` before `judge`"), ([Self.judge, Self.linear], "move `linear` before `judge`"),
      ([Self.rules, Self.silent], "give one stage the files of both"), ([Self.linear, Self.judge, Self.judge], "set `mode: off` in one of them"),
    ] {
      #expect(StageOrder.problem(stages)?.contains(move) == true, "\(move)")
    }
  }

  @Test func otherOrdersAreFine() {
    let shadow = Self.stage("shadow", mode: .shadow, silenceAllows: true)
    for stages in [
      [Self.rules, Self.linear, Self.judge], [Self.rules, Self.rules, Self.linear, Self.strict], [Self.silent, Self.linear], [Self.strict, Self.rules], [shadow, Self.rules],
    ] {
      #expect(StageOrder.problem(stages) == nil)
    }
    // Tuning may give it a threshold to allow by.
    #expect(StageOrder.problem([Self.strict, Self.rules], tuned: 0) != nil)
  }

  @Test func aTunerRefuses() throws {
    var sample = EvaluationSample(categories: Synthetic.table(["toxic"]), stages: [Self.linear, Self.rules])
    var row = Synthetic.row("a", scores: [0.05], labels: [.positive], findings: [.notAsked])
    row.stages = [StageRecord(status: .ok, probabilities: [0.05]), StageRecord(status: .skipped)]
    row.blockHits = ReplayFollowsThePipeline.toxic
    row.verdict = .allow
    try sample.append(row)
    sample.settleCategories()
    #expect(sample.outcomes[0] == [.allow])
    let problem = try #require(StageOrder.problem(sample.stages))
    #expect(throws: TuningError.mismatch(problem)) { try Tuner(sample) }
  }
}

@Suite struct ThresholdsInFiles {
  /// Neighbouring floats: what is written must separate them when it is read back and compared as a float.
  @Test(arguments: [Float(0.300_000_1), 0.01, 0.001, 0.001_000_000_63, 1e-6])
  func writtenThresholdsSeparateNeighbouringFloats(low: Float) throws {
    var sample = EvaluationSample(categories: Synthetic.table(["toxic"]), stages: Synthetic.stages(categories: 1))
    let high = low.nextUp
    for number in 0..<400 {
      let positive = number % 2 == 0
      try sample.append(Synthetic.row("m\(number)", scores: [positive ? high : low], labels: [Label(positive)], findings: [positive ? .violates : .safe]))
    }
    let result = try Tuner(sample, goals: [goal("maximum f1 @ llm_calls <= 0%")]).run()
    let band = try #require(result.bands[0])
    let read = Band(allowBelow: try #require(Double(NumberText.threshold(band.allowBelow))), blockAbove: try #require(Double(NumberText.threshold(band.blockAbove))))
    #expect(read.outcome(low) == .allow && read.outcome(high) == .block && read.allowBelow < read.blockAbove, "\(read)")
    #expect(result.goals[0].chosen?.value(.f1) == 1)
  }

  @Test func aThresholdThatTheFileLeavesOutStaysOut() throws {
    let sample = try Synthetic.sample(Population(), count: 2000, seed: 3, bands: [Band(allowBelow: 0.05, blockAbove: 2)])
    let result = try Tuner(sample, goals: [goal("minimum escalation_rate @ recall >= 0.9")]).run()
    #expect(result.goals[0].isMet && result.bands[0]?.blockAbove == 2)
    #expect(result.text.contains("block_above none"))
  }
}
