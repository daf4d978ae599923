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
  /// Tries everything everywhere: the oracle of the tests.
  let isExhaustive: Bool

  var originalBits = WordBits()
  var foldedBits = WordBits()
  var copyBits = WordBits()
  let folded = NormalizedText()
  let copy = NormalizedText()
  /// A text at the end of its buffer is copied here, where there is room behind it.
  private var padded: [UInt8] = []

  var matches: ContiguousArray<RawMatch> = []
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
    originalRules = CandidateRules(count: screen.rules.count)
    copyRules = CandidateRules(count: screen.rules.count)
  }

  /// - Parameter readable: bytes that may be read from the text's start on.
  mutating func judge(
    _ text: UnsafeBufferPointer<UInt8>, readable: Int, message: Int32, traits: ScalarTrie<Normalizer.Trait>.View, into output: inout ScreenOutput
  ) {
    guard let base = text.baseAddress, readable >= text.count + Int(WK_TEXT_PADDING) else {
      padded.removeAll(keepingCapacity: true)
      padded.append(contentsOf: text)
      padded.append(contentsOf: repeatElement(0, count: Int(WK_TEXT_PADDING)))
      let taken = padded
      taken.withUnsafeBufferPointer { buffer in
        judge(UnsafeBufferPointer(rebasing: buffer[..<text.count]), readable: buffer.count, message: message, traits: traits, into: &output)
      }
      return
    }
    matches.removeAll(keepingCapacity: true)
    originalRules.begin()
    copyRules.begin()

    originalBits.reserve(text.count)
    let flags = wk_scan_words(base, text.count, originalBits.words, originalBits.high)
    var seen: Normalizer.Trait = []
    if flags & UInt32(WK_TEXT_HIGH) != 0 {
      guard let found = HighBytes.mark(base, count: text.count, words: originalBits.words, high: originalBits.high, traits: traits) else {
        output.failures.append(ScreenFailure(message: message, cause: .error, detail: "text is not valid UTF-8"))
        return
      }
      seen = found
    }
    let isCopied = makeCopy(text, flags: flags, seen: seen)
    var original = TextView(bytes: base, count: text.count, words: UnsafePointer(originalBits.words), streams: isCopied ? .original : .both)
    if seen.contains(.foldable) { original = fold(text, streams: original.streams, traits: traits) }
    scan(original, isCopy: false)
    if isCopied { scanCopy(traits: traits) }
    let failed = runRules(on: text, isCopied: isCopied)
    emit(message: message, into: &output)
    if let failed { output.failures.append(ScreenFailure(message: message, cause: .error, detail: failed)) }
  }
}
