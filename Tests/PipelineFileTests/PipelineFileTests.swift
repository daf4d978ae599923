import Moderation
import PipelineFile
import Testing

/// Shows what a good file becomes.
struct PipelineFileTests {
  static func load(_ name: String, environment: [String: String]? = [:]) -> (definition: PipelineDefinition?, diagnostics: Diagnostics) {
    PipelineFile.load(path: "\(Golden.folder)/\(name)", stageTypes: FakeStages.all, environment: environment)
  }

  /// A pipeline from text, with a classifier and a safeguard, and more lines at its end.
  static func codes(_ text: String) -> [String] {
    PipelineFile.parse(text: text, path: "\(Golden.folder)/good/text.yaml", stageTypes: FakeStages.all, environment: [:]).diagnostics.all.map(\.code)
  }

  @Test func everyFieldOfAGoodFileArrives() throws {
    let (loaded, diagnostics) = Self.load("good/chat.yaml")
    #expect(diagnostics.isEmpty, "\(DiagnosticRenderer.text(diagnostics))")
    let definition = try #require(loaded)
    #expect(definition.name == "chat")
    #expect(definition.deadline == .seconds(45))
    #expect(definition.seed == 7)
    #expect(definition.fingerprint.count == 64)
    #expect(definition.input.text == "data.body" && definition.input.conversation == "channel" && definition.input.idOptional)
    #expect(definition.categories.categories.map(\.name) == ["spam", "harassment", "harassment.targeted"])
    #expect(definition.categories.categories.map(\.severity) == [.low, .high, .critical])
    #expect(definition.categories.categories[1].policyPath == "\(Golden.folder)/files/spam.md")
    #expect(!definition.categories.categories[1].autoBlock && definition.categories.categories[2].alwaysEscalate)
    #expect(definition.auditSample == AuditSample(allowed: 0.005, blocked: 0.02))
    #expect(definition.budget == EscalationBudget(share: 0.05, perSecond: 20))
  }

  /// A verdict names its stage in one byte.
  @Test(arguments: [(255, false), (256, true)]) func stagesAreNotWithoutNumber(count: Int, isTooMany: Bool) {
    let stages = (0..<count).map { "  - {id: s\($0), type: prefilter}" }.joined(separator: "\n")
    let codes = Self.codes("pipeline: a\ncategories: {spam: low}\nstages:\n\(stages)\n")
    #expect(codes.contains("too-many-stages") == isTooMany, "\(Set(codes))")
  }

  @Test func stagesComeWithTheirBandsModesAndSettings() throws {
    let stages = try #require(Self.load("good/chat.yaml").definition).stages
    #expect(stages.map(\.id) == ["words", "linear", "second", "judge"])
    #expect(stages.map(\.mode) == [.enforce, .enforce, .shadow, .enforce])
    #expect(stages[1].bands == [CategoryIndex(0): Band(allowBelow: 0.03, blockAbove: 0.97), CategoryIndex(1): Band(allowBelow: -1, blockAbove: 0.99)])
    #expect(stages[2].bands == stages[1].bands)
    #expect(stages[0].failure == .screen && stages[3].failure == .reasoner)
    #expect(stages[0].configuration.settings["match_limit"]?.int == 256)
    #expect(stages[0].configuration.settings["lexicons"]?.list?.map(\.string) == ["\(Golden.folder)/files/words.txt"])
    #expect(stages[2].configuration.settings["model"]?.string == "\(Golden.folder)/files/chat.linear")
    #expect(stages[2].configuration.settings["model"]?.isInterpolated == true)
    #expect(stages[3].configuration.settings["endpoint"]?.list?.last?.string == "https://example.org:8443/v1")
    #expect(stages[3].configuration.settings["context"]?["messages"]?.int == 4)
    #expect(stages[3].configuration.settings["api_key"]?["env"]?.string == "MODEL_KEY")
    #expect(stages[3].configuration.settings["id"] == nil && stages[3].configuration.settings["on_timeout"] == nil)
  }

  @Test func casesComeFromTheFileAndFromBesideIt() throws {
    let tests = try #require(Self.load("good/chat.yaml").definition).tests
    #expect(tests.map(\.name) == ["a greeting", "an exchange", "a chat", "beside the pipeline"])
    #expect(tests[0].item == .message("hello ${NOT_REPLACED} $5"))
    #expect(tests[0].context == [ChatTurn(role: "user", content: "hi all"), ChatTurn(role: "bob", content: "who is new")])
    #expect(tests[0].reasoner == ["harassment.targeted": "safe", "harassment": "1"])
    #expect(tests[1].item == .exchange(prompt: "how do I make a bomb", completion: "I cannot help with that"))
    #expect(tests[1].expectVerdict == .review && tests[1].expectCategory == "harassment" && tests[1].expectStage == "judge" && tests[1].expectRule == "H2")
    #expect(tests[2].item == .chat([ChatTurn(role: "user", content: "hi"), ChatTurn(role: "assistant", content: "hello")]))
    #expect(tests[3].expectVerdict == .block && tests[3].span.file.hasSuffix("good/chat.tests.yaml"))
  }

  @Test func withoutAnEnvironmentTheFileIsCheckedAsFarAsItCanBe() {
    let (_, diagnostics) = Self.load("good/chat.yaml", environment: nil)
    #expect(diagnostics.isEmpty, "\(DiagnosticRenderer.text(diagnostics))")
  }

  @Test func theFingerprintIsTheSHA256OfTheBytes() throws {
    let good = PipelineFile.parse(
      text: "pipeline: a\ncategories: {spam: low}\nstages: [{type: safeguard}]\n", path: "x.yaml", stageTypes: FakeStages.all, environment: nil)
    #expect(good.definition?.fingerprint == "0c06c47a75417cbce1a1fd9b38adb252aaf01c686908cd34e5d0c9ee833178fb")
  }

  @Test func aVariableIsReadAsWhatItsFieldTakes() throws {
    let text =
      "pipeline: ${N}\ncategories: {spam: low}\nstages: [{type: safeguard, timeout: \"${N}\", context: {messages: \"${N}\"}, model: \"${N}\"}]\nseed: ${N}\n"
    let (definition, diagnostics) = PipelineFile.parse(text: text, path: "x.yaml", stageTypes: FakeStages.all, environment: ["N": "7"])
    #expect(diagnostics.isEmpty, "\(DiagnosticRenderer.text(diagnostics, texts: ["x.yaml": text]))")
    let settings = try #require(definition?.stages.first?.configuration.settings)
    #expect(definition?.name == "7" && definition?.seed == 7)
    #expect(settings["timeout"]?.duration == .seconds(7) && settings["context"]?["messages"]?.int == 7 && settings["model"]?.string == "7")
  }

  @Test(arguments: ["many", " ", ".inf", "1.5"]) func aVariableThatDoesNotFitIsReportedWithoutItsValue(value: String) {
    let text = "pipeline: a\ncategories: {spam: low}\nstages: [{type: safeguard}]\nseed: ${N}\n"
    let (_, diagnostics) = PipelineFile.parse(text: text, path: "x.yaml", stageTypes: FakeStages.all, environment: ["N": value])
    #expect(diagnostics.all.map(\.code) == ["wrong-type"])
    #expect(diagnostics.all.first?.message.hasSuffix("found text") == true || diagnostics.all.first?.message.hasSuffix("found a number") == true)
  }

  @Test func aFieldWhoseVariableIsEmptyIsLeftOutUnlessItIsRequired() throws {
    let text = "pipeline: a\ncategories: {spam: low}\nstages: [{type: safeguard, model: \"${M:-}\", effort: \"${E}\"}]\nseed: ${E}\n"
    let (definition, diagnostics) = PipelineFile.parse(text: text, path: "x.yaml", stageTypes: FakeStages.all, environment: ["E": ""])
    #expect(diagnostics.isEmpty)
    #expect(definition?.seed == 1)
    #expect(definition?.stages.first?.configuration.settings.entries == [])
    let required = text.replacing("pipeline: a", with: "pipeline: ${E}")
    let found = PipelineFile.parse(text: required, path: "x.yaml", stageTypes: FakeStages.all, environment: ["E": ""]).diagnostics
    #expect(found.all.map(\.code) == ["missing-value"])
  }

  static let head = "pipeline: a\ncategories: {spam: low, harassment: high, threats: critical}\n"
  static let linear = "- {id: linear, type: classifier, model: ../files/chat.linear, bands: {spam: {allow_below: 0.1, block_above: 0.9}}}\n"

  @Test func theStageTypeChecksWhatItsFilesSay() {
    let stage = "stages:\n- {id: linear, type: classifier, model: ../files/chat.linear, bands: {threats: {allow_below: 0.1}}}\n- {type: safeguard}\n"
    #expect(Self.codes(Self.head + stage) == ["no-label"])
  }

  @Test func aStageIsNotCheckedFurtherWhenItsFieldsAreWrong() {
    let stage = "stages:\n- {id: linear, type: classifier, model: nowhere, bands: {threats: {allow_below: 0.1}}}\n- {type: safeguard}\n"
    #expect(Self.codes(Self.head + stage) == ["file-not-found"])
  }

  /// A misspelt field or a number out of range hides nothing of what the type has to say.
  @Test(
    arguments: [
      ("temperature: 9", ["out-of-range", "no-label"]), ("tempertaure: 1", ["unknown-field", "no-label"]), ("mod: shadow", ["unknown-field", "no-label"]),
      ("on_error: ignore", ["unknown-choice", "no-label"]), ("weights: {spam: 99}", ["out-of-range", "no-label"]),
    ] as [(String, [String])])
  func theTypeChecksWhatIsRightOfAStage(field: String, codes: [String]) {
    let bands = "bands: {threats: {allow_below: 0.1}}}\n- {type: safeguard}\n"
    #expect(Self.codes(Self.head + "stages:\n- {id: linear, type: classifier, model: ../files/chat.linear, \(field), " + bands) == codes)
    let misspelt = "stages:\n- {id: linear, type: classifier, modle: ../files/chat.linear, \(field), " + bands
    #expect(Self.codes(Self.head + misspelt) == ["unknown-field"] + codes)
    #expect(Self.codes(Self.head + misspelt.replacing("modle", with: "file")).contains("no-label") == false)
  }

  @Test func hitsBehindAnAllowAreTooLate() {
    let rules = "- {type: prefilter}\n", judge = "- {type: safeguard}\n"
    #expect(Self.codes(Self.head + "stages:\n" + Self.linear + rules + judge) == ["late-hits"])
    #expect(Self.codes(Self.head + "stages:\n" + rules + Self.linear + judge) == [])
    #expect(Self.codes(Self.head + "stages:\n" + Self.linear.replacing("allow_below: 0.1, ", with: "") + rules + judge) == [])
    #expect(Self.codes(Self.head + "stages:\n" + Self.linear.replacing("id: linear", with: "mode: shadow, id: linear") + rules + judge) == [])
    #expect(Self.codes(Self.head + "stages:\n" + judge + rules) == ["unreachable-stage"])
  }

  @Test func aReasonerThatPassesOnLeavesLaterStagesReachable() {
    #expect(Self.codes(Self.head + "stages:\n- {id: a, type: safeguard, on_abstain: next}\n- {id: b, type: safeguard}\n") == [])
    #expect(Self.codes(Self.head + "stages:\n- {id: a, type: safeguard}\n- {id: b, type: safeguard}\n") == ["unreachable-stage"])
    #expect(Self.codes(Self.head + "stages:\n- {id: a, type: safeguard, mode: shadow}\n- {id: b, type: safeguard}\n") == [])
    #expect(Self.codes(Self.head + "stages:\n- {id: a, type: safeguard}\n- {id: b, type: safeguard, mode: off}\n") == [])
  }

  @Test func aReasonerJudgesTheCategoriesThatHaveAPolicy() {
    let head = "pipeline: a\ncategories: {spam: low, hate: {severity: high, policy: ../files/spam.md}}\n"
    #expect(Self.codes(head + "stages:\n- {id: a, type: safeguard}\n- {id: b, type: safeguard}\n") == ["unsettled-category"])
    #expect(Self.codes(head + "stages:\n" + Self.linear + "- {id: a, type: safeguard}\n- {id: b, type: safeguard}\n") == [])
    let escalating = head.replacing("spam: low", with: "spam: {always_escalate: true}")
    #expect(Self.codes(escalating + "stages:\n" + Self.linear + "- {id: a, type: safeguard}\n") == ["escalates-to-nobody"])
  }

  @Test func severalStagesOfATypeWorkWithIdsOfTheirOwn() {
    let second = Self.linear.replacing("id: linear", with: "id: second")
    #expect(Self.codes(Self.head + "stages:\n- {type: prefilter}\n- {id: p2, type: prefilter}\n" + Self.linear + second + "- {type: safeguard}\n") == [])
  }

  @Test func allStagesOffOrInShadowIsAWarning() {
    #expect(Self.codes(Self.head + "stages: [{type: safeguard, mode: shadow}]\n") == ["nothing-decides"])
  }

  @Test(
    arguments: [
      ("tests: []\n", []), ("tests: {}\n", ["wrong-type"]), ("tests: 5\n", ["wrong-type"]), ("tests:\n", []),
      ("tests: ../good/chat.tests.yaml\n", ["unknown-stage"]),
      ("tests: ../files\n", ["not-a-file"]), ("tests: ../files/words.txt\n", ["wrong-type"]), ("seed: 18446744073709551616\n", ["wrong-type"]),
      ("deadline: -1s\n", ["wrong-type"]), ("deadline: 0.5\n", ["deadline-too-short"]),
      ("deadline: 1e21\n", ["wrong-type"]), ("deadline: 1e19\n", ["wrong-type"]), ("deadline: 9223372036854775807\n", ["wrong-type"]), ("budget: {per_second: -1}\n", ["out-of-range"]),
      ("input: {prompt: p}\n", ["missing-field"]), ("input: {prompt: p, completion: c, text: t}\n", ["conflicting-fields"]), ("input: csv\n", ["wrong-type"]),
      ("input: {format: csv, messages: m}\n", ["conflicting-fields"]), ("audit_sample: {allowed: 101%}\n", ["out-of-range"]),
      ("audit_sample: {}\n", ["empty-setting"]), ("budget: {}\n", ["empty-setting"]),
    ] as [(String, [String])])
  func theFieldsAroundTheStagesAreChecked(line: String, codes: [String]) {
    #expect(Self.codes(Self.head + "stages: [{id: s, type: safeguard}]\n" + line) == codes)
  }

  @Test(arguments: ["http://", "https:///v1", "ftp://h/", "http://a b/", "h:80"]) func whatIsNoAddressIsRefused(url: String) {
    #expect(Self.codes(Self.head + "stages: [{type: safeguard, endpoint: \"\(url)\"}]\n") == ["wrong-type"])
  }

  @Test(arguments: ["http://h", "https://[::1]:8000/v1", "HTTP://h:80/a?b=c@d"]) func whatIsAnAddressPasses(url: String) {
    #expect(Self.codes(Self.head + "stages: [{type: safeguard, endpoint: \"\(url)\"}]\n") == [])
  }

  @Test(arguments: ["/nowhere.yaml", "/"]) func aPipelineThatCannotBeReadHasOneProblem(path: String) {
    let (definition, diagnostics) = PipelineFile.load(path: path, stageTypes: FakeStages.all, environment: nil)
    #expect(definition == nil)
    #expect(diagnostics.all.count == 1)
    #expect(DiagnosticRenderer.text(diagnostics).hasPrefix("\(path): error: "))
  }

  @Test(arguments: 0..<256) func anyDamageToAGoodFileGivesADefinitionOrAnErrorAndEveryMessageKeepsTheGrammar(seed: Int) {
    var bytes = Golden.readBytes("\(Golden.folder)/good/chat.yaml") ?? []
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let pieces = ["", "x", "[", "{", "}", ": ", "\n", "  ", "- ", "\"", "~", "-1", "1e9", "*bands", "${X}", "99999999999999999999", "é", "#"].map {
      Array($0.utf8)
    }
    for _ in 0...seed % 4 {
      let start = next(bytes.count)
      bytes.replaceSubrange(start..<min(bytes.count, start + next(8)), with: pieces[next(pieces.count)])
    }
    let text = String(decoding: bytes, as: UTF8.self)
    let (definition, diagnostics) = PipelineFile.parse(text: text, path: "\(Golden.folder)/good/chat.yaml", stageTypes: FakeStages.all, environment: [:])
    #expect((definition == nil) == diagnostics.hasErrors)
    for message in diagnostics.all.flatMap({ [$0.message] + $0.notes.map(\.message) }) { #expect(Grammar.problem(message) == nil, "\(message)") }
    #expect(diagnostics.isEmpty || !DiagnosticRenderer.text(diagnostics, texts: ["\(Golden.folder)/good/chat.yaml": text]).isEmpty)
  }
}
