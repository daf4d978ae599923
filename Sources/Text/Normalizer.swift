import Synchronization

/// Makes normalised copies of texts. A value with its tables built; shared by all threads.
public struct Normalizer: Sendable {
  public let options: NormalizationOptions
  let mapping: ScalarMapping
  /// What an ASCII byte becomes: itself, its lower case, or 0 when it is a control character that goes away.
  let ascii: [UInt8]
  /// The traits of all scalars under this normalizer's options.
  public let traits: ScalarTrie<Trait>

  private static let cache = Mutex<[NormalizationOptions: Normalizer]>([:])

  /// The tables for each set of options are built once per process, in some 20 ms.
  public init(_ options: NormalizationOptions = .standard) {
    if let known = Self.cache.withLock({ $0[options] }) {
      self = known
      return
    }
    self = Normalizer(building: options)
    let built = self
    Self.cache.withLock { $0[options] = built }
  }

  private init(building options: NormalizationOptions) {
    self.options = options
    let mapping = ScalarMapping(options: options)
    self.mapping = mapping
    traits = .combining(ScalarClass.table, mapping.entries) { Self.trait($0, $1, mapping) }
    ascii = (0..<128).map { (byte: UInt8) in
      let isSpace = (9...13).contains(byte)
      if options.invisibles, byte < 0x20 || byte == 0x7F, !isSpace { return 0 }
      return options.caseFolding && (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
  }

  /// For each scalar, what a scanner has to know before it copies anything.
  public struct Trait: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// ``ScalarClass/isWord``.
    public static let word = Trait(rawValue: 1)
    /// ``ScalarClass/foldable``.
    public static let foldable = Trait(rawValue: 2)
    /// The normalised copy may differ here; without any such scalar and without ``NormalizationOptions/repeats``,
    /// ``NormalizationOptions/leet`` and ``NormalizationOptions/spacing`` at work it does not.
    public static let changes = Trait(rawValue: 4)
    public static let space = Trait(rawValue: 8)
    public static let letter = Trait(rawValue: 16)
    /// Changes, and a word changes with it: a letter, number or mark goes in or comes out.
    public static let changesWords = Trait(rawValue: 32)
    /// Goes away without a trace. Words change when one stood on either side.
    public static let vanishes = Trait(rawValue: 64)
  }

  private static func trait(_ scalarClass: ScalarClass, _ entry: ScalarMapping.Entry, _ mapping: ScalarMapping) -> Trait {
    var traits: Trait = []
    if scalarClass.isWord { traits.insert(.word) }
    if scalarClass.contains(.foldable) { traits.insert(.foldable) }
    if scalarClass.contains(.space) { traits.insert(.space) }
    if scalarClass.isLetter { traits.insert(.letter) }
    guard entry != .same else { return traits }
    traits.insert(.changes)
    let isWordPart = !scalarClass.isDisjoint(with: [.letter, .mark, .number, .removableMark])
    switch entry.kind {
    case .invisible: traits.insert(.vanishes)
    case .replaced where !isWordPart && !entry.hasTwin && !mapping.replacementHasWord(entry): break
    default: traits.insert(.changesWords)
    }
    return traits
  }

  /// Fills `copy` with the normalised form of `text`.
  ///
  /// - Parameter insideLatinWord: treat every word as if it had a Latin letter; for the second form of a phrase.
  /// - Returns: whether the copy differs from the text by more than the case of ASCII letters.
  @discardableResult
  public func normalize(_ text: UnsafeBufferPointer<UInt8>, into copy: NormalizedText, insideLatinWord: Bool = false) -> Bool {
    copy.storage.pointee.originalCount = text.count
    guard let base = text.baseAddress, !text.isEmpty else {
      copy.finish(count: 0)
      return false
    }
    copy.reserve(text.count + NormalizedText.padding, used: 0)
    var changed = mapping.entries.withView { entries in
      mapping.twins.withView { twins in
        mapping.pool.withUnsafeBufferPointer { pool in
          ascii.withUnsafeBufferPointer { ascii in
            var pass = CharacterPass(
              text: base, end: text.count, copy: copy, entries: entries, twins: twins, pool: pool.baseAddress.unsafelyUnwrapped,
              ascii: ascii.baseAddress.unsafelyUnwrapped, mapping: mapping, options: options, insideLatinWord: insideLatinWord)
            return pass.run()
          }
        }
      }
    }
    if options.spacing, SpacingPass.run(copy) { changed = true }
    if options.leet, LeetPass.run(copy) { changed = true }
    if options.repeats, RepeatPass.run(copy) { changed = true }
    return changed
  }

  /// The normalised form of `text`; for phrases, tests and tools.
  public func normalize(_ text: String, insideLatinWord: Bool = false) -> String {
    let copy = NormalizedText()
    var text = text
    text.withUTF8 { _ = normalize($0, into: copy, insideLatinWord: insideLatinWord) }
    return copy.string
  }
}
