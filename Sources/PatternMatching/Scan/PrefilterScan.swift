import CKernels
import Moderation
import Text

/// All that a worker does with one message, and the memory for it.
struct PrefilterScan: ~Copyable {
  /// Hits of one rule in one message beyond this many are left out.
  static let mostHitsPerRule = 1000

  let screen: PrefilterScreen
  let words: WordScanner
  let literals: LiteralScanner
  let forms: FormMatcher
  let sources: UnsafePointer<PatternSource>
  let matcher: PatternMatcher
  let facts: Facts
  /// Tries everything everywhere: the oracle of the tests.
  let isExhaustive: Bool

  /// What every message needs of the screen, at hand.
  struct Facts {
    var hasCopy: Bool
    var options: NormalizationOptions
    var needsCopyForCapitals: Bool
    var hasWords: Bool
    var hasLiterals: Bool
    /// Whether literals are of use in the copy: a rule or a phrase found by its literal is looked for there.
    var copyHasLiterals: Bool
    var hasRules: Bool
    var hasExemptions: Bool
  }

  var originalBits = WordBits()
  var foldedBits = WordBits()
  var copyBits = WordBits()
  let folded = NormalizedText()
  let copy = NormalizedText()
  /// A text at the end of its buffer is copied here, where there is room behind it.
  private var padded = Buffer<UInt8>(capacity: 4096)

  var matches = Buffer<RawMatch>()
  var exemptions = Exemptions()
  var originalRules: CandidateRules
  var copyRules: CandidateRules

  init(_ screen: PrefilterScreen, isExhaustive: Bool = false) {
    self.screen = screen
    self.isExhaustive = isExhaustive
    words = screen.tables.wordScanner
    literals = screen.tables.literalScanner
    forms = screen.tables.formMatcher
    sources = screen.tables.sources.base
    matcher = PatternMatcher(screen.patterns, limits: screen.limits)
    facts = screen.facts
    originalRules = CandidateRules(count: screen.rules.count)
    copyRules = CandidateRules(count: screen.rules.count)
  }

  /// Judges the texts of `asked` messages.
  mutating func judge(_ batch: MessageBatch, asked: [Int32], traits: ScalarTrie<Normalizer.Trait>.View, into output: inout ScreenOutput) {
    batch.bytes.withUnsafeBufferPointer { bytes in
      batch.messages.withUnsafeBufferPointer { messages in
        for index in asked {
          let range = messages[Int(index)].text
          let text = UnsafeBufferPointer(rebasing: bytes[range.range])
          if let base = text.baseAddress, bytes.count >= Int(range.end) + Int(WK_TEXT_PADDING) {
            judge(base, count: text.count, message: index, traits: traits, into: &output)
          } else {
            judgeAtEnd(text, message: index, traits: traits, into: &output)
          }
        }
      }
    }
  }

  /// The scanners read some bytes past a text, so one at the end of the buffer is judged from a copy.
  private mutating func judgeAtEnd(
    _ text: UnsafeBufferPointer<UInt8>, message: Int32, traits: ScalarTrie<Normalizer.Trait>.View, into output: inout ScreenOutput
  ) {
    padded.reserve(text.count + Int(WK_TEXT_PADDING))
    let base = padded.base
    if let source = text.baseAddress { base.update(from: source, count: text.count) }
    (base + text.count).update(repeating: 0, count: Int(WK_TEXT_PADDING))
    judge(base, count: text.count, message: message, traits: traits, into: &output)
  }

  /// - Precondition: `WK_TEXT_PADDING` bytes behind the text are readable.
  private mutating func judge(
    _ text: UnsafePointer<UInt8>, count: Int, message: Int32, traits: ScalarTrie<Normalizer.Trait>.View, into output: inout ScreenOutput
  ) {
    matches.removeAll()
    originalBits.reserve(count)
    let flags = wk_scan_words(text, count, originalBits.words, originalBits.high)
    var seen = HighBytes.Summary()
    if flags & UInt32(WK_TEXT_HIGH) != 0 {
      guard let found = HighBytes.mark(text, count: count, words: originalBits.words, high: originalBits.high, traits: traits) else {
        output.failures.append(ScreenFailure(message: message, cause: .error, detail: "text is not valid UTF-8"))
        return
      }
      seen = found
    }
    let buffer = UnsafeBufferPointer(start: text, count: count)
    var view = TextView(bytes: text, count: count, words: originalBits.words, scratch: originalBits.high, streams: .both)
    if seen.traits.contains(.foldable) { view = fold(buffer, traits: traits) }
    let isCopied = scanBoth(&view, buffer, flags: flags, seen: seen, traits: traits)
    let failure = facts.hasRules ? runRules(on: buffer, isASCII: flags & UInt32(WK_TEXT_HIGH) == 0, isCopied: isCopied) : nil
    if !matches.isEmpty { emit(message: message, into: &output) }
    if let failure { output.failures.append(ScreenFailure(message: message, cause: .error, detail: failure)) }
  }
}
