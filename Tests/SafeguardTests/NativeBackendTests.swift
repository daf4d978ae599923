import Foundation
import Moderation
import Safeguard
import Synchronization
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
      ("e", "---\noutput: {format: flags, flags: [A, B]}\n---\nJudge."), ("f", Self.paddedDigits),
    ]
    let stage = try stage("reasoning_budget: 0", policies: policies.map { (category: $0.0, text: $0.1) })
    defer { stage.remove() }
    let judgement = try await judge(stage)
    // The rationale is free text, so a random model may not end it; all else must be readable.
    for finding in judgement.findings where finding.category.index != 2 { #expect(isVerdict(finding), "\(finding)") }
  }

  /// JSON has no number `01`.
  private static let paddedDigits = "---\noutput: {format: json, decision: violation, labels: {\"00\": allow, \"01\": block}}\n---\nJudge."
  private static let flags = "---\nid: fraud\noutput: {format: flags, flags: {F: fraud, O: }}\n---\nReturn the flags F and O."
  private static let rules = "---\nid: rules\noutput: {format: json, decision: violation, category: rule, rule_ids: rule_ids}\n---\nR1 and R2."

  @Test func severalPoliciesAnswerInOneCall() async throws {
    let policies = [("spam", TestStage.spam), ("hate", TestStage.hate), ("fraud", Self.flags), ("padded", Self.paddedDigits), ("rules", Self.rules)]
    let stage = try stage("reasoning_budget: 0\npolicies_per_call: 5", policies: policies.map { (category: $0.0, text: $0.1) })
    defer { stage.remove() }
    let judgement = try await judge(stage)
    #expect(judgement.usage.calls == 1)
    #expect(judgement.findings.count == 5 && judgement.findings.allSatisfy(isVerdict), "\(judgement.findings)")
  }

  /// What the decoder allows is what the prompt asks for, and what the reader reads.
  @Test func theGrammarIsTheInstruction() throws {
    var diagnostics = Diagnostics()
    let texts = [("spam", TestStage.spam), ("hate", TestStage.hate), ("fraud", Self.flags), ("padded", Self.paddedDigits), ("threats", TestStage.json)]
    let policies = texts.map { Policy(text: $0.1, file: $0.0 + ".md", diagnostics: &diagnostics) }
    let prompt = try PromptBuilder().prompt(policies: policies, item: .message("hello"), context: [])
    #expect(
      prompt.system.hasSuffix(
        #"{"spam": 0 or 1, "hate": "VALID" or "INVALID", "fraud": {"F": 0 or 1, "O": 0 or 1}, "padded": {"violation": "00" or "01"}, "#
          + #""threats": {"violation": 0 or 1, "rule_ids": ["ids of the rules that apply"], "rationale": "one short sentence"}}"# + "\n"))
    let answer = try #require(try AnswerGrammar.shortestAnswer(to: prompt))
    #expect(
      answer
        == #"{"spam":0,"hate":"VALID","fraud":{"F":0,"O":0},"padded":{"violation":"00"},"threats":{"violation":0,"rule_ids":[],"rationale":""}}"#)
    let readings = AnswerReader.read(answer, policies: policies.map { ($0.id, $0.format) })
    #expect(readings.map(\.label?.meaning) == Array(repeating: .safe, count: 5))
    for policy in policies {
      let alone = try PromptBuilder().prompt(policies: [policy], item: .message("hello"), context: [])
      let answer = try #require(try AnswerGrammar.shortestAnswer(to: alone))
      #expect(AnswerReader.read(answer, format: policy.format).label?.meaning == .safe, "\(answer)")
    }
  }

  /// Better an answer that nothing holds to its form than a message that nobody judges.
  @Test(arguments: [(2, true), (16, false)]) func manyPoliciesOfManyRulesAreAskedFreely(count: Int, isHeld: Bool) throws {
    var diagnostics = Diagnostics()
    let rules = (1...40).map { "RULE\($0)" }.joined(separator: " ")
    let output = "output: {format: json, decision: violation, rule_ids: rules}"
    let policies = (0..<count).map { Policy(text: "---\nid: p\($0)\n\(output)\n---\n\(rules)", file: "p.md", diagnostics: &diagnostics) }
    let prompt = try PromptBuilder().prompt(policies: policies, item: .message("hello"), context: [])
    #expect(policies[0].ruleIDs.count == 40)
    #expect(try (AnswerGrammar.shortestAnswer(to: prompt) != nil) == isHeld)
  }

  /// The whole context may be asked for: the reasoning then has what prompt and answer leave. A random model reasons on and on, so the time ends it.
  @Test func asManyTokensAsTheContextHasAreNoError() async throws {
    let stage = try stage("max_tokens: 131072")
    defer { stage.remove() }
    let reasoner = try SafeguardStage.build(stage.configuration, BuildOptions(threads: 1))
    try await reasoner.start()
    do {
      let judgement = try await reasoner.judge(stage.request(timeout: .seconds(2)))
      #expect(judgement.usage.calls == 1)
    } catch {
      #expect(error.cause == .timeout || error.cause == .deadline, "\(error)")
    }
    await reasoner.shutdown()
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

  /// The price of an answer is its tokens: a policy that asks for a whole object can be asked for its label alone.
  @Test func theLabelAloneCostsFewerTokens() async throws {
    var tokens: [String: Int] = [:]
    for answer in ["policy", "label"] {
      let stage = try stage("reasoning_budget: 0\nanswer: \(answer)", policies: [("threats", TestStage.json)])
      defer { stage.remove() }
      let judgement = try await judge(stage)
      tokens[answer] = judgement.usage.completionTokens
      if answer == "label" { #expect(judgement.findings.allSatisfy { isVerdict($0) && $0.ruleIDs.isEmpty && $0.rationale == nil && $0.score != nil }) }
    }
    #expect((tokens["label"] ?? .max) < (tokens["policy"] ?? 0))
  }

  /// 300 decisions do not fit the answer's tokens. The shortest end would say 0 to all the rest: that is nobody's verdict.
  @Test func anAnswerThatRanOutOfTokensDecidesNothing() async throws {
    let flags = (0..<300).map { "F\($0)" }.joined(separator: ", ")
    let stage = try stage("reasoning_budget: 0", policies: [("spam", "---\noutput: {format: flags, flags: [\(flags)]}\n---\nJudge.")])
    defer { stage.remove() }
    #expect(try await judge(stage).findings.map(\.outcome) == [.abstain(AbstainReason.truncated.rawValue)])
  }

  @Test func theReasoningComesInPiecesAndIsTheReasoning() async throws {
    let stage = try stage("reasoning_budget: 12")
    defer { stage.remove() }
    let reasoner = try SafeguardStage.build(stage.configuration, BuildOptions(threads: 1))
    try await reasoner.start()
    let pieces = Mutex<[String]>([])
    let judgement = try await reasoner.judge(stage.request(.message("hello"))) { piece in pieces.withLock { $0.append(piece) } }
    await reasoner.shutdown()
    let found = pieces.withLock { $0 }
    // Bytes that complete no character are held back, and in the end replaced.
    let whole = judgement.findings.first?.reasoning ?? ""
    #expect(found.count > 1 && whole.hasPrefix(found.joined()) && whole.dropFirst(found.joined().count).allSatisfy { $0 == "\u{FFFD}" })
  }

  @Test func aCacheEntryOfTheHubIsACheckpointToo() async throws {
    let stage = try stage("reasoning_budget: 0")
    defer { stage.remove() }
    let revision = String(repeating: "c", count: 40), entry = stage.folder + "/models--org--tiny"
    try FileManager.default.createDirectory(atPath: entry + "/snapshots", withIntermediateDirectories: true)
    try FileManager.default.createDirectory(atPath: entry + "/refs", withIntermediateDirectories: true)
    try revision.write(toFile: entry + "/refs/main", atomically: true, encoding: .utf8)
    try FileManager.default.moveItem(atPath: stage.folder + "/tiny", toPath: "\(entry)/snapshots/\(revision)")
    try FileManager.default.createSymbolicLink(atPath: stage.folder + "/tiny", withDestinationPath: entry)
    #expect(try await judge(stage).findings.allSatisfy(isVerdict))
  }

  @Test func aKeptPolicyIsThereAtTheNextStart() async throws {
    let stage = try stage("reasoning_budget: 0\npolicy_cache: kept")
    defer { stage.remove() }
    let first = try await judge(stage)
    // Written beside the engine's work.
    for _ in 0..<200 where (try? FileManager.default.contentsOfDirectory(atPath: stage.folder + "/kept"))?.contains(where: { $0.hasSuffix(".kv") }) != true {
      try await Task.sleep(for: .milliseconds(20))
    }
    let second = try await judge(stage)
    #expect(first.usage.cachedPromptTokens == 0 && second.usage.cachedPromptTokens * 2 > second.usage.promptTokens)
    #expect(second.findings == first.findings)
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
