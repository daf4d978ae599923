import Moderation
import Testing
import YAMLDocument

/// Shows that `${VAR}` is replaced in values alone, after parsing, and never in what is shown.
struct InterpolationTests {
  static let environment = [
    "N": "20", "T": "true", "S": "two words", "E": "", "INJECT": "x\nstages: []", "BRACE": "{a: 1}", "DOLLAR": "${N}", "INF": ".inf", "NULL": "null",
  ]

  @Test(
    arguments: [
      ("${N}", .string("20")), ("\"${N}\"", .string("20")), ("${T}", .string("true")), ("${N}s", .string("20s")), ("a ${S} b", .string("a two words b")),
      ("${E}", .string("")), ("${NULL}", .string("null")), ("${E:-d}", .string("d")), ("${U:-}", .string("")), ("${U:-1.5}", .string("1.5")),
      ("${U:-http://h:1/}", .string("http://h:1/")),
      ("${N:?needed}", .string("20")), ("$$", .string("$")), ("$${N}", .string("${N}")), ("$$$$", .string("$$")), ("$", .string("$")),
      ("cost $5", .string("cost $5")),
      ("^a$", .string("^a$")), ("${INJECT}", .string("x\nstages: []")), ("${BRACE}", .string("{a: 1}")), ("${DOLLAR}", .string("${N}")),
      ("${N}${N}", .string("2020")), ("'${N}'", .string("20")), ("x$$", .string("x$")),
    ] as [(String, Setting.Value)])
  func aVariableIsReplacedAfterParsing(written: String, value: Setting.Value) {
    var diagnostics = Diagnostics()
    let setting = YAMLDocument.parse(text: "a: \(written)", file: "t.yaml", environment: Self.environment, diagnostics: &diagnostics)
    #expect(diagnostics.isEmpty)
    #expect(setting?["a"]?.value == value)
  }

  @Test(arguments: [
    ("${U}", "unset-variable"), ("${U:?say}", "required-variable"), ("${E:?say}", "required-variable"), ("\"${\"", "interpolation-syntax"),
    ("\"${}\"", "interpolation-syntax"), ("${N-x}", "interpolation-syntax"), ("${1A}", "interpolation-syntax"), ("${A B}", "interpolation-syntax"),
    ("${é}", "interpolation-syntax"),
  ])
  func whatCannotBeReplacedIsReportedAtItsPlace(written: String, code: String) {
    var diagnostics = Diagnostics()
    _ = YAMLDocument.parse(text: "a: \(written)", file: "t.yaml", environment: Self.environment, diagnostics: &diagnostics)
    #expect(diagnostics.all.map(\.code) == [code])
    #expect(diagnostics.all.first?.span == SourceSpan(file: "t.yaml", line: 1, column: 4, length: written.unicodeScalars.count))
  }

  @Test func keysAndLiteralPartsAreLeftAlone() {
    var diagnostics = Diagnostics()
    let text = "${N}: ${N}\ntests: [{text: \"${U} ${\"}]\n"
    let setting = YAMLDocument.parse(text: text, file: "t.yaml", environment: Self.environment, literalKeys: ["tests"], diagnostics: &diagnostics)
    #expect(diagnostics.isEmpty)
    #expect(setting?["${N}"]?.string == "20")
    #expect(setting?["tests"]?.list?.first?["text"]?.string == "${U} ${")
  }

  @Test func withoutAnEnvironmentNothingIsReplaced() {
    var diagnostics = Diagnostics()
    let setting = YAMLDocument.parse(text: "a: ${U} $$", file: "t.yaml", diagnostics: &diagnostics)
    #expect(diagnostics.isEmpty)
    #expect(setting?["a"] == Setting(.string("${U} $$"), at: SourceSpan(file: "t.yaml", line: 1, column: 4, length: 7)))
  }

  @Test func onlyAValueFromOutsideIsMarked() {
    var diagnostics = Diagnostics()
    let setting = YAMLDocument.parse(text: "a: ${N}\nb: x $$ y\nc: 1", file: "t.yaml", environment: Self.environment, diagnostics: &diagnostics)
    #expect(setting?.entries?.map(\.value.isInterpolated) == [true, false, false])
  }
}
