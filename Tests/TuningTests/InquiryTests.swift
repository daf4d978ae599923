import Moderation
import Testing
import Tuning

@Suite struct AskingOnlyWhatMatters {
  /// Asks round by round until nothing is left, answering from `truth`; returns the thresholds and the number of messages asked.
  private func ask(_ text: String, truth: EvaluationSample, from start: EvaluationSample) throws -> (result: TuningResult, asked: Int, rounds: Int) {
    var sample = start
    var options = TuningOptions()
    options.unknown = .correct
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
