import Foundation
import Moderation
import Safeguard
import Testing

/// The stage as a pipeline file writes it.
@Suite struct StageTests {
  private func check(_ yaml: String, policies: [(category: String, text: String)] = [("spam", TestStage.spam)]) throws -> Diagnostics {
    let stage = try TestStage(yaml, policies: policies)
    defer { stage.remove() }
    var diagnostics = Diagnostics()
    SafeguardStage.check(stage.configuration, &diagnostics)
    return diagnostics
  }

  @Test(arguments: [
    ("endpoint: localhost:8080\nmodel: m", "bad-endpoint"), ("endpoint: http://127.0.0.1/v1", "endpoint-without-model"),
    ("endpoint: http://10.1.2.3/v1\nmodel: m", "plain-http-endpoint"), ("api_key: {env: A, file: b}\nendpoint: https://a/v1\nmodel: m", "bad-secret"),
    ("api_key: sk-123\nendpoint: https://a/v1\nmodel: m", "bad-secret"), ("api_key: {env: A}", "unused-key"),
    ("policies: {spam: missing.md}", "unreadable-policy"), ("model: http://10.1.2.3/v1", "plain-http-endpoint"), ("model: 'http://#m'", "bad-endpoint"),
    ("model: nano", "native-model"), ("model: no/such/folder", "native-model"),
    ("truncate: {head: 0, tail: 0}", "bad-truncation"), ("max_content: 10\ntruncate: {head: 8, tail: 8}", "bad-truncation"),
    ("max_tokens: 100\nreasoning_budget: 100", "bad-reasoning-budget"),
    ("votes: 3\ntemperature: 0", "votes-without-chance"),
  ])
  func lintSaysWhatIsWrong(yaml: String, code: String) throws {
    #expect(try check(yaml).all.map(\.code) == [code])
  }

  @Test func lintNeedsNoKeyAndNoServer() throws {
    #expect(try check("endpoint: [https://a.example/v1, https://b.example/v1]\nmodel: m\napi_key: {env: WINNOW_TEST_UNSET}").isEmpty)
    #expect(try check("probe: false").isEmpty)
    #expect(try check("endpoint: ''\nmodel: ''").isEmpty, "empty is absent")
    #expect(try check("model: none").isEmpty, "said outright")
  }

  @Test func anEndpointMayStandInForAFolder() throws {
    #expect(try check("model: http://127.0.0.1:8080/v1").isEmpty)
    #expect(try check("model: 'https://a.example/v1#openai/gpt-oss-safeguard-120b'\napi_key: {env: WINNOW_TEST_UNSET}").isEmpty)
  }

  @Test func theDemonstrationModelIsFoundAboveThePipelineAndSaysWhatItIs() throws {
    let stage = try TestStage("model: nano\nprobe: false")
    defer { stage.remove() }
    let place = stage.folder + "/examples/models/nano"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let tiny = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("GPTOSSTests/Golden/tiny-a").path
    for file in ["config.json", "tokenizer.json", "model.safetensors"] { try FileManager.default.copyItem(atPath: "\(tiny)/\(file)", toPath: "\(place)/\(file)") }
    var diagnostics = Diagnostics()
    SafeguardStage.check(stage.configuration, &diagnostics)
    #expect(diagnostics.isEmpty)
    let reasoner = try SafeguardStage.build(stage.configuration, BuildOptions(threads: 1))
    #expect(reasoner.notice?.contains("a demonstration") == true && reasoner.notice?.contains("winnow model pull") == true)
  }

  @Test func policiesMustBeToldApart() throws {
    let twin = "---\nid: spam\n---\nAnswer 0 or 1."
    #expect(try check("", policies: [("spam", TestStage.spam), ("scam", twin)]).all.map(\.code) == ["duplicate-policy"])
    #expect(try check("", policies: []).all.map(\.code) == ["safeguard-without-policy"])
    let foreign = "---\nid: x\ncategories: [hate]\n---\nAnswer 0 or 1."
    #expect(try check("", policies: [("spam", foreign)]).all.map(\.code) == ["policy-category"])
    #expect(try check("", policies: [("hate.religion", foreign)]).isEmpty)
  }

  @Test func aFlagOfAnUnknownCategoryIsReported() throws {
    let policy = "---\noutput: {format: flags, flags: {H: harasment, S: harassment, OTHER: }}\n---\nJudge."
    let found = try check("", policies: [("harassment", policy)]).all
    #expect(found.map(\.code) == ["policy-category"])
    #expect(found.first?.message.contains("`harasment`") == true && found.first?.hint == "did you mean `harassment`?")
  }

  @Test func withoutAModelItAbstainsAndSaysSoOnce() async throws {
    let stage = try TestStage()
    defer { stage.remove() }
    let reasoner = try SafeguardStage.build(stage.configuration, BuildOptions())
    #expect(reasoner.notice?.hasPrefix("stage `safeguard` has no model: it abstains") == true)
    try await reasoner.start()
    let judgement = try await reasoner.judge(stage.request())
    #expect(judgement.findings.map(\.outcome) == [.abstain("no model is configured")])
    #expect(judgement.usage.calls == 0)
    await reasoner.shutdown()
  }

  @Test func aMissingKeyStopsTheBuildWithoutShowingOne() throws {
    let stage = try TestStage("endpoint: https://a.example/v1\nmodel: m\napi_key: {env: WINNOW_TEST_UNSET}")
    defer { stage.remove() }
    do {
      _ = try SafeguardStage.build(stage.configuration, BuildOptions())
      Issue.record("built without its key")
    } catch let error as DiagnosticsError {
      #expect(error.diagnostics.all.map(\.code) == ["missing-secret"])
    }
  }

  @Test func whatIsOnlyLookedAtNeedsNoKey() throws {
    let stage = try TestStage("endpoint: https://a.example/v1\nmodel: m\napi_key: {env: WINNOW_TEST_UNSET}")
    defer { stage.remove() }
    #expect(try SafeguardStage.build(stage.configuration, BuildOptions(isOffline: true)).judgedCategories == stage.configuration.categories.all)
  }

  @Test func noKeyIsEverPrinted() async throws {
    let canary = "canary-9f27aa10"
    setenv("WINNOW_TEST_KEY", canary, 1)
    defer { unsetenv("WINNOW_TEST_KEY") }
    for source in ["{env: WINNOW_TEST_KEY}", "{file: key.txt}"] {
      let stage = try TestStage("endpoint: http://127.0.0.1:9/v1\nmodel: m\nretries: 0\nprobe: false\napi_key: \(source)")
      defer { stage.remove() }
      _ = try stage.write(canary + "\n", to: "key.txt")
      let reasoner = try SafeguardStage.build(stage.configuration, BuildOptions())
      var text = "\(reasoner) \(String(reflecting: reasoner)) \(reasoner.fingerprint) \(reasoner.notice ?? "")"
      dump(reasoner, to: &text)
      do { _ = try await reasoner.judge(stage.request()) } catch { text += "\(error)" + String(reflecting: error) }
      #expect(text.contains("the connection to the model failed"))
      #expect(!text.contains(canary))
      await reasoner.shutdown()
    }
    let bad = try TestStage("endpoint: https://a.example/v1\nmodel: m\napi_key: {file: key.txt}")
    defer { bad.remove() }
    _ = try bad.write("two words \(canary)", to: "key.txt")
    do { _ = try SafeguardStage.build(bad.configuration, BuildOptions()) } catch { #expect(!"\(error)".contains(canary)) }
  }

  @Test func theExampleOfTheSpecIsAStage() throws {
    let stage = try TestStage(SafeguardStage.spec.example)
    defer { stage.remove() }
    var diagnostics = Diagnostics()
    SafeguardStage.check(stage.configuration, &diagnostics)
    #expect(diagnostics.isEmpty)
    let known = Set(SafeguardStage.spec.fields.map(\.name) + ["id", "type", "mode", "on_error", "on_timeout", "on_abstain", "on_overload"])
    #expect(stage.configuration.settings.entries?.allSatisfy { known.contains($0.key) } == true)
  }

  @Test(arguments: [
    ("violates", Finding.Outcome.violates), ("safe", .safe), ("abstain", .abstain("the final answer is empty")), ("1", .violates), ("Answer: 0", .safe),
  ])
  func scriptedAnswersStandInForAModel(answer: String, outcome: Finding.Outcome) async throws {
    let stage = try TestStage("endpoint: http://127.0.0.1:9/v1\nmodel: m", policies: [("spam", TestStage.spam)])
    defer { stage.remove() }
    let reasoner = try SafeguardStage.scripted(stage.configuration, answers: ["spam": answer])
    try await reasoner.start()
    #expect(try await reasoner.judge(stage.request()).findings.map(\.outcome) == [outcome])
  }

  @Test func everyFormatHasAScriptedAnswer() async throws {
    let field = "---\noutput: {format: field, field: Decision, labels: {ALLOW: allow, BLOCK: block}}\n---\nDecide."
    for text in [
      TestStage.spam, TestStage.hate, TestStage.tiers, TestStage.json, field, "---\noutput: tag\n---\nx", "---\noutput: list\n---\nx",
      "---\noutput: {format: flags, flags: [A, B]}\n---\nx",
    ] {
      let stage = try TestStage(policies: [("c", text)])
      defer { stage.remove() }
      for (word, outcome) in [("violates", Finding.Outcome.violates), ("safe", .safe)] {
        #expect(
          try await SafeguardStage.scripted(stage.configuration, answers: ["c": word]).judge(stage.request()).findings.map(\.outcome) == [outcome], "\(text)")
      }
    }
  }
}

@Suite struct ProbeTests {
  private func start(_ answer: @escaping @Sendable (String) -> String?, yaml: String = "effort: low") async throws -> [String] {
    let stage = try TestStage(yaml)
    defer { stage.remove() }
    let mock = MockJudge { prompt, _ throws(ReasonerError) in ModelAnswer(final: answer(prompt.user)) }
    do {
      try await stage.reasoner(mock).start()
      return ["started after \(mock.prompts.count)"]
    } catch let error as DiagnosticsError {
      return error.diagnostics.all.map(\.code)
    }
  }

  @Test func aModelThatKnowsTheExamplesMayRun() async throws {
    #expect(try await start { $0.contains("followers") ? "1" : "0" } == ["started after 2"])
  }
  @Test func aConstantModelMayNot() async throws { #expect(try await start { _ in "0" } == ["probe-constant"]) }
  @Test func anInvertedModelMayNot() async throws { #expect(try await start { $0.contains("followers") ? "0" : "1" } == ["probe-inverted"]) }
  @Test func anUnreadableModelMayNot() async throws { #expect(try await start { _ in "Sure!" } == ["probe-unreadable"]) }
  @Test func aServerThatIsStillLoadingIsWaitedFor() async throws {
    let stage = try TestStage("effort: low")
    defer { stage.remove() }
    let mock = MockJudge { prompt, number throws(ReasonerError) in
      if number < 2 { throw ReasonerError(.overload, "loading") }
      return ModelAnswer(final: prompt.user.contains("followers") ? "1" : "0")
    }
    try await stage.reasoner(mock).start()
    #expect(mock.prompts.count == 4)
  }

  /// It is as slow as the machine, which reads the policy for the first time: that is no fault of its own.
  @Test(arguments: [(true, 600), (false, 30)]) func aModelInThisProcessHasMoreTime(isLocal: Bool, seconds: Int) async throws {
    let stage = try TestStage("timeout: 5s")
    defer { stage.remove() }
    let mock = MockJudge(isLocal: isLocal) { prompt, _ throws(ReasonerError) in ModelAnswer(final: prompt.user.contains("followers") ? "1" : "0") }
    let recording = RecordingBackend(mock, recorder: try AnswerRecorder(path: stage.folder + "/answers.jsonl"))
    let before = ContinuousClock.now
    try await SafeguardStage.build(stage.configuration, backend: recording).start()
    let after = ContinuousClock.now
    #expect(mock.deadlines.count == 2)
    for deadline in mock.deadlines { #expect(deadline >= before + .seconds(seconds) && deadline <= after + .seconds(seconds)) }
  }

  @Test(arguments: [(true, DegradedCause.timeout, true), (true, .error, false), (false, .timeout, false)])
  func whoWaitsForAModelInThisProcessIsToldOfTheTimeout(isLocal: Bool, cause: DegradedCause, isTold: Bool) async throws {
    let stage = try TestStage("effort: low")
    defer { stage.remove() }
    let mock = MockJudge(isLocal: isLocal) { _, _ throws(ReasonerError) in throw ReasonerError(cause, "the model failed: the deadline passed") }
    do {
      try await stage.reasoner(mock).start()
      Issue.record("started without an answer")
    } catch let error as DiagnosticsError {
      let problem = try #require(error.diagnostics.all.first)
      #expect(problem.code == "probe-unanswered" && (problem.hint?.contains("raise `timeout:`") ?? false) == isTold)
    }
  }

  @Test func anUnreachableModelStopsTheRun() async throws {
    let stage = try TestStage("effort: low")
    defer { stage.remove() }
    let mock = MockJudge { _, _ throws(ReasonerError) in throw ReasonerError(.error, "no connection") }
    do {
      try await stage.reasoner(mock).start()
      Issue.record("started without an answer")
    } catch let error as DiagnosticsError {
      #expect(error.diagnostics.all.map(\.message) == ["stage `safeguard` got no answer: no connection"])
    }
  }

  @Test func anEndpointThatIsDownIsNamedWithWhatToTry() async throws {
    let stage = try TestStage("endpoint: http://127.0.0.1:9/v1\nmodel: m\nretries: 0")
    defer { stage.remove() }
    let reasoner = try SafeguardStage.build(stage.configuration, BuildOptions())
    do {
      try await reasoner.start()
      Issue.record("started without a server")
    } catch let error as DiagnosticsError {
      let problem = try #require(error.diagnostics.all.first)
      #expect(problem.code == "probe-unanswered" && problem.span?.line == 1)
      #expect(problem.message == "stage `safeguard` got no answer from `http://127.0.0.1:9`: the connection to the model failed")
      #expect(problem.hint?.contains("`curl http://127.0.0.1:9/v1/models`") == true)
    }
    await reasoner.shutdown()
  }

  @Test func theProbeCanBeSwitchedOff() async throws { #expect(try await start({ _ in "0" }, yaml: "probe: false") == ["started after 0"]) }
}
