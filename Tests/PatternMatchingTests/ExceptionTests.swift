import Moderation
import PatternMatching
import Testing

@Suite struct ExceptionTests {
  static let lexicon = """
    category: hate
    effect: escalate
    match: anywhere
    phrases: [cunt, cock, penis, {phrase: ass, exempt: [class, assassin]}, shit, {phrase: tit, exempt: [title]}]
    exempt: [scunthorpe, cocktail, peacock, penistone, {phrase: shiitake}, {phrase: title, category: threats}]
    """
  static let prefilter = Result { try Prefilter(["slurs.yaml": lexicon]) }

  @Test(
    arguments: [
      ("Scunthorpe United", []), ("SCUNTHORPE cunt", ["cunt"]), ("cunts in Scunthorpe", ["cunt"]), ("scunthorpes", ["cunt"]),
      ("a cocktail, a peacock, Penistone", []), ("cocktail cock", ["cock"]), ("first class assassin", []), ("classy ass", ["ass", "ass"]),
      ("the title", []), ("subtitle", ["tit"]),
    ] as [(String, [String])])
  func allowListHidesWhatStandsInsideIt(_ text: String, _ expected: [String]) throws {
    #expect(try Self.prefilter.get().texts(text) == expected)
  }

  /// In a word of the list that is disguised, the exception holds as the phrase does.
  @Test(arguments: ["ＳＣＵＮＴＨＯＲＰＥ", "Scun\u{200B}thorpe", "Sсunthоrpe"])
  func exceptionHoldsInTheNormalisedCopy(_ text: String) throws {
    #expect(try Self.prefilter.get().texts(text).isEmpty)
  }

  @Test func exceptionOfOneCategoryHidesOnlyThatCategory() throws {
    let prefilter = try Prefilter([
      "a.yaml": "- {phrase: shoot, category: threats}\n- {phrase: shoot, category: spam}\n- {phrase: photo shoot, effect: exempt, category: threats}"
    ])
    #expect(prefilter.output(["photo shoot"]).hits.map { Prefilter.categories[$0.category].name } == ["spam"])
  }

  @Test func exemptRuleHidesHitsOfPhrasesAndRules() throws {
    let rules = """
      - {id: quoted, pattern: '"[^"]*"', effect: exempt, on: original}
      - {id: digits, pattern: '\\d{4}'}
      """
    let prefilter = try Prefilter(["words.txt": "idiot", "a.rules.yaml": rules])
    #expect(prefilter.texts(#"idiot "idiot 1234" 5678"#) == ["idiot", "5678"])
  }

  @Test func finalBlocksAreHiddenToo() throws {
    let prefilter = try Prefilter(["a.yaml": "- {phrase: bomb, effect: block, final: true}\n- {phrase: bath bomb, effect: exempt}"])
    #expect(prefilter.find("a bath bomb and a bomb").map(\.effect) == [.block])
    #expect(prefilter.find("a bath bomb").isEmpty)
  }

  @Test func aLongExceptionCoversOnlyWhatItHides() throws {
    let lexicon = """
      - {phrase: ab, match: anywhere, category: spam}
      - {phrase: ab, match: anywhere, category: threats}
      - {phrase: xaby, effect: exempt, category: spam}
      """
    func categories(_ rule: String, in text: String) throws -> [String] {
      let rules = "- {id: quoted, pattern: '\"[^\"]*\"', effect: exempt, \(rule)on: original}"
      let prefilter = try Prefilter(["a.yaml": lexicon, "r.rules.yaml": rules], settings: "match: word")
      return prefilter.output([text]).hits.map { "\(Prefilter.categories[$0.category].name) \($0.span.start)" }
    }
    let text = #""xaby ab" ab xaby"#
    #expect(try categories("category: threats, ", in: text) == ["spam 6", "spam 10", "threats 10", "threats 14"])
    #expect(try categories("category: spam, ", in: text) == ["threats 2", "threats 6", "spam 10", "threats 10", "threats 14"])
    #expect(try categories("", in: text) == ["spam 10", "threats 10", "threats 14"])
  }

  @Test func manyExceptionsAndHitsStayCheap() throws {
    let prefilter = try Prefilter(["a.yaml": "- {phrase: ab, match: anywhere}\n- {phrase: xaby, effect: exempt}"])
    #expect(prefilter.output([String(repeating: "xaby ", count: 20_000)]).hits.isEmpty)
    #expect(prefilter.output([String(repeating: "xaby ab ", count: 10_000)]).hits.count == 10_000)
  }
}
