import Foundation
import Moderation
import PatternMatching
import Testing
import YAMLDocument

@Suite struct FileTests {
  @Test func everyFormatGivesTheSamePhrases() throws {
    let yaml = "category: hate\neffect: escalate\nphrases: [one, two words, {phrase: three, category: threats, effect: block, final: true}]\nexempt: [one of]"
    let csv =
      "phrase,category,severity,effect,final\r\none,hate,,escalate,\r\n\"two words\",hate,low,escalate,no\r\nthree,threats,high,block,true\none of,,,exempt,\n\n"
    let tsv = "effect\tphrase\tcategory\tfinal\nescalate\tone\thate\t\nescalate\ttwo words\thate\t\nblock\tthree\tthreats\tyes\nexempt\tone of\t\t"
    let json =
      #"[{"phrase": "one", "category": "hate", "effect": "escalate"}, {"phrase": "two words", "category": "hate", "effect": "escalate"}, {"phrase": "three", "category": "threats", "effect": "block", "final": true}, {"phrase": "one of", "effect": "exempt"}]"#
    for (name, content) in [("a.yaml", yaml), ("a.csv", csv), ("a.tsv", tsv), ("a.json", json)] {
      let prefilter = try Prefilter([name: content], settings: "match: word")
      let hits = prefilter.output(["one of one two words three"]).hits
      #expect(
        hits.map { "\(Prefilter.categories[$0.category].name) \($0.effect.name) \($0.span.range)" } == [
          "hate escalate 7..<10", "hate escalate 11..<20", "threats block 21..<26",
        ], "\(name)")
    }
  }

  @Test func plainTextTakesTheStagesDefaults() throws {
    let prefilter = try Prefilter(
      ["a.txt": "\u{FEFF}# words\r\n\r\n  one  \r\n\\#two\n   # no phrase\nthree#"], settings: "category: hate\neffect: block\nfinal: true")
    #expect(
      prefilter.find("one #two three# words") == [
        Found(rule: "a/3", text: "one", effect: .block), Found(rule: "a/4", text: "#two", effect: .block), Found(rule: "a/6", text: "three#", effect: .block),
      ])
  }

  @Test func aNumberIsAPhraseOnlyAsItIsWritten() throws {
    for phrase in ["+18", "0x88", "0o17", "1e3", "{phrase: +18}", "{phrase: 0x88}"] {
      #expect(try Prefilter.problems(["a.yaml": "- \(phrase)"]).contains { $0.contains("[wrong-type]") }, "\(phrase)")
    }
    let prefilter = try Prefilter(["a.yaml": "- 1488\n- -1\n- '+18'"])
    #expect(prefilter.texts("1488 +18 18") == ["1488", "+18"])
  }

  @Test func groupsAndDefaultsNest() throws {
    let yaml = """
      category: hate
      match: start
      phrases: [alpha]
      groups:
        - category: threats
          effect: escalate
          phrases: [beta, {phrase: gamma, match: word}]
        - match: anywhere
          phrases: [delta]
          exempt: [xdeltax]
      """
    let prefilter = try Prefilter(["a.yaml": yaml], settings: "category: spam")
    let hits = prefilter.output(["alphas betas gammas xdelta xdeltax"]).hits
    #expect(
      hits.map { "\(Prefilter.categories[$0.category].name) \($0.effect.name) \($0.span.start)" } == ["hate signal 0", "threats escalate 7", "hate signal 21"])
  }

  @Test func severityAndForeignCategoriesCanBeLeftOut() throws {
    let yaml = "- {phrase: one, severity: low}\n- {phrase: two, severity: high}\n- three\n- {phrase: four, category: weather}"
    let prefilter = try Prefilter(["a.yaml": yaml], settings: "category: spam\nmin_severity: medium\nother_categories: ignore")
    #expect(prefilter.texts("one two three four") == ["two", "three"])
  }

  static let broken: [(name: String, file: String, content: String)] = [
    ("unknown field", "a.yaml", "phrases:\n  - {phrase: x, catgory: spam}\nsevrity: low"),
    ("unknown category", "a.yaml", "- {phrase: x, category: spma}\n- {phrase: y, category: spma}\n- {phrase: z, category: weather}"),
    ("block without final", "a.yaml", "- {phrase: x, effect: block}\n- {phrase: y, final: true}"),
    (
      "wrong values", "a.yaml",
      "- {phrase: x, effect: blok}\n- {phrase: y, severity: bad}\n- {phrase: z, match: all}\n- {phrase: a, final: maybe}\n- [b]\n- true"
    ),
    ("empty phrases", "a.yaml", "- ''\n- '   '\n- \"\\u200b\"\n- {category: spam}\n- {phrase: null}"),
    ("duplicate phrases", "a.yaml", "- one\n- two\n- ONE"),
    ("not a lexicon", "a.yaml", "just text"),
    ("lists expected", "a.yaml", "phrases: one\ngroups: {}\nexempt: [1.5]"),
    ("yaml syntax", "a.yaml", "phrases: [one\n- two"),
    ("long phrase", "a.txt", String(repeating: "long ", count: 100)),
    ("control character", "a.txt", "a\u{0}b\nc\u{1B}d"),
    ("csv header", "a.csv", "word,category\nx,spam"),
    ("csv columns", "a.csv", "phrase,category\none\ntwo,spam,more\nthree,spam"),
    ("csv values", "a.csv", "phrase,effect,final\none,block,no\ntwo,burn,\n,signal,\nfour,signal,perhaps"),
    ("csv quote", "a.csv", "phrase\n\"never ends\nreally"),
    ("csv empty", "a.csv", ""),
    ("rule fields", "a.rules.yaml", "- {id: a}\n- {pattern: b}\n- {id: c, patern: d}\n- plain\n- {id: e, pattern: 5}\n- {id: '', pattern: x}"),
    (
      "rule syntax", "a.rules.yaml",
      "- {id: a, pattern: 'ab(c'}\n- id: b\n  pattern: é[z-a]\n- {id: c, pattern: \"a\\u0062+*?{\"}\n- {id: d, pattern: '(?<n>x)(?<n>y)'}\n- {id: e, pattern: '\\C'}"
    ),
    ("rule flags", "a.rules.yaml", "- {id: a, pattern: x, flags: ig}\n- {id: b, pattern: x, on: copy}\n- {id: c, pattern: ''}"),
    ("rule ids", "a.rules.yaml", "- {id: a, pattern: x}\n- {id: a, pattern: y}"),
    ("rule matches everything", "a.rules.yaml", "- {id: a, pattern: 'x*'}\n- {id: b, pattern: '(?=.*x)'}"),
    ("rules as a map", "a.rules.yaml", "rulez: []"),
    ("rule blocks", "a.rules.yaml", "effect: block\nrules: [{id: a, pattern: x}]"),
  ]

  /// Every message that a file can cause, held to the letter.
  @Test func problemsAreReportedAsTheGoldenFileSays() throws {
    var report = ""
    for (name, file, content) in Self.broken {
      // PCRE2 changes its words from version to version.
      let problems = try Prefilter.problems([file: content]).map {
        $0.replacing(/(rule `.`: ).* \[invalid-pattern\]/) { "\($0.1)(PCRE2's words) [invalid-pattern]" }
      }
      report += "== \(name)\n" + problems.joined(separator: "\n") + "\n"
    }
    report += "== nothing named\n" + (try Prefilter.problems([:])).joined(separator: "\n") + "\n"
    report += "== no category\n" + (try Prefilter.problems(["a.txt": "one\ntwo"], settings: "match: word")).joined(separator: "\n") + "\n"
    report +=
      "== missing file\n" + (try Prefilter.problems([:], settings: "category: spam\nlexicons: [none.txt]\nrules: [none.yaml]")).joined(separator: "\n") + "\n"
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/problems.txt")
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil { try report.write(to: url, atomically: true, encoding: .utf8) }
    #expect(try String(contentsOf: url, encoding: .utf8) == report)
  }

  /// Only final hits block alone: an entry cannot take `final` back and keep the block of its file or stage.
  @Test(arguments: [
    ("a.yaml", "- {phrase: mildword, final: false}", "a.yaml:1:29", "- {phrase: mildword, final: false, effect: signal}"),
    ("a.yaml", "phrases:\n  - mildword\nfinal: false", "a.yaml:3:8", "phrases:\n  - mildword\nfinal: false\neffect: signal"),
    ("a.csv", "phrase,final\nsoftword,false", "a.csv:2:1", "phrase,final,effect\nsoftword,false,signal"),
    ("a.rules.yaml", "- {id: a, pattern: softword, final: false}", "a.rules.yaml:1:37", "- {id: a, pattern: softword, final: false, effect: escalate}"),
  ])
  func aBlockFromOutsideCannotBeMadeUnfinal(_ name: String, _ content: String, _ place: String, _ corrected: String) throws {
    let settings = "category: spam\neffect: block\nfinal: true"
    #expect(
      try Prefilter.problems([name: content], settings: settings) == [
        "\(place): error: `final: false` does not change the effect `block` of the file or stage, which decides alone [block-without-final]"
          + " (write `effect: escalate` or `effect: signal` beside it)"
      ])
    #expect(try Prefilter.problems([name: corrected], settings: settings) == [])
  }

  @Test func everyReportedCodeIsExplained() throws {
    let shared = ["unknown-field", "missing-field", "wrong-type", "unknown-choice", "unknown-category"]
    let explained = Set(PrefilterStage.codes.map(\.code) + YAMLDocument.codes.map(\.code) + shared)
    for (_, file, content) in Self.broken {
      for problem in try Prefilter.problems([file: content]) {
        let code = problem.firstMatch(of: /\[([a-z0-9-]+)\](?: \(|$)/).map { String($0.1) } ?? ""
        #expect(explained.contains(code), "\(problem)")
      }
    }
    #expect(Set(PrefilterStage.codes.map(\.code)).count == PrefilterStage.codes.count)
  }

  /// House grammar: no capital at the start, no full stop at the end.
  @Test func messagesKeepTheHouseGrammar() throws {
    for (_, file, content) in Self.broken {
      for problem in try Prefilter.problems([file: content]) where !problem.contains("[yaml") {
        let message = problem.split(separator: ": ", maxSplits: 2).last.map(String.init) ?? ""
        #expect(message.first?.isUppercase == false, "\(problem)")
        #expect(!message.contains(". ["), "\(problem)")
      }
    }
  }

  @Test func bytesThatAreNotUTF8AreReportedByLine() throws {
    for name in ["a.txt", "a.csv", "a.yaml", "a.rules.yaml"] {
      let (configuration, folder) = try Prefilter.configuration([name: "x"], settings: "category: spam")
      defer { try? FileManager.default.removeItem(at: folder) }
      try Data("phrase\nok\n".utf8 + [0x66, 0xFF, 0xFE, 0x0A]).write(to: folder.appending(path: name))
      var diagnostics = Diagnostics()
      PrefilterStage.stageType.check(configuration, &diagnostics)
      #expect(diagnostics.hasErrors && diagnostics.all.allSatisfy { $0.span?.line == 3 }, "\(diagnostics.all)")
    }
  }

  @Test func hostileFilesEndInAReport() throws {
    let hostile = [
      ("a.txt", String(repeating: "\n", count: 100_000)), ("a.txt", String(repeating: "\u{200B}\n", count: 10_000)),
      ("a.csv", String(repeating: ",", count: 100_000)),
      ("a.csv", "phrase\n" + String(repeating: "\"", count: 99_999)), ("a.yaml", String(repeating: "[", count: 5_000)),
      ("a.yaml", String(repeating: "- [", count: 5_000)),
      ("a.yaml", "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nphrases: *c"),
      ("a.rules.yaml", "- {id: a, pattern: '" + String(repeating: "(", count: 10_000) + "'}"),
      ("a.rules.yaml", "- {id: a, pattern: '" + String(repeating: "(a|b)?", count: 5_000) + "'}"),
      ("a.rules.yaml", "- {id: a, pattern: '((a{1000}){1000}){1000}'}"),
      ("a.rules.yaml", "- {id: a, pattern: '" + String(repeating: "(?:", count: 240) + "a" + String(repeating: ")", count: 240) + "'}"),
    ]
    for (name, content) in hostile {
      let problems = try Prefilter.problems([name: content])
      #expect(problems.count <= 60)
    }
  }

  @Test func aLexiconOfFiftyThousandPhrasesLoadsFromEveryFormat() throws {
    let phrases = (0..<50_000).map { "phrase\($0 % 1000) number\($0)" }
    let text = try Prefilter(["a.txt": phrases.joined(separator: "\n")])
    let csv = try Prefilter(["a.csv": "phrase,category\n" + phrases.map { "\($0),spam" }.joined(separator: "\n")])
    let yaml = try Prefilter(["a.yaml": "phrases:\n" + phrases.map { "- \($0)\n" }.joined()])
    for prefilter in [text, csv, yaml] {
      #expect(prefilter.screen.summary.phrases == 50_000)
      #expect(prefilter.texts("phrase999 number999 and Phrase999  number49999, phrase1 number2") == ["phrase999 number999", "Phrase999  number49999"])
    }
  }

  @Test func specNamesEveryFieldAndItsExampleIsRead() throws {
    #expect(PrefilterStage.spec.type == "prefilter" && !PrefilterStage.spec.scores)
    for field in PrefilterStage.spec.fields { #expect(!field.doc.isEmpty && field.doc.hasSuffix(".")) }
  }
}
