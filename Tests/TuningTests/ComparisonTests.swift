import Moderation
import Testing
import Tuning

@Suite struct Comparisons {
  private func run(_ verdicts: [Verdict], labels: [Label], prefix: String = "m", reversed: Bool = false) throws -> EvaluationSample {
    var sample = EvaluationSample(categories: Synthetic.table(["toxic"]), stages: Synthetic.stages(categories: 1))
    let order = reversed ? Array(verdicts.indices.reversed()) : Array(verdicts.indices)
    for place in order {
      var row = Synthetic.row("\(prefix)\(place)", scores: [0.5], labels: [labels[place]], findings: [.notAsked], reasoner: .skipped)
      row.verdict = verdicts[place]
      row.decidingStage = 1
      try sample.append(row)
    }
    return sample
  }

  @Test func flipsAreCountedBothWaysAndJudged() throws {
    let labels: [Label] = [.positive, .positive, .negative, .negative, .positive, .unknown]
    let a = try run([.allow, .block, .block, .allow, .review, .allow], labels: labels)
    // The second run has the messages in another order: they are joined by id.
    let b = try run([.block, .allow, .allow, .allow, .block, .review], labels: labels, reversed: true)
    let report = try ComparisonReport(first: a, second: b)
    #expect(report.messages == 6 && report.flipped == 5)
    let toBlock = try #require(report.flips.first { $0.from == .allow && $0.to == .block })
    #expect(toBlock.count == 1 && toBlock.fixed == 1 && toBlock.broken == 0 && toBlock.examples == ["m0"])
    let toAllow = try #require(report.flips.first { $0.from == .block && $0.to == .allow })
    #expect(toAllow.count == 2 && toAllow.fixed == 1 && toAllow.broken == 1)
    #expect(report.mcNemar == McNemar(onlyFirst: 1, onlySecond: 2))
    #expect(report.categories[0].newlyFlagged == 2 && report.categories[0].newlyAllowed == 2)
    #expect(report.first.confusion?.recall.value == 2.0 / 3)
  }

  @Test func runsWithoutACommonMessageAreAnError() throws {
    let a = try run([.allow], labels: [.positive]), b = try run([.allow], labels: [.positive], prefix: "x")
    #expect(throws: TuningError.mismatch("the two runs have no message id in common")) { try ComparisonReport(first: a, second: b) }
  }

  @Test func aRunAgreesWithItself() throws {
    let a = try run([.allow, .block, .review], labels: [.positive, .unknown, .negative])
    let report = try ComparisonReport(first: a, second: a)
    #expect(report.flipped == 0 && report.agreement.kappa == 1 && report.text.contains("100.0%"))
  }
}

@Suite struct AuditEstimates {
  /// Half a percent of allowed and two percent of blocked messages audited; the reasoner is the truth here.
  private func audit(seed: UInt64, missShare: Double = 0.02, wrongShare: Double = 0.1) -> [AuditedMessage] {
    var generator = SeededGenerator(seed: seed)
    var drawn: [AuditedMessage] = []
    for _ in 0..<60_000 {
      let verdict: Verdict = generator.unit() < 0.9 ? .allow : .block
      let violates = generator.unit() < (verdict == .allow ? missShare : 1 - wrongShare)
      let inclusion = verdict == .allow ? 0.02 : 0.1
      if generator.unit() < inclusion { drawn.append(AuditedMessage(verdict: verdict, inclusion: inclusion, findings: [violates ? .violates : .safe])) }
    }
    return drawn
  }

  @Test func intervalsCoverTheTruth() throws {
    var (misses, wrongs) = (0, 0)
    for seed in 0..<100 {
      let estimate = AuditEstimate(audit(seed: UInt64(seed)), categories: ["toxic"])
      let missed = try #require(estimate.categories[0].missedAmongAllowed?.interval), wrong = try #require(estimate.categories[0].wrongAmongBlocked?.interval)
      if missed.low <= 0.02 && 0.02 <= missed.high { misses += 1 }
      if wrong.low <= 0.1 && 0.1 <= wrong.high { wrongs += 1 }
    }
    #expect(misses >= 90 && wrongs >= 90, "\(misses), \(wrongs) of 100")
  }

  @Test func changingTheRateOverTimeLeavesItUnbiased() throws {
    var total = 0.0
    for seed in 0..<40 {
      var generator = SeededGenerator(seed: UInt64(seed) + 1000)
      var drawn: [AuditedMessage] = []
      // The first half has many misses and is hardly sampled, the second few and is sampled well: 4 % in all.
      for number in 0..<20_000 {
        let early = number < 10_000
        let inclusion = early ? 0.02 : 0.2
        let violates = generator.unit() < (early ? 0.07 : 0.01)
        if generator.unit() < inclusion { drawn.append(AuditedMessage(verdict: .allow, inclusion: inclusion, findings: [violates ? .violates : .safe])) }
      }
      let estimate = try #require(AuditEstimate(drawn, categories: ["toxic"]).categories[0].missedAmongAllowed)
      #expect(estimate.interval?.method == .horvitzThompson)
      total += estimate.value
    }
    #expect(abs(total / 40 - 0.04) < 0.006)
  }

  @Test func missRateCountsWhatWasFoundElsewhere() throws {
    let messages = (0..<100).map { AuditedMessage(verdict: .allow, inclusion: 0.01, findings: [$0 < 2 ? .violates : .safe]) }
    let estimate = AuditEstimate(messages, categories: ["toxic"], allowedInAll: 10_000, violatingElsewhere: [800, 800])
    #expect(close(try #require(estimate.categories[0].missRate).value, 200.0 / 1000))
  }

  /// A right block for spam says nothing of the blocks for harassment.
  @Test func aBlockIsRightOrWrongInItsOwnCategory() throws {
    let messages = (0..<100).map { number in
      let isSpam = number < 90
      return AuditedMessage(
        verdict: .block, inclusion: 0.1, findings: isSpam ? [.violates, .safe] : [.safe, .violates], blockedIn: .place(isSpam ? 0 : 1))
    } + [AuditedMessage(verdict: .block, inclusion: 0.1, findings: [.safe, .safe], blockedIn: .unjudged)]
    let estimate = AuditEstimate(messages, categories: ["spam", "harassment"])
    #expect(estimate.categories.map { $0.wrongAmongBlocked?.value } == [0, 0] && estimate.categories.map(\.audited) == [90, 10])
    #expect(estimate.overall.wrongAmongBlocked?.value == 0 && estimate.overall.unanswered == 1)
  }

  @Test func answersThatSayNothingAreLeftOutAndCounted() {
    let messages = [
      AuditedMessage(verdict: .allow, inclusion: 0.1, findings: [.abstain]), AuditedMessage(verdict: .allow, inclusion: 0, findings: [.safe]),
      AuditedMessage(verdict: .block, inclusion: 2, findings: [.safe]), AuditedMessage(verdict: .block, inclusion: 0.5, findings: []),
    ]
    let estimate = AuditEstimate(messages, categories: ["toxic"])
    #expect(estimate.audited == 1 && estimate.rejected == 3 && estimate.categories[0].unanswered == 1)
    #expect(estimate.categories[0].missedAmongAllowed == nil && estimate.overall.wrongAmongBlocked == nil)
  }
}
