import Foundation
import Moderation
import RemoteModel
import Safeguard
import Testing

/// Answers that look whole and are not, and labels that are neither safe nor violating: none of them becomes an allow.
struct FailingSafeTests {
  private static let reviewFlags = AnswerFormat(
    labels: [AnswerLabel("0", .safe), AnswerLabel("1", .review), AnswerLabel("2", .violates), AnswerLabel("x", .abstain)], shape: .flags([.init("A"), .init("B")]))

  @Test(arguments: [
    (#"{"A": 0, "B": 0}"#, LabelMeaning.safe), (#"{"A": 1, "B": 0}"#, .review), (#"{"A": 1, "B": 2}"#, .violates), (#"{"A": 2}"#, .violates),
    (#"{"A": 1}"#, nil), (#"{"A": 0, "B": "x"}"#, nil), (#"{"A": 0}"#, nil),
  ] as [(String, LabelMeaning?)])
  func aFlagThatAsksForReviewIsNotSafe(answer: String, meaning: LabelMeaning?) {
    #expect(AnswerReader.read(answer, format: Self.reviewFlags).label?.meaning == meaning)
  }

  /// An echo full of braces must not hide the model's own answer behind what is looked at.
  @Test(arguments: [70, 900, 1100, 5000]) func bracesDoNotHideTheOppositeAnswer(count: Int) {
    let text = #"{"violation": 0} "# + String(repeating: "{ ", count: count) + #" {"violation": 1}"#
    #expect(AnswerReader.read(text, format: .json()).label == nil)
    #expect(AnswerReader.read(#"{"violation": 0} "# + String(repeating: "{ ", count: min(count, 900)), format: .json()).label?.meaning == .safe)
  }

  @Test func aCategorysOwnFlagAsksForReview() async throws {
    let policy = "---\noutput: {format: flags, flags: {A: spam, B: other}, labels: {\"0\": allow, \"1\": review, \"2\": block}}\n---\nJudge."
    let stage = try TestStage("probe: false", policies: [("spam", policy)])
    defer { stage.remove() }
    for (answer, outcome) in [(#"{"A":1,"B":0}"#, Finding.Outcome.review), (#"{"A":0,"B":2}"#, .safe), (#"{"A":2,"B":0}"#, .violates)] {
      let reasoner = try SafeguardStage.scripted(stage.configuration, answers: ["spam": answer])
      #expect(try await reasoner.judge(stage.request(.message("hello"))).findings.map(\.outcome) == [outcome], "\(answer)")
    }
  }

  @Test func aFlagOfNoCategoryCountsBesideTheCategorysOwn() async throws {
    let policy = "---\noutput: {format: flags, flags: {S: spam, OTHER: }}\n---\nJudge."
    let stage = try TestStage("probe: false", policies: [("spam", policy)])
    defer { stage.remove() }
    for (answer, outcome) in [(#"{"S":0,"OTHER":1}"#, Finding.Outcome.violates), (#"{"S":0,"OTHER":0}"#, .safe)] {
      let reasoner = try SafeguardStage.scripted(stage.configuration, answers: ["spam": answer])
      #expect(try await reasoner.judge(stage.request(.message("hello"))).findings.map(\.outcome) == [outcome], "\(answer)")
    }
  }

  @Test(arguments: ["\"content_filter\"", "\"interrupted\"", "7"]) func aRecordingThatSaysTheAnswerEndedOddlyIsNoVerdict(finish: String) async throws {
    let stage = try TestStage("probe: false", policies: [("spam", TestStage.spam)])
    defer { stage.remove() }
    // Recorded under the key of this prompt, then changed as another tool might have written it.
    let recording = stage.folder + "/answers.jsonl"
    let recorder = try SafeguardStage.build(stage.configuration, backend: RecordingBackend(ScriptedBackend(finals: ["spam": "0"]), recorder: AnswerRecorder(path: recording)))
    #expect(try await recorder.judge(stage.request(.message("hello"))).findings.map(\.outcome) == [.safe])
    let text = try String(contentsOfFile: recording, encoding: .utf8)
    try text.replacingOccurrences(of: "\"finish\":\"stop\"", with: "\"finish\":\(finish)").write(toFile: recording, atomically: true, encoding: .utf8)
    let reasoner = try SafeguardStage.build(stage.configuration, backend: RecordedBackend(RecordedAnswers(path: recording)), isLive: false)
    let outcome = try await reasoner.judge(stage.request(.message("hello"))).findings.first?.outcome
    #expect(outcome == .abstain(AbstainReason.malformedOutput.rawValue))
  }
}
