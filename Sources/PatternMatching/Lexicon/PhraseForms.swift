import Text

/// Works out the forms of phrases for one set of options.
struct PhraseForms: Sendable {
  /// Forms per phrase; double letters and `l`s beyond that are matched as written only.
  private static let most = 32
  private let options: NormalizationOptions?
  private let folding = Normalizer(.caseOnly)
  private let normalizer: Normalizer?
  /// The same without look-alikes: letters as they are written.
  private let asWritten: Normalizer?
  /// The same with letters that stand apart joined.
  private let joining: Normalizer?

  /// - Parameter options: nil when there is no normalised copy.
  init(options: NormalizationOptions?) {
    self.options = options
    let plain = options.map { options in
      var plain = options
      plain.repeats = false
      plain.spacing = false
      return plain
    }
    normalizer = plain.map { Normalizer($0) }
    asWritten = plain.map { options in
      var options = options
      options.confusables = false
      return Normalizer(options)
    }
    joining = plain.map { options in
      var options = options
      options.spacing = true
      return Normalizer(options)
    }
  }

  /// All forms of `phrase`, the one for the original text first; empty when there is nothing to see in it.
  func forms(of phrase: String) -> [PhraseForm] {
    let written = Array(phrase.utf8)
    let isASCII = written.allSatisfy { $0 < 0x80 }
    let folded = isASCII ? written.map(FormMatcher.folded) : Array(folding.normalize(phrase).utf8)
    let original = Self.withGaps(folded)
    guard !original.isEmpty else { return [] }
    let normalised = normalisedForms(of: phrase, folded: folded, isASCII: isASCII)
    if normalizer != nil, normalised.isEmpty { return [] }
    var forms = [PhraseForm(bytes: original, streams: normalised.contains(original) ? .both : .original)]
    for form in normalised where form != original { forms.append(PhraseForm(bytes: form, streams: .normalised)) }
    return forms
  }

  private func normalisedForms(of phrase: String, folded: [UInt8], isASCII: Bool) -> [[UInt8]] {
    guard let normalizer, let options else { return [] }
    var forms = [folded]
    if !isASCII || options.leet { forms = [Array(normalizer.normalize(phrase).utf8)] }
    if !isASCII { forms += foreignForms(of: phrase, normalizer, options) }
    forms = forms.map(Self.withGaps).filter { !$0.isEmpty }
    if options.leet { forms = forms.flatMap(Self.leetForms) }
    if options.repeats { forms = forms.flatMap(Self.stretchedForms) }
    return forms.count == 1 ? forms : Set(forms).sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// What a phrase in another script becomes in a copy, beyond what it becomes by itself: where a Latin letter stands in its word, in whatever
  /// case, as capitals have other look-alikes; as part of a longer word that is read as it is written; and letter by letter.
  private func foreignForms(of phrase: String, _ normalizer: Normalizer, _ options: NormalizationOptions) -> [[UInt8]] {
    func insideLatin(_ text: String) -> [UInt8] { Array(normalizer.normalize(text, insideLatinWord: true).utf8) }
    let title = phrase.prefix(1).uppercased() + phrase.dropFirst().lowercased()
    // Short ones are Latin words as well: `ЛОХ` would be `lox`, and `БОТ` `bot`.
    let cased = [phrase.lowercased(), phrase.uppercased(), title].map(insideLatin).filter { $0.count > 4 || $0.contains { $0 >= 0x80 } }
    var forms = [insideLatin(phrase)] + cased
    if let asWritten { forms.append(Array(asWritten.normalize(phrase).utf8)) }
    if options.spacing, let joining {
      let words = phrase.split(separator: " ").map { joining.normalize($0.unicodeScalars.map { String($0) }.joined(separator: " ")) }
      forms.append(Array(words.joined(separator: " ").utf8))
    }
    return forms
  }

  /// The text with each run of blanks, `_` and `-` that holds a blank as one gap, none at the ends. Control characters go away: forms have
  /// signs of their own among them.
  private static func withGaps(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    text.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      var index = 0
      while index < buffer.count {
        let end = gapEnd(base, from: index, count: buffer.count)
        if end > index {
          if !result.isEmpty, end < buffer.count { result.append(PhraseForm.gap) }
          index = end
        } else {
          if buffer[index] >= 0x20 { result.append(buffer[index]) }
          index += 1
        }
      }
    }
    return result
  }

  /// Where the gap at `start` ends; `start` when none begins there.
  private static func gapEnd(_ bytes: UnsafePointer<UInt8>, from start: Int, count: Int) -> Int {
    var hasBlank = false
    var index = start
    while index < count {
      let (scalar, length) = UTF8Scalar.decode(bytes, at: index, end: count)
      let isBlank = scalar < 0x80 ? scalar == 0x20 || scalar &- 9 < 5 : ScalarClass.table[scalar].contains(.space)
      guard isBlank || scalar == 0x5F || scalar == 0x2D else { break }
      hasBlank = hasBlank || isBlank
      index += length
    }
    return hasBlank ? index : start
  }

  /// `form` with any of its first `l`s read as the `i` that a `1` becomes.
  private static func leetForms(_ form: [UInt8]) -> [[UInt8]] {
    var forms = [form]
    for place in form.indices.filter({ form[$0] == 0x6C }).prefix(3) {
      forms += forms.map { form in
        var form = form
        form[place] = 0x69
        return form
      }
    }
    return forms
  }

  /// `form` with any of its double letters as one stretched letter. Triple letters always are, as no copy has them.
  private static func stretchedForms(_ form: [UInt8]) -> [[UInt8]] {
    guard hasDoubles(form) else { return [form] }
    var forms: [[UInt8]] = [[]]
    let text = Array(String(decoding: form, as: UTF8.self).unicodeScalars)
    var index = 0
    while index < text.count {
      let scalar = text[index]
      var next = index + 1
      while next < text.count, text[next] == scalar, ScalarClass.table[scalar.value].isLetter { next += 1 }
      let bytes = Array(String(scalar).utf8)
      let stretched = bytes + [PhraseForm.stretched]
      switch next - index {
      case 1: forms = forms.map { $0 + bytes }
      case 2: forms = forms.map { $0 + bytes + bytes } + (forms.count < most ? forms.map { $0 + stretched } : [])
      default: forms = forms.map { $0 + stretched }
      }
      index = next
    }
    return forms
  }

  /// Whether a character may stand twice in a row; never wrongly `false`.
  private static func hasDoubles(_ form: [UInt8]) -> Bool {
    form.indices.dropFirst().contains { form[$0] == form[$0 - 1] || form[$0] >= 0x80 }
  }
}
