import CPCRE2
import Foundation
import Moderation
import PatternMatching
import Testing

/// Invariant 3: what the full rule set matches, the fast path matches, with the same spans.
@Suite struct LiteralScanTests {
  /// Every rule on every message with PCRE2 alone: no part of the prefilter but the meaning of its hits.
  final class NaiveLoop {
    private var codes: [OpaquePointer] = []
    private let data = pcre2_match_data_create_8(1, nil)

    init(_ rules: [(pattern: String, flags: String)]) throws {
      for rule in rules {
        var (error, offset): (Int32, Int) = (0, 0)
        var pattern = rule.pattern
        let letters: [(Character, UInt32)] = [("i", PCRE2_CASELESS), ("s", PCRE2_DOTALL), ("x", PCRE2_EXTENDED)]
        let options = letters.reduce(PCRE2_UTF | PCRE2_UCP) { $0 | (rule.flags.contains($1.0) ? $1.1 : 0) }
        codes.append(try #require(pattern.withUTF8 { pcre2_compile_8($0.baseAddress, $0.count, options, &error, &offset, nil) }))
        pcre2_jit_compile_8(codes[codes.count - 1], PCRE2_JIT_COMPLETE)
      }
    }

    deinit {
      for code in codes { pcre2_code_free_8(code) }
      pcre2_match_data_free_8(data)
    }

    /// `[rule, start, end]` of all matches in order of place.
    func matches(_ text: String) -> [[Int]] {
      var text = text
      return text.withUTF8 { bytes in
        var result: [[Int]] = []
        for (rule, code) in codes.enumerated() {
          var start = 0
          while start <= bytes.count, pcre2_match_8(code, bytes.baseAddress, bytes.count, start, PCRE2_NO_UTF_CHECK, data, nil) >= 0 {
            guard let offsets = pcre2_get_ovector_pointer_8(data) else { break }
            result.append([offsets[0], offsets[1], rule])
            start = max(start, offsets[1])
            guard offsets[0] == offsets[1] else { continue }
            start += 1
            while start < bytes.count, bytes[start] & 0xC0 == 0x80 { start += 1 }
          }
        }
        return result.sorted { $0.lexicographicallyPrecedes($1) }
      }
    }
  }

  static func prefilter(rules: [(pattern: String, flags: String)], phrases: [String] = [], on: String, settings: String = "category: spam") throws -> Prefilter
  {
    let yaml = rules.enumerated().map { "- {id: r\($0), flags: '\($1.flags)', on: \(on), pattern: \(JSONText.quoted($1.pattern))}" }
    let lexicon = phrases.map { $0.hasPrefix("#") ? "\\" + $0 : $0 }.joined(separator: "\n")
    return try phrases.isEmpty
      ? Prefilter(["a.rules.yaml": yaml.joined(separator: "\n")], settings: settings)
      : Prefilter(["words.txt": lexicon, "a.rules.yaml": yaml.joined(separator: "\n")], settings: settings)
  }

  /// Hits of the fast path as ``NaiveLoop/matches(_:)`` gives them, message by message.
  static func spans(_ output: ScreenOutput, count: Int) -> [[[Int]]] {
    var result = [[[Int]]](repeating: [], count: count)
    for hit in output.hits { result[Int(hit.message)].append([Int(hit.span.start), Int(hit.span.end), Int(hit.source)]) }
    return result
  }

  /// The first few matches that only one of the two has.
  static func differences(_ texts: [String], _ found: [[[Int]]], _ loop: NaiveLoop, _ rules: [(pattern: String, flags: String)]) -> [String] {
    var differences: [String] = []
    for (text, found) in zip(texts, found) {
      let expected = loop.matches(text)
      guard found != expected else { continue }
      for match in Set(expected).symmetricDifference(found) {
        differences.append(
          "\(expected.contains(match) ? "missing" : "extra") \(rules[match[2]].pattern) at \(match[0])..<\(match[1]) in \(text.debugDescription)")
      }
      if Set(expected) == Set(found) { differences.append("order in \(text.debugDescription)") }
      if differences.count > 5 { break }
    }
    return differences
  }

  static let rules: [(pattern: String, flags: String)] =
    [
      "free nitro", "(?i)FREE\\s+nitro", "colou?r", "(?:foo|bar)baz", "(?:alpha|beta|gamma) (?:one|two)", "\\bkiss\\b", "ski", "[ck]at", "a(?i)bc|def",
      "(?i:ab)CD",
      "(?=look)\\w+", "(?!look)ahead", "(?<=be)hind", "x{3}", "(?:ab){2,3}c", "(?:ab)?cd", "(?:ab)*cd", "(ab|cd)+ef", "[[:alpha:]]+ing", "\\x41\\x{62}c",
      "\\Qa.b\\E+c",
      "(?x) a b c  # comment\n d", "(?#note)abc", "(a)(b)\\1\\2", "(?<n>ab)\\k<n>", "(?(?=a)abc|xyz)", "(ab)?(?(1)cd|ef)", "a(?R)?b", "(?>abc|ab)c",
      "[^a-z]abc", "[a-d]{4}",
      "ß", "straße", "(?i)straße", "É", "(?i)ключ", "ſ", "\u{212A}elvin", "(?i)\u{212A}elvin", "😂{2}", "[😂😭]+", "\\p{Lu}abc", "\\d{3}-\\d{4}", "\\s\\S\\s",
      "^abc", "abc$",
      "(?m)^abc$", "a\\Kbc", ".", "", "(?:)", "a|", "\\R", "\\N{U+41}b", "[\\x{3b1}-\\x{3c9}]+", "(?i)[sk]is", "(?-i)Ab", "(?s)a.c", "(?|(ab)|(cd))e",
      "\\bgr8\\b", "1{0,2}2", "a{0}bc",
      "(?i)(?-i:AB)c", "[a-z]\\d[a-z]", "https?://\\S+", "\\$\\d+", "[$€£]\\d", "(?i)İ", "ﬁ", "(?i)ǅ", "w{2,}\\.", "(?:a|b|c)(?:d|e|f)(?:g|h|i)",
      "(?xx)[ ^!?]bad", "(?xx)[ ]a]foo", "[\\E^!?]bad", "[\\E]a]foo", "[\\Q\\E^!]bad", "(?xx)(?x)foo[a b]bar", "(?xxx)foo[a b]bar",
    ].filter { !$0.isEmpty }.map { ($0, "") } + [("kiss", "i"), ("strasse", "i"), ("a b c", "ix"), ("é", "i"), ("fi", "i"), ("σας", "i"), ("a.c", "is")]

  static let pieces = [
    "free", "nitro", " ", "  ", "FREE", "colour", "color", "foo", "bar", "baz", "alpha", "one", "kiss", "KISS", "ki\u{17F}s", "\u{212A}iss", "cat", "abc",
    "ABC", "abcd", "CD", "def", "look",
    "ahead", "be", "hind", "xxx", "ab", "cd", "ef", "ing", "a.b", "a.bc", "\n", "xyz", "ß", "STRASSE", "straße", "É", "é", "ключ", "КЛЮЧ", "ſ", "s", "Kelvin",
    "\u{212A}elvin", "😂", "😭",
    "123-4567", "-", "1", "2", "gr8", "αβγ", "σΑΣ", "ΣΑΣ", "is", "https://x.y", "$5", "€5", "İ", "i", "ﬁ", "fi", "Ǆ", "ǅ", "ǆ", "www.", "adg", "cfi",
    "\u{200B}", "e\u{301}", "\u{0}", "xbad", "!bad", "^bad", "]foo", "afoo", "foo bar",
  ]

  static func randomTexts(_ count: Int, seed: UInt64) -> [String] {
    var generator = SeededGenerator(state: seed)
    return (0..<count).map { _ in
      (0..<Int.random(in: 0...14, using: &generator)).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &generator)] }.joined()
    }
  }

  @Test func randomTextsGiveTheMatchesOfAPlainLoop() throws {
    let loop = try NaiveLoop(Self.rules)
    let prefilter = try Self.prefilter(rules: Self.rules, on: "original")
    #expect(prefilter.screen.summary.rulesWithoutLiterals < 40)
    let texts = Self.randomTexts(2500, seed: 1)
    let found = Self.spans(prefilter.output(texts), count: texts.count)
    #expect(Self.differences(texts, found, loop, Self.rules) == [])
  }

  /// With phrases, the copy and all its options the oracle is the prefilter without any shortcut.
  @Test(arguments: ["original", "normalised", "both"])
  func randomTextsGiveTheHitsOfAnExhaustiveSearch(_ on: String) throws {
    let phrases = ["free", "free nitro", "abc", "kiss", "ass", "x", "xxx", "😂", "ключ", "straße", ":(", "a.b", "1", "ab cd", "é", "gr8 one", "fi", "$5", "哈哈"]
    for settings in [
      "category: spam", "category: spam\nnormalise: {leet: true, spacing: true}", "category: spam\nmatch: anywhere",
      "category: spam\nmatch: start\nnormalise: {marks: false}",
    ] {
      let prefilter = try Self.prefilter(rules: Self.rules, phrases: phrases, on: on, settings: settings)
      let texts = Self.randomTexts(500, seed: 2) + Self.randomTexts(100, seed: 3).map { $0.map { String($0) }.joined(separator: " ") }
      let fast = prefilter.output(texts)
      let slow = prefilter.output(texts, exhaustive: true)
      #expect(Self.spans(fast, count: texts.count) == Self.spans(slow, count: texts.count))
      #expect(fast.failures == slow.failures)
      #expect(!fast.hits.isEmpty)
    }
  }

  /// Texts in which only signs change in the copy take a short cut of their own; phrases with signs and gaps must not fall into it.
  @Test func signsThatChangeNeverHideAPhrase() throws {
    let phrases = ["kill yourself", "don't", "what...", "wtf?!", "ab", "a-b", "ok…", "x y z", "...", "\"x\"", "a b", "ab cd ef", "☠ ab", "ab ☠"]
    let parts = ["kill", "yourself", "don", "t", "what", "wtf", "ab", "a", "b", "x", "y", "z", "cd", "ef", "ok"]
    let signs = [" ", " ", "…", "’", "“", "\u{FE0F}", "\u{200B}", "\u{A0}", "–", "☠", "☠\u{FE0F}", "¨", "?!", "⁇", "⁉", "'", "...", "-", " \u{200B} ", "😂", "é", "\u{336}"]
    var generator = SeededGenerator(state: 21)
    let texts = (0..<6000).map { _ in
      (0..<Int.random(in: 1...6, using: &generator)).map { _ in
        parts[Int.random(in: 0..<parts.count, using: &generator)] + signs[Int.random(in: 0..<signs.count, using: &generator)]
      }.joined()
    }
    for rules in [[], [(pattern: "don't", flags: "i"), (pattern: "what\\.{3}", flags: "i")]] {
      let prefilter = try rules.isEmpty
        ? Prefilter(["words.txt": phrases.joined(separator: "\n")]) : Self.prefilter(rules: rules, phrases: phrases, on: "both")
      let fast = prefilter.output(texts)
      #expect(Self.spans(fast, count: texts.count) == Self.spans(prefilter.output(texts, exhaustive: true), count: texts.count))
      #expect(fast.hits.count > 3000)
    }
  }

  /// Each public rule must be found in the texts that it matches: its own words, shaken.
  @Test(.enabled(if: SharedData.folder != nil, "the shared data is not here"), arguments: ["lit100.tsv", "re100.tsv", "re1000.tsv"])
  func publicRulesMatchAsAPlainLoopDoes(_ file: String) throws {
    let rules = try SharedData.lines("peers/inputs/\(file)").map { (pattern: String($0.dropFirst(2)), flags: $0.hasPrefix("i") ? "i" : "") }
    let messages = try SharedData.lines("peers/inputs/uniq.txt.gz")
    let step = file == "re1000.tsv" ? 400 : 40
    let texts = stride(from: 0, to: messages.count, by: step).map { messages[$0] }
    let loop = try NaiveLoop(rules)
    let prefilter = try Self.prefilter(rules: rules, on: "original")
    let found = Self.spans(prefilter.output(texts), count: texts.count)
    #expect(Self.differences(texts, found, loop, rules) == [])
    #expect(found.joined().count > 10)
  }

  @Test(.enabled(if: SharedData.folder != nil, "the shared data is not here"))
  func publicLexiconGivesTheHitsOfAnExhaustiveSearch() throws {
    let phrases = try SharedData.lines("peers/inputs/lex2k5.txt")
    let messages = try SharedData.lines("peers/inputs/uniq.txt.gz")
    let prefilter = try Self.prefilter(
      rules: [("nitro", "i")], phrases: phrases, on: "both", settings: "category: spam\nnormalise: {leet: true, spacing: true}")
    let texts = stride(from: 0, to: messages.count, by: 500).map { messages[$0] }
    let fast = prefilter.output(texts)
    #expect(fast.hits == prefilter.output(texts, exhaustive: true).hits)
    #expect(fast.hits.count > 50)
  }

  /// The whole collection of 8,574 public rules, each on texts made from its own literals.
  @Test(.enabled(if: SharedData.folder != nil, "the shared data is not here"))
  func publicRuleCollectionLosesNoMatch() throws {
    struct Line: Decodable {
      var pattern: String
      var flags: String?
    }
    var rules: [(pattern: String, flags: String)] = []
    for name in ["spamassassin", "gitleaks_secrets", "owasp_crs", "smokedetector_spam"] {
      for line in try SharedData.lines("data/rules/\(name).jsonl.gz") {
        let rule = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
        let isPlain = !rule.pattern.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
        if isPlain, rule.pattern.count < 3000 { rules.append((rule.pattern, rule.flags?.contains("i") == true ? "i" : "")) }
      }
    }
    rules = stride(from: 0, to: rules.count, by: 12).map { rules[$0] }
    let loop = try NaiveLoop(rules)
    let prefilter = try Self.prefilter(rules: rules, on: "original")
    var generator = SeededGenerator(state: 8)
    // A pattern's own text, without its signs, is the likeliest to match it.
    let texts = rules.indices.map { index in
      let other = rules[Int.random(in: 0..<rules.count, using: &generator)].pattern
      return String((rules[index].pattern.prefix(120) + " " + other.prefix(40)).filter { !"\\()[]{}^$?*+|".contains($0) })
    }
    let found = Self.spans(prefilter.output(texts), count: texts.count)
    #expect(Self.differences(texts, found, loop, rules) == [])
    #expect(found.joined().count > 300)
  }
}
