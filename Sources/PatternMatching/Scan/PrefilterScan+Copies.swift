import CKernels
import Moderation
import Text

extension PrefilterScan {
  /// Makes the normalised copy if it may differ from the text.
  /// - Returns: whether the copy has to be looked at by itself; if not, the text stands for both.
  mutating func makeCopy(_ text: UnsafeBufferPointer<UInt8>, flags: UInt32, seen: Normalizer.Trait) -> Bool {
    guard let normalizer = screen.normalizer else { return false }
    let needsCase = screen.needsCopyForCapitals && flags & UInt32(WK_TEXT_UPPER) != 0
    guard needsCase || mayChange(normalizer.options, count: text.count, flags: flags, seen: seen) else { return false }
    return normalizer.normalize(text, into: copy) || needsCase
  }

  private func mayChange(_ options: NormalizationOptions, count: Int, flags: UInt32, seen: Normalizer.Trait) -> Bool {
    if options.leet || seen.contains(.changes) { return true }
    if options.invisibles, flags & UInt32(WK_TEXT_CONTROL) != 0 { return true }
    if options.repeats, flags & UInt32(WK_TEXT_TRIPLE) != 0 || seen.contains(.letter) { return true }
    guard options.spacing else { return false }
    return flags & UInt32(WK_TEXT_HIGH) != 0 || singles(count: count) >= 3
  }

  /// Words of one byte: what a word spelled with gaps is made of. Those at the edge of a block may be counted too often.
  private func singles(count: Int) -> Int {
    var singles = 0
    for block in 0..<(count + 63) / 64 {
      let bits = originalBits.words[block]
      singles += (bits & ~(bits << 1) & ~(bits >> 1)).nonzeroBitCount
    }
    return singles
  }

  /// The case-folded copy of a text with letters beyond ASCII that have capitals.
  mutating func fold(_ text: UnsafeBufferPointer<UInt8>, streams: TextStreams, traits: ScalarTrie<Normalizer.Trait>.View) -> TextView {
    screen.folder.normalize(text, into: folded)
    foldedBits.reserve(folded.count)
    return Self.view(of: folded, bits: foldedBits, streams: streams, hasJoined: false, traits: traits)
  }

  mutating func scanCopy(traits: ScalarTrie<Normalizer.Trait>.View) {
    copyBits.reserve(copy.count)
    let hasJoined = screen.normalizer?.options.spacing ?? false
    let view = Self.view(of: copy, bits: copyBits, streams: .normalised, hasJoined: hasJoined, traits: traits)
    scan(view, isCopy: true)
  }

  private static func view(
    of copy: NormalizedText, bits: borrowing WordBits, streams: TextStreams, hasJoined: Bool, traits: ScalarTrie<Normalizer.Trait>.View
  ) -> TextView {
    let flags = wk_scan_words(copy.bytes, copy.count, bits.words, bits.high)
    if flags & UInt32(WK_TEXT_HIGH) != 0 {
      _ = HighBytes.mark(copy.bytes, count: copy.count, words: bits.words, high: bits.high, traits: traits)
    }
    return TextView(bytes: copy.bytes, count: copy.count, words: bits.words, copy: copy, streams: streams, hasJoined: hasJoined)
  }

  /// Phrases and candidate rules in one text.
  @inline(__always)
  mutating func scan(_ view: TextView, isCopy: Bool) {
    if isExhaustive { return scanExhaustively(view, isCopy: isCopy) }
    let (words, literals, forms) = (words, literals, forms)
    if screen.tables.hasWords { words.scan(view) { form, start, end in add(form.source, start, end, view) } }
    guard screen.tables.hasLiterals else { return }
    literals.scan(view.bytes, count: view.count) { target, start in
      guard target >= 0 else {
        let rule = Int(-1 - target)
        if isCopy { copyRules.add(rule) } else { originalRules.add(rule) }
        return
      }
      let form = forms.forms[Int(target)]
      guard !form.streams.isDisjoint(with: view.streams) else { return }
      let end = forms.end(of: form, in: view, at: start)
      if end >= 0 { add(form.source, start, end, view) }
    }
  }

  /// Every form at every place, and all rules.
  private mutating func scanExhaustively(_ view: TextView, isCopy: Bool) {
    for number in 0..<screen.tables.forms.count where !forms.forms[number].streams.isDisjoint(with: view.streams) {
      for start in 0..<view.count {
        let end = forms.end(of: forms.forms[number], in: view, at: start)
        if end >= 0 { add(forms.forms[number].source, start, end, view) }
      }
    }
    for rule in screen.rules.indices { if isCopy { copyRules.add(rule) } else { originalRules.add(rule) } }
  }

  @inline(__always)
  private mutating func add(_ source: Int32, _ start: Int, _ end: Int, _ view: TextView) {
    let span = view.copy?.originalSpan(of: start..<end) ?? start..<end
    matches.append(RawMatch(start: UInt32(truncatingIfNeeded: span.lowerBound), end: UInt32(truncatingIfNeeded: span.upperBound), source: source))
  }
}

/// The rules to ask PCRE2 about for one text, each once.
struct CandidateRules {
  private(set) var numbers: ContiguousArray<Int32> = []
  private var stamps: ContiguousArray<UInt32>
  private var stamp: UInt32 = 0

  init(count: Int) {
    stamps = ContiguousArray(repeating: 0, count: count)
  }

  mutating func begin() {
    numbers.removeAll(keepingCapacity: true)
    stamp &+= 1
    guard stamp == 0 else { return }
    for index in stamps.indices { stamps[index] = 0 }
    stamp = 1
  }

  mutating func add(_ rule: Int) {
    guard stamps[rule] != stamp else { return }
    stamps[rule] = stamp
    numbers.append(Int32(truncatingIfNeeded: rule))
  }

  mutating func sort() { if numbers.count > 1 { numbers.sort() } }
}
