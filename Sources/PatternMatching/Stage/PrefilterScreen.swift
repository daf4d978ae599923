import Moderation
import Text

/// The prefilter, compiled. Gives hits, never probabilities.
public final class PrefilterScreen: Screen {
  /// Counts for start-up logs and tests.
  public struct Summary: Sendable, Hashable {
    public var phrases = 0
    public var forms = 0
    public var rules = 0
    /// Rules that are asked about every message, as no literal could be derived from them.
    public var rulesWithoutLiterals = 0
    public var isJIT = true
  }

  let tables: PrefilterTables
  let rules: [CompiledRule]
  /// Numbers of the rules without literals.
  let unconditionalRules: [Int]
  let patterns: PatternSet
  let limits: PatternLimits
  /// Makes the normalised copy, if there is one.
  private let normalizer: Normalizer
  private let folder = Normalizer(.caseOnly)
  let traits: ScalarTrie<Normalizer.Trait>
  let facts: PrefilterScan.Facts
  let names: SourceNames
  public let summary: Summary
  public let fingerprint: String
  public let allowsWithoutHits: Bool

  init(
    tables: PrefilterTables, rules: [CompiledRule], patterns: PatternSet, limits: PatternLimits, normalizer: Normalizer?, names: SourceNames,
    summary: Summary, fingerprint: String, allowsWithoutHits: Bool
  ) {
    self.tables = tables
    self.rules = rules
    unconditionalRules = rules.indices.filter { !rules[$0].hasLiterals }
    self.patterns = patterns
    self.limits = limits
    self.normalizer = normalizer ?? folder
    traits = self.normalizer.traits
    facts = PrefilterScan.Facts(
      hasCopy: normalizer != nil, options: self.normalizer.options,
      // A rule on the copy tells cases apart, so a text with capitals needs its copy even if nothing else in it changes.
      needsCopyForCapitals: rules.contains { $0.isCaseSensitive && $0.streams.contains(.normalised) },
      hasWords: tables.hasWords, hasLiterals: tables.hasLiterals,
      copyHasLiterals: tables.copyHasLiteralForms || rules.contains { $0.streams.contains(.normalised) }, hasRules: !rules.isEmpty, hasExemptions: tables.hasExemptions)
    self.names = names
    self.summary = summary
    self.fingerprint = fingerprint
    self.allowsWithoutHits = allowsWithoutHits
  }

  /// Through these, as handing out the normalizers would count references for every message.
  @inline(__always) func normalise(_ text: UnsafeBufferPointer<UInt8>, into copy: NormalizedText) -> Bool { normalizer.normalize(text, into: copy) }
  @inline(__always) func fold(_ text: UnsafeBufferPointer<UInt8>, into copy: NormalizedText) { folder.normalize(text, into: copy) }

  public var scoredCategories: [CategoryIndex] { [] }
  public func makeWorker() -> any ScreenWorker { PrefilterWorker(self) }
  /// A worker without any shortcut: every phrase at every place, every rule on every message. The oracle of the tests.
  package func makeExhaustiveWorker() -> any ScreenWorker { PrefilterWorker(self, isExhaustive: true) }
  public func describe(source: Int32) -> SourceDescription { names.describe(Int(source)) }
}

/// Names and places of phrases and rules.
struct SourceNames: Sendable {
  struct Place: Sendable {
    var file: Int32
    var line: Int32
    /// Place in ``ids``; -1: named by its line.
    var id: Int32
  }
  let files: [(name: String, path: String)]
  let places: [Place]
  let ids: [String]

  func describe(_ source: Int) -> SourceDescription {
    guard places.indices.contains(source) else { return SourceDescription(rule: "unknown") }
    let place = places[source]
    let file = files[Int(place.file)]
    let entry = place.id >= 0 ? ids[Int(place.id)] : String(place.line)
    return SourceDescription(rule: "\(file.name)/\(entry)", location: "\(file.path):\(place.line)")
  }
}
