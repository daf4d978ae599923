extension CharacterPass {
  /// Scalars that a composition looks at in one go; longer stacks of marks are cut, as the Stream-Safe Text Format (UAX #15) does.
  private static let longestSegment = 64

  /// Copies a mark, or a letter that could compose, where it turns out to stand as it is: the usual case in Indic scripts.
  mutating func copyMark(_ scalar: UInt32, isStable: Bool, length: Int) -> Bool {
    let forms = CanonicalForms.shared
    guard isStable, lastTarget < target else { return false }
    let combining = forms.combiningClass(scalar)
    if forms.composesBackward.contains(scalar) {
      let starter = UTF8Scalar.decode(copy.bytes, at: lastTarget, end: target).scalar
      guard lastClass == 0, !forms.isDecomposable(starter), forms.composed(starter, scalar) == nil else { return false }
    } else {
      guard combining >= lastClass else { return false }
    }
    let (starterSource, starterTarget) = (lastSource, lastTarget)
    write(text + source, count: length, from: source, to: source + length)
    if combining != 0 { (lastSource, lastTarget, lastClass) = (starterSource, starterTarget, combining) }
    source += length
    return true
  }

  /// Normalises again from the last kept character through all that may compose with it. Rare: Hangul letters, kana voicing marks,
  /// Indic vowel signs, or accents when marks are kept.
  mutating func composeSegment() {
    changed = true
    let first = source
    var start = first
    var scalars: [UInt32] = []
    if target > 0, lastTarget < target, let kept = keptScalars() {
      scalars = kept
      (start, target) = (lastSource, lastTarget)
    }
    var index = first
    while index < end, scalars.count < Self.longestSegment {
      let (scalar, length) = UTF8Scalar.decode(text, at: index, end: end)
      let kind = entries[scalar].kind
      guard index == first || kind == .contextual || kind == .removedMark || kind == .invisible else { break }
      index += length
      // At the end of a segment such characters belong to nothing.
      if kind == .invisible { continue }
      if kind == .contextual { scalars.append(scalar) }
      source = index
    }
    let composed = mapping.builder.expand(scalars)
    for scalar in composed { writeScalar(scalar, from: start, to: source) }
    // What follows a cut segment starts anew.
    (lastSource, lastTarget, lastClass) = (source, target, 0)
  }

  /// The last kept character and the marks behind it, up to `source`; nil when they leave no room in a segment. What goes away does not count:
  /// else enough of it would keep apart what composes.
  private func keptScalars() -> [UInt32]? {
    var scalars: [UInt32] = []
    var index = lastSource
    while index < source {
      let (scalar, length) = UTF8Scalar.decode(text, at: index, end: end)
      index += length
      let kind = entries[scalar].kind
      if kind == .invisible || kind == .removedMark { continue }
      scalars.append(scalar)
      if scalars.count == Self.longestSegment { return nil }
    }
    return scalars
  }
}
