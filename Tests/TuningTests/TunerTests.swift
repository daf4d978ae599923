import Moderation
import Testing
import Tuning

@Suite struct TunerTests {
  @Test func theSweepAgreesWithCountingOneByOne() throws {
    let sample = try Synthetic.sample(Population(), count: 700, seed: 1)
    let result = try Tuner(sample, goals: [goal("maximum f1 @ llm_calls <= 20%")]).run()
    let chosen = try #require(result.goals[0].chosen)
    // `chosen` is counted message by message at the written thresholds; the frontier's points are too. The sweep chose them.
    #expect(try #require(chosen.value(.llmCalls)) <= 0.2 + 1e-12)
    let choosing = result.split.messages(of: .choosing)
    let band = try #require(result.bands[0])
    let escalated = choosing.count { band.outcome(sample.probabilities[1][0][Int($0)]) == .uncertain }
    #expect(Double(escalated) == chosen.counts.escalated && chosen.counts.messages == Double(choosing.count))
  }

  /// With no proof to make, the choice is the best pair of all, by brute force over every pair of distinct scores.
  @Test(arguments: [UInt64(1), 2, 3]) func noOtherPairIsBetterOnTheChoosingPart(_ seed: UInt64) throws {
    let sample = try Synthetic.sample(Population(positiveMean: 0.8, negativeMean: -0.8, sensitivity: 0.9, specificity: 0.9), count: 400, seed: seed)
    let result = try Tuner(sample, goals: [goal("maximum f1 @ llm_calls <= 20%")]).run()
    let chosen = try #require(result.goals[0].chosen?.value(.f1))
    let choosing = result.split.messages(of: .choosing).map(Int.init)
    let scores = choosing.map { sample.probabilities[1][0][$0] }.sorted()
    var best = 0.0
    for low in [-1] + scores {
      for high in scores + [2] where high > low {
        var confusion = Confusion()
        var calls = 0
        for message in choosing {
          let score = sample.probabilities[1][0][message]
          let open = score > low && score < high
          calls += open ? 1 : 0
          confusion.count(flagged: score >= high || (open && sample.findings[0][message] == .violates), positive: sample.labels[0][message] == .positive)
        }
        if Double(calls) <= 0.2 * Double(choosing.count) { best = max(best, confusion.f1 ?? 0) }
      }
    }
    #expect(close(chosen, best), "chosen \(chosen), best \(best)")
  }

  @Test func aGoalAboutMissesMovesOnlyAllowBelow() throws {
    let sample = try Synthetic.sample(Population(), count: 2000, seed: 2)
    let result = try Tuner(sample, goals: [goal("minimum escalation_rate @ recall >= 0.9")]).run()
    let band = try #require(result.bands[0])
    #expect(result.goals[0].isMet && band.blockAbove == 0.95 && band.allowBelow != 0.05)
    #expect(result.changes.map(\.category) == ["toxic"] && result.changes[0].band == band)
    #expect(result.goals[0].notes.contains { $0.contains("`block_above` stays") })
  }

  @Test func aCertificateStatesItsBound() throws {
    let sample = try Synthetic.sample(Population(), count: 2000, seed: 2)
    let goalResult = try Tuner(sample, goals: [goal("minimum escalation_rate @ recall >= 0.9")]).run().goals[0]
    let certificate = try #require(goalResult.certificates.first)
    #expect(certificate.riskAtMost <= 0.1 && certificate.confidence == 0.95)
    #expect(certificate.trials == Int(try #require(goalResult.chosen).counts.positives))
    // One more miss would have been too many, or one more message allowed would have missed it: the choice is not timid.
    #expect(RiskControl.pValue(bad: certificate.bad + 2, trials: certificate.trials, limit: 0.1) > 0.05)
  }

  @Test func tooFewPositivesAreRefusedWithTheNumberMissing() throws {
    let sample = try Synthetic.sample(Population(baseRate: 0.05), count: 600, seed: 3)
    let result = try Tuner(sample, goals: [goal("minimum escalation_rate @ recall >= 0.95")]).run()
    guard case .refused(let needs) = result.goals[0].status else {
      Issue.record("not refused")
      return
    }
    let have = result.split.messages(of: .choosing).count { sample.labels[0][Int($0)] == .positive }
    #expect(needs.count == 1 && needs[0].need == 59 && needs[0].have == have && needs[0].unit == "positives")
    #expect(needs[0].moreInAll == Int((Double(59 - have) / 0.4).rounded(.up)))
    #expect(result.changes.isEmpty && result.bands == sample.stages[1].bands)
  }

  @Test func aReasonerThatMissesTooMuchMakesTheGoalInfeasible() throws {
    let sample = try Synthetic.sample(Population(sensitivity: 0.7), count: 2000, seed: 4)
    let goalResult = try Tuner(sample, goals: [goal("minimum escalation_rate @ recall >= 0.95")]).run().goals[0]
    guard case .infeasible(let reason, _) = goalResult.status else {
      Issue.record("not infeasible")
      return
    }
    #expect(reason.contains("missed too often"))
    #expect(!goalResult.nearest.isEmpty && goalResult.chosen == nil)
    #expect(try #require(goalResult.nearest[0].point.value(.recall)) < 0.95)
  }

  @Test func nearlyFeasibleGoalsSayHowManyLabelsTheProofNeeds() throws {
    let sample = try Synthetic.sample(Population(sensitivity: 0.975), count: 1000, seed: 5)
    let goalResult = try Tuner(sample, goals: [goal("minimum escalation_rate @ recall >= 0.97")]).run().goals[0]
    guard case .infeasible(_, let needs) = goalResult.status else {
      if case .refused(let needs) = goalResult.status { #expect(!needs.isEmpty) } else { Issue.record("met") }
      return
    }
    for need in needs { #expect(need.need > need.have && need.moreInAll > 0) }
  }

  @Test func aBudgetThatCannotBeKeptIsInfeasible() throws {
    let sample = try Synthetic.sample(Population(positiveMean: 0.2, negativeMean: -0.2, sensitivity: 0.99), count: 1500, seed: 6)
    var options = TuningOptions()
    options.budgets = [Bound(.llmCalls, .atMost, 0.01)]
    let goalResult = try Tuner(sample, goals: [goal("minimum escalation_rate @ recall >= 0.9")], options: options).run().goals[0]
    guard case .infeasible(let reason, _) = goalResult.status else {
      Issue.record("not infeasible")
      return
    }
    #expect(reason.contains("break another"))
    #expect(goalResult.nearest.count > 1)
  }

  @Test func latencyBudgetsAreKept() throws {
    let sample = try Synthetic.sample(Population(), count: 3000, seed: 7)
    let result = try Tuner(sample, goals: [goal("maximum f1 @ p90_latency <= 300ms")]).run()
    let goalResult = result.goals[0]
    // Only escalated messages are slower than 300 ms here, so at most a tenth may be.
    let escalated = try #require(goalResult.chosen?.value(.escalationRate))
    #expect(goalResult.isMet && escalated <= 0.1)
    let latency = try #require(goalResult.latency)
    #expect(latency.p50 < 0.3)
  }

  @Test func latencyWithoutRecordsIsAnError() throws {
    var sample = EvaluationSample(categories: Synthetic.table(["toxic"]), stages: Synthetic.stages(categories: 1))
    for (id, label) in [("a", Label.positive), ("b", .negative)] {
      var row = Synthetic.row(id, scores: [0.5], labels: [label], findings: [.safe])
      row.stages[2].latency = .nan
      try sample.append(row)
    }
    #expect(throws: TuningError.self) { try Tuner(sample, goals: [goal("maximum f1 @ p95_latency <= 300ms")]) }
  }

  @Test func frontierNeverFallsAsEscalationsGrow() throws {
    let sample = try Synthetic.sample(Population(positiveMean: 0.8, negativeMean: -0.8), count: 2000, seed: 8)
    let goalResult = try Tuner(sample, goals: [goal("maximum f1 @ llm_calls <= 30%")]).run().goals[0]
    let values = goalResult.frontier.compactMap { $0.value(goalResult.frontierMetric) }
    let shares = goalResult.frontier.compactMap { $0.value(.escalationRate) }
    #expect(values.count > 5 && zip(values, values.dropFirst()).allSatisfy { $0 <= $1 + 1e-12 })
    #expect(zip(shares, shares.dropFirst()).allSatisfy { $0 <= $1 })
  }

  @Test func flipsAreBetweenTheFileAndTheChoice() throws {
    let sample = try Synthetic.sample(Population(), count: 3000, seed: 9)
    let result = try Tuner(sample, goals: [goal("minimum escalation_rate @ recall >= 0.9")]).run()
    #expect(result.flips.messages == result.split.messages(of: .reporting).count)
    #expect(result.flips.flipped > 0 && result.flips.flips.allSatisfy { !$0.examples.isEmpty && $0.examples.count <= 5 })
    let unchanged = try Tuner(sample, goals: []).run()
    #expect(unchanged.flips.flipped == 0 && unchanged.changes.isEmpty)
  }

  @Test func writtenThresholdsAreShort() throws {
    let sample = try Synthetic.sample(Population(), count: 3000, seed: 10)
    let band = try #require(try Tuner(sample, goals: [goal("maximum f1 @ llm_calls <= 20%")]).run().bands[0])
    #expect(NumberText.threshold(band.allowBelow).count <= 7 && NumberText.threshold(band.blockAbove).count <= 7, "\(band)")
    #expect(band.allowBelow < band.blockAbove)
    #expect(Double(NumberText.threshold(band.allowBelow)) == band.allowBelow)
  }

  @Test func missingScoresAlwaysEscalate() throws {
    var sample = EvaluationSample(categories: Synthetic.table(["toxic"]), stages: Synthetic.stages(categories: 1))
    for number in 0..<400 {
      let positive = number % 2 == 0
      let score: Float = number % 10 < 2 ? .nan : positive ? 0.9 : 0.1
      try sample.append(Synthetic.row("m\(number)", scores: [score], labels: [Label(positive)], findings: [positive ? .violates : .safe]))
    }
    let result = try Tuner(sample, goals: [goal("minimum escalation_rate @ recall >= 0.9, precision >= 0.9")]).run()
    let escalated = try #require(result.goals[0].chosen?.value(.escalationRate))
    #expect(abs(escalated - 0.2) < 0.06)
  }

  @Test func hitsOverrideThresholds() throws {
    var sample = EvaluationSample(categories: Synthetic.table(["toxic"]), stages: Synthetic.stages(categories: 1))
    let toxic = CategorySet([CategoryIndex(0)])
    for number in 0..<600 {
      let positive = number % 3 == 0
      var row = Synthetic.row("m\(number)", scores: [positive ? 0.6 : 0.01], labels: [Label(positive)], findings: [positive ? .violates : .safe])
      if number % 3 == 1, number < 90 { row.escalateHits = toxic }
      if number % 3 == 0, number < 90 { row.blockHits = toxic }
      try sample.append(row)
    }
    let point = try Tuner(sample, goals: [goal("minimum escalation_rate @ recall >= 0.9")]).run().goals[0].reportedCurrent
    let all = try Tuner(sample, goals: []).run().split.messages(of: .reporting).map(Int.init)
    // Open: violating ones in the band that no hit blocked, and harmless ones that a hit escalates.
    let expected = all.count { ($0 % 3 == 0 && $0 >= 90) || ($0 % 3 == 1 && $0 < 90) }
    #expect(point.counts.escalated == Double(expected))
  }

  @Test func aSampleWithNothingToTuneIsAClearError() throws {
    let empty = EvaluationSample(categories: Synthetic.table(["toxic"]), stages: Synthetic.stages(categories: 1))
    #expect(throws: TuningError.emptySample) { try Tuner(empty) }
    var sample = empty
    try sample.append(Synthetic.row("a", scores: [0.5], labels: [.positive], findings: [.safe]))
    let aim = try goal("minimum escalation_rate @ recall >= 0.9")
    #expect(throws: TuningError.oneClass(category: "toxic", positives: 1, negatives: 0)) { try Tuner(sample, goals: [aim]).run() }
    var unlabelled = empty
    try unlabelled.append(Synthetic.row("a", scores: [0.5], labels: [.unknown], findings: [.safe]))
    #expect(throws: TuningError.noLabels(category: "toxic")) { try Tuner(unlabelled, goals: [aim]).run() }
    var unscored = empty
    for (id, label) in [("a", Label.positive), ("b", .negative)] { try unscored.append(Synthetic.row(id, scores: [.nan], labels: [label], findings: [.safe])) }
    var escalating = EvaluationSample(categories: CategoryTable([.init(name: "toxic", alwaysEscalate: true)]), stages: Synthetic.stages(categories: 1))
    for number in 0..<10 { try escalating.append(Synthetic.row("m\(number)", scores: [0.5], labels: [Label(number % 2 == 0)], findings: [.safe])) }
    #expect(throws: TuningError.mismatch("every category always escalates, so no threshold changes anything")) { try Tuner(escalating, goals: [aim]).run() }
    #expect(throws: TuningError.noScores(stage: "linear", category: "toxic")) { try Tuner(unscored, goals: [aim]).run() }
    var options = TuningOptions()
    options.stage = "nope"
    #expect(throws: TuningError.unknownStage("nope")) { try Tuner(sample, goals: [aim], options: options) }
  }

  @Test func aPrecisionAtAnotherBaseRateIsProvedThroughRecallAndFalsePositives() throws {
    let sample = try Synthetic.sample(Population(), count: 4000, seed: 12)
    var options = TuningOptions()
    options.baseRate = 0.1
    let result = try Tuner(sample, goals: [goal("maximum f1 @ precision >= 0.5")], options: options).run()
    let proof = try #require(result.goals[0].restated.first)
    let chosen = try #require(result.goals[0].chosen)
    #expect(result.goals[0].isMet && result.goals[0].certificates.isEmpty)
    #expect(proof.precisionAtLeast >= 0.5 && proof.recall.trials == Int(chosen.counts.positives))
    #expect(result.text.contains("proved: precision >= 0.5 where 10% of messages violate, at 95% confidence") && !result.text.contains("nothing in it is guaranteed"))
    #expect(result.json.text.contains("\"precision_at_least\": 0.") && result.html(pipeline: "").contains("with proof"))
  }

  @Test func theExpectedCostHasItsBreakEven() {
    let cost = CostModel(prefilter: 1, classifier: 9, reasoner: 1000)
    #expect(cost.expected(reachingClassifier: 0.5, reasonerCalls: 0.1) == 1 + 4.5 + 100)
    #expect(close(cost.breakEvenEscalation, 0.99))
    #expect(close(CostModel(prefilter: 1, classifier: 9, reasoner: 1000).expected(reasonerCalls: cost.breakEvenEscalation), 1000))
  }
}
