/// Puts the Unicode tables together for one set of options.
struct ScalarMappingBuilder: Sendable {
  let options: NormalizationOptions
  /// The scalars that may change, ascending.
  private(set) var candidates: [UInt32] = []
  /// Empty unless confusables are on.
  private(set) var twins: [UInt32: ScalarMapping.Twins] = [:]
  private let foldings: [UInt32: [UInt32]]
  private let signs: [UInt32: UInt32]
  private let forms = CanonicalForms.shared

  init(options: NormalizationOptions) {
    self.options = options
    foldings = options.caseFolding ? Self.table(PackedTables.foldings) : [:]
    signs = options.confusables ? Self.table(PackedTables.signs).mapValues { $0[0] } : [:]
    var candidates = Set(foldings.keys).union(signs.keys).union(forms.decomposable).union(forms.combining).union(forms.composesBackward)
    for entry in PackedTables.entries(PackedTables.classes, constant: true) {
      let scalarClass = ScalarClass(rawValue: UInt16(truncatingIfNeeded: entry.values[0]))
      if !scalarClass.isDisjoint(with: [.invisible, .removableMark]) { candidates.insert(entry.scalar) }
    }
    if options.confusables {
      addTwins(&candidates)
      candidates.formUnion(CharacterPass.regionalIndicators)
    }
    self.candidates = candidates.sorted()
  }

  private mutating func addTwins(_ candidates: inout Set<UInt32>) {
    let always = Self.table(PackedTables.latinTwins)
    let inside = Self.table(PackedTables.latinTwinsInLatinWords)
    candidates.formUnion(always.keys)
    candidates.formUnion(inside.keys)
    for scalar in candidates where scalar >= 0x80 {
      let plain = expand(scalar)
      let single = plain.count == 1 ? plain[0] : 0
      if single != 0, single < 0x80 { continue }
      let anywhere = always[scalar] ?? always[single]
      guard let inLatin = inside[scalar] ?? compatible(scalar).flatMap({ inside[$0] }) ?? inside[single] ?? anywhere else { continue }
      twins[scalar] = .init(bits: Self.packed(anywhere ?? []) | Self.packed(inLatin) << 16)
    }
  }

  /// The entry of `scalar`, its replacement appended to `pool`; nil when nothing happens to it.
  func entry(_ scalar: UInt32, pool: inout [UInt8]) -> ScalarMapping.Entry? {
    let hasTwin = twins[scalar] != nil
    if isInvisible(scalar) { return .init(.invisible) }
    if isRemovedMark(scalar) { return .init(.removedMark) }
    if options.confusables, CharacterPass.regionalIndicators.contains(scalar) { return .init(.regionalIndicator) }
    let expanded = expand(scalar)
    if isContextual(scalar) { return .init(.contextual, twin: hasTwin, length: expanded == [scalar] ? 1 : 0) }
    if expanded == [scalar] { return hasTwin ? .init(.same, twin: true) : nil }
    if expanded.isEmpty { return .init(.removedMark) }
    let offset = pool.count
    for scalar in expanded { UTF8Scalar.append(scalar, to: &pool) }
    return .init(.replaced, twin: hasTwin, offset: offset, length: min(63, pool.count - offset))
  }

  /// `scalar` by itself through all steps, to the point where nothing changes any more.
  func expand(_ scalar: UInt32) -> [UInt32] { expand([scalar]) }

  func expand(_ scalars: [UInt32]) -> [UInt32] {
    var current = scalars
    for _ in 0..<4 {
      let next = step(current)
      if next == current { break }
      current = next
    }
    return current
  }

  private func step(_ scalars: [UInt32]) -> [UInt32] {
    var parts: [UInt32] = []
    for scalar in scalars {
      if options.compatibility || options.marks {
        forms.decompose(scalar, compatible: options.compatibility, into: &parts)
      } else {
        parts.append(scalar)
      }
    }
    parts.removeAll { isRemovedMark($0) || isInvisible($0) }
    if options.compatibility || options.marks { parts = forms.orderAndCompose(parts) }
    return parts.flatMap { foldings[$0] ?? [signs[$0] ?? $0] }
  }

  /// The single scalar that NFKC makes of `scalar` without folding, if it is one.
  private func compatible(_ scalar: UInt32) -> UInt32? {
    guard options.compatibility else { return nil }
    var parts: [UInt32] = []
    forms.decompose(scalar, compatible: true, into: &parts)
    return parts.count == 1 ? parts[0] : nil
  }

  private func isInvisible(_ scalar: UInt32) -> Bool { options.invisibles && ScalarClass.table[scalar].contains(.invisible) }
  private func isRemovedMark(_ scalar: UInt32) -> Bool { options.marks && ScalarClass.table[scalar].contains(.removableMark) }

  private func isContextual(_ scalar: UInt32) -> Bool {
    guard options.compatibility || options.marks else { return false }
    if forms.combiningClass(scalar) != 0 { return true }
    var parts: [UInt32] = []
    forms.decompose(scalar, compatible: options.compatibility, into: &parts)
    return parts.first.map { forms.composesBackward.contains($0) || forms.combiningClass($0) != 0 } ?? false
  }

  private static func table(_ packed: StaticString) -> [UInt32: [UInt32]] {
    Dictionary(PackedTables.entries(packed).map { ($0.scalar, $0.values) }, uniquingKeysWith: { first, _ in first })
  }

  private static func packed(_ letters: [UInt32]) -> UInt32 {
    switch letters.count {
    case 0: 0
    case 1: letters[0]
    default: letters[0] | letters[1] << 8
    }
  }
}
