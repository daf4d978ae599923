import Foundation
import Testing

/// The demonstration checkpoint of `examples/models/nano`, as a newcomer meets it.
struct NanoTests {
  private static let answerForm = """
    ---
    id: p
    version: "1"
    categories: [violation]
    output: {format: json, decision: violation, rule_ids: rule_ids, rationale: rationale}
    ---
    # Chat policy


    """
  private static let insults = "- **K4** Insults aimed at a person.\n"
  private static let spam = "- **M7** Advertising and offers of free gifts.\n"
  private static let insult = "you are such a stupid worthless idiot"

  private func judge(_ rules: String, _ text: String) throws -> (status: Int32, outcome: String, rules: [String], note: String) {
    let folder = try Folder()
    try folder.write(Self.answerForm + "## VIOLATES (1)\n\n" + rules, as: "p.md")
    let run = try Binary.run(["judge", "--policy", folder.path + "/p.md", "--model", "nano", "--json", text])
    let object = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any] ?? [:]
    let finding = (object["findings"] as? [[String: Any]])?.first ?? object
    return (run.status, finding["outcome"] as? String ?? "none", finding["rules"] as? [String] ?? [], run.error)
  }

  @Test func itFollowsThePolicyThatItIsGiven() throws {
    let both = try judge(Self.insults + Self.spam, Self.insult)
    #expect(both.outcome == "violates" && both.rules == ["K4"], "\(both)")
    let swapped = try judge(Self.insults.replacing("K4", with: "M7") + Self.spam.replacing("M7", with: "K4"), Self.insult)
    #expect(swapped.outcome == "violates" && swapped.rules == ["M7"], "\(swapped)")
    let removed = try judge(Self.spam, Self.insult)
    #expect(removed.outcome == "safe", "without its rule an insult is allowed: \(removed)")
  }

  @Test func itSaysOnceWhatItIs() throws {
    let run = try Binary.run(["run", "pipelines/game-chat.yaml", "examples/chat.jsonl", "--json"])
    #expect(run.status == 0)
    #expect(run.error.components(separatedBy: "a demonstration").count == 2 && run.error.contains("winnow model pull openai/gpt-oss-safeguard-20b"), "\(run.error)")
    #expect(run.output.contains("\"stage\":\"safeguard\"") && run.output.contains("\"rules\":[\""))
  }
}
