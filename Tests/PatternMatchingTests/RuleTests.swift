import Moderation
import PatternMatching
import Testing

@Suite struct RuleTests {
  @Test func aBackReferenceIsStillLookedForBehindDisguises() throws {
    let prefilter = try Prefilter(["r.rules.yaml": "- {pattern: '(\\w{3,})(?:\\W+\\1){3}', id: r}"])
    #expect(!prefilter.find("fr\u{200B}ee free free free").isEmpty)
  }

  /// What a back reference matches depends on capitals, whatever else stands in the text.
  @Test(arguments: ["", "on: both\n", "on: normalised\n"]) func aBackReferenceSeesTheSameInEveryText(on: String) throws {
    for pattern in ["(\\w+)\\s+\\1", "(?<w>\\w+)\\s+\\k<w>", "(?P<w>\\w+)\\s+(?P=w)"] {
      let prefilter = try Prefilter(["r.rules.yaml": "- {pattern: '\(pattern)', \(on.isEmpty ? "" : on.replacing("\n", with: "") + ", ")id: r}"])
      #expect(prefilter.find("Buy buy").isEmpty == prefilter.find("Buy buy…").isEmpty, "\(pattern) \(on)")
    }
  }

  static func prefilter(_ rules: String, settings: String = "category: spam") throws -> Prefilter {
    try Prefilter(["r.rules.yaml": rules], settings: settings)
  }

  @Test func patternsFindAllTheirMatches() throws {
    let prefilter = try Self.prefilter("- {id: a, pattern: 'free\\s+nitro', flags: i, effect: escalate}\n- {id: b, pattern: '\\d{3}-\\d{4}'}")
    #expect(
      prefilter.find("Free NITRO 555-1234 free  nitro") == [
        Found(rule: "r.rules/a", text: "Free NITRO", effect: .escalate), Found(rule: "r.rules/b", text: "555-1234"),
        Found(rule: "r.rules/a", text: "free  nitro", effect: .escalate),
      ])
  }

  @Test(arguments: [
    ("original", "FREE fr\u{200B}ee", ["FREE"]), ("normalised", "FREE fr\u{200B}ee ｆree", ["FREE", "fr\u{200B}ee", "ｆree"]),
    ("both", "FREE fr\u{200B}ee", ["FREE", "fr\u{200B}ee"]),
  ])
  func streamIsTheOneAskedFor(_ on: String, _ text: String, _ expected: [String]) throws {
    #expect(try Self.prefilter("- {id: a, pattern: free, flags: i, on: \(on)}").texts(text) == expected)
  }

  @Test func caseSensitiveRulesReadTheOriginalUnlessTold() throws {
    #expect(try Self.prefilter("- {id: a, pattern: US}").texts("us US ＵＳ") == ["US"])
    #expect(try Self.prefilter("- {id: a, pattern: us, on: both}").texts("US us") == ["US", "us"])
    #expect(try Self.prefilter("- {id: a, pattern: us, on: normalised}").texts("plain US") == ["US"])
  }

  /// Also where the parser knows little of a class or gives up on the pattern.
  @Test(arguments: ["free", "[[:alpha:]]*free", "free\\W*(?:[[:digit:]]+)?", "\\p{L}*free", "gluten(*SKIP)(*F)|free"])
  func aRuleThatIgnoresCaseIsAlsoLookedForBehindDisguises(_ pattern: String) throws {
    #expect(try Self.prefilter("- {id: a, flags: i, pattern: '\(pattern)'}").texts("fr\u{200B}ee") == ["fr\u{200B}ee"])
  }

  /// On the copy, which has no capitals, the first three would find every word of four letters, and the last two what the pattern excludes.
  @Test(arguments: ["[[:lower:]]{4}", "\\p{Ll}{4}", "[^[:upper:]]{4}", "gluten(*SKIP)(*F)|free", "(?i:gluten)(*SKIP)(*F)|(?s-i:free)"])
  func aRuleThatTellsCasesReadsTheOriginalOnly(_ pattern: String) throws {
    let flags = pattern.contains("-i") ? "flags: i, " : ""
    #expect(try Self.prefilter("- {id: a, \(flags)pattern: '\(pattern)'}").texts("FREE…").isEmpty)
  }

  @Test func aClassOfCapitalsReadsTheOriginal() throws {
    #expect(try Self.prefilter("- {id: a, pattern: '[[:upper:]]{4}'}").texts("fr\u{200B}ee FREE") == ["FREE"])
  }

  /// PCRE2 may tell cases apart under `i` here; what else stands in the text must make no difference.
  @Test(arguments: ["\\p{Ll}{4}", "[[:lower:]]{4}", "x(*F)|\\p{Ll}{4}"]) func aClassOfCaseUnderIgnoredCaseSeesTheSameInEveryText(_ pattern: String) throws {
    let prefilter = try Self.prefilter("- {id: a, flags: i, pattern: '\(pattern)'}")
    #expect(prefilter.texts("FREE") == ["FREE"] && prefilter.texts("FREE…") == ["FREE"])
  }

  /// `\K` in a look-behind, through a call, makes a match that ends where the search began.
  @Test func aMatchBeforeItsPlaceOfSearchIsFoundOnce() throws {
    let pattern = "'(?(DEFINE)(\\Ka))(?<=(?1))'"
    #expect(try Self.prefilter("- {id: a, pattern: \(pattern)}").texts("zaba") == ["a", "a"])
    #expect(try Self.prefilter("- {id: a, pattern: \(pattern), effect: exempt}\n- {id: b, pattern: 'z|a'}").texts("zaba") == ["z"])
  }

  @Test(
    arguments: [
      ("i", "ABC", "abc", ["abc"]), ("x", "a b c # comment", "abc", ["abc"]), ("s", "a.b", "a\nb", ["a\nb"]), ("m", "^b", "a\nb", ["b"]),
      ("U", "a+", "aaa", ["a", "a", "a"]),
      ("", "k", "\u{212A}", []), ("i", "k", "\u{212A}", ["\u{212A}"]), ("i", "stra\\x{df}e", "STRA\u{1E9E}E", ["STRA\u{1E9E}E"]), ("", "\\d+", "٣٤", ["٣٤"]),
      ("", "(?=.*a)(?=.*b)^", "b a", [""]), ("", "\\bключ\\b", "ключ", ["ключ"]),
    ] as [(String, String, String, [String])])
  func flagsMeanWhatPCRESays(_ flags: String, _ pattern: String, _ text: String, _ expected: [String]) throws {
    let prefilter = try Self.prefilter("- {id: a, pattern: '\(pattern)', flags: '\(flags)', on: original}")
    #expect(prefilter.texts(text) == expected)
  }

  /// PCRE2 passes over `\E` and skipped blanks in a class: what stands around them is a range.
  @Test(arguments: ["[A\\E-Z]{3}xx", "[\\QA\\E-Z]{3}xx", "[A\\Q\\E-Z]{3}xx", "(?xx)[A -Z]{3}xx"]) func aRangeAcrossWhatIsSkippedIsOne(_ pattern: String) throws {
    #expect(try Self.prefilter("- {id: a, pattern: '\(pattern)', on: original}").texts("BCDxx") == ["BCDxx"])
  }

  @Test func aRuleThatForbidsMachineCodeIsInterpreted() throws {
    let prefilter = try Self.prefilter("- {id: a, pattern: '(*NO_JIT)free', on: original}\n- {id: b, pattern: 'nitro', on: original}")
    let output = prefilter.output(["free nitro"])
    #expect(output.failures.isEmpty && output.hits.count == 2 && !prefilter.screen.summary.isJIT)
  }

  @Test func fileDefaultsHoldForAllRules() throws {
    let prefilter = try Self.prefilter(
      "category: threats\nflags: i\neffect: escalate\nrules:\n- {id: a, pattern: one}\n- {id: b, pattern: two, category: hate, effect: signal}")
    let hits = prefilter.output(["ONE TWO"]).hits
    #expect(hits.map { Prefilter.categories[$0.category].name } == ["threats", "hate"])
    #expect(hits.map(\.effect) == [.escalate, .signal])
  }

  @Test(arguments: ["(a+)+$", "(a|aa)+$", "(.*a){20}$", "([a-zA-Z]+)*$", "(a|a?)+$", "(a?){60}a{60}b|a{61}!"])
  func limitIsAFailureAndNeverNoMatch(_ pattern: String) throws {
    let prefilter = try Self.prefilter("- {id: good, pattern: aaaa}\n- {id: evil, pattern: '\(pattern)'}", settings: "category: spam\nlimits: {match: 5000}")
    for length in [60, 400, 5000] {
      let output = prefilter.output(["fine", String(repeating: "a", count: length) + "!"])
      let failed = output.failures.map { [$0.message == 1, $0.cause == .error, $0.detail.hasSuffix("limit reached in rule r.rules/evil")] }
      #expect(failed == [[true, true, true]] || output.hits.contains { prefilter.screen.describe(source: $0.source).rule == "r.rules/evil" })
      #expect(output.hits.contains { $0.message == 1 && prefilter.screen.describe(source: $0.source).rule == "r.rules/good" })
    }
  }

  @Test func failureNamesTheFirstRuleOnceAndHoldsNoText() throws {
    let prefilter = try Self.prefilter("- {id: one, pattern: '(a+)+$'}\n- {id: two, pattern: '(a+)+$', flags: i}")
    let failures = prefilter.output([String(repeating: "a", count: 40) + "!"]).failures
    #expect(failures == [ScreenFailure(message: 0, cause: .error, detail: "match limit reached in rule r.rules/one")])
  }

  @Test func invalidUTF8IsAFailure() throws {
    let prefilter = try Prefilter(["words.txt": "idiot", "r.rules.yaml": "- {id: a, pattern: '\\w+'}"])
    for bytes: [UInt8] in [[0xFF], [0x61, 0xC3], [0xE2, 0x80], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF5, 0x80, 0x80, 0x80]] {
      let batch = MessageBatch(bytes: bytes, messages: [MessageRecord(position: 0, id: .empty, text: ByteRange(0..<bytes.count), record: .empty)])
      var output = ScreenOutput()
      prefilter.screen.makeWorker().evaluate(batch, asked: [0], into: &output)
      #expect(output.hits.isEmpty)
      #expect(output.failures == [ScreenFailure(message: 0, cause: .error, detail: "text is not valid UTF-8")])
    }
  }

  @Test func countlessMatchesAreBoundedPerRule() throws {
    let prefilter = try Self.prefilter("- {id: a, pattern: 'a', on: original}\n- {id: b, pattern: 'z', on: original}")
    let hits = prefilter.output([String(repeating: "a", count: 50_000) + "z"]).hits
    #expect(hits.count == 1001)
    #expect(hits.last?.span == ByteRange(50_000..<50_001))
  }

  @Test func onNoHitIsTold() throws {
    #expect(try !Self.prefilter("- {id: a, pattern: b}").screen.allowsWithoutHits)
    #expect(try Self.prefilter("- {id: a, pattern: b}", settings: "category: spam\non_no_hit: allow").screen.allowsWithoutHits)
  }

  @Test func fingerprintChangesWithMeaningOnly() throws {
    func fingerprint(_ lexicon: String, _ settings: String = "category: spam") throws -> String {
      try Prefilter(["a.yaml": lexicon], settings: settings).screen.fingerprint
    }
    let base = try fingerprint("- one\n- {phrase: two, effect: escalate}")
    #expect(base.count == 64)
    #expect(try fingerprint("# comment\n- one\n- {effect: escalate, phrase: two}") == base)
    let others = try [
      fingerprint("- one\n- two"), fingerprint("- one\n- {phrase: two, effect: escalate}", "category: hate"),
      fingerprint("- one\n- {phrase: two, effect: escalate}", "category: spam\nnormalise: {leet: true}"),
    ]
    #expect(Set(others + [base]).count == 4)
  }
}
