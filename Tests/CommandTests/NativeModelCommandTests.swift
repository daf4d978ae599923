import Foundation
import Testing

/// A checkpoint with random weights, through the binary: what it says means nothing, that all of it works means everything.
@Suite(.serialized) struct NativeModelCommandTests {
  /// A copy, since prepared weights and the tokenizer's cache are written beside it.
  private func checkpoint() throws -> (Folder, String) {
    let folder = try Folder(), path = folder.path + "/tiny"
    try FileManager.default.copyItem(atPath: Binary.repository + "/Tests/GPTOSSTests/Golden/tiny-a", toPath: path)
    return (folder, path)
  }

  private let policy = "Answer with exactly `0` (safe) or `1` (violates). SP1 Advertises something unasked.\n"

  private func objects(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
  }

  @Test func judgeStreamsTheReasoningAndEndsWithAVerdict() throws {
    let (folder, model) = try checkpoint()
    defer { withExtendedLifetime(folder) {} }
    let policy = try folder.write(policy, as: "spam.md")
    let arguments = ["judge", "--policy", policy, "--model", model, "--reasoning-budget", "12", "--answer", "label", "--show-reasoning"]
    let run = try Binary.run(arguments + ["--json", "buy pills"])
    #expect(run.status == 0, "\(run.error)")
    let lines = try objects(run.output), verdict = try #require(lines.last)
    #expect(lines.count > 2 && lines.dropLast().allSatisfy { $0["event"] as? String == "reasoning" } && verdict["event"] as? String == "verdict")
    #expect(["safe", "violates"].contains(verdict["outcome"] as? String) && verdict["score"] is Double && verdict["effort"] as? String == "low")
    let text = try Binary.run(arguments + ["-"], input: "buy pills\n")
    #expect(text.status == 0 && text.output.contains("effort low, answer label") && text.output.contains("prompt tokens"))
  }

  @Test func pricesNameWhatEachSettingCosts() throws {
    let (folder, model) = try checkpoint()
    defer { withExtendedLifetime(folder) {} }
    let policy = try folder.write(policy, as: "spam.md")
    let run = try Binary.run(["judge", "--policy", policy, "--model", model, "--reasoning-budget", "4", "--prices", "--json", "hello"])
    let rows = try objects(run.output)
    #expect(run.status == 0 && rows.count == 9, "\(run.error)")
    #expect(rows.allSatisfy { ($0["cached_prompt_tokens"] as? Int ?? 0) > 0 && ($0["completion_tokens"] as? Int ?? 0) > 0 })
  }

  @Test(arguments: [["--effort", "enormous"], ["--reasoning-budget", "-1"], ["--answer", "essay"]]) func whatIsNoSettingIsWrongUsage(option: [String]) throws {
    #expect(try Binary.run(["judge", "--policy", "p.md", "--model", "m", "hello"] + option).status == 64)
  }

  @Test(arguments: ["a/b/c", "../x", "a/b@"]) func whatIsNoRepositoryIsWrongUsage(written: String) throws {
    #expect(try Binary.run(["model", "pull", written]).status == 64)
  }

  @Test func aMirrorThatIsNotThereIsAFailureInOneLine() throws {
    let folder = try Folder()
    let run = try Binary.run(["model", "pull", "org/model", "--mirror", "ftp://nowhere"], in: folder.path)
    #expect(run.status == 64 && run.output.isEmpty)
  }

  @Test func prepareWritesWeightsAndTokenizerForLaterStarts() throws {
    let (folder, model) = try checkpoint()
    defer { withExtendedLifetime(folder) {} }
    let run = try Binary.run(["model", "prepare", model])
    #expect(run.status == 0 && run.output.contains("winnow-prepared") && run.output.contains("tokenizer.winnow"), "\(run.error)")
    let names = try FileManager.default.contentsOfDirectory(atPath: model)
    #expect(names.contains("tokenizer.winnow") && names.contains { $0.hasPrefix("winnow-prepared") } && !names.contains { $0.hasSuffix(".tmp") })
  }

  @Test(arguments: ["reference", "best", "scalar"]) func conformanceHoldsEachPathToItsTolerance(kernels: String) throws {
    let (folder, model) = try checkpoint()
    defer { withExtendedLifetime(folder) {} }
    let run = try Binary.run(["model", "conformance", model, "--kernels", kernels, "--random", "3"])
    #expect(run.status == 0 && run.output.contains("random2-33") && run.output.contains("layer 3"), "\(run.output)\(run.error)")
    #expect(run.output.contains(kernels == "reference" ? "all within tolerance" : ": within tolerance"))
  }

  @Test func aPipelineWithANativeStageJudgesEveryMessage() throws {
    let (folder, _) = try checkpoint()
    defer { withExtendedLifetime(folder) {} }
    try folder.write(policy, as: "spam.md")
    try folder.write(
      """
      pipeline: native
      input: {id: id, text: text}
      categories: {spam: {severity: low, policy: spam.md}}
      stages:
        - id: safeguard
          type: safeguard
          model: tiny
          probe: false
          reasoning_budget: 6
          timeout: 5m
      """, as: "native.yaml")
    let messages = (0..<12).map { #"{"id":"m\#($0)","text":"message number \#($0)"}"# }.joined(separator: "\n")
    try folder.write(messages, as: "chat.jsonl")
    let run = try Binary.run(["run", "native.yaml", "chat.jsonl", "-o", "out.jsonl"], in: folder.path)
    #expect(run.status == 0 && run.error.contains("a call costs") && run.error.contains("generated"), "\(run.error)")
    let verdicts = try objects(folder.read("out.jsonl"))
    #expect(verdicts.count == 12 && verdicts.compactMap { $0["id"] as? String } == (0..<12).map { "m\($0)" })
  }
}
