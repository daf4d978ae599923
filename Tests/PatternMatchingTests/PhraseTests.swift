import Moderation
import PatternMatching
import Testing

@Suite struct PhraseTests {
  @Test(
    arguments: [
      ("idiot", "You IDIOT!", ["IDIOT"]),
      ("idiot", "idiots idiotic", []),
      ("idiot", "idiot_idiot-idiot", ["idiot", "idiot", "idiot"]),
      ("idiot", "(idiot)", ["idiot"]),
      ("idiot", "你idiot你", ["idiot"]),
      ("idiot", "ñidiot idiotñ", []),
      ("idiot", "2idiot idiot2", []),
      (
        "kill yourself", "kill yourself, Kill \n YOURSELF kill_yourself kill - yourself",
        ["kill yourself", "Kill \n YOURSELF", "kill_yourself", "kill - yourself"]
      ),
      ("kill yourself", "killyourself kill your self kill, yourself", []),
      ("kill yourself", "kill\u{A0}yourself", ["kill\u{A0}yourself"]),
      ("a$$", "a$$ pa$$ a$$et", ["a$$", "a$$"]),
      ("$lut", "$lut $$lut x$lut", ["$lut", "$lut", "$lut"]),
      ("f*ck", "f*ck f**ck", ["f*ck"]),
      ("don't", "DON'T don’t dont", ["DON'T", "don’t"]),
      (":(", "sad :( :((", [":(", ":("]),
      ("💀", "💀💀 dead", ["💀", "💀"]),
      ("👉👌", "👉👌 👉 👌", ["👉👌"]),
      ("傻逼", "你是傻逼吗", ["傻逼"]),
      ("死ね", "お前死ねよ", ["死ね"]),
      ("ควย", "ไอควยเอ้ย", ["ควย"]),
      ("ШЛЮХА", "шлюха Шлюха шлюхами", ["шлюха", "Шлюха"]),
      ("straße", "STRASSE Straße", ["STRASSE", "Straße"]),
      ("kid", "\u{212A}id", ["\u{212A}id"]),
      ("ass", "a\u{17F}s", ["a\u{17F}s"]),
      ("#hashtag", "a #hashtag b#hashtag", ["#hashtag", "#hashtag"]),
      ("1488", "1488 14880", ["1488"]),
      ("é", "É e\u{301} e", ["É", "e\u{301}", "e"]),
    ] as [(String, String, [String])])
  func phraseIsFoundAsAWord(_ phrase: String, _ text: String, _ expected: [String]) throws {
    let prefilter = try Prefilter(["words.txt": phrase.hasPrefix("#") ? "\\" + phrase : phrase])
    #expect(prefilter.texts(text) == expected)
  }

  @Test func matchSaysWhereInAWord() throws {
    let prefilter = try Prefilter([
      "words.yaml":
        "- {phrase: fuck, match: anywhere, id: any}\n- {phrase: fuck, match: start, id: start}\n- {phrase: fuck, id: word}\n- {phrase: сука, match: anywhere, id: russian}"
    ])
    #expect(prefilter.find("motherfucker").map(\.rule) == ["words/any"])
    #expect(prefilter.find("FUCKing").map(\.rule) == ["words/any", "words/start"])
    #expect(prefilter.find("fuck").map(\.rule) == ["words/any", "words/start", "words/word"])
    #expect(prefilter.find("засукаЙ").map(\.text) == ["сука"])
    #expect(prefilter.find("ЗАСУКА").map(\.text) == ["СУКА"])
  }

  /// Letters with a Latin twin are read as Latin by themselves, and as written in a longer word that has other letters.
  @Test(arguments: ["херня", "хеееерня", "х\u{200B}ерня", "хе\u{301}рня", "ХЕРНЯ", "ХЕ\u{200B}РНЯ"])
  func aBeginningInAnotherScriptIsFoundInALongerDisguisedWord(text: String) throws {
    let prefilter = try Prefilter(["words.yaml": "- {phrase: хер, match: start}"])
    #expect(prefilter.find("да \(text)!").count == 1)
    #expect(prefilter.find("да \(text)!").allSatisfy { text.hasPrefix($0.text) })
  }

  @Test func hitsAreSortedAndCarryCategoryAndEffect() throws {
    let prefilter = try Prefilter(
      [
        "words.yaml":
          "phrases:\n- {phrase: zebra, category: hate, effect: escalate}\n- {phrase: apple zebra, category: threats, effect: block, final: true}\n- apple"
      ])
    let hits = prefilter.output(["apple zebra apple"]).hits
    #expect(hits.map { [$0.span.start, $0.span.end] } == [[0, 5], [0, 11], [6, 11], [12, 17]])
    #expect(hits.map(\.effect) == [.signal, .block, .escalate, .signal])
    #expect(hits.map { Prefilter.categories[$0.category].name } == ["spam", "threats", "hate", "spam"])
  }

  @Test func manyPhrasesWithTheSameFirstWordAreToldApart() throws {
    let phrases = (0..<500).map { "you word\($0)" }
    let prefilter = try Prefilter(["words.txt": phrases.joined(separator: "\n")])
    #expect(prefilter.texts("You word17 and you  WORD499, you word500") == ["You word17", "you  WORD499"])
  }

  @Test func longWordsAndLongPhrasesAreFound() throws {
    let long = String(repeating: "abcdefgh", count: 30)
    let prefilter = try Prefilter(["words.txt": "\(long)\nx \(long.dropLast(3))\n\(String(repeating: "ж", count: 100))"])
    #expect(prefilter.texts("A \(long) b") == [long])
    #expect(prefilter.texts("\(long)a").isEmpty)
    #expect(prefilter.texts(String(repeating: "Ж", count: 100)).count == 1)
  }

  @Test func describeNamesRuleAndPlace() throws {
    let prefilter = try Prefilter([
      "slurs.txt": "# comment\n\none\ntwo", "named.yaml": "- {phrase: three, id: third}", "spam.rules.yaml": "- {id: nitro, pattern: free nitro}",
    ])
    let hits = prefilter.output(["one two three free nitro"]).hits
    let names = hits.map { prefilter.screen.describe(source: $0.source) }
    #expect(names.map(\.rule) == ["slurs/3", "slurs/4", "named/third", "spam.rules/nitro"])
    #expect(names.map { $0.location?.split(separator: "/").last } == ["slurs.txt:3", "slurs.txt:4", "named.yaml:1", "spam.rules.yaml:1"])
    #expect(prefilter.screen.describe(source: 99).rule == "unknown")
  }
}
