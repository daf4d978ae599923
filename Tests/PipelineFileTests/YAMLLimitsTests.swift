import Dispatch
import Foundation
import Moderation
import Synchronization
import Testing
import YAMLDocument

/// Shows that hostile files are refused before they cost anything.
struct YAMLLimitsTests {
  static func codes(_ text: String, limits: YAMLDocument.Limits = .pipeline, environment: [String: String]? = nil) -> [String] {
    var diagnostics = Diagnostics()
    _ = YAMLDocument.parse(text: text, file: "t.yaml", environment: environment, limits: limits, diagnostics: &diagnostics)
    return diagnostics.all.map(\.code)
  }

  static func bomb(levels: Int, tail: String = "") -> String {
    let names = (0...levels).map { "n\($0)" }
    let lines = zip(names, names.dropFirst()).map { "\($1): &\($1) [*\($0), *\($0), *\($0), *\($0), *\($0), *\($0), *\($0), *\($0), *\($0)]\n" }
    return "n0: &n0 [x, x, x, x, x, x, x, x, x]\n" + lines.joined() + tail
  }

  @Test(arguments: [4, 9, 20, 60]) func anAliasBombIsRefused(levels: Int) { #expect(Self.codes(Self.bomb(levels: levels)) == ["too-many-nodes"]) }

  @Test(arguments: [
    "? *n20\n: x\n", "? [*n20]\n: x\n", "[*n20]: x\n", "k: {[*n20]: x}\n", "*n20 : x\n", "k: {a: 1, ? *n20 : 2}\n", "k: {[a, *n20 ] : 2}\n",
    "k: {*n20}\n", "k: {a: b,\n *n20}\n", "k: {[*n20]}\n", "k: {?*n20\n : 1}\n", "k: {?*n20\n :1}\n", "k: {*n20:1}\n", "k: [*n20:1]\n", "k: [*n20 :1]\n",
    "k: [? *n20 : 1]\n", "k: {\"a\":{*n20}}\n", "k: {*n20 : 1, *n20 : 2}\n", "k: {\n\u{FEFF}*n20}\n", "? k: *n20\n: x\n", "? a: 1\n  b: {c: *n20}\n: x\n",
  ])
  func anAliasBombInAKeyIsRefusedBeforeItIsHashed(tail: String) {
    #expect(Self.codes(Self.bomb(levels: 20, tail: tail)) == ["alias-in-key"])
  }

  @Test func aliasesBesideHarmlessQuestionMarksAndBracketsAreFine() {
    let cases = (0..<20).map { "- {context: *turns, text: \"[mod]: what \($0) ? really\"}\n- text: tu fais quoi ?\n  context: *turns\n" }.joined()
    #expect(Self.codes("- &turns [hi, hello]\n" + cases) == [])
  }

  /// Text that starts or goes on with `*a` is no alias, whatever anchors there are; nor does a tab make a difference that ends an alias's line.
  @Test func keysThatOnlyLookLikeAliasesAreRead() {
    let keys = "\"*a\": 1\nb*a: 2\nb *a: 3\n' *a': 4\n\"*a *a\": 5\nb *b: 6\nf: {\"*a\": [*a, \"*b\"], b*a: 7}\n"
    let text = "|\n  *a: 1\n  ? *a\n  {*a}\n# {*a}: *b\n"
    let list = "[" + String(repeating: "\n\t*a\n\t,", count: 20) + "]"
    #expect(Self.codes("a: &a 1\nb: &b 2\nlist: \(list)\n\(keys)text: \(text)") == [])
  }

  /// A dozen aliases or more, and every problem of the file is still told as without them.
  @Test func aliasesHideNoOtherProblem() {
    let list = "list: [" + String(repeating: "*a, ", count: 20) + "]\n"
    #expect(Self.codes("a: &a 1\n\(list)b *a: 1\nb *a: 2\nc: 1\nc: 2\n") == ["duplicate-key", "duplicate-key"])
    #expect(Self.codes("a: &a 1\n\(list)b: *c\n") == ["undefined-alias"])
    #expect(Self.codes("b: *a\n\(list)a: &a 1\n") == ["undefined-alias"])
    #expect(Self.codes("a: &a 1\n\(list)b: *a and more\n") == ["yaml-syntax"])
    #expect(Self.codes("a: &a 1\n\(list)---\n? *a\n: 1\n") == ["multiple-documents"])
  }

  /// Looking for the end of each alias, anchor or tag to the end of the line would take hours.
  @Test(arguments: ["*a,", "*a ,", "&b,", "!!str,", "&b !!str,"]) func aLongLineOfAliasesAnchorsOrTagsIsReadInOnePass(part: String) {
    let text = "- &a x\n- [" + String(repeating: part, count: (1 << 20) / part.utf8.count) + "]\n"
    #expect(Self.codes(text, limits: .lexicon) == [])
  }

  /// A text is placed again for each alias that stands for it, so the blanks behind it must not be counted each time.
  @Test func manyAliasesOfATextOnALongLineAreCheap() {
    let text = "- &a \"x" + String(repeating: " ", count: 500_000) + "\n  y\"\n- [" + String(repeating: "*a,", count: 50_000) + "]\n"
    #expect(Self.codes(text, limits: .lexicon) == [])
  }

  @Test func manyAliasesOfOneLongTextAreRefused() {
    let text = "a: &a \(String(repeating: "x", count: 500_000))\nb: [\((0..<5000).map { _ in "*a" }.joined(separator: ","))]\n"
    #expect(Self.codes(text) == ["too-many-nodes"])
  }

  @Test func aLongVariableNamedOftenIsRefused() {
    let text = String(repeating: "- ${LONG}\n", count: 5000)
    #expect(Self.codes(text, environment: ["LONG": String(repeating: "x", count: 100_000)]) == ["too-many-nodes"])
  }

  @Test func theNodeBudgetIsExact() {
    func list(_ count: Int) -> String { "[" + (0..<count).map(String.init).joined(separator: ",") + "]" }
    #expect(Self.codes(list(9_999)) == [])
    #expect(Self.codes(list(10_000)) == ["too-many-nodes"])
    #expect(Self.codes(list(10_000), limits: .lexicon) == [])
  }

  @Test func theSizeLimitIsExact() {
    func file(_ bytes: Int) -> String { "#" + String(repeating: "x", count: bytes - 1) }
    #expect(Self.codes(file(1 << 20)) == [])
    #expect(Self.codes(file((1 << 20) + 1)) == ["file-too-large"])
  }

  @Test(arguments: [(64, [String]()), (65, ["too-deep"]), (999, ["too-deep"]), (10_000, ["too-deep"])]) func nestingIsLimited(depth: Int, codes: [String]) {
    #expect(Self.codes(String(repeating: "[", count: depth) + String(repeating: "]", count: depth)) == codes)
    #expect(Self.codes(String(repeating: "- ", count: depth) + "x") == codes)
  }

  @Test func tenThousandOpenBracketsAreRefused() {
    #expect(Self.codes(String(repeating: "[", count: 10_000)) == ["too-deep"])
    #expect(Self.codes(String(repeating: "{a: ", count: 10_000)) == ["too-deep"])
  }

  @Test func nestingIsRefusedOnASmallStackToo() {
    let refused = Mutex<[String]>([])
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      let codes = Self.codes(String(repeating: "[", count: 10_000))
      refused.withLock { $0 = codes }
      done.signal()
    }
    thread.stackSize = 256 << 10
    thread.start()
    done.wait()
    #expect(refused.withLock { $0 } == ["too-deep"])
  }

  @Test func aLongSingleLineIsReadInOnePass() {
    let text = "[" + (0..<100_000).map { "é\($0)" }.joined(separator: ",") + "]"
    var diagnostics = Diagnostics()
    let setting = YAMLDocument.parse(text: text, file: "t.yaml", limits: .lexicon, diagnostics: &diagnostics)
    #expect(setting?.list?.count == 100_000)
    #expect(setting?.list?.last?.span.column == text.unicodeScalars.count - "é99999]".count + 1)
  }

  @Test func fiftyThousandPhrasesWithFieldsFitTheLexiconLimits() {
    let text = (0..<50_000).map { "- {phrase: some phrase \($0), category: harassment, severity: high, effect: signal}\n" }.joined()
    #expect(Self.codes(text, limits: .lexicon) == [])
  }
}
