import Evaluation
import Moderation
import RecordIO
import Testing
import Tuning

@Suite struct LabelledDataForms {
  private func reader(
    _ categories: [String] = ["toxic", "spam"], label: [String] = [], bare: String? = nil, mapping: InputMapping = .init(), text: String? = nil, slices: [SliceRule] = []
  ) throws -> LabelledDataReader {
    var diagnostics = Diagnostics()
    let rules = LabelRules(categories: categories, written: label, bare: bare, &diagnostics)
    try #require(!diagnostics.hasErrors)
    return LabelledDataReader(mapping: mapping, rules: rules, text: text, slices: slices)
  }

  private func read(_ text: String, as name: String = "data.jsonl", _ reader: LabelledDataReader) throws -> LabelledData {
    let folder = try Folder()
    return try reader.read([try folder.write(text, as: name)])
  }

  @Test(arguments: [#"["unsafe"]"#, #"["1"]"#, #"["flagged","x"]"#]) func aListMaySayYes(list: String) throws {
    let line = #"{"text":"a","ideal":\#(list)}"#
    #expect(try read(line, try reader(["spam"])).items.map(\.labels) == [[.positive]])
    #expect(try read(line, try reader()).deadCount == 1)
    #expect(try read(line, try reader(bare: "spam")).items.map(\.labels) == [[.unknown, .positive]])
    #expect(try read(#"{"text":"a","ideal":["yes","no"]}"#, try reader(["spam"])).deadCount == 1)
  }

  @Test func everyFormMayBeMarkedAndNamedInTheUsualWay() throws {
    let json = #"[{"text":"a","label":1},{"text":"b","label":0}]"#
    let yaml = "- {text: a, label: 1}\n- {text: b, label: 0}\n"
    for (text, name) in [("\u{FEFF}" + json, "t.json"), ("\u{FEFF}" + yaml, "t.yaml"), ("content,label\na,1\nb,0\n", "t.csv")] {
      let data = try read(text, as: name, try reader(["spam"]))
      #expect(data.items.map(\.text) == ["a", "b"] && data.items.map(\.labels) == [[.positive], [.negative]], "\(name)")
    }
    let error = #expect(throws: RecordIOError.self) { try read("body,label\na,1\n", as: "t.csv", try reader(["spam"])) }
    #expect(error?.detail.contains("--text-field") == true)
    #expect(throws: RecordIOError.self) { try read("{}\n{}", as: "lines.json", try reader(["spam"])) }
  }

  @Test(arguments: [
    (#"{"text":"a","labels":{"toxic":1,"spam":false}}"#, [Label.positive, .negative]),
    (#"{"text":"a","labels":{"toxic":null}}"#, [.unknown, .unknown]),
    (#"{"text":"a","labels":{"toxic":"unsafe","spam":"ok"}}"#, [.positive, .negative]),
    (#"{"text":"a","labels":["spam"]}"#, [.negative, .positive]),
    (#"{"text":"a","labels":[]}"#, [.negative, .negative]),
    (#"{"text":"a","labels":["safe"]}"#, [.negative, .negative]),
    (#"{"text":"a","labels":["spam","unsafe"]}"#, [.negative, .positive]),
    (#"{"text":"a","label":"spam"}"#, [.negative, .positive]),
    (#"{"text":"a","label":"safe"}"#, [.negative, .negative]),
    (#"{"text":"a","label":""}"#, [.unknown, .unknown]),
    (#"{"text":"a"}"#, [.unknown, .unknown]),
    (#"{"data":"a","expected_triggers":{"toxic":true,"spam":false}}"#, [.positive, .negative]),
  ])
  func labels(_ line: String, _ expected: [Label]) throws {
    let data = try read(line, try reader())
    #expect(data.items.map(\.labels) == [expected] && data.deadCount == 0)
    #expect(data.items[0].item == .message("a") && data.items[0].id == "1")
  }

  @Test func oneCategoryTakesBareLabels() throws {
    let lines = #"{"id":7,"text":"a","label":1}"# + "\n" + #"{"text":"b","label":"false"}"#
    #expect(try read(lines, try reader(["toxic"])).items.map(\.labels) == [[.positive], [.negative]])
    #expect(try read(lines, try reader(bare: "spam")).items.map(\.labels) == [[.unknown, .positive], [.unknown, .negative]])
    let several = try read(lines, try reader())
    #expect(several.items.map(\.labels) == [[.negative, .negative]] && several.deadRows.first?.reason.contains("--category") == true)
  }

  @Test func labelsAreJoinedByRules() throws {
    let line = #"{"text":"a","labels":{"insult":0,"threat":1,"ad":0,"other":1}}"#
    let data = try read(line, try reader(label: ["toxic=insult+threat", "spam=ad"]))
    #expect(data.items[0].labels == [.positive, .negative] && data.strayLabels == ["other": 1])
    #expect(data.warnings.contains { $0.contains("`other` (1)") })
  }

  @Test func rulesAreChecked() {
    var diagnostics = Diagnostics()
    _ = LabelRules(categories: ["toxic"], written: ["toxik=a", "toxic="], bare: "spam", &diagnostics)
    #expect(diagnostics.all.count == 3 && diagnostics.all[0].hint == "did you mean `toxic`?")
  }

  @Test func openAIEvalsAreReadByTheirLastUserTurn() throws {
    let line = #"{"input":[{"role":"system","content":"judge"},{"role":"user","content":"hello"}],"ideal":"spam"}"#
    let data = try read(line, try reader())
    #expect(data.items.map(\.item) == [.message("hello")] && data.items[0].labels == [.negative, .positive])
    #expect(try read(#"{"input":"hello","ideal":["spam"]}"#, try reader()).items[0].labels == [.negative, .positive])
  }

  @Test func promptfooTestsAreRead() throws {
    let yaml = """
      description: what our policy says
      tests:
        - description: plain insult
          vars: {message: you are trash}
          assert: [{type: equals, value: "1"}]
        - vars: {text: hello}
          assert:
            - {type: latency, threshold: 100}
            - {type: not-contains, value: VIOLATES}
        - vars: {text: buy now, label: 0}
        - vars: {text: what}
          assert: [{type: llm-rubric, value: is fine}]
        - vars: {a: one, b: two}
          assert: [{type: equals, value: 1}]
      """
    let data = try read(yaml, as: "tests.yaml", try reader(["toxic"]))
    #expect(data.items.map(\.labels) == [[.positive], [.negative], [.negative]])
    #expect(data.items.map(\.id) == ["plain insult", "2", "3"])
    #expect(data.deadRows.count == 2 && data.deadRows[0].place.hasSuffix("tests.yaml:11"))
    let json = #"[{"vars":{"text":"x"},"assert":[{"type":"icontains","value":"invalid"}]},{"text":"y","label":0}]"#
    #expect(try read(json, as: "tests.json", try reader(["toxic"])).items.map(\.labels) == [[.positive], [.negative]])
  }

  @Test func commaSeparatedFilesAreRead() throws {
    let data = try read("id,text,label\na,\"hi, you\",spam\nb,hello,ok\n", as: "data.csv", try reader())
    #expect(data.items.map(\.id) == ["a", "b"] && data.items.map(\.labels) == [[.negative, .positive], [.negative, .negative]])
    #expect(data.items[0].item == .message("hi, you"))
  }

  @Test func exchangesAndChatsKeepTheirForm() throws {
    var exchange = InputMapping()
    (exchange.prompt, exchange.completion) = ("q", "a")
    #expect(try read(#"{"q":"x","a":"y","labels":{}}"#, try reader(mapping: exchange)).items[0].item == .exchange(prompt: "x", completion: "y"))
    var chat = InputMapping()
    chat.messages = "turns"
    let data = try read(#"{"turns":[{"role":"user","content":"x"}]}"# + "\n" + #"{"turns":[{"role":"user"}]}"#, try reader(mapping: chat))
    #expect(data.items.map(\.item) == [.chat([ChatTurn(role: "user", content: "x")])] && data.deadCount == 1)
  }

  /// The sixth show: whatever is wrong with a line is counted, and named by its place.
  @Test(arguments: [
    (#"{"text":"a","labels":{"toxic":NaN}}"#, "not JSON"), (#"{"text":"a","labels":{"toxic":0.5}}"#, "neither yes nor no"), (#"["a"]"#, "not a JSON object"),
    (#"{"labels":{}}"#, "no text at `text`"), (#"{"text":1}"#, "no text"), (#"{"text":"a","labels":[1]}"#, "not text"), ("{", "not JSON"),
  ])
  func badLinesAreNamed(_ line: String, _ reason: String) throws {
    let data = try read(#"{"text":"fine","labels":{"toxic":0}}"# + "\n\n" + line + "\n", try reader())
    #expect(data.items.count == 1 && data.deadCount == 1)
    #expect(data.deadRows[0].place.hasSuffix("data.jsonl:3") && data.deadRows[0].reason.contains(reason), "\(data.deadRows)")
    #expect(data.warnings.contains("1 of 2 rows left out"))
  }

  @Test func labelsOfAFileOfTheirOwnAreJoinedById() throws {
    let folder = try Folder()
    let messages = try folder.write((1...4).map { #"{"id":"m\#($0)","text":"t"}"# }.joined(separator: "\n"), as: "m.jsonl")
    let labels = try folder.write(
      """
      {"id":"m1","labels":{"toxic":1}}
      {"id":"m2","labels":{"toxic":1}}
      {"id":"m2","labels":{"toxic":0}}
      {"id":"m9","labels":{"toxic":0}}
      {"labels":{"toxic":0}}
      """, as: "l.jsonl")
    let reader = try reader(["toxic"])
    var data = try reader.read([messages])
    try reader.joinLabels(labels, onto: &data)
    #expect(data.items.map(\.labels) == [[.positive], [.unknown], [.unknown], [.unknown]])
    let said = data.warnings.joined(separator: "\n")
    for part in ["1 of 4 labels", "2 messages have no label", "1 ids with contradictory labels", "l.jsonl:5: no id"] { #expect(said.contains(part), "\(said)") }
  }

  @Test func slicesAreReadOrWorkedOut() throws {
    let line = #"{"text":"привет, друг","channel":"general","meta":{"n":3}}"#
    let data = try read(line, try reader(slices: ["length", "language", "channel", "meta.n", "none"].map(SliceRule.init(written:))))
    #expect(data.items[0].slices == ["1 to 20", "Cyrillic script", "general", "3", nil])
    #expect(try read(#"{"text":"hi","language":"en"}"#, try reader(slices: [.language, .script])).items[0].slices == ["en", "Latin"])
  }

  @Test func repeatedIdsCanBeToldApart() throws {
    var data = try read(#"{"id":"a","text":"x"}"# + "\n" + #"{"id":"a","text":"y"}"#, try reader())
    data.makeIDsUnique()
    #expect(data.items.map(\.id) == ["a", "a#2"])
  }
}
