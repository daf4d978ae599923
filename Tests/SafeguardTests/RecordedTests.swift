import Foundation
import Moderation
import Safeguard
import Testing

@Suite struct RecordedTests {
  private func lines(_ path: String) throws -> [Substring] { try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") }

  @Test func whatIsRecordedIsAnsweredAgain() async throws {
    let stage = try TestStage("probe: false", policies: [("spam", TestStage.spam), ("hate", TestStage.hate)])
    defer { stage.remove() }
    let path = stage.folder + "/answers.jsonl"
    let live = MockJudge { prompt, _ throws(ReasonerError) in
      ModelAnswer(
        final: prompt.policies[0].id == "hate" ? "INVALID" : "0", reasoning: "because\n\"x\"", labelProbabilities: ["0": 0.75, "1": 0.25],
        usage: ReasonerUsage(calls: 1, retries: 1, promptTokens: 5, cachedPromptTokens: 2, completionTokens: 3), latency: .milliseconds(12), model: "m")
    }
    let recording = try SafeguardStage.build(stage.configuration, backend: RecordingBackend(live, recorder: try AnswerRecorder(path: path)))
    let items: [Item] = [.message("a"), .exchange(prompt: "a", completion: "b"), .chat([.init(role: "user", content: "a")])]
    let requests = items.map { stage.request($0, context: [.init(role: "x", content: "y")]) }
    var first: [Judgement] = []
    for request in requests { first.append(try await recording.judge(request)) }
    #expect(try lines(path).count == 6)

    let answers = try RecordedAnswers(path: path)
    #expect(answers.count == 6)
    let replay = try SafeguardStage.build(stage.configuration, BuildOptions(recordedPath: path))
    for (request, judgement) in zip(requests, first) { #expect(try await replay.judge(request) == judgement) }
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(!text.contains("\"content\""))
  }

  @Test func everyVoteIsRecordedAndReplayedByItself() async throws {
    let stage = try TestStage("votes: 3\nprobe: false")
    defer { stage.remove() }
    let path = stage.folder + "/answers.jsonl"
    let live = MockJudge { _, number throws(ReasonerError) in ModelAnswer(final: ["1", "1", "0"][number]) }
    let first = try await SafeguardStage.build(stage.configuration, backend: RecordingBackend(live, recorder: try AnswerRecorder(path: path))).judge(stage.request())
    #expect(first.findings[0].outcome == .violates)
    func replay() async throws -> Finding.Outcome {
      try await SafeguardStage.build(stage.configuration, BuildOptions(recordedPath: path)).judge(stage.request()).findings[0].outcome
    }
    #expect(try await replay() == .violates)
    // A run that was killed behind its first vote proves nothing.
    for final in ["0", "1"] {
      try FileManager.default.removeItem(atPath: path)
      let killed = RecordingBackend(MockJudge(final), recorder: try AnswerRecorder(path: path))
      _ = try await SafeguardStage.build(stage.configuration, backend: killed).judge(stage.request())
      let kept = try #require(try lines(path).first)
      try "\(kept)\n".write(toFile: path, atomically: true, encoding: .utf8)
      #expect(try await replay() == .abstain("no recorded answer for this message"))
    }
  }

  @Test(arguments: ["1e30", "1e999", "-5"]) func noFigureOfARecordingStopsARun(latency: String) throws {
    let stage = try TestStage()
    defer { stage.remove() }
    let prompt = try PromptBuilder().prompt(policies: PromptTests.policies(), item: .message("a"), context: [])
    let path = try stage.write(
      #"{"key":"\#(prompt.recordKey)","final":"1","latency_ms":\#(latency),"usage":{"prompt_tokens":8999999999999999}}"# + "\n", to: "answers.jsonl")
    let answer = try RecordedAnswers(path: path).answer(key: prompt.recordKey)
    #expect(answer?.final == "1")
    #expect(answer?.usage.promptTokens == 1 << 30)
  }

  @Test func aMissIsAnAbstention() async throws {
    let stage = try TestStage("recorded: answers.jsonl")
    defer { stage.remove() }
    _ = try stage.write("", to: "answers.jsonl")
    let judgement = try await SafeguardStage.build(stage.configuration, BuildOptions()).judge(stage.request())
    #expect(judgement.findings.map(\.outcome) == [.abstain("no recorded answer for this message")])
    #expect(judgement.usage.calls == 0)
  }

  @Test func theKeyFollowsPolicyContentAndContext() throws {
    var diagnostics = Diagnostics()
    let builder = PromptBuilder()
    func key(_ text: String, _ item: Item, _ context: [ChatTurn] = []) throws -> String {
      try builder.prompt(policies: [Policy(text: text, file: "p.md", diagnostics: &diagnostics)], item: item, context: context).recordKey
    }
    let keys = try [
      key("0 or 1", .message("a")), key("0 or 1 ", .message("a")), key("0 or 1", .message("b")), key("0 or 1", .exchange(prompt: "a", completion: "")),
      key("0 or 1", .exchange(prompt: "", completion: "a")), key("0 or 1", .chat([.init(role: "", content: "a")])),
      key("0 or 1", .message("a"), [.init(role: "a", content: "")]),
      key("0 or 1", .message("a"), [.init(role: "", content: "a")]),
    ]
    #expect(Set(keys).count == keys.count)
    #expect(try key("0 or 1", .message("a")) == keys[0])
    // Pinned: recordings made today must be found tomorrow.
    #expect(keys[0] == "3464d7facaf33a69ad8d8052007f288b5addd06b8a22e8345662a575296e3410")
  }

  @Test func aTornLastLineIsLeftOutAndClosedBeforeTheNext() async throws {
    let stage = try TestStage()
    defer { stage.remove() }
    let path = stage.folder + "/answers.jsonl"
    let prompt = try PromptBuilder().prompt(policies: PromptTests.policies(), item: .message("a"), context: [])
    try AnswerRecorder(path: path).record(ModelAnswer(final: "1"), for: prompt)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    try (whole + whole.prefix(whole.count / 2)).write(to: URL(fileURLWithPath: path))
    let torn = try RecordedAnswers(path: path)
    #expect(torn.count == 1)
    #expect(torn.badLines == 0)
    try AnswerRecorder(path: path).record(ModelAnswer(final: "0"), for: prompt)
    let healed = try RecordedAnswers(path: path)
    #expect(healed.answer(key: prompt.recordKey)?.final == "0", "of two answers the last counts")
    #expect(healed.badLines == 1)
  }

  @Test func anyPrefixOfARecordingIsReadable() throws {
    let stage = try TestStage()
    defer { stage.remove() }
    let path = stage.folder + "/answers.jsonl"
    let prompt = try PromptBuilder().prompt(policies: PromptTests.policies(), item: .message("a"), context: [])
    let recorder = try AnswerRecorder(path: path)
    for number in 0..<3 { try recorder.record(ModelAnswer(final: "\(number)"), for: prompt) }
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    for length in stride(from: 0, through: whole.count, by: 7) {
      try whole.prefix(length).write(to: URL(fileURLWithPath: path))
      let read = try RecordedAnswers(path: path)
      #expect(read.badLines == 0)
      #expect(read.count <= 1)
    }
  }

  @Test func handWrittenLinesNeedOnlyKeyAndFinal() throws {
    let stage = try TestStage()
    defer { stage.remove() }
    let key = String(repeating: "ab", count: 32)
    let path = try stage.write(
      "{\"final\":\"1\",\"key\":\"\(key)\"}\n{\"key\":\"short\",\"final\":\"1\"}\nnonsense\n\n{\"key\":\"\(key.reversed().map(String.init).joined())\",\"final\":null}\n",
      to: "a.jsonl")
    let answers = try RecordedAnswers(path: path)
    #expect(answers.count == 2)
    #expect(answers.badLines == 2)
    #expect(answers.answer(key: key)?.final == "1")
  }

  @Test func whatIsNoFileIsRefused() {
    #expect(throws: FileError.self) { try RecordedAnswers(path: "/") }
    #expect(throws: FileError.self) { try RecordedAnswers(path: "/nowhere/at/all.jsonl") }
    #expect(throws: FileError.self) { try AnswerRecorder(path: "/nowhere/at/all.jsonl") }
  }
}
