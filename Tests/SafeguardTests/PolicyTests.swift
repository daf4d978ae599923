import Foundation
import Moderation
import Safeguard
import Testing

@Suite struct PolicyTests {
  private func policy(_ text: String, file: String = "policies/spam.md") -> (policy: Policy, diagnostics: Diagnostics) {
    var diagnostics = Diagnostics()
    return (Policy(text: text, file: file, diagnostics: &diagnostics), diagnostics)
  }

  @Test func withoutFrontMatterTheFileNamesThePolicyAndTheHashItsVersion() {
    let policy = policy("Answer `0` or `1`.").policy
    #expect(policy.id == "spam")
    #expect(policy.version == String(policy.contentHash.prefix(12)))
    #expect(policy.reference == "spam@" + policy.version)
    #expect(policy.body == "Answer `0` or `1`.")
    #expect(self.policy("Answer `0` or `1`. ").policy.version != policy.version)
  }

  @Test func frontMatterIsReadAndNeverShown() {
    let (policy, diagnostics) = policy("---\nid: s\nversion: 2.1\ncategories: [spam, scam]\noutput: valid_invalid\n---\n\nThe text\n")
    #expect(diagnostics.isEmpty)
    #expect(policy.reference == "s@2.1")
    #expect(policy.categories == ["spam", "scam"])
    #expect(policy.format == .validInvalid)
    #expect(policy.body == "The text\n")
  }

  @Test(arguments: ["\r\n", "\r"])
  func lineEndsMakeNoDifferenceToTheModel(lineEnd: String) {
    let unix = policy(TestStage.spam).policy
    let other = policy(TestStage.spam.replacing("\n", with: lineEnd)).policy
    #expect(other.body == unix.body)
    #expect(other.reference == "spam@3")
    #expect(other.examples == unix.examples)
    #expect(other.contentHash != unix.contentHash)
  }

  @Test func labelsMapToVerdicts() {
    let format = policy("---\noutput: {format: labels, labels: {high: block, medium: review, low: allow, unclear: abstain}}\n---\nRate it.").policy.format
    #expect(format.labels.map(\.meaning) == [.violates, .review, .safe, .abstain])
    #expect(format.instruction == "Answer with exactly one of `high`, `medium`, `low`, `unclear` and nothing else.")
  }

  @Test func jsonAsksOnlyForTheKeysThatAreNamed() {
    let format = policy("---\noutput: {format: json, decision: bad, rationale: why}\n---\nJudge.").policy.format
    #expect(format.instruction == #"Answer with one JSON object and nothing else: {"bad": 0 or 1, "why": "one short sentence"}"#)
  }

  @Test func flagsStandForCategories() {
    let format = policy("---\noutput: {format: flags, flags: {S: sexual, H: hate}}\n---\nJudge.").policy.format
    #expect(format == .flags([.init("S", category: "sexual"), .init("H", category: "hate")]))
  }

  @Test(arguments: [
    ("---\nidd: x\n---\nAnswer 0 or 1.", "policy-front-matter"), ("---\nid: [x]\n---\nAnswer 0 or 1.", "policy-front-matter"),
    ("---\n- x\n---\nAnswer 0 or 1.", "policy-front-matter"), ("---\noutput: xml\n---\nx", "policy-output-format"),
    ("---\noutput: {labels: {a: block, b: block}}\n---\nx", "policy-output-format"),
    ("---\noutput: {labels: {a: maybe, b: block}}\n---\nx", "policy-output-format"),
    ("---\noutput: flags\n---\nx", "policy-output-format"), ("---\noutput: {labels: {a: block, A: allow}}\n---\nx", "policy-output-format"),
    ("---\nid: x\n---\n  \n", "policy-empty"), ("", "policy-empty"),
  ])
  func refusesWhatItCannotUse(text: String, code: String) {
    let diagnostics = policy(text).diagnostics
    #expect(diagnostics.hasErrors)
    #expect(diagnostics.all.contains { $0.code == code })
  }

  @Test func aProblemInTheFrontMatterHasItsPlaceInTheFile() {
    let problem = policy("---\nid: x\noutptu: json\n---\nx").diagnostics.all.first { $0.code == "policy-front-matter" }
    #expect(problem?.span?.line == 3)
    #expect(problem?.span?.column == 1)
    #expect(problem?.hint == "did you mean `output`?")
  }

  @Test(arguments: [
    ("Answer exactly `0` or `1`.", AnswerFormat.binary01), ("Return VALID or INVALID.", .validInvalid),
    ("Respond 0 or 1 in tags\n<answer>1</answer>", AnswerFormat(labels: AnswerFormat.binary01.labels, shape: .tagged("answer"))),
    (#"Answer {"violation": 1, "policy_category": "H2.f"}"#, .json(.init(ruleIDs: nil, confidence: nil, rationale: nil))),
    (#"Return JSON: {"S": 0 or 1, "H": 0 or 1}"#, .flags([.init("S"), .init("H")])),
  ])
  func readsTheFormatThatTheTextAsksFor(text: String, format: AnswerFormat) {
    #expect(policy(text).policy.format == format)
  }

  @Test func findsRuleIDs() {
    let ids = policy("## VIOLATES\n- **H2.f** dehumanises\n- SP0.c: links\n### GS1 explicit\nNot ids: IPv4, 2FA, HTTP2x, ABCDE1. 0 or 1").policy.ruleIDs
    #expect(ids == ["H2.f", "SP0.c", "GS1"])
    #expect(RuleIDs.isKnown("H2", in: ids))
    #expect(!RuleIDs.isKnown("H2.g", in: ids))
    #expect(!RuleIDs.isKnown("H", in: ids))
  }

  @Test func readsExamplesInTheFormsPeopleWrite() {
    let text = """
      Answer `0` or `1`.
      Content: "buy now"
      Answer: 1

      **Content**: "hello"
      **Label**: `0`
      - "cheap pills" → 1
      "nice day" -> 0
      Content: [INPUT]
      Answer:
      """
    let examples = policy(text).policy.examples
    #expect(examples.map(\.content) == ["buy now", "hello", "cheap pills", "nice day"])
    #expect(examples.map(\.label.name) == ["1", "0", "1", "0"])
  }

  @Test func ruleSectionsTellWhatAnIdMeans() {
    let policy = policy(
      "Answer VALID or INVALID.\n## Allowed (GS0 - fine)\nOutput: `VALID`\n## Graphic (GS1 - explicit)\nOutput: `INVALID`\n## Odd (GS2)\nOutput: VALID\nOutput: INVALID"
    ).policy
    #expect(AnswerReader.read("GS0", format: policy.format).label?.meaning == .safe)
    #expect(AnswerReader.read("GS1", format: policy.format).label?.meaning == .violates)
    #expect(AnswerReader.read("GS2", format: policy.format).label == nil)
  }
}

@Suite struct PolicyLintTests {
  static let names = ["good", "bare", "vague", "conflict", "template", "one-sided", "late"]

  @Test(arguments: names)
  func saysWhatAReviewerWouldSay(name: String) throws {
    let text = try String(contentsOfFile: Golden.path("lint/\(name).md"), encoding: .utf8)
    let actual = PolicyLint.check(text: text, file: "\(name).md").summary
    #expect(try Golden.text("lint/\(name).txt", actual: actual) == actual)
  }

  @Test func theShippedPoliciesAreWrittenAsTheGuideAsks() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
      "policies"
    ).path
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder))?.filter { $0.hasSuffix(".md") }.sorted() ?? []
    for file in files {
      let text = try String(contentsOfFile: folder + "/" + file, encoding: .utf8)
      let diagnostics = PolicyLint.check(text: text, file: file)
      #expect(diagnostics.isEmpty, "\(file): \(diagnostics.summary)")
    }
  }

  @Test func everyCodeIsExplainedAndEveryMessageHasTheHouseGrammar() throws {
    let codes = Set((PolicyLint.codes + SafeguardStage.codes).map(\.code))
    #expect(codes.count == PolicyLint.codes.count + SafeguardStage.codes.count)
    for name in Self.names {
      let text = try String(contentsOfFile: Golden.path("lint/\(name).md"), encoding: .utf8)
      for problem in PolicyLint.check(text: text, file: name).all {
        #expect(codes.contains(problem.code))
        for sentence in [problem.message, problem.hint].compactMap({ $0 }) {
          #expect(!sentence.hasSuffix("."), "\(sentence)")
          #expect(!(sentence.first?.isUppercase ?? true), "\(sentence)")
        }
      }
    }
  }
}
