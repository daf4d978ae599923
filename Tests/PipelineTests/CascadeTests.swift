import Moderation
import Pipeline
import Testing

struct CascadeTests {
  /// The verdicts of `texts` under a prefilter by word, a classifier by number and a reasoner by word.
  private func judge(
    _ texts: [String], failure: FailureModes = .reasoner, screenFailure: FailureModes = .screen, categories: CategoryTable = Fixture.categories(),
    reasonerMode: StageMode = .enforce, withReasoner: Bool = true
  ) async -> [String] {
    let rules = FakeScreen { text in
      var answer = FakeScreen.Answer()
      if text.contains("slur") { answer.hits.append((Fixture.harassment, .block)) }
      if text.contains("hmm") { answer.hits.append((Fixture.harassment, .escalate)) }
      if text.contains("buy") { answer.hits.append((Fixture.spam, .block)) }
      if text.contains("note") { answer.hits.append((Fixture.spam, .signal)) }
      if text.contains("look") { answer.hits.append((Fixture.spam, .escalate)) }
      if text.contains("limit") { answer.failure = .error }
      return answer
    }
    var stages = [
      Fixture.stage("rules", .screen(rules), failure: screenFailure, categories: categories),
      Fixture.stage("linear", .screen(Fixture.scoring), bands: Fixture.bands, categories: categories),
    ]
    if withReasoner {
      let reasoner = FakeReasoner(judging: CategorySet([Fixture.harassment]), answer: FakeReasoner.byWord)
      stages.append(Fixture.stage("guard", .reasoner(reasoner), mode: reasonerMode, failure: failure, categories: categories))
    }
    let pipeline = Fixture.pipeline(stages, categories: categories)
    let outcome = await pipeline.process(Fixture.batch(texts))
    return outcome.decisions.map { decision in
      let stage = decision.stage.map { pipeline.definition.stages[$0].id } ?? "-"
      return "\(decision.verdict.name) \(stage) \(decision.reason.name)" + (decision.degraded.map { " \($0.rawValue)" } ?? "")
    }
  }

  @Test func bandsDecideAtTheirEdgesAndLeaveTheMiddleOpen() async {
    let verdicts = await judge(["p=0.1", "p=0.9", "p=0.11 ok", "p=0.11 bad", "p=none ok"])
    #expect(verdicts == ["allow linear all_allowed", "block linear band", "allow guard all_allowed", "block guard policy", "allow guard all_allowed"])
  }

  @Test func aFinalRuleBlocksAndASignalDecidesNothing() async {
    let verdicts = await judge(["slur p=0.0", "buy p=0.0", "note p=0.0"])
    #expect(verdicts == ["block rules rule", "block rules rule", "allow linear all_allowed"])
  }

  @Test func anEscalateHitOverrulesACheapAllowButNotACheapBlock() async {
    let verdicts = await judge(["hmm p=0.0 ok", "hmm p=0.0 bad", "hmm p=0.95"])
    #expect(verdicts == ["allow guard all_allowed", "block guard policy", "block linear band"])
  }

  @Test func whatNobodySettlesIsReviewed() async {
    // Spam has rules only: an escalate hit has nowhere to go but to a person.
    #expect(await judge(["look p=0.0 ok"]) == ["review - unsettled"])
    #expect(await judge(["p=0.5"], withReasoner: false) == ["review - unsettled"])
    #expect(await judge(["p=0.5 ok"], reasonerMode: .off) == ["review - unsettled"])
    #expect(await judge(["p=0.5 ok"], reasonerMode: .shadow) == ["review - unsettled"])
  }

  @Test func anAbstentionOrFailureOfTheReasonerIsNeverAnAllowUnlessWritten() async {
    #expect(await judge(["p=0.5 odd", "p=0.5 fail"]) == ["review guard failure_mode abstain", "review guard failure_mode timeout"])
    #expect(await judge(["p=0.5 odd", "p=0.5 fail"], failure: .init(all: .next)) == ["review - unsettled abstain", "review - unsettled timeout"])
    #expect(await judge(["p=0.5 odd"], failure: .init(all: .block)) == ["block guard failure_mode abstain"])
    #expect(await judge(["p=0.5 odd"], failure: .init(all: .allow)) == ["allow guard failure_mode abstain"])
  }

  @Test func aFailedScreenNeverLetsACheapAllowThrough() async {
    // The prefilter failed: the classifier's allow no longer counts, and what only rules watch goes to a person.
    #expect(await judge(["limit p=0.0 ok"]) == ["review - unsettled error"])
    #expect(await judge(["limit p=0.0 bad"]) == ["block guard policy error"])
    #expect(await judge(["limit p=0.0 ok"], screenFailure: .init(all: .allow)) == ["allow rules failure_mode error"])
    #expect(await judge(["limit p=0.0 ok"], screenFailure: .init(all: .review)) == ["review rules failure_mode error"])
  }

  @Test func whatARuleFoundOutlivesTheFailureOfAnother() async {
    let open = Fixture.categories(noAutoBlock: ["harassment"])
    for action in FailureAction.allCases {
      #expect(await judge(["slur limit p=0.0"], screenFailure: .init(all: action)) == ["block rules rule error"], "\(action)")
      let block = action == .block ? "block rules failure_mode error" : "review rules rule error"
      #expect(await judge(["slur limit p=0.0"], screenFailure: .init(all: action), categories: open) == [block], "\(action)")
    }
  }

  @Test(arguments: [(FailureAction.allow, Verdict.review), (.review, .review), (.next, .review), (.block, .block)])
  func aReviewOutlivesTheFailureOfAnotherCall(action: FailureAction, verdict: Verdict) async {
    let reasoner = FakeReasoner(judging: CategorySet([Fixture.harassment, Fixture.threats])) { _ throws(ReasonerError) in
      throw ReasonerError(.error, "down", reviews: [Finding(category: Fixture.threats, outcome: .review, policy: "p@1")])
    }
    let pipeline = Fixture.pipeline([Fixture.stage("guard", .reasoner(reasoner), failure: .init(all: action))])
    let outcome = await pipeline.process(Fixture.batch(["hello"]))
    #expect(outcome.decisions[0].verdict == verdict && outcome.decisions[0].degraded == .error)
    var line: [UInt8] = []
    VerdictWriter(pipeline: pipeline, shape: .verdicts).append(outcome, to: &line)
    #expect(String(decoding: line, as: UTF8.self).contains(#""outcome":"review""#))
    if verdict == .review { #expect(outcome.decisions[0].category == Fixture.threats && outcome.decisions[0].reason == .policy) }
  }

  @Test func withoutAutoBlockABlockIsAReview() async {
    let categories = Fixture.categories(noAutoBlock: ["harassment"])
    let verdicts = await judge(["p=0.95", "p=0.5 bad", "slur p=0", "slur buy"], categories: categories)
    #expect(verdicts == ["review linear band", "review guard policy", "review rules rule", "block rules rule"])
  }

  @Test func anAlwaysEscalatedCategoryIsSettledByTheReasonerOnly() async {
    let categories = Fixture.categories(alwaysEscalate: ["harassment"])
    #expect(await judge(["p=0.0 ok", "p=0.99 ok", "slur"], categories: categories) == ["allow guard all_allowed", "allow guard all_allowed", "block rules rule"])
  }

  @Test func silenceAllowsOnlyWhereTheFileSaysSo() async {
    let rules = FakeScreen(allowsWithoutHits: true) { text in
      text.contains("buy") ? .init(hits: [(Fixture.spam, .signal)]) : text.contains("limit") ? .init(failure: .error) : .init()
    }
    let pipeline = Fixture.pipeline([Fixture.stage("rules", .screen(rules))])
    let outcome = await pipeline.process(Fixture.batch(["hello", "buy", "limit"]))
    #expect(outcome.decisions.map(\.verdict) == [.allow, .review, .review])
  }

  @Test func rulesOfALaterStageStillCount() async {
    let first = FakeScreen { text in text.contains("slur") ? .init(hits: [(Fixture.harassment, .block)]) : .init() }
    let second = FakeScreen { text in text.contains("buy") ? .init(hits: [(Fixture.spam, .block)]) : .init() }
    let categories = Fixture.categories(noAutoBlock: ["harassment"])
    let pipeline = Fixture.pipeline(
      [Fixture.stage("a", .screen(first), categories: categories), Fixture.stage("b", .screen(second), categories: categories)], categories: categories)
    let outcome = await pipeline.process(Fixture.batch(["hello", "buy", "slur", "slur buy"]))
    #expect(outcome.decisions.map(\.verdict) == [.allow, .block, .review, .block])
  }

  @Test func theMostSevereViolationNamesTheBlock() async {
    let reasoner = FakeReasoner(judging: CategorySet([Fixture.harassment, Fixture.threats]), answer: FakeReasoner.byWord)
    let pipeline = Fixture.pipeline([Fixture.stage("guard", .reasoner(reasoner))])
    let outcome = await pipeline.process(Fixture.batch(["bad"]))
    #expect(outcome.decisions[0].category == Fixture.threats)
  }

  @Test func aCategoryThatWasAskedAndNotAnsweredIsAnAbstention() async {
    let reasoner = FakeReasoner(judging: CategorySet([Fixture.harassment, Fixture.threats])) { _ in
      Judgement(findings: [Finding(category: Fixture.harassment, outcome: .safe, policy: "p@1")])
    }
    let pipeline = Fixture.pipeline([Fixture.stage("guard", .reasoner(reasoner))])
    let outcome = await pipeline.process(Fixture.batch(["hello"]))
    #expect(outcome.decisions[0].verdict == .review)
    #expect(outcome.decisions[0].degraded == .abstain)
  }
}
