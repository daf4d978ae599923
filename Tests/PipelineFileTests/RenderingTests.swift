import Moderation
import PipelineFile
import Testing

/// Shows the forms in which diagnostics leave the program.
struct RenderingTests {
  static let sample: Diagnostics = {
    var diagnostics = Diagnostics()
    let place = SourceSpan(file: "a b/ü.yaml", line: 2, column: 3, length: 4)
    diagnostics.error(
      "duplicate-key", "duplicate key `a\"b`", at: place, notes: [.init("first written here", at: SourceSpan(file: "a b/ü.yaml", line: 1, column: 1))],
      hint: "keep one, not 100%")
    diagnostics.warning("made-up", "something without a place", at: nil)
    return diagnostics
  }()

  @Test func jsonIsAsAgreed() { Golden.expect(DiagnosticRenderer.json(Self.sample), is: "diagnostics.json") }
  @Test func sarifIsAsAgreed() { Golden.expect(DiagnosticRenderer.sarif(Self.sample, version: "1.2.3"), is: "diagnostics.sarif") }
  /// A file may be somebody else's: no key of it moves the cursor or begins a line of its own.
  @Test func whatAFileHoldsIsShownWithoutControls() {
    let text = "pipeline: a\n\"\\e[2J\\nx.yaml: no problems\": 1\ncategories: {spam: low}\nstages: [{type: prefilter}]\n"
    let (_, diagnostics) = PipelineFile.parse(text: text, path: "x.yaml", stageTypes: FakeStages.all, environment: [:])
    let shown = DiagnosticRenderer.text(diagnostics)
    #expect(shown.contains("no problems") && !shown.contains("\u{1B}") && !shown.split(separator: "\n").contains { $0.hasPrefix("x.yaml: no problems") }, "\(shown)")
  }

  @Test func githubAnnotationsAreAsAgreed() { Golden.expect(DiagnosticRenderer.githubAnnotations(Self.sample), is: "diagnostics.github") }

  @Test func nothingToSayIsNoText() {
    #expect(DiagnosticRenderer.text(Diagnostics()) == "")
    #expect(DiagnosticRenderer.summary(Diagnostics(), of: "x.yaml") == "x.yaml: no problems")
  }

  @Test func colourIsOnlyThereWhenAsked() {
    #expect(!DiagnosticRenderer.text(Self.sample).contains("\u{1B}"))
    #expect(DiagnosticRenderer.text(Self.sample, color: true).contains("\u{1B}[1;31merror:"))
  }

  static func text(_ source: String, column: Int, length: Int, code: String = "x") -> [String] {
    var diagnostics = Diagnostics()
    diagnostics.error(code, "m", at: SourceSpan(file: "t", line: 1, column: column, length: length))
    return DiagnosticRenderer.text(diagnostics, texts: ["t": source]).split(separator: "\n").dropFirst().map(String.init)
  }

  @Test func caretsStandUnderTabsWideCharactersAndMarks() {
    #expect(Self.text("\tab", column: 2, length: 2) == [" 1 | \tab", "   | \t^^"])
    #expect(Self.text("日本x", column: 3, length: 1) == [" 1 | 日本x", "   |     ^"])
    #expect(Self.text("e\u{301}x", column: 3, length: 1) == [" 1 | e\u{301}x", "   |  ^"])
    #expect(Self.text("a", column: 9, length: 1) == [" 1 | a", "   |  ^"])
    #expect(Self.text("abc", column: 2, length: 50) == [" 1 | abc", "   |  ^^"])
  }

  @Test(arguments: ["a\u{1B}[2Jb", "a\u{202E}b", "a\u{200B}b", "a\u{7}b"]) func whatCouldRewriteATerminalIsReplaced(source: String) {
    let line = Self.text(source, column: 1, length: 1)[0]
    #expect(line.unicodeScalars.contains("\u{FFFD}"))
    #expect(!line.unicodeScalars.contains { $0.properties.generalCategory == .control || $0.properties.generalCategory == .format })
  }

  @Test(arguments: [
    ("api_key: sk-123", "api_key: ******"), ("  token: \"abc d\" # x", "  token: **** d\" # x"), ("{api-key: abc, x: 1}", "{api-key: ***, x: 1}"),
    ("api_key: {env: KEY}", "api_key: {env: KEY}"), ("api_key: ${KEY}", "api_key: ${KEY}"), ("monkey: see", "monkey: see"),
    ("\"password\": hunter2", "\"password\": *******"),
    ("Authorization: Bearer", "Authorization: ******"), ("key:", "key:"),
  ]) func secretsOnALineThatIsShownAreMasked(source: String, shown: String) {
    #expect(Self.text(source, column: 1, length: 1)[0] == " 1 | " + shown)
  }

  @Test func aSpanOfNoLengthStandsForTheFile() {
    var diagnostics = Diagnostics()
    diagnostics.error("x", "m", at: SourceSpan(file: "t", line: 1, column: 1, length: 0))
    #expect(DiagnosticRenderer.text(diagnostics, texts: ["t": "abc"]) == "t: error: m [x]\n")
  }
}
