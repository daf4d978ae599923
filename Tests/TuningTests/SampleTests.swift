import Moderation
import Testing
import Tuning

@Suite struct SamplesAndSplits {
  private func sample(_ rows: [EvaluationRow], categories: [String] = ["toxic"]) throws -> EvaluationSample {
    var sample = EvaluationSample(categories: Synthetic.table(categories), stages: Synthetic.stages(categories: categories.count))
    for row in rows { try sample.append(row) }
    return sample
  }

  @Test func rowsThatDoNotFitAreRejectedWithTheirID() throws {
    var sample = try sample([])
    let wrong = Synthetic.row("bad", scores: [0.5, 0.6], labels: [.positive], findings: [.safe])
    #expect(throws: TuningError.malformedRow(id: "bad", reason: "stage `linear` needs one probability per category")) { try sample.append(wrong) }
    var fewLabels = Synthetic.row("bad", scores: [0.5], labels: [], findings: [.safe])
    #expect(throws: TuningError.self) { try sample.append(fewLabels) }
    fewLabels.labels = [.positive]
    fewLabels.decidingStage = 9
    #expect(throws: TuningError.malformedRow(id: "bad", reason: "its deciding stage does not exist")) { try sample.append(fewLabels) }
    #expect(sample.isEmpty)
  }

  @Test(arguments: [Float.nan, .infinity, -0.1, 1.5]) func unusableScoresAreMissing(_ score: Float) throws {
    let sample = try sample([Synthetic.row("a", scores: [score], labels: [.positive], findings: [.safe])])
    #expect(sample.probabilities[1][0][0].isNaN && sample.outOfRangeScores == (score.isNaN ? 0 : 1))
  }

  @Test func contradictionsAndDuplicatesAreCounted() throws {
    let rows = [
      Synthetic.row("a", scores: [0.5], labels: [.positive], findings: [.safe], text: 1),
      Synthetic.row("b", scores: [0.5], labels: [.negative], findings: [.safe], text: 1),
      Synthetic.row("b", scores: [.nan], labels: [.negative], findings: [.safe], text: 2),
      Synthetic.row("c", scores: [0.1], labels: [.unknown], findings: [.safe], text: 3),
    ]
    let summary = SampleSummary(try sample(rows))
    #expect(summary.duplicateIDs == 1 && summary.distinctTexts == 3)
    let category = summary.categories[0]
    #expect(category.contradictoryTexts == 1 && category.contradictoryMessages == 2 && category.missingScores == 1 && category.unlabelled == 1)
    #expect(summary.warnings.count == 3)
  }

  @Test func oneClassIsSaid() throws {
    let summary = SampleSummary(try sample([Synthetic.row("a", scores: [0.5], labels: [.positive], findings: [.safe])]))
    #expect(summary.warnings.contains { $0.contains("one class only") })
  }

  @Test func idsThatDoNotJoinAreCounted() {
    let join = IDJoin(values: ["a", "x", "b"], onto: ["a", "b", "b", "c"])
    #expect(join.messages == [0, nil, 1] && join.unmatched == 1 && join.ambiguous == 1 && join.missing == 2)
  }

  @Test func equalTextsAndConversationsAreNeverSeparated() throws {
    var generator = SeededGenerator(seed: 1)
    let rows = (0..<3000).map { number in
      Synthetic.row(
        "m\(number)", scores: [0.5], labels: [Label(generator.unit() < 0.1)], findings: [.safe], text: UInt64(generator.index(below: 2500)),
        conversation: generator.unit() < 0.1 ? "c\(generator.index(below: 150))" : nil)
    }
    let sample = try sample(rows)
    let split = GroupedSplit(sample, seed: 4)
    var partOfText: [UInt64: GroupedSplit.Part] = [:], partOfConversation: [Int32: GroupedSplit.Part] = [:]
    for message in 0..<sample.count {
      let part = split.parts[message]
      #expect(partOfText.updateValue(part, forKey: sample.textHashes[message]) ?? part == part)
      let conversation = sample.conversations[message]
      if conversation >= 0 { #expect(partOfConversation.updateValue(part, forKey: conversation) ?? part == part) }
    }
  }

  /// `gg` stands in every conversation: it must not make one group of them all, which would leave only rare texts to choose on.
  @Test func aTextOfEveryConversationJoinsNothing() throws {
    let rows = (0..<3000).map { number -> EvaluationRow in
      let text: UInt64 = number % 10 == 0 ? 1 : UInt64(number + 10)
      return Synthetic.row("m\(number)", scores: [0.5], labels: [Label(number % 7 == 0)], findings: [.safe], text: text, conversation: "c\(number / 10)")
    }
    let split = GroupedSplit(try sample(rows))
    #expect(split.textsLeftApart == 1 && split.groupCount > 200)
    for (part, share) in [(GroupedSplit.Part.calibration, 0.3), (.choosing, 0.4), (.reporting, 0.3)] {
      let size = Double(split.messages(of: part).count)
      #expect(abs(size - share * 3000) < 170, "\(part): \(size)")
    }
  }

  @Test func partsGetTheirShareOfPositives() throws {
    var generator = SeededGenerator(seed: 2)
    let rows = (0..<5000).map { Synthetic.row("m\($0)", scores: [0.5], labels: [Label(generator.unit() < 0.03)], findings: [.safe]) }
    let sample = try sample(rows)
    let split = GroupedSplit(sample)
    let positives = Double(sample.labels[0].count { $0 == .positive })
    for (part, share) in [(GroupedSplit.Part.calibration, 0.3), (.choosing, 0.4), (.reporting, 0.3)] {
      let messages = split.messages(of: part)
      let own = Double(messages.count { sample.labels[0][Int($0)] == .positive })
      #expect(abs(Double(messages.count) - share * 5000) < 5 && abs(own - share * positives) < 2, "\(part): \(messages.count), \(own)")
    }
  }

  @Test func theSameSeedSplitsTheSameWay() throws {
    let sample = try Synthetic.sample(Population(), count: 500, seed: 1)
    #expect(GroupedSplit(sample, seed: 3).parts == GroupedSplit(sample, seed: 3).parts)
    #expect(GroupedSplit(sample, seed: 3).parts != GroupedSplit(sample, seed: 4).parts)
  }
}
