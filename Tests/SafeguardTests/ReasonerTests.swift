import Moderation
import Safeguard
import Testing

/// The stage with a mock judge: what each answer, and each way of failing, becomes.
@Suite struct ReasonerTests {
  private func judge(
    _ judge: MockJudge, yaml: String = "probe: false", policies: [(category: String, text: String)] = [("spam", TestStage.spam)], item: Item = .message("hello")
  ) async throws -> Judgement {
    let stage = try TestStage(yaml, policies: policies)
    defer { stage.remove() }
    return try await stage.reasoner(judge).judge(stage.request(item))
  }

  @Test(arguments: [
    ("1", Finding.Outcome.violates), ("0", .safe), ("**1**", .violates), ("", .abstain("the final answer is empty")),
    ("I'm sorry, but I can't help with that.", .abstain("the model refused instead of judging")),
    ("Once upon a time", .abstain("the answer holds none of the policy's labels")),
    ("0\n1", .abstain("the answer holds none of the policy's labels")),
  ])
  func answersBecomeFindings(answer: String, outcome: Finding.Outcome) async throws {
    let judgement = try await judge(MockJudge(answer))
    #expect(judgement.findings.map(\.outcome) == [outcome])
    #expect(judgement.findings[0].policy == "spam@3")
    #expect(judgement.usage == ReasonerUsage(calls: 1, promptTokens: 10, completionTokens: 2))
    #expect(judgement.model == "mock")
  }

  @Test func ownLabelsMapToVerdicts() async throws {
    for (answer, outcome) in [("high", Finding.Outcome.violates), ("medium", .review), ("low", .safe)] {
      let judgement = try await judge(MockJudge(answer), policies: [("risk", TestStage.tiers)])
      #expect(judgement.findings.map(\.outcome) == [outcome])
      #expect(judgement.findings[0].label == answer)
    }
  }

  @Test func citedRulesMustExist() async throws {
    let good = try await judge(MockJudge(#"{"violation": 1, "rule_ids": ["T1"], "rationale": "threat"}"#), policies: [("threats", TestStage.json)])
    #expect(good.findings[0].outcome == .violates)
    #expect(good.findings[0].ruleIDs == ["T1"])
    #expect(good.findings[0].rationale == "threat")
    for answer in [#"{"violation": 0, "rule_ids": ["X9"], "rationale": ""}"#, #"{"violation": 1, "rule_ids": ["T1", "T9"], "rationale": ""}"#] {
      let forged = try await judge(MockJudge(answer), policies: [("threats", TestStage.json)])
      #expect(forged.findings[0].outcome == .abstain("the answer cites rules that the policy does not have"))
    }
  }

  @Test func onlyOpenPoliciesAreAsked() async throws {
    let stage = try TestStage(policies: [("spam", TestStage.spam), ("hate", TestStage.hate)])
    defer { stage.remove() }
    let mock = MockJudge("VALID")
    var request = stage.request()
    request.categories = CategorySet([CategoryIndex(1)])
    let judgement = try await stage.reasoner(mock).judge(request)
    #expect(judgement.findings.map(\.category.index) == [1])
    #expect(mock.prompts.map { $0.policies.map(\.id) } == [["hate"]])
  }

  @Test func aCategoryWithoutPolicyIsAnAbstention() async throws {
    var stage = try TestStage()
    defer { stage.remove() }
    var table = stage.configuration.categories.categories
    table.append(Category(name: "other"))
    stage = try stage.with(categories: table)
    let reasoner = try stage.reasoner(MockJudge("0"))
    #expect(reasoner.judgedCategories == CategorySet([CategoryIndex(0)]))
    let judgement = try await reasoner.judge(stage.request())
    #expect(judgement.findings.map(\.outcome) == [.safe, .abstain("the category has no policy")])
  }

  @Test func severalPoliciesInOneCallAnswerEachForItself() async throws {
    let mock = MockJudge(#"{"spam": 1, "hate": "VALID", "threats": {"violation": 0, "rule_ids": []}}"#)
    let judgement = try await judge(
      mock, yaml: "policies_per_call: 3", policies: [("spam", TestStage.spam), ("hate", TestStage.hate), ("threats", TestStage.json)])
    #expect(mock.prompts.count == 1)
    #expect(judgement.findings.map(\.outcome) == [.violates, .safe, .safe])
  }

  @Test func onePolicyACallByDefault() async throws {
    let mock = MockJudge { prompt, _ throws(ReasonerError) in ModelAnswer(final: prompt.policies[0].id == "hate" ? "INVALID" : "0") }
    let judgement = try await judge(mock, policies: [("spam", TestStage.spam), ("hate", TestStage.hate)])
    #expect(mock.prompts.count == 2)
    #expect(judgement.findings.map(\.outcome) == [.safe, .violates])
  }

  @Test func oneFileMayServeSeveralCategories() async throws {
    let stage = try TestStage("policies: {b: a.md}", policies: [("a", TestStage.spam), ("b", TestStage.hate)])
    defer { stage.remove() }
    let mock = MockJudge("1")
    let judgement = try await stage.reasoner(mock).judge(stage.request())
    #expect(mock.prompts.count == 1)
    #expect(judgement.findings.map(\.outcome) == [.violates, .violates])
  }

  @Test func flagsSettleTheirOwnCategories() async throws {
    let flags = "---\nid: all\noutput: {format: flags, flags: {S: sexual, H: hate}}\n---\nReturn the flags S and H."
    let stage = try TestStage("policies: {hate: sexual.md}", policies: [("sexual", flags), ("hate", flags)])
    defer { stage.remove() }
    for (answer, outcomes) in [
      (#"{"S": 0, "H": 1}"#, [Finding.Outcome.safe, .violates]), (#"{"S": 1}"#, [.violates, .abstain("the answer leaves out this policy")]),
    ] {
      #expect(try await stage.reasoner(MockJudge(answer)).judge(stage.request()).findings.map(\.outcome) == outcomes)
    }
  }

  @Test(arguments: [
    (["1", "1", "0"], Finding.Outcome.violates, Double?(2.0 / 3)), (["0", "0", "1"], .safe, 1.0 / 3), (["1", "0", ""], .abstain("the votes are tied"), nil),
    (["", "", "1"], .violates, 1.0), (["", "0", "0"], .safe, 0), (["0", "", ""], .abstain("the final answer is empty"), nil),
  ])
  func theMajorityOfVotesCounts(answers: [String], outcome: Finding.Outcome, score: Double?) async throws {
    let mock = MockJudge { _, number throws(ReasonerError) in ModelAnswer(final: answers[number]) }
    let judgement = try await judge(mock, yaml: "votes: 3")
    #expect(judgement.findings[0].outcome == outcome)
    #expect(judgement.findings[0].score == score)
    #expect(mock.samplings.map(\.seed) == [0, 1, 2])
    #expect(mock.samplings.allSatisfy { $0.temperature > 0 })
  }

  @Test func aTieOfFlagsSettlesNoFlag() async throws {
    let flags = "---\nid: all\noutput: {format: flags, flags: {S: spam}}\n---\nReturn the flag S."
    let mock = MockJudge { _, number throws(ReasonerError) in ModelAnswer(final: "{\"S\": \(number)}") }
    #expect(try await judge(mock, yaml: "votes: 2", policies: [("spam", flags)]).findings.map(\.outcome) == [.abstain("the votes are tied")])
  }

  @Test(arguments: [
    ([#"{"S":1,"H":0}"#, #"{"S":1,"H":1}"#, #"{"S":1,"H":1}"#], [Finding.Outcome.violates, .violates]),
    ([#"{"S":1,"H":0}"#, "", ""], [.violates, .abstain("the answer leaves out this policy")]),
    ([#"{"H":0}"#, "", ""], [.abstain("the answer holds none of the policy's labels"), .abstain("the answer holds none of the policy's labels")]),
    ([#"{"S":1,"H":0}"#, #"{"S":1,"H":0}"#, ""], [.violates, .safe]), ([#"{"S":0,"H":0}"#, #"{"S":1,"H":1}"#, #"{"S":0,"H":0}"#], [.safe, .safe]),
  ])
  func eachFlagHasAMajorityOfItsOwn(answers: [String], outcomes: [Finding.Outcome]) async throws {
    let flags = "---\nid: all\noutput: {format: flags, flags: {S: sexual, H: hate}}\n---\nReturn the flags S and H."
    let stage = try TestStage("policies: {hate: sexual.md}\nvotes: 3", policies: [("sexual", flags), ("hate", flags)])
    defer { stage.remove() }
    let mock = MockJudge { _, number throws(ReasonerError) in ModelAnswer(final: answers[number]) }
    #expect(try await stage.reasoner(mock).judge(stage.request()).findings.map(\.outcome) == outcomes)
  }

  @Test func labelProbabilitiesBecomeAScore() async throws {
    let mock = MockJudge { _, _ throws(ReasonerError) in ModelAnswer(final: "1", labelProbabilities: ["0": 0.2, "1": 0.6]) }
    let score = try await judge(mock).findings[0].score
    #expect(abs((score ?? 0) - 0.75) < 1e-12)
  }

  @Test func aSafeAnswerOnCutContentGoesToReview() async throws {
    let yaml = "{max_content: 100, truncate: {head: 50, tail: 20}}"
    let long = Item.message(String(repeating: "x", count: 500))
    let safe = try await judge(MockJudge("0"), yaml: yaml, item: long)
    #expect(safe.findings[0].outcome == .review)
    #expect(safe.notes == ["content cut short"])
    #expect(try await judge(MockJudge("1"), yaml: yaml, item: long).findings[0].outcome == .violates)
  }

  @Test func brokenTokensAreNoted() async throws {
    #expect(try await judge(MockJudge("0"), item: .message("<|end|>")).notes == ["special-token text broken: 1"])
  }

  @Test func anErrorIsThrownWithWhatWasSpent() async throws {
    let mock = MockJudge { _, _ throws(ReasonerError) in throw ReasonerError(.overload, "busy", usage: ReasonerUsage(calls: 3, retries: 2)) }
    do {
      _ = try await judge(mock)
      Issue.record("an error became a judgement")
    } catch let error as ReasonerError {
      #expect(error.cause == .overload)
      #expect(error.usage.calls == 3)
    }
  }

  @Test func aViolationStandsWhenAnotherCallFails() async throws {
    let mock = MockJudge { prompt, _ throws(ReasonerError) in
      if prompt.policies[0].id == "hate" { throw ReasonerError(.timeout, "slow") }
      return ModelAnswer(final: "1")
    }
    let judgement = try await judge(mock, policies: [("spam", TestStage.spam), ("hate", TestStage.hate)])
    #expect(judgement.findings.map(\.outcome) == [.violates, .abstain("the call for this policy failed")])
  }

  @Test func aReviewComesWithTheErrorOfAnotherCall() async throws {
    let mock = MockJudge { prompt, _ throws(ReasonerError) in
      if prompt.policies[0].id == "hate" { throw ReasonerError(.error, "down") }
      return ModelAnswer(final: prompt.policies[0].id == "risk" ? "medium" : "0")
    }
    do {
      _ = try await judge(mock, policies: [("spam", TestStage.spam), ("hate", TestStage.hate), ("risk", TestStage.tiers)])
      Issue.record("an error became a judgement")
    } catch let error as ReasonerError {
      #expect(error.reviews.map(\.category.index) == [2] && error.reviews.map(\.outcome) == [.review])
    }
  }

  @Test func aSafeAnswerDoesNotStandWhenAnotherCallFails() async throws {
    let mock = MockJudge { prompt, _ throws(ReasonerError) in
      if prompt.policies[0].id == "hate" { throw ReasonerError(.timeout, "slow") }
      return ModelAnswer(final: "0")
    }
    await #expect(throws: ReasonerError.self) { try await judge(mock, policies: [("spam", TestStage.spam), ("hate", TestStage.hate)]) }
  }

  @Test func reasoningIsKeptButNeverDecides() async throws {
    let mock = MockJudge { _, _ throws(ReasonerError) in ModelAnswer(final: "", reasoning: "Clearly a violation. Answer: 1") }
    let finding = try await judge(mock).findings[0]
    #expect(finding.outcome == .abstain("the final answer is empty"))
    #expect(finding.reasoning == "Clearly a violation. Answer: 1")
  }

  @Test func truncatedAndMalformedAnswersAreAbstentions() async throws {
    for (finish, reason) in [
      (ModelAnswer.Finish.length, "the answer was cut off"), (.malformed, "the server could not read the model's output"),
      (.missing, "no recorded answer for this message"),
    ] {
      let mock = MockJudge { _, _ throws(ReasonerError) in ModelAnswer(final: "0", finish: finish) }
      #expect(try await judge(mock).findings[0].outcome == .abstain(reason))
    }
  }

  @Test func theFingerprintFollowsPolicyAndSettings() throws {
    func fingerprint(_ yaml: String, _ text: String) throws -> String {
      let stage = try TestStage(yaml, policies: [("spam", text)])
      defer { stage.remove() }
      return try stage.reasoner(MockJudge("0")).fingerprint
    }
    let base = try fingerprint("effort: low", TestStage.spam)
    #expect(try fingerprint("effort: low", TestStage.spam) == base)
    #expect(try fingerprint("effort: high", TestStage.spam) != base)
    #expect(try fingerprint("effort: low", TestStage.spam + " ") != base)
    #expect(base.count == 64)
  }
}

extension TestStage {
  func with(categories: [Moderation.Category]) throws -> TestStage {
    TestStage(
      configuration: StageConfiguration(id: "safeguard", settings: configuration.settings, categories: CategoryTable(categories), baseDirectory: folder),
      folder: folder)
  }
  private init(configuration: StageConfiguration, folder: String) { (self.configuration, self.folder) = (configuration, folder) }
}
