import Foundation
import Moderation
import Safeguard
import Testing

/// The stage over a checkpoint with random weights: what it says means nothing, that it can be read means everything.
@Suite(.serialized) struct NativeBackendTests {
  /// A copy of the tiny checkpoint, since the prepared weights are written beside it.
  private func stage(_ yaml: String, policies: [(category: String, text: String)] = [("spam", TestStage.spam)]) throws -> TestStage {
    let stage = try TestStage("model: tiny\nprobe: false\ntimeout: 5m\n" + yaml, policies: policies)
    let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("GPTOSSTests/Golden/tiny-a")
      .path
    try FileManager.default.createDirectory(atPath: stage.folder + "/tiny", withIntermediateDirectories: true)
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
      try FileManager.default.copyItem(atPath: "\(golden)/\(file)", toPath: "\(stage.folder)/tiny/\(file)")
    }
    return stage
  }

  private func judge(_ stage: TestStage, _ item: Item = .message("hello")) async throws -> Judgement {
    let reasoner = try SafeguardStage.build(stage.configuration, BuildOptions(threads: 1))
    try await reasoner.start()
    let judgement = try await reasoner.judge(stage.request(item))
    await reasoner.shutdown()
    return judgement
  }

  private func isVerdict(_ finding: Finding) -> Bool { finding.outcome == .violates || finding.outcome == .safe || finding.outcome == .review }

  @Test func everyAnswerIsALabelWithAScore() async throws {
    let stage = try stage("reasoning_budget: 8")
    defer { stage.remove() }
    let first = try await judge(stage)
    #expect(first.findings.count == 1)
    #expect(isVerdict(first.findings[0]))
    #expect((0...1).contains(first.findings[0].score ?? -1))
    #expect(first.findings[0].reasoning != nil)
    #expect(first.model.hasPrefix("native:tiny:"))
    #expect(try await judge(stage) == first, "greedy answers repeat")
  }

  @Test func everyFormatIsHeld() async throws {
    let policies = [
      ("a", TestStage.hate), ("b", TestStage.tiers), ("c", TestStage.json), ("d", "---\noutput: tag\n---\nAnswer 0 or 1."),
      ("e", "---\noutput: {format: flags, flags: [A, B]}\n---\nJudge."),
    ]
    let stage = try stage("reasoning_budget: 0", policies: policies.map { (category: $0.0, text: $0.1) })
    defer { stage.remove() }
    let judgement = try await judge(stage)
    // The rationale is free text, so a random model may not end it; all else must be readable.
    for finding in judgement.findings where finding.category.index != 2 { #expect(isVerdict(finding), "\(finding)") }
  }

  @Test func severalPoliciesAnswerInOneCall() async throws {
    let stage = try stage("reasoning_budget: 0\npolicies_per_call: 2", policies: [("spam", TestStage.spam), ("hate", TestStage.hate)])
    defer { stage.remove() }
    let judgement = try await judge(stage)
    #expect(judgement.usage.calls == 1)
    #expect(judgement.findings.allSatisfy(isVerdict))
  }

  @Test func thePolicyIsComputedOnce() async throws {
    let stage = try stage("reasoning_budget: 0")
    defer { stage.remove() }
    let reasoner = try SafeguardStage.build(stage.configuration, BuildOptions(threads: 1))
    try await reasoner.start()
    let first = try await reasoner.judge(stage.request(.message("one")))
    let second = try await reasoner.judge(stage.request(.message("two")))
    #expect(first.usage.cachedPromptTokens == 0)
    #expect(second.usage.cachedPromptTokens * 2 > second.usage.promptTokens)
    await reasoner.shutdown()
  }

  @Test func aFolderWithoutACheckpointIsSaid() throws {
    let stage = try TestStage("model: nowhere")
    defer { stage.remove() }
    var diagnostics = Diagnostics()
    SafeguardStage.check(stage.configuration, &diagnostics)
    #expect(diagnostics.all.map(\.code) == ["native-model"])
    #expect(throws: DiagnosticsError.self) { try SafeguardStage.build(stage.configuration, BuildOptions()) }
  }
}
