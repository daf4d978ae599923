import Text

/// One spelling that a phrase is looked for in: folded bytes with two signs of its own.
struct PhraseForm: Sendable, Hashable {
  /// A run of blanks, `_` and `-` of any length from one.
  static let gap: UInt8 = 0x20
  /// The character before must be a stretched one.
  static let stretched: UInt8 = 0x01

  var bytes: [UInt8]
  var streams: TextStreams

  /// The words at the front, without signs: maximal runs of word characters. At most `limit`.
  func words(limit: Int = 2) -> [[UInt8]] {
    var words: [[UInt8]] = []
    var word: [UInt8] = []
    for (scalar, encoded) in scalars() where scalar != UInt32(Self.stretched) {
      if ScalarClass.table[scalar].isWord {
        word += encoded
      } else if !word.isEmpty {
        words.append(word)
        word = []
        if words.count == limit { return words }
      }
    }
    if !word.isEmpty { words.append(word) }
    return words
  }

  var startsInWord: Bool { scalars().first.map { ScalarClass.table[$0.scalar].isWord } ?? false }
  var endsInWord: Bool { scalars().last { $0.scalar != UInt32(Self.stretched) }.map { ScalarClass.table[$0.scalar].isWord } ?? false }

  /// The bytes up to the first sign: what a literal scan can look for.
  var literal: [UInt8] { Array(bytes.prefix { $0 != Self.gap && $0 != Self.stretched }) }

  private func scalars() -> [(scalar: UInt32, bytes: ArraySlice<UInt8>)] {
    bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return [] }
      var result: [(UInt32, ArraySlice<UInt8>)] = []
      var index = 0
      while index < buffer.count {
        let (scalar, length) = UTF8Scalar.decode(base, at: index, end: buffer.count)
        result.append((scalar, bytes[index..<index + length]))
        index += length
      }
      return result
    }
  }
}

/// Works out the forms of phrases for one set of options.
struct PhraseForms: Sendable {
  /// Forms per phrase; double letters and `l`s beyond that are matched as written only.
  private static let most = 32
  private let options: NormalizationOptions?
  private let folding = Normalizer(.caseOnly)
  private let normalizer: Normalizer?

  /// - Parameter options: nil when there is no normalised copy.
  init(options: NormalizationOptions?) {
    self.options = options
    normalizer = options.map { options in
      var plain = options
      plain.repeats = false
      plain.spacing = false
      return Normalizer(plain)
    }
  }

  /// All forms of `phrase`; empty when nothing of it is left.
  func forms(of phrase: String) -> [PhraseForm] {
    var streams: [[UInt8]: TextStreams] = [:]
    var order: [[UInt8]] = []
    func add(_ bytes: [UInt8], _ stream: TextStreams) {
      guard !bytes.isEmpty, bytes != [PhraseForm.gap] else { return }
      if streams[bytes] == nil { order.append(bytes) }
      streams[bytes, default: []].formUnion(stream)
    }
    add(Self.withGaps(folding.normalize(phrase)), .original)
    for bytes in normalisedForms(of: phrase) { add(bytes, .normalised) }
    return order.map { PhraseForm(bytes: $0, streams: streams[$0] ?? []) }
  }

  private func normalisedForms(of phrase: String) -> [[UInt8]] {
    guard let normalizer, let options else { return [] }
    var forms = Set([Self.withGaps(normalizer.normalize(phrase)), Self.withGaps(normalizer.normalize(phrase, insideLatinWord: true))])
    if options.leet { forms = Set(forms.flatMap(Self.leetForms)) }
    if options.repeats { forms = Set(forms.flatMap(Self.stretchedForms)) }
    return forms.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// The text's bytes with each run of blanks, `_` and `-` that holds a blank as one gap, none at the ends.
  private static func withGaps(_ text: String) -> [UInt8] {
    var result: [UInt8] = []
    var run: [UInt8] = []
    var hasBlank = false
    for scalar in text.unicodeScalars {
      let isBlank = ScalarClass.table[scalar.value].contains(.space)
      if isBlank || scalar == "_" || scalar == "-" {
        run += Array(String(scalar).utf8)
        hasBlank = hasBlank || isBlank
        continue
      }
      if !run.isEmpty { result += hasBlank ? (result.isEmpty ? [] : [PhraseForm.gap]) : run }
      (run, hasBlank) = ([], false)
      // The signs of forms cannot stand in texts of phrases: control characters are refused when files are read.
      if scalar.value >= 0x20 { result += Array(String(scalar).utf8) }
    }
    return hasBlank ? result : result + run
  }

  /// `form` with any of its first `l`s read as the `i` that a `1` becomes.
  private static func leetForms(_ form: [UInt8]) -> [[UInt8]] {
    let places = form.indices.filter { form[$0] == 0x6C }.prefix(3)
    var forms = [form]
    for place in places {
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
}
