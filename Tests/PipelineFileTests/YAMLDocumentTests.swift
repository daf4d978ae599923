import Moderation
import Testing
import YAMLDocument

/// Shows that YAML is read by the core schema of 1.2, with exact places, and what is refused.
struct YAMLDocumentTests {
  static func parse(_ text: String, environment: [String: String]? = nil) -> (Setting?, Diagnostics) {
    var diagnostics = Diagnostics()
    let setting = YAMLDocument.parse(text: text, file: "t.yaml", environment: environment, diagnostics: &diagnostics)
    return (setting, diagnostics)
  }

  @Test(
    arguments: [
      ("yes", .string("yes")), ("no", .string("no")), ("on", .string("on")), ("off", .string("off")), ("NO", .string("NO")), ("y", .string("y")),
      ("true", .bool(true)), ("False", .bool(false)), ("tRue", .string("tRue")), ("null", .null), ("~", .null), ("", .null), ("nUll", .string("nUll")),
      ("12", .int(12)), ("-3", .int(-3)), ("+4", .int(4)), ("0", .int(0)), ("-0", .int(0)), ("0x1F", .int(31)), ("-0x1F", .string("-0x1F")), ("+0o17", .string("+0o17")), ("0o17", .int(15)),
      ("007", .string("007")), ("1_000", .string("1_000")), ("0b11", .string("0b11")), ("12:30", .string("12:30")), ("2024-01-02", .string("2024-01-02")),
      ("1.5", .double(1.5)), (".5", .double(0.5)), ("1.", .double(1)), ("-1e3", .double(-1000)), ("1E-2", .double(0.01)), ("0.10", .double(0.1)),
      ("1e", .string("1e")), ("e1", .string("e1")), (".", .string(".")), ("-", .string("-")), ("+-1", .string("+-1")), ("0x", .string("0x")),
      ("0x-1", .string("0x-1")),
      ("9223372036854775807", .int(.max)), ("9223372036854775808", .double(9_223_372_036_854_775_808)), ("5%", .string("5%")), ("1.2.3", .string("1.2.3")),
      ("\"12\"", .string("12")), ("'true'", .string("true")), ("!!str 12", .string("12")), ("! 12", .string("12")), ("!!int 12", .int(12)),
      ("!!float 12", .int(12)),
    ] as [(String, Setting.Value)])
  func anUnquotedScalarMeansWhatTheCoreSchemaSays(written: String, value: Setting.Value) {
    // A lone `-` would start a list behind a key, so scalars stand in a flow list.
    let (setting, diagnostics) = Self.parse("[\(written == "" ? "~" : written)]")
    #expect(diagnostics.isEmpty)
    #expect(setting?.list?.first?.value == value)
  }

  @Test(arguments: [
    (".inf", "number-not-finite"), ("-.Inf", "number-not-finite"), (".NaN", "number-not-finite"), ("1e999", "number-not-finite"),
    ("!!int x", "tag-mismatch"), ("!!bool 1", "tag-mismatch"), ("!!binary aGk=", "unknown-tag"), ("!mine x", "unknown-tag"), ("!!set {a}", "unknown-tag"),
    ("{1: a}", "key-not-text"), ("{true: a}", "key-not-text"), ("{~: a}", "key-not-text"), ("{[a]: b}", "key-not-text"), ("{<<: {a: 1}}", "merge-key"),
    ("{a: 1, a: 2}", "duplicate-key"), ("{\"a\": 1, a: 2}", "duplicate-key"), ("*x", "undefined-alias"), ("\"x", "unclosed-quote"), ("'x", "unclosed-quote"),
    ("@x", "yaml-syntax"), ("`x", "yaml-syntax"), ("\"\\q\"", "yaml-syntax"), ("[a", "yaml-syntax"), ("\"\u{2028}\"", "unusual-line-break"),
    ("a\u{0085}b", "unusual-line-break"), ("\"\u{7F}\"", "control-character"), ("\"\u{0}\"", "control-character"), ("\u{FFFE}", "control-character"),
  ])
  func whatIsRefusedHasACodeOfItsOwn(written: String, code: String) {
    #expect(Self.parse("a: \(written)\n").1.all.map(\.code) == [code])
  }

  @Test func everyScalarKnowsWhereItStands() throws {
    let (setting, _) = Self.parse("a: x\n'ké': \"日本\" # c\nb:\n  - &n !!str  12\n  - folded\n    text\n  - |\n    block\nc: {d: 2.5, e: [1,2]}\n")
    let root = try #require(setting)
    func place(_ span: SourceSpan?) -> [Int] { span.map { [$0.line, $0.column, $0.length] } ?? [] }
    #expect(place(root["a"]?.span) == [1, 4, 1])
    #expect(place(root.entry("ké")?.keySpan) == [2, 1, 4])
    #expect(place(root["ké"]?.span) == [2, 7, 4])
    #expect(root["b"]?.list?.map { place($0.span) } == [[4, 15, 2], [5, 5, 6], [7, 5, 1]])
    #expect(root["b"]?.list?.map(\.string) == ["12", "folded text", "block\n"])
    #expect(place(root["c"]?["d"]?.span) == [9, 8, 3])
    #expect(place(root["c"]?["e"]?.list?.last?.span) == [9, 19, 1])
  }

  @Test(arguments: ["a: 1\nb: 2\n", "a: 1\r\nb: 2\r\n", "a: 1\rb: 2", "\u{FEFF}a: 1\nb: 2"]) func lineEndsAndByteOrderMarksChangeNoPlace(text: String) {
    let (setting, diagnostics) = Self.parse(text)
    #expect(diagnostics.isEmpty)
    #expect(setting?.entries?.map(\.key) == ["a", "b"])
    #expect(setting?.entry("b")?.keySpan == SourceSpan(file: "t.yaml", line: 2, column: 1, length: 1))
    #expect(setting?.entry("a")?.keySpan.column == 1)
  }

  @Test(arguments: ["", "\n", "# only a comment\n", "---\n", "\u{FEFF}"]) func anEmptyFileIsNull(text: String) {
    let (setting, diagnostics) = Self.parse(text)
    #expect(setting?.isNull == true)
    #expect(diagnostics.isEmpty)
  }

  @Test func everyDuplicateKeyIsReportedWithBothPlacesAndTheFirstKept() {
    let (setting, diagnostics) = Self.parse("a: 1\nb: {\"x\": 1, 'x': 2, y: 3}\na: 2\nc: {é: 1, é: 2}\na: 3\n")
    #expect(setting?["a"]?.int == 1)
    #expect(setting?["b"]?["x"]?.int == 1)
    #expect(setting?["b"]?["y"]?.int == 3)
    #expect(diagnostics.all.allSatisfy { $0.code == "duplicate-key" })
    let places = diagnostics.all.map { [$0.span?.line, $0.span?.column, $0.notes.first?.span?.line, $0.notes.first?.span?.column] }
    #expect(Set(places) == [[2, 13, 2, 5], [3, 1, 1, 1], [4, 11, 4, 5], [5, 1, 1, 1]])
  }

  @Test func moreDuplicatesThanTheLimitStillEndAndSaySo() {
    let text = (0..<50).map { "k\($0): 1\nk\($0): 2\n" }.joined()
    let (setting, diagnostics) = Self.parse(text)
    #expect(setting == nil)
    #expect(diagnostics.all.map(\.code) == ["duplicate-key"])
  }

  @Test func aliasesRepeatAValueAndItsPlace() {
    let (setting, diagnostics) = Self.parse("a: &x {k: 1}\nb: *x\n")
    #expect(diagnostics.isEmpty)
    #expect(setting?["b"]?["k"]?.int == 1)
    #expect(setting?["b"]?["k"]?.span.line == 1)
  }

  @Test func severalDocumentsAreRefused() {
    #expect(Self.parse("a: 1\n---\nb: 2\n").1.all.map(\.code) == ["multiple-documents"])
    #expect(Self.parse("---\na: 1\n...\n").1.isEmpty)
  }

  @Test(arguments: 0..<512) func anyCutOrFlippedByteGivesASettingOrADiagnosticNeverACrash(seed: Int) {
    var bytes = Array("a: &x {k: 1, \"q\\n\": 'it''s'}\nb: [*x, !!str 3, ${V:-d}]\nc: |\n  block\n  日本\nd: >-\n  folded\n? e\n: f\n".utf8)
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for _ in 0..<1 + seed % 4 { bytes[next(bytes.count)] = UInt8(next(256)) }
    if seed % 3 == 0 { bytes.removeSubrange(next(bytes.count)...) }
    var diagnostics = Diagnostics()
    let setting = YAMLDocument.parse(bytes: bytes, file: "t.yaml", environment: [:], diagnostics: &diagnostics)
    #expect(setting != nil || diagnostics.hasErrors)
    for diagnostic in diagnostics.all { #expect(Grammar.problem(diagnostic.message) == nil, "\(diagnostic.message)") }
  }
}
