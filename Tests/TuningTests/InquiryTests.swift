import Moderation
import Testing
import Tuning

@Suite struct AskingOnlyWhatMatters {
  /// Asks round by round until nothing is left, answering from `truth`; returns the thresholds and the number of messages asked.
  private func ask(_ text: String, truth: EvaluationSample, from start: EvaluationSample) throws -> (result: TuningResult, asked: Int, rounds: Int) {
    var sample = start
    var options = TuningOptions()
    options.unknown = .correct
    options.frontierPoints = 0
    var (asked, rounds) = (0, 0)
    while let inquiry = try Tuner(sample, goals: [goal(text)], options: options).nextInquiry() {
      #expect(!inquiry.messages.isEmpty)
      for message in inquiry.messages { sample.setFinding(truth.findings[0][Int(message)], category: CategoryIndex(0), message: Int(message)) }
      asked += inquiry.messages.count
      rounds += 1
      #expect(rounds < 60)
    }
    return (try Tuner(sample, goals: [goal(text)], options: options).run(), asked, rounds)
  }

  @Test(arguments: ["minimum escalation_rate @ recall >= 0.88", "maximum f1 @ llm_calls <= 20%"])
  func theChoiceIsTheSameAsWithAllAnswers(_ text: String) throws {
    let truth = try Synthetic.sample(Population(), count: 2500, seed: 21)
    let unasked = try Synthetic.sample(Population(), count: 2500, seed: 21, answers: false)
    let full = try Tuner(truth, goals: [goal(text)]).run()
    let lazy = try ask(text, truth: truth, from: unasked)
    #expect(full.goals[0].isMet && lazy.result.bands == full.bands)
    #expect(lazy.result.unasked.allSatisfy { lazy.result.split.parts[Int($0)] == .calibration })
    #expect(lazy.asked < 2500 / 2, "asked \(lazy.asked) in \(lazy.rounds) rounds")
  }

  /// A sequence of candidates goes on only where all of them pass: none may pass because nobody was asked. The proof counts what passed.
  @Test(arguments: [UInt64(1), 2, 3, 4]) func theProofIsTheSameAsWithAllAnswers(_ seed: UInt64) throws {
    let text = "minimum escalation_rate @ recall >= 0.8, precision >= 0.6"
    let population = Population(sensitivity: 0.88, specificity: 0.9)
    let truth = try Synthetic.sample(population, count: 1500, seed: seed)
    let full = try Tuner(truth, goals: [goal(text)]).run()
    let lazy = try ask(text, truth: truth, from: Synthetic.sample(population, count: 1500, seed: seed, answers: false)).result
    #expect(lazy.bands == full.bands && lazy.goals[0].isMet == full.goals[0].isMet)
    #expect(lazy.goals[0].certificates == full.goals[0].certificates)
    #expect(lazy.goals[0].reported?.counts == full.goals[0].reported?.counts)
  }

  /// With so few positives nothing can be proved, whatever the reasoner says: its price is saved.
  @Test(arguments: ["minimum escalation_rate @ recall >= 0.95", "minimum escalation_rate @ recall >= 0.95, precision >= 0.5"])
  func nothingIsAskedForAGoalThatIsRefused(_ text: String) throws {
    let sample = try Synthetic.sample(Population(baseRate: 0.02), count: 1500, seed: 3, answers: false)
    var options = TuningOptions()
    options.unknown = .correct
    let tuner = try Tuner(sample, goals: [goal(text)], options: options)
    #expect(try tuner.nextInquiry() == nil)
    guard case .refused = try tuner.run().goals[0].status else { return #expect(Bool(false), "not refused") }
  }

  /// A goal of one category counts that category's answer also where another category blocks.
  @Test func whatAnotherCategoryBlocksIsAskedAboutToo() throws {
    let categories = ["a", "b"]
    var sample = EvaluationSample(categories: Synthetic.table(categories), stages: Synthetic.stages(categories: 2))
    for number in 0..<300 {
      let row = Synthetic.row("m\(number)", scores: [0.5, 0.99], labels: [Label(number % 2 == 0), .negative], findings: [.notAsked, .notAsked])
      try sample.append(row)
    }
    var options = TuningOptions()
    options.unknown = .correct
    let goals = [try goal("a: minimum escalation_rate @ recall >= 0.5", categories: categories)]
    let inquiry = try #require(try Tuner(sample, goals: goals, options: options).nextInquiry())
    #expect(inquiry.purpose == .choosing && inquiry.messages.allSatisfy { sample.labels[0][Int($0)] == .positive })
  }

  /// A right answer can raise the share of blocks, so every answer that may count is asked for.
  @Test func aGoalAboutBlocksSupposesNothing() throws {
    let unasked = try Synthetic.sample(Population(), count: 1000, seed: 8, answers: false)
    var options = TuningOptions()
    options.unknown = .correct
    let inquiry = try #require(try Tuner(unasked, goals: [goal("minimum block_rate @ recall >= 0.7")], options: options).nextInquiry())
    #expect(inquiry.purpose == .choosing && inquiry.messages == GroupedSplit(unasked).messages(of: .choosing).sorted())
  }

  @Test func nothingIsProvedOnWhatNobodySaid() throws {
    let unasked = try Synthetic.sample(Population(), count: 2000, seed: 24, answers: false)
    func result(_ unknown: UnknownAnswer) throws -> TuningResult {
      var options = TuningOptions()
      options.unknown = unknown
      return try Tuner(unasked, goals: [goal("minimum escalation_rate @ recall >= 0.9")], options: options).run()
    }
    let worst = try result(.wrong)
    #expect(!worst.goals[0].isMet && !worst.unasked.isEmpty && worst.text.contains("counted as wrong"))
    let best = try result(.correct)
    #expect(best.goals[0].isMet && best.goals[0].notes.contains { $0.contains("was not asked about") })
  }

  /// That the reasoner abstained from one category says nothing of another that it was not asked about.
  @Test func anAnswerToOneCategoryIsNoneToAnother() throws {
    let categories = ["a", "b"]
    var sample = EvaluationSample(categories: Synthetic.table(categories), stages: Synthetic.stages(categories: 2))
    for number in 0..<2000 {
      let violates = number % 4 == 0
      try sample.append(
        Synthetic.row(
          "m\(number)", scores: [0.5, violates ? 0.6 : 0.3], labels: [.negative, Label(violates)], findings: [.abstain, .notAsked], reasoner: .abstain))
    }
    func tuner(_ unknown: UnknownAnswer) throws -> Tuner {
      var options = TuningOptions()
      options.unknown = unknown
      return try Tuner(sample, goals: [goal("b: minimum escalation_rate @ recall >= 0.9", categories: categories)], options: options)
    }
    let worst = try tuner(.wrong).run()
    #expect(!worst.unasked.isEmpty && worst.goals[0].current.counts.truePositives == 0)
    #expect(try tuner(.correct).nextInquiry() != nil)
  }

  /// For the message as a whole, what an answer is best or worst for is told by the label of the whole.
  @Test(arguments: [(UnknownAnswer.correct, true), (.wrong, false)]) func theWholeMessageTellsWhatIsBest(_ unknown: UnknownAnswer, _ isCaught: Bool) throws {
    var sample = EvaluationSample(categories: Synthetic.table(["a", "b"]), stages: Synthetic.stages(categories: 2))
    for number in 0..<300 {
      let violates = number % 3 == 0
      // The violation is in `a`, which its score allows; open is `b`, which is harmless.
      try sample.append(
        Synthetic.row("m\(number)", scores: [0.01, violates ? 0.5 : 0.01], labels: [Label(violates), .negative], findings: [.notAsked, .notAsked]))
    }
    var options = TuningOptions()
    options.unknown = unknown
    let current = try Tuner(sample, goals: [goal("any: minimum escalation_rate @ recall >= 0.9")], options: options).run().goals[0].current
    #expect(current.counts.positives > 0 && current.counts.truePositives == (isCaught ? current.counts.positives : 0))
  }

  @Test func twoGuaranteedBoundsOrderFirst() throws {
    let truth = try Synthetic.sample(Population(), count: 2500, seed: 22)
    let unasked = try Synthetic.sample(Population(), count: 2500, seed: 22, answers: false)
    var options = TuningOptions()
    options.unknown = .correct
    let text = "minimum escalation_rate @ recall >= 0.85, precision >= 0.7"
    let first = try #require(try Tuner(unasked, goals: [goal(text)], options: options).nextInquiry())
    let split = GroupedSplit(unasked)
    #expect(first.purpose == .ordering && first.messages.allSatisfy { split.parts[Int($0)] == .calibration })
    let lazy = try ask(text, truth: truth, from: unasked)
    #expect(lazy.result.goals[0].isMet)
  }

  @Test func estimatesComeFromWhatWasRecorded() throws {
    let unasked = try Synthetic.sample(Population(), count: 1500, seed: 23, answers: false)
    var options = TuningOptions()
    options.unknown = .correct
    let inquiry = try #require(try Tuner(unasked, goals: [goal("maximum f1 @ llm_calls <= 20%")], options: options).nextInquiry())
    let count = Double(inquiry.messages.count)
    let seconds = try #require(inquiry.seconds)
    #expect(inquiry.calls == count && inquiry.tokens == 900 * count && close(seconds, 0.5 * count, 1e-6))
  }
}
