import Moderation
import Testing
import Tuning

@Suite struct SeveralCategories {
  private func sample(_ count: Int, seed: UInt64) throws -> EvaluationSample {
    var generator = SeededGenerator(seed: seed)
    let populations = [Population(baseRate: 0.15), Population(baseRate: 0.1, positiveMean: 1, negativeMean: -2)]
    var sample = EvaluationSample(categories: Synthetic.table(["harassment", "threats"]), stages: Synthetic.stages(categories: 2))
    for number in 0..<count {
      let draws = populations.map { $0.draw(&generator) }
      try sample.append(
        Synthetic.row("m\(number)", scores: draws.map(\.score), labels: draws.map { Label($0.positive) }, findings: draws.map(\.finding)))
    }
    return sample
  }

  @Test func anUnqualifiedGoalIsForEachCategoryWithoutItsOwn() throws {
    let result = try Tuner(
      try sample(4000, seed: 1), goals: [goal("threats: minimum escalation_rate @ recall >= 0.85"), goal("minimum escalation_rate @ recall >= 0.9")]
    ).run()
    #expect(result.goals.map(\.goal.text) == ["threats: minimum escalation_rate @ recall >= 0.85", "harassment: minimum escalation_rate @ recall >= 0.9"])
    // Both guarantees hold together at 95 %: each at 97.5 %.
    #expect(result.goals.flatMap(\.certificates).allSatisfy { close($0.confidence, 0.975) })
  }

  @Test func budgetsAreShared() throws {
    var options = TuningOptions()
    options.budgets = [Bound(.llmCalls, .atMost, 0.2)]
    let result = try Tuner(try sample(4000, seed: 2), goals: [goal("maximum f1")], options: options).run()
    #expect(result.goals.count == 2 && result.goals.allSatisfy { ($0.chosen?.value(.llmCalls) ?? 1) <= 0.1 + 1e-12 })
    #expect(result.budgets.count == 1 && result.budgets[0].holds && result.budgets[0].measured <= 0.2)
  }

  @Test func theMessageAsAWholeIsTunedJointly() throws {
    let sample = try sample(4000, seed: 3)
    let result = try Tuner(sample, goals: [goal("any: minimum escalation_rate @ recall >= 0.85, precision >= 0.6")]).run()
    let goalResult = result.goals[0]
    #expect(goalResult.isMet && result.changes.count == 2 && goalResult.certificates.count == 2)
    let reported = try #require(goalResult.reported)
    // Counted by hand at the written thresholds.
    var confusion = Confusion()
    for message in result.split.messages(of: .reporting).map(Int.init) {
      var (blocked, open, violates) = (false, false, false)
      for category in 0..<2 {
        let outcome = try #require(result.bands[category]).outcome(sample.probabilities[1][category][message])
        if outcome == .block { blocked = true }
        if outcome == .uncertain {
          open = true
          if sample.findings[category][message] == .violates { violates = true }
        }
      }
      confusion.count(flagged: blocked || (open && violates), positive: sample.labels.contains { $0[message] == .positive })
    }
    #expect(reported.counts.confusion == confusion)
  }

  @Test func theWholeStandsAlone() throws {
    let sample = try sample(100, seed: 4)
    #expect(throws: TuningError.mismatch("an `any:` goal moves every category, so it stands alone")) {
      try Tuner(sample, goals: [goal("any: maximum f1"), goal("threats: maximum f1")]).run()
    }
    #expect(throws: TuningError.mismatch("category `threats` has two goals")) {
      try Tuner(sample, goals: [goal("threats: maximum f1"), goal("threats: maximum recall")]).run()
    }
    #expect(throws: TuningError.mismatch("the pipeline has no category `spam`")) { try Tuner(sample, goals: [goal("spam: maximum f1")]).run() }
  }

  @Test func categoriesThatOnlyReviewNeverBlock() throws {
    var sample = EvaluationSample(
      categories: CategoryTable([Category(name: "harassment", autoBlock: false), Category(name: "threats", alwaysEscalate: true)]),
      stages: Synthetic.stages(categories: 2))
    for number in 0..<300 {
      let positive = number % 4 == 0
      try sample.append(
        Synthetic.row("m\(number)", scores: [positive ? 0.99 : 0.01, 0.01], labels: [Label(positive), .negative], findings: [positive ? .violates : .safe, .safe]))
    }
    let point = try Tuner(sample, goals: [goal("harassment: maximum f1")]).run().goals[0].current
    #expect(point.counts.blocked == 0 && point.counts.reviewed == point.counts.positives && point.counts.positives > 0)
    // `threats` is open for every message, whatever its score.
    let whole = try Tuner(sample, goals: []).run()
    #expect(whole.flips.first.escalated.value == 1)
  }
}
