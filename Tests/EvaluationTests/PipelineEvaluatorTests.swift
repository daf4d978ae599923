import Evaluation
import Moderation
import Pipeline
import Testing
import Tuning

@Suite struct OneRunKeepsEverything {
  static let words = ["0.1 0.1", "0.5 0.1 bad0", "0.95 0.5", "0.5 0.5 bad1", "0.3 odd", "0.4 fails", "block0 0.5 0.5", "escalate1 0.05 0.05", "broken 0.1 0.1", "", "signal0 0.1 0.1"]
  static let items = words.enumerated().map { Fixture.item("m\($0)", $1, [Label($1.contains("bad0")), Label($1.contains("bad1"))]) }

  @Test(arguments: [true, false]) func verdictsAreThoseOfThePipeline(_ autoBlock: Bool) async throws {
    let (evaluator, pipeline) = Fixture.evaluator(["a", "b"], reasoner: WordReasoner(CategorySet(firstCount: 2)), autoBlock: autoBlock)
    let sample = try await evaluator.run(Self.items, asking: .escalated)
    var batch = MessageBatch()
    for item in Self.items { batch.append(id: item.id, item: item.item) }
    let outcome = await pipeline.process(batch)
    #expect(sample.verdicts == outcome.decisions.map(\.verdict))
    #expect(sample.decidingStages.map(Int.init) == outcome.decisions.map { $0.stage ?? -1 })
    #expect(sample.degraded == outcome.decisions.map(\.degraded))
  }

  /// What threshold search computes from the kept scores is what the pipeline does: no message comes out differently.
  @Test(arguments: [Band(allowBelow: 0.2, blockAbove: 0.9), Band(allowBelow: -1, blockAbove: 0.5), Band(allowBelow: 0.45, blockAbove: 2)])
  func replayingTheScoresGivesTheSameVerdicts(_ band: Band) async throws {
    let reasoner = WordReasoner(CategorySet(firstCount: 2))
    let (evaluator, _) = Fixture.evaluator(["a", "b"], reasoner: reasoner, band: band)
    let sample = try await evaluator.run(Self.items, asking: .everything)
    var options = TuningOptions()
    options.shares = .init(calibration: 0, choosing: 0, reporting: 1)
    let side = try Tuner(sample, goals: [], options: options).run().flips.first
    #expect(side.verdicts == Dictionary(sample.verdicts.map { ($0, 1) }, uniquingKeysWith: +))
    #expect(side.escalated.successes == sample.decidingStages.count { $0 == 2 })
  }

  @Test func decidedMessagesKeepTheirScoresToo() async throws {
    let (evaluator, _) = Fixture.evaluator(["a", "b"], reasoner: WordReasoner(CategorySet(firstCount: 2)))
    let sample = try await evaluator.run(Self.items, asking: .escalated)
    #expect(sample.decidingStages[6] == 0 && sample.probabilities[1][0][6] == 0.5 && sample.statuses[1][6] == .skipped)
    #expect(sample.blockHits[6].contains(CategoryIndex(0)) && sample.escalateHits[7].contains(CategoryIndex(1)))
    // The rule blocks in one category; nobody was asked about the other.
    #expect(sample.outcomes[0][6] == .block && sample.outcomes[1][6] == .unsettled)
  }

  @Test func theReasonerIsAskedAboutWhatIsEscalatedAndOnlyThat() async throws {
    let reasoner = WordReasoner(CategorySet(firstCount: 2))
    let (evaluator, _) = Fixture.evaluator(["a", "b"], reasoner: reasoner)
    let sample = try await evaluator.run(Self.items, asking: .escalated)
    let escalated = sample.decidingStages.indices.filter { sample.decidingStages[$0] == 2 }
    #expect(Set(reasoner.texts) == Set(escalated.map { Self.words[$0] }))
    #expect(sample.findings[0][0] == .notAsked && sample.findings[0][1] == .violates && sample.findings[0][4] == .abstain && sample.findings[0][5] == .failed)
    #expect(sample.statuses[2][5] == .timeout && sample.usages[1].calls == 1)
  }

  @Test func askingEverythingCostsThePipelineNothing() async throws {
    let reasoner = WordReasoner(CategorySet(firstCount: 2))
    let (evaluator, _) = Fixture.evaluator(["a", "b"], reasoner: reasoner)
    let sample = try await evaluator.run(Self.items, asking: .everything)
    #expect(reasoner.texts.count == Self.items.count)
    #expect(!sample.findings[0].contains(.notAsked))
    // The first message was settled by its score: asked for comparison, charged to nobody.
    #expect(sample.usages[0].calls == 0 && sample.statuses[2][0] == .skipped && sample.usages[1].calls == 1 && sample.usages[3].calls == 2)
  }

  /// Who is in the comparison depends on what was asked, never on the answer.
  @Test func theReasonerAloneIsJudgedOnWhatItWasAsked() async throws {
    let items = (0..<20).map { Fixture.item("m\($0)", $0 % 2 == 0 ? "0.5 0.1 bad0 \($0)" : "0.5 0.1 fine \($0)", [Label($0 % 4 == 0), .negative]) }
    func known(_ judged: Int, _ asking: PipelineEvaluator.Asking) async throws -> Int? {
      let (evaluator, _) = Fixture.evaluator(["a", "b"], reasoner: WordReasoner(CategorySet(firstCount: judged)))
      return try EvaluationReport(try await evaluator.run(items, asking: asking)).overall.baselines.first { $0.name == "reasoner alone" }?.known
    }
    #expect(try await known(2, .escalated) == nil)
    #expect(try await known(2, .everything) == 20)
    #expect(try await known(1, .everything) == 20)
  }

  /// The classifier blocks in `a` and leaves `b` open: what the reasoner, asked for comparison, says of `b` is not the cheap stages' work.
  @Test func anAnswerForComparisonIsNoCheapDecision() async throws {
    let (evaluator, _) = Fixture.evaluator(["a", "b"], reasoner: WordReasoner(CategorySet(firstCount: 2)))
    let items = [Fixture.item("m", "0.95 0.5", [.positive, .positive]), Fixture.item("n", "0.1 0.1", [.negative, .negative])]
    let scope = try #require(try EvaluationReport(try await evaluator.run(items, asking: .everything)).categories.last)
    #expect(scope.category == "b" && scope.coverage?.value == 0.5 && scope.recallCeiling == 1)
  }

  private static func evaluator(_ stages: [(StageDefinition, BuiltStage)], _ table: CategoryTable) -> PipelineEvaluator {
    let definition = PipelineDefinition(name: "order", path: "order.yaml", fingerprint: "f", categories: table, stages: stages.map(\.0))
    return PipelineEvaluator(definition: definition, stages: stages.map(\.1), lanes: 1)
  }

  /// Rules behind a classifier never see what it allowed; no report may count their hits there, and no threshold can be tried.
  @Test func stagesInAnOrderThatCannotBeReplayedAreNotTuned() async throws {
    let table = CategoryTable([Moderation.Category(name: "a")])
    let linear = Fixture.stage(
      "linear", .screen(WordScreen(scoredCategories: [CategoryIndex(0)])), table, bands: [CategoryIndex(0): Band(allowBelow: 0.2, blockAbove: 0.9)], scores: true)
    let evaluator = Self.evaluator([linear, Fixture.stage("rules", .screen(WordScreen(scoredCategories: [])), table)], table)
    #expect(evaluator.notes.contains { $0.contains("move `rules` before `linear`") })
    let sample = try await evaluator.run([Fixture.item("m", "0.1 block0", [.positive])], asking: .escalated)
    #expect(sample.verdicts == [.allow] && sample.outcomes[0] == [.allow])
    #expect(throws: TuningError.self) { try Tuner(sample) }
  }

  /// Only the first reasoner's answers are kept: thresholds cannot be tried beside a second one, and where nobody is to be asked, it is not asked either.
  @Test func aSecondReasonerIsNotTunedNorAskedBehindOnesBack() async throws {
    let table = CategoryTable([Moderation.Category(name: "a"), Moderation.Category(name: "b")])
    let bands = Dictionary(uniqueKeysWithValues: (0..<2).map { (CategoryIndex($0), Band(allowBelow: 0.2, blockAbove: 0.9)) })
    let linear = Fixture.stage("linear", .screen(WordScreen(scoredCategories: [CategoryIndex(0), CategoryIndex(1)])), table, bands: bands, scores: true)
    let small = WordReasoner(CategorySet([CategoryIndex(0)])), big = WordReasoner(CategorySet([CategoryIndex(1)]))
    let evaluator = Self.evaluator([linear, Fixture.stage("small", .reasoner(small), table), Fixture.stage("big", .reasoner(big), table)], table)
    let sample = try await evaluator.run([Fixture.item("m", "0.5 0.5 bad1", [.negative, .positive])], asking: .nothing)
    #expect(small.texts.isEmpty && big.texts.isEmpty)
    #expect(evaluator.notes.contains { $0.contains("`small` and `big`") })
    #expect(throws: TuningError.self) { try Tuner(sample) }
    // As in a run, both answer.
    #expect(try await evaluator.run([Fixture.item("m", "0.5 0.5 bad1", [.negative, .positive])], asking: .escalated).verdicts == [.block])
  }

  @Test func hitsOfAFailedPassCountAndThoseBehindItDoNot() async throws {
    let table = CategoryTable([Moderation.Category(name: "a")])
    var rules = Fixture.stage("rules", .screen(WordScreen(scoredCategories: [])), table)
    rules.0.failure = FailureModes(all: .allow)
    let linear = Fixture.stage(
      "linear", .screen(WordScreen(scoredCategories: [CategoryIndex(0)])), table, bands: [CategoryIndex(0): Band(allowBelow: 0.2, blockAbove: 0.9)], scores: true)
    let sample = try await Self.evaluator([rules, linear], table).run([Fixture.item("m", "broken block0 0.95", [.positive])], asking: .escalated)
    #expect(sample.verdicts == [.block] && sample.outcomes[0] == [.block] && sample.blockHits == [CategorySet([CategoryIndex(0)])])
  }

  @Test func aKnownViolationStandsBesideAFailure() async throws {
    let book = AnswerBook()
    let (first, _) = Fixture.evaluator(["a", "b"], reasoner: WordReasoner(CategorySet(firstCount: 1)), book: book)
    _ = try await first.run([Fixture.item("m", "0.5 0.5 bad0", [.positive, .negative])], asking: .escalated)
    let (second, _) = Fixture.evaluator(["a", "b"], reasoner: WordReasoner(CategorySet(firstCount: 2)), book: book)
    let sample = try await second.run([Fixture.item("m", "0.5 0.5 bad0 fails", [.positive, .negative])], asking: .escalated)
    #expect(sample.verdicts == [.block] && sample.decidingCategories == [0])
  }

  @Test func whatNoRecordingHoldsIsNotAnAnswer() async throws {
    let (evaluator, _) = Fixture.evaluator(["a", "b"], reasoner: WordReasoner(CategorySet(firstCount: 2)), book: AnswerBook(missing: "empty"))
    let sample = try await evaluator.run(Self.items, asking: .everything)
    #expect(sample.findings[0][4] == .notAsked && sample.statuses[2][4] == .skipped && sample.degraded[4] == nil && sample.verdicts[4] == .review)
  }
}

@Suite struct TuningAsksLittle {
  private func goal(_ text: String) throws -> Goal {
    var diagnostics = Diagnostics()
    return try #require(GoalParser().goal(text, &diagnostics))
  }

  /// The choice is the same as with every answer known, for a fraction of the questions.
  @Test(arguments: ["minimum escalation_rate @ recall >= 0.8", "maximum f1 @ llm_calls <= 20%"]) func andChoosesTheSame(_ text: String) async throws {
    let items = Fixture.population(3000)
    let goals = [try goal(text)]
    let eager = WordReasoner(CategorySet(firstCount: 1)), lazy = WordReasoner(CategorySet(firstCount: 1))
    let (everything, _) = Fixture.evaluator(["a"], reasoner: eager)
    let full = try await everything.run(items, asking: .everything)
    let expected = try Tuner(full, goals: goals).run()
    let (little, _) = Fixture.evaluator(["a"], reasoner: lazy)
    var sample = try await little.run(items, asking: .nothing)
    #expect(lazy.texts.isEmpty)
    let outcome = try await LazyTuner(evaluator: little, goals: goals, options: TuningOptions(), limit: 3000).run(items, &sample)
    #expect(outcome.result.goals[0].isMet && outcome.result.bands == expected.bands)
    #expect(outcome.asked == lazy.texts.count && outcome.asked < 2000, "\(outcome.asked) asked")
    #expect(outcome.result.goals[0].reported?.value(.recall) == expected.goals[0].reported?.value(.recall))
  }

  /// A failure becomes a review, which catches every violation: that proves nothing of the model.
  @Test func failuresProveNothing() async throws {
    let items = Fixture.population(3000)
    func outcome(_ failsEvery: Int) async throws -> LazyTuner.Outcome {
      let (evaluator, _) = Fixture.evaluator(["a"], reasoner: WordReasoner(CategorySet(firstCount: 1), failsEvery: failsEvery))
      var sample = try await evaluator.run(items, asking: .nothing)
      let goals = [try goal("minimum escalation_rate @ recall >= 0.8")]
      return try await LazyTuner(evaluator: evaluator, goals: goals, options: TuningOptions(), limit: 3000).run(items, &sample)
    }
    await #expect(throws: LazyTuner.NoAnswers.self) { _ = try await outcome(1) }
    let half = try await outcome(2).result.goals[0]
    #expect(!half.isMet && half.notes.contains { $0.contains("the reasoner failed on") }, "\(half.notes)")
    #expect(try await outcome(0).result.goals[0].isMet)
  }

  /// Categories that nobody asked for are no part of what a run would spend.
  @Test func whatTuningAsksBesideIsNotThePriceOfARun() async throws {
    let (evaluator, _) = Fixture.evaluator(["a", "b"], reasoner: WordReasoner(CategorySet(firstCount: 2)))
    let items = [Fixture.item("m", "0.5 0.1", [.negative, .negative]), Fixture.item("n", "0.5 0.5", [.negative, .negative]), Fixture.item("o", "0.1 0.1", [.negative, .negative])]
    var sample = try await evaluator.run(items, asking: .nothing)
    await evaluator.ask(items, messages: [0, 1, 2])
    evaluator.update(&sample, messages: [0, 1, 2])
    #expect(sample.usages.map(\.calls) == [1, 2, 1] && sample.findings.allSatisfy { !$0.contains(.notAsked) })
  }

  @Test func theLimitIsKept() async throws {
    let items = Fixture.population(2000)
    let reasoner = WordReasoner(CategorySet(firstCount: 1))
    let (evaluator, _) = Fixture.evaluator(["a"], reasoner: reasoner)
    var sample = try await evaluator.run(items, asking: .nothing)
    let tuner = LazyTuner(evaluator: evaluator, goals: [try goal("minimum escalation_rate @ recall >= 0.8")], options: TuningOptions(), limit: 10)
    await #expect(throws: LazyTuner.LimitReached.self) { _ = try await tuner.run(items, &sample) }
    #expect(reasoner.texts.isEmpty)
  }

  @Test func withoutAModelNothingIsAsked() async throws {
    let items = Fixture.population(1500)
    let reasoner = WordReasoner(CategorySet(firstCount: 1), notice: "no model")
    let (evaluator, _) = Fixture.evaluator(["a"], reasoner: reasoner)
    var sample = try await evaluator.run(items, asking: .nothing)
    let outcome = try await LazyTuner(evaluator: evaluator, goals: [try goal("minimum escalation_rate @ recall >= 0.8")], options: TuningOptions(), limit: 100).run(items, &sample)
    #expect(outcome.asked == 0 && reasoner.texts.isEmpty && outcome.result.goals[0].isMet && outcome.unknown == .abstain)
  }

  /// Where nothing may be asked, an answer that is needed and not known counts against the goal, not for it.
  @Test func withoutAnswersAndQuestionsNothingIsProved() async throws {
    let items = Fixture.population(1500)
    let reasoner = WordReasoner(CategorySet(firstCount: 1))
    let (evaluator, _) = Fixture.evaluator(["a"], reasoner: reasoner)
    let tuner = LazyTuner(evaluator: evaluator, goals: [try goal("minimum escalation_rate @ recall >= 0.8")], options: TuningOptions(), limit: 0)
    var sample = try await evaluator.run(items, asking: .nothing)
    let without = try await tuner.run(items, &sample)
    #expect(without.asked == 0 && reasoner.texts.isEmpty && !without.result.goals[0].isMet && without.unknown == .wrong)
    // With every answer in the book there is nothing to suppose.
    await evaluator.ask(items, messages: Array(items.indices))
    var known = try await evaluator.run(items, asking: .nothing)
    let with = try await tuner.run(items, &known)
    #expect(with.result.goals[0].isMet && with.unknown == .correct && with.result.unasked.isEmpty)
  }
}
