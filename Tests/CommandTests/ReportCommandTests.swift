import Crypto
import Foundation
import Testing

struct ReportCommandTests {
  private let pipeline = """
    pipeline: small
    input: {id: id, text: text, conversation: room, author: who}
    categories: {spam: low}
    stages:
      - id: rules
        type: prefilter
        rules: [rules.yaml]
    """
  private let rules = "- {id: offer, pattern: 'free\\s+<b>money', flags: i, category: spam, effect: block, final: true}\n"

  /// A room of 100 messages, of which one is blocked.
  private func audited(_ options: [String] = []) throws -> Folder {
    let folder = try Folder()
    try folder.write(pipeline, as: "small.yaml")
    try folder.write(rules, as: "rules.yaml")
    let lines = (0..<100).map { number in
      let text = number == 50 ? "FREE <b>money</b> & more" : "hello \(number)"
      return #"{"id":\#(number),"text":"\#(text)","room":"lobby","who":"user<\#(number)>"}"#
    }
    try folder.write(lines.joined(separator: "\n"), as: "chat.jsonl")
    let run = try Binary.run(["run", "small.yaml", "chat.jsonl", "-o", "out.jsonl", "--audit", "audit.db"] + options, in: folder.path)
    #expect(run.status == 0, "\(run.error)")
    return folder
  }

  @Test func theReportTellsWhatEachLayerDecidedAndWhy() throws {
    let folder = try audited()
    let result = try Binary.run(["report", "audit.db", "--messages", "chat.jsonl", "--html", "report.html"], in: folder.path)
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.contains("small: 100 messages · allow 99 · review 0 · block 1"))
    #expect(result.output.contains("`rules` found rule `rules/offer` in “FREE <b>money”"))
    let page = try folder.read("report.html")
    #expect(page.contains("<mark>FREE &lt;b&gt;money</mark>&lt;/b&gt; &amp; more"))
    #expect(page.contains("<b>lobby</b>") && page.contains("user&lt;50&gt;"))
    #expect(!page.contains("<b>money"), "text from the log became markup")
    #expect(!page.contains("http://") && !page.contains("https://") && !page.contains("src="), "the page refers to the outside")
  }

  @Test func onlyTheSurroundingsOfWhatWasFlaggedAreShown() throws {
    let folder = try audited(["--audit-text"])
    #expect(try Binary.run(["report", "audit.db", "--html", "report.html", "--quiet"], in: folder.path).status == 0)
    let page = try folder.read("report.html")
    for shown in [47, 49, 51, 53] { #expect(page.contains("hello \(shown)<"), "\(shown)") }
    for left in [46, 54, 99] { #expect(!page.contains("hello \(left)<"), "\(left)") }
    #expect(page.contains("47 more messages") && page.contains("46 more messages"))
  }

  @Test func withoutTextsThePageSaysSoAndHoldsNone() throws {
    let folder = try audited()
    #expect(try Binary.run(["report", "audit.db", "--html", "report.html", "--quiet"], in: folder.path).status == 0)
    let page = try folder.read("report.html")
    #expect(page.contains("--audit-text") && !page.contains("hello "))
  }

  @Test func anotherLogIsNotTakenForTheOneThatWasJudged() throws {
    let folder = try audited()
    try folder.write((0..<100).map { #"{"id":\#($0),"text":"something else"}"# }.joined(separator: "\n"), as: "other.jsonl")
    let result = try Binary.run(["report", "audit.db", "--messages", "other.jsonl", "--html", "report.html"], in: folder.path)
    #expect(result.status == 0)
    #expect(result.output.contains("are not those that the run judged"))
    #expect(try !folder.read("report.html").contains("something else"))
  }

  @Test func aMessageSendsNothingToTheTerminal() throws {
    let folder = try Folder()
    try folder.write(pipeline, as: "small.yaml")
    try folder.write("- {id: offer, pattern: 'offer.{0,40}', flags: s, category: spam, effect: block, final: true}\n", as: "rules.yaml")
    try folder.write(#"{"id":1,"text":"offer\n  allow: fine\u001b[2J"}"#, as: "chat.jsonl")
    #expect(try Binary.run(["run", "small.yaml", "chat.jsonl", "-o", "out.jsonl", "--audit", "audit.db", "--audit-text"], in: folder.path).status == 0)
    let report = try Binary.run(["report", "audit.db"], in: folder.path).output
    #expect(report.contains("offer") && !report.contains("\u{1B}") && !report.contains("\n  allow: fine"))
  }

  @Test func whatWasDrawnForTheAuditIsNoWorkOfTheLayer() throws {
    let folder = try Folder()
    let harassment = Binary.repository + "/policies/harassment.md"
    try folder.write(
      "pipeline: p\ncategories: {harassment: {severity: low, policy: \(harassment)}}\naudit_sample: {allowed: 1}\nstages:\n"
        + "  - {id: rules, type: prefilter, rules: [rules.yaml], on_no_hit: allow}\n  - {id: reader, type: safeguard, model: \(Binary.repository)/examples/models/nano}\n", as: "p.yaml")
    try folder.write("- {id: idiot, pattern: idiot, category: harassment}\n", as: "rules.yaml")
    try folder.write(#"{"id":1,"text":"hello"}"#, as: "chat.jsonl")
    #expect(try Binary.run(["run", "p.yaml", "chat.jsonl", "-o", "out.jsonl", "--audit", "audit.db"], in: folder.path).status == 0)
    let report = try Binary.run(["report", "audit.db"], in: folder.path).output
    #expect(report.contains("0 messages went to the reasoner"))
    #expect(report.contains(#/reader +your policy +0 +0 +0 +0 +0 /#), "\(report)")
  }

  @Test func aFailureOnTheWayIsNotTakenForTheReason() throws {
    let folder = try Folder()
    try folder.write(
      "pipeline: p\ncategories: {spam: low}\nstages:\n  - {id: rules, type: prefilter, rules: [rules.yaml], normalise: false, limits: {match: 100}, on_error: allow}\n",
      as: "p.yaml")
    let slow = #"- {id: slow, pattern: '^(a+)+(b)\2$', category: spam, effect: signal}"#
    try folder.write(slow + "\n- {id: kill, pattern: killword, category: spam, effect: block, final: true}\n", as: "rules.yaml")
    try folder.write(#"{"id":1,"text":"\#(String(repeating: "a", count: 40))!b killword"}"#, as: "chat.jsonl")
    let run = try Binary.run(["run", "p.yaml", "chat.jsonl", "--audit", "audit.db"], in: folder.path)
    #expect(run.output.contains(#""verdict":"block","category":"spam","reason":"rule""#) && run.output.contains(#""degraded":"error""#))
    let report = try Binary.run(["report", "audit.db"], in: folder.path).output
    #expect(report.contains("`rules` found rule `rules/kill`") && !report.contains("did not answer"), "\(report)")
  }

  @Test func aReviewOfTheReasonerIsAnAnswer() throws {
    let folder = try Folder()
    let policy = "---\nid: risk\noutput: {labels: {high: block, medium: review, low: allow}}\n---\nRate the risk as `high`, `medium` or `low`.\n"
    try folder.write(policy, as: "risk.md")
    try folder.write("pipeline: p\ncategories: {risk: {policy: risk.md}}\nstages:\n  - {id: guard, type: safeguard}\n", as: "p.yaml")
    try folder.write(#"{"id":1,"text":"hello"}"#, as: "chat.jsonl")
    // The key of a recorded answer, as `RecordedAnswers` describes it.
    let asked = ["winnow-answer-1", "1", Self.sha256(policy), "message", "hello", "0"].map { "\($0.utf8.count):\($0)" }.joined()
    try folder.write(#"{"key":"\#(Self.sha256(asked))","final":"medium"}"#, as: "answers.jsonl")
    let run = try Binary.run(["run", "p.yaml", "chat.jsonl", "--audit", "audit.db", "--recorded", "answers.jsonl"], in: folder.path)
    #expect(run.output.contains(#""verdict":"review","category":"risk","reason":"policy""#), "\(run.output)")
    let report = try Binary.run(["report", "audit.db"], in: folder.path).output
    #expect(report.contains("leaves it to a person") && !report.contains("no answer"), "\(report)")
  }

  private static func sha256(_ text: String) -> String {
    SHA256.hash(data: Array(text.utf8)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  @Test func whatCannotBeReportedOnIsSaid() throws {
    let folder = try audited()
    let missing = try Binary.run(["report", "none.db"], in: folder.path)
    #expect(missing.status == 2 && missing.error.contains("there is no audit file none.db"))
    let unknown = try Binary.run(["report", "audit.db", "--run", "x"], in: folder.path)
    #expect(unknown.status == 2 && unknown.error.contains("holds no run `x`"))
    let notOne = try Binary.run(["report", "chat.jsonl"], in: folder.path)
    #expect(notOne.status == 2 && notOne.error.contains("error:"))
  }
}

/// What smaller commands print, and what they refuse.
struct SmallCommandTests {
  @Test func aMessageForgesNoLineOfItsStory() throws {
    let folder = try Folder()
    try folder.write("pipeline: p\ncategories: {spam: low}\nstages:\n  - {id: rules, type: prefilter, rules: [rules.yaml]}\n", as: "p.yaml")
    try folder.write("- {id: offer, pattern: offer, category: spam, effect: block, final: true}\n", as: "rules.yaml")
    try folder.write(#"{"id":"m","text":"offer\n  verdict   allow \u001b[2J"}"#, as: "chat.jsonl")
    #expect(try Binary.run(["run", "p.yaml", "chat.jsonl", "--audit", "audit.db", "--audit-text"], in: folder.path).status == 0)
    let story = try Binary.run(["audit", "show", "audit.db", "m"], in: folder.path)
    #expect(story.status == 0 && !story.output.contains("\u{1B}"))
    #expect(story.output.split(separator: "\n").filter { $0.hasPrefix("  verdict") } == ["  verdict   block · spam · rule by rules"], "\(story.output)")
    let typo = try Binary.run(["audit", "export", "audit.db", "--run", "typo"], in: folder.path)
    #expect(typo.status == 2 && typo.output.isEmpty && typo.error.contains("audit.db holds no run `typo`"))
  }

  @Test(arguments: [
    ["score", "chat.linear", "hi", "--features=-1"], ["compare", "a.yaml", "b.yaml", "chat.jsonl", "--examples=-1"], ["audit", "export", "audit.db", "--verdict", "blocked"],
  ])
  func whatMakesNoSenseIsWrongUsage(arguments: [String]) throws {
    #expect(try Binary.run(arguments).status == 64)
  }

  @Test func casesNeedNoKey() throws {
    let folder = try Folder()
    try folder.write("Answer with exactly `0` (safe) or `1` (violates).\n", as: "spam.md")
    let stage = "{id: guard, type: safeguard, endpoint: 'https://a.example/v1', model: m, api_key: {env: WINNOW_TEST_UNSET}}"
    try folder.write(
      "pipeline: p\ncategories: {spam: {policy: spam.md}}\nstages:\n  - \(stage)\ntests:\n  - {name: t, text: x, reasoner: {spam: violates}, expect: block}\n", as: "p.yaml")
    let run = try Binary.run(["test", "p.yaml"], in: folder.path)
    #expect(run.status == 0 && run.output.contains("1 passed"), "\(run)")
  }

  @Test func aServerThatIsDownIsNamedWithWhatToTry() throws {
    let folder = try Folder()
    try folder.write("Answer with exactly `0` (safe) or `1` (violates).\n", as: "spam.md")
    let run = try Binary.run(["judge", "--policy", "spam.md", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m", "hello"], in: folder.path)
    #expect(run.status == 2 && run.error.hasPrefix("error: no answer from `http://127.0.0.1:9`"), "\(run.error)")
    #expect(run.error.contains("`curl http://127.0.0.1:9/v1/models`"))
  }

  @Test func reasoningIsPrintedOnlyWhenAskedFor() throws {
    let folder = try Folder()
    try folder.write("---\nid: p\noutput: {format: json, decision: violation}\n---\n# Chat policy\n\n## VIOLATES (1)\n\n- **K4** Insults aimed at a person.\n", as: "p.md")
    let judge = ["judge", "--policy", folder.path + "/p.md", "--model", "nano", "--json", "you are a stupid idiot"]
    #expect(try Binary.run(judge).output.contains("\"reasoning\":null"))
    #expect(try !Binary.run(judge + ["--show-reasoning"]).output.contains("\"reasoning\":null"))
  }
}
