import Moderation
import PatternMatching
import Testing

@Suite struct EvilPatternTests {
  static let patterns = [
    "(a+)+$", "(a|aa)+$", "(a|a?)+$", "(.*a){20}$", "(a*)*b", "a*a*a*a*b", "^(([a-z])+.)+[A-Z]([a-z])+$", "(?:a|b|ab)*c", "([a-zA-Z]+)*$", ".*.*=.*",
    "(\\w+\\s?)*$",
    "a.*b.*c.*d", "(a{1,100}){1,100}b", "(?=(a+))a*b\\1", "(a?){50}a{50}", "\\b(\\w+)(\\s+\\1)+\\b", "[\\s\\S]*x", "(.+)+x", "(?:.*,){11}P", "a+[bc]",
    ".*.*[=~]", "(a|b)*[cd]",
    "\\w+[@#]\\w+[%&]", "(\\w+)\\1[xy]", "a*a*[bc]", "(?:a+)+[bc]", "\\s*\\S+\\s*[#@]", "[^#]*#[^%]*[%&]", "(?i)(a.*){3}[#%]", "(.)\\1+[xyz]",
    "(.{1,50})\\1[xyz]", "(?=(a*))\\1[bc]",
    "\\b\\w*[@%]", "([a ]+)+[,%][#]", "(?s).*(.*)\\1[xy]", "(x+x+)+y", "\\s+$", "(?:(?:a|b)*c|d*)*e", "(a(?1)?b)+", "^(a?)*$",
  ]

  /// 64 KiB that each pattern dislikes: every rule ends, with its matches or with a failure.
  @Test func fortyEvilPatternsEndOnLongTexts() throws {
    #expect(Self.patterns.count == 40)
    let rules = Self.patterns.enumerated().map { "- {id: e\($0), pattern: '\($1)', on: original}" }
    let prefilter = try Prefilter(["r.rules.yaml": rules.joined(separator: "\n"), "words.txt": "needle"])
    let sentence = Array("hello this is a normal message, with words and so on. ")
    let texts = [String(repeating: "a", count: 65_535) + "!", String((0..<65_536).map { sentence[$0 % sentence.count] })]
    let output = prefilter.output(texts.map { $0 + " needle" })
    #expect(Set(output.failures.map(\.message)) == [0, 1])
    #expect(output.failures.allSatisfy { $0.detail.contains("limit reached in rule r.rules/e") })
    #expect(output.hits.count { prefilter.screen.describe(source: $0.source).rule == "words/1" } == 2)
  }

  @Test func ordinaryRulesDoNotFailOnLongTexts() throws {
    let rules = ["free\\s+nitro", "\\b\\d{3}-\\d{4}\\b", "https?://\\S+\\.ru\\b", "\\w+@\\w+\\.com", "(?i)buy.{0,50}now", "(\\w)\\1{9}", "foo.*bar"]
    let yaml = rules.enumerated().map { "- {id: e\($0), pattern: '\($1)'}" }.joined(separator: "\n")
    let prefilter = try Prefilter(["r.rules.yaml": yaml])
    let text = String(repeating: "This is a perfectly ordinary sentence, a@b.org. ", count: 2100) + "free nitro 555-1234"
    let output = prefilter.output([text])
    #expect(output.failures.isEmpty)
    #expect(output.hits.count == 2)
  }

  /// Lengths between those where a pattern runs freely and where it is metered: none may take long.
  @Test(arguments: [511, 512, 513, 1024, 4096, 16_384]) func evilPatternsEndOnTextsOfEveryLength(_ length: Int) throws {
    let rules = Self.patterns.enumerated().map { "- {id: e\($0), pattern: '\($1)', on: original}" }
    let prefilter = try Prefilter(["r.rules.yaml": rules.joined(separator: "\n")])
    let output = prefilter.output([String(repeating: "a", count: length - 1) + "!"])
    #expect(output.failures.count == 1)
  }
}
