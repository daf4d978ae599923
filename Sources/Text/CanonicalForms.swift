/// Decomposition, ordering and composition as Unicode Standard Annex #15 defines them. For building tables and for the few
/// characters whose form depends on their neighbours; not for every character of a message.
struct CanonicalForms: Sendable {
  private let decompositions: [UInt32: [UInt32]]
  private let compatibility: Set<UInt32>
  private let compositions: [UInt64: UInt32]
  private let combiningClasses: [UInt32: UInt8]
  /// Scalars that can be the second of a composition, Hangul vowels and finals included.
  let composesBackward: Set<UInt32>

  static let shared = CanonicalForms()

  private init() {
    var decompositions: [UInt32: [UInt32]] = [:]
    var compatibility: Set<UInt32> = []
    var compositions: [UInt64: UInt32] = [:]
    var backward: Set<UInt32> = []
    for entry in PackedTables.entries(PackedTables.decompositions) {
      decompositions[entry.scalar] = entry.values
      if entry.isCompatibility { compatibility.insert(entry.scalar) }
      guard !entry.isCompatibility, !entry.isExcluded, entry.values.count == 2 else { continue }
      compositions[Self.key(entry.values[0], entry.values[1])] = entry.scalar
      backward.insert(entry.values[1])
    }
    backward.formUnion(Hangul.vowelBase..<Hangul.vowelBase + Hangul.vowelCount)
    backward.formUnion(Hangul.finalBase + 1..<Hangul.finalBase + Hangul.finalCount)
    self.decompositions = decompositions
    self.compatibility = compatibility
    self.compositions = compositions
    composesBackward = backward
    combiningClasses = Dictionary(
      PackedTables.entries(PackedTables.combiningClasses, constant: true).map { ($0.scalar, UInt8(truncatingIfNeeded: $0.values[0])) },
      uniquingKeysWith: { first, _ in first })
  }

  /// The scalars that have a decomposition; Hangul syllables, which follow a formula, are not among them.
  var decomposable: some Sequence<UInt32> { decompositions.keys }
  var combining: some Sequence<UInt32> { combiningClasses.keys }

  func combiningClass(_ scalar: UInt32) -> UInt8 { combiningClasses[scalar] ?? 0 }

  func isDecomposable(_ scalar: UInt32) -> Bool { decompositions[scalar] != nil }

  /// Appends the full decomposition of `scalar`: NFKD when `compatible`, else NFD.
  func decompose(_ scalar: UInt32, compatible: Bool, into out: inout [UInt32]) {
    if let syllable = Hangul.decompose(scalar) {
      out += syllable
    } else if let parts = decompositions[scalar], compatible || !compatibility.contains(scalar) {
      for part in parts { decompose(part, compatible: compatible, into: &out) }
    } else {
      out.append(scalar)
    }
  }

  /// Puts combining marks in canonical order, then composes what has a composed form.
  func orderAndCompose(_ scalars: [UInt32]) -> [UInt32] { compose(ordered(scalars)) }

  private func ordered(_ scalars: [UInt32]) -> [UInt32] {
    var result = scalars
    for i in result.indices.dropFirst() {
      let combining = combiningClass(result[i])
      guard combining != 0 else { continue }
      var j = i
      while j > 0, combiningClass(result[j - 1]) > combining {
        result.swapAt(j, j - 1)
        j -= 1
      }
    }
    return result
  }

  private func compose(_ scalars: [UInt32]) -> [UInt32] {
    var result: [UInt32] = []
    var starter: Int?
    var lastClass: UInt8 = 0
    for scalar in scalars {
      let combining = combiningClass(scalar)
      let isBlocked = starter.map { $0 != result.count - 1 && lastClass >= combining } ?? true
      if let at = starter, !isBlocked, let composed = composed(result[at], scalar) {
        result[at] = composed
        continue
      }
      if combining == 0 { starter = result.count }
      lastClass = combining
      result.append(scalar)
    }
    return result
  }

  func composed(_ first: UInt32, _ second: UInt32) -> UInt32? {
    Hangul.compose(first, second) ?? compositions[Self.key(first, second)]
  }

  private static func key(_ first: UInt32, _ second: UInt32) -> UInt64 { UInt64(first) << 32 | UInt64(second) }
}

/// The arithmetic of Hangul syllables: Unicode Standard, section 3.12.
enum Hangul {
  static let syllableBase: UInt32 = 0xAC00
  static let leadBase: UInt32 = 0x1100
  static let vowelBase: UInt32 = 0x1161
  static let finalBase: UInt32 = 0x11A7
  static let leadCount: UInt32 = 19
  static let vowelCount: UInt32 = 21
  static let finalCount: UInt32 = 28
  static let syllableCount = leadCount * vowelCount * finalCount

  static func decompose(_ scalar: UInt32) -> [UInt32]? {
    guard scalar >= syllableBase, scalar < syllableBase + syllableCount else { return nil }
    let index = scalar - syllableBase
    let lead = leadBase + index / (vowelCount * finalCount)
    let vowel = vowelBase + index % (vowelCount * finalCount) / finalCount
    let final = finalBase + index % finalCount
    return final == finalBase ? [lead, vowel] : [lead, vowel, final]
  }

  static func compose(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if first >= leadBase, first < leadBase + leadCount, second >= vowelBase, second < vowelBase + vowelCount {
      return syllableBase + ((first - leadBase) * vowelCount + (second - vowelBase)) * finalCount
    }
    let isOpenSyllable = first >= syllableBase && first < syllableBase + syllableCount && (first - syllableBase) % finalCount == 0
    if isOpenSyllable, second > finalBase, second < finalBase + finalCount { return first + (second - finalBase) }
    return nil
  }
}
