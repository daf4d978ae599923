import CKernels
import Moderation
import Text

extension PrefilterScan {
  /// How the normalised copy may differ from the text.
  private enum Change {
    case none
    /// Only signs and blanks: every word is the same, and stands at its place.
    case signs
    case words
  }

  /// Looks for everything in the text and, where it may differ, in its normalised copy.
  /// - Returns: whether there is a copy for the rules to be run on.
  @inline(__always)
  mutating func scanBoth(
    _ original: inout TextView, _ text: UnsafeBufferPointer<UInt8>, flags: UInt32, seen: HighBytes.Summary, traits: ScalarTrie<Normalizer.Trait>.View
  ) -> Bool {
    let needsCase = facts.needsCopyForCapitals && flags & UInt32(WK_TEXT_UPPER) != 0
    let change = facts.hasCopy ? expectedChange(count: text.count, flags: flags, seen: seen) : .none
    if isExhaustive {
      let isCopied = (change != .none || needsCase) && (screen.normalise(text, into: copy) || needsCase)
      if isCopied { original.streams = .original }
      scanExhaustively(original, isCopy: false)
      if isCopied { scanExhaustively(viewOfCopy(traits: traits), isCopy: true) }
      return isCopied
    }
    // While words stay the same, what the copy could hold shows in the text: a word or pair of words that calls for a closer look.
    if change == .words { original.streams = .original }
    let missed = facts.hasWords && scanWords(original)
    let needsWords = facts.hasWords && (change == .words || change == .signs && missed)
    var isCopied = needsCase || change != .none && (needsWords || facts.copyHasLiterals)
    if isCopied { isCopied = screen.normalise(text, into: copy) || needsCase }
    if change == .words, !isCopied, facts.hasWords {
      // The copy turned out to be the same: what is looked for only there has still to be looked for in the text.
      original.streams = .normalised
      _ = scanWords(original)
    }
    original.streams = isCopied ? .original : .both
    scanLiterals(original, isCopy: false)
    guard isCopied else { return false }
    let view = viewOfCopy(traits: traits)
    if needsWords { _ = scanWords(view) }
    scanLiterals(view, isCopy: true)
    return true
  }

  @inline(__always)
  private func expectedChange(count: Int, flags: UInt32, seen: HighBytes.Summary) -> Change {
    let options = facts.options
    if options.leet || seen.changesWords { return .words }
    if options.invisibles, flags & UInt32(WK_TEXT_CONTROL) != 0 { return .words }
    if options.repeats, flags & UInt32(WK_TEXT_TRIPLE) != 0 || seen.traits.contains(.letter) { return .words }
    if options.spacing, flags & UInt32(WK_TEXT_HIGH) != 0 || singles(count: count) >= 3 { return .words }
    return seen.traits.contains(.changes) ? .signs : .none
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
  mutating func fold(_ text: UnsafeBufferPointer<UInt8>, traits: ScalarTrie<Normalizer.Trait>.View) -> TextView {
    screen.fold(text, into: folded)
    foldedBits.reserve(folded.count)
    return Self.view(of: folded, bits: foldedBits, streams: .both, hasJoined: false, traits: traits)
  }

  mutating func viewOfCopy(traits: ScalarTrie<Normalizer.Trait>.View) -> TextView {
    copyBits.reserve(copy.count)
    return Self.view(of: copy, bits: copyBits, streams: .normalised, hasJoined: facts.options.spacing, traits: traits)
  }

  private static func view(
    of copy: NormalizedText, bits: borrowing WordBits, streams: TextStreams, hasJoined: Bool, traits: ScalarTrie<Normalizer.Trait>.View
  ) -> TextView {
    let flags = wk_scan_words(copy.bytes, copy.count, bits.words, bits.high)
    if flags & UInt32(WK_TEXT_HIGH) != 0 {
      _ = HighBytes.mark(copy.bytes, count: copy.count, words: bits.words, high: bits.high, traits: traits)
    }
    return TextView(
      bytes: copy.bytes, count: copy.count, words: bits.words, scratch: bits.high, streams: streams, hasJoined: hasJoined, starts: copy.starts,
      ends: copy.ends, flags: copy.flags)
  }

  @inline(__always)
  private mutating func scanWords(_ view: TextView) -> Bool {
    let words = words
    return words.scan(view) { form, start, end in matches.append(view.match(start, end, source: form.source)) }
  }

  /// Phrases found by their literals, and candidate rules.
  @inline(__always)
  private mutating func scanLiterals(_ view: TextView, isCopy: Bool) {
    if isCopy { copyRules.begin() } else { originalRules.begin() }
    guard facts.hasLiterals else { return }
    let (literals, forms) = (literals, forms)
    literals.scan(view.bytes, count: view.count, scratch: view.scratch) { target, start in
      guard target >= 0 else {
        let rule = Int(-1 - target)
        if isCopy { copyRules.add(rule) } else { originalRules.add(rule) }
        return
      }
      let form = forms.forms[Int(target)]
      guard !form.streams.isDisjoint(with: view.streams) else { return }
      let end = forms.end(of: form, in: view, at: start)
      if end >= 0 { matches.append(view.match(start, end, source: form.source)) }
    }
  }

  /// Every form at every place, and all rules.
  private mutating func scanExhaustively(_ view: TextView, isCopy: Bool) {
    if isCopy { copyRules.begin() } else { originalRules.begin() }
    for number in 0..<screen.tables.forms.count where !forms.forms[number].streams.isDisjoint(with: view.streams) {
      for start in 0..<view.count {
        let end = forms.end(of: forms.forms[number], in: view, at: start)
        if end >= 0 { matches.append(view.match(start, end, source: forms.forms[number].source)) }
      }
    }
    for rule in screen.rules.indices { if isCopy { copyRules.add(rule) } else { originalRules.add(rule) } }
  }
}

/// The rules to ask PCRE2 about for one text, each once.
struct CandidateRules: ~Copyable {
  private(set) var numbers: Buffer<Int32>
  private var stamps: Buffer<UInt32>
  private var stamp: UInt32 = 0

  init(count: Int) {
    numbers = Buffer(capacity: count)
    stamps = Buffer(capacity: count)
    for _ in 0..<count { stamps.append(0) }
  }

  @inline(__always) mutating func begin() {
    numbers.removeAll()
    stamp &+= 1
    if stamp == 0 { restart() }
  }

  private mutating func restart() {
    stamps.base.update(repeating: 0, count: stamps.count)
    stamp = 1
  }

  @inline(__always) mutating func add(_ rule: Int) {
    guard stamps.base[rule] != stamp else { return }
    stamps.base[rule] = stamp
    numbers.append(Int32(truncatingIfNeeded: rule))
  }

  mutating func sort() { if numbers.count > 1 { numbers.sort(by: <) } }
}
