/// Makes normalised copies of texts. A value with its tables built; shared by all threads.
public struct Normalizer: Sendable {
  public let options: NormalizationOptions
  let mapping: ScalarMapping
  /// What an ASCII byte becomes: itself, its lower case, or 0 when it is a control character that goes away.
  let ascii: [UInt8]

  public init(_ options: NormalizationOptions = .standard) {
    self.options = options
    mapping = ScalarMapping(options: options)
    ascii = (0..<128).map { (byte: UInt8) in
      let isSpace = (9...13).contains(byte)
      if options.invisibles, byte < 0x20 || byte == 0x7F, !isSpace { return 0 }
      return options.caseFolding && (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
  }

  /// Fills `copy` with the normalised form of `text`.
  ///
  /// - Parameter insideLatinWord: treat every word as if it had a Latin letter; for the second form of a phrase.
  /// - Returns: whether the copy differs from the text by more than the case of ASCII letters.
  @discardableResult
  public func normalize(_ text: UnsafeBufferPointer<UInt8>, into copy: NormalizedText, insideLatinWord: Bool = false) -> Bool {
    copy.originalCount = text.count
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
              ascii: ascii.baseAddress.unsafelyUnwrapped, normalizer: self, insideLatinWord: insideLatinWord)
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
