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
