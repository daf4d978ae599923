/// What each scalar becomes under some ``NormalizationOptions``, looked up in one step. Scalars without an entry stay.
final class ScalarMapping: Sendable {
  /// How a scalar is treated; the low 3 bits of an ``Entry``.
  enum Kind: UInt32 {
    case same = 0
    case invisible = 1
    case removedMark = 2
    case replaced = 3
    /// The form depends on the characters around it: handled by ``CanonicalForms``.
    case contextual = 4
    case regionalIndicator = 5
  }

  /// Kind, whether the scalar has a Latin look-alike, and the place and length of the replacement in ``pool``.
  struct Entry: Sendable, Hashable {
    var bits: UInt32
    static let same = Entry(bits: 0)
    init(bits: UInt32) { self.bits = bits }
    init(_ kind: Kind, twin: Bool = false, offset: Int = 0, length: Int = 0) {
      bits = kind.rawValue | (twin ? 8 : 0) | UInt32(length) << 4 | UInt32(offset) << 10
    }
    @inline(__always) var kind: Kind { Kind(rawValue: bits & 7) ?? .same }
    @inline(__always) var hasTwin: Bool { bits & 8 != 0 }
    @inline(__always) var length: Int { Int(bits >> 4 & 0x3F) }
    /// Of a contextual scalar: whether it stays as it is when nothing composes with it.
    @inline(__always) var isStable: Bool { length == 1 }
    @inline(__always) var offset: Int { Int(bits >> 10) }
  }

  /// The Latin letters that a scalar looks like, at most two each: low half in any word, high half in a word with a Latin letter. 0: none.
  struct Twins: Sendable, Hashable {
    var bits: UInt32 = 0
    @inline(__always) var always: UInt32 { bits & 0xFFFF }
    @inline(__always) var insideLatin: UInt32 { bits >> 16 }
  }

  let entries: ScalarTrie<Entry>
  let twins: ScalarTrie<Twins>
  let pool: [UInt8]
  /// For the characters whose form depends on their neighbours.
  let builder: ScalarMappingBuilder

  /// Whether a replacement holds a letter, number or mark.
  func replacementHasWord(_ entry: Entry) -> Bool {
    String(decoding: pool[entry.offset..<entry.offset + entry.length], as: UTF8.self).unicodeScalars
      .contains { !ScalarClass.table[$0.value].isDisjoint(with: [.letter, .mark, .number]) }
  }

  init(options: NormalizationOptions) {
    let builder = ScalarMappingBuilder(options: options)
    self.builder = builder
    var pool: [UInt8] = []
    var entries: [UInt32: Entry] = [:]
    for scalar in builder.candidates {
      guard let entry = builder.entry(scalar, pool: &pool) else { continue }
      entries[scalar] = entry
    }
    self.pool = pool.isEmpty ? [0] : pool
    self.entries = ScalarTrie(entries, fallback: .same)
    twins = ScalarTrie(builder.twins, fallback: Twins())
  }
}
