/// All forms of all phrases, flat.
struct FormTable: Sendable {
  /// A form, where its bytes are, and what it belongs to. 16 bytes.
  struct Form: Sendable, BitwiseCopyable {
    var offset: UInt32
    var length: UInt16
    var streams: TextStreams
    var edges: Edges
    /// The phrase.
    var source: Int32
  }

  /// Where no word character may adjoin the match.
  struct Edges: OptionSet, Sendable, BitwiseCopyable {
    let rawValue: UInt8
    static let left = Edges(rawValue: 1)
    static let right = Edges(rawValue: 2)
  }

  var forms: [Form] = []
  /// The forms' bytes, behind them enough zeros to load words past the end.
  var pool: [UInt8] = []

  mutating func add(_ form: PhraseForm, _ shape: PhraseForm.Shape, match: PhraseMatch, source: Int32) -> Int {
    var edges: Edges = []
    if match != .anywhere, shape.startsInWord { edges.insert(.left) }
    if match == .word, shape.endsInWord { edges.insert(.right) }
    forms.append(Form(offset: UInt32(pool.count), length: UInt16(truncatingIfNeeded: form.bytes.count), streams: form.streams, edges: edges, source: source))
    pool += form.bytes
    return forms.count - 1
  }

  /// - Precondition: nothing is added afterwards.
  mutating func finish() { pool += [UInt8](repeating: 0, count: 16) }
}
