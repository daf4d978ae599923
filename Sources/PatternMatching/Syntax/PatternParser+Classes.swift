extension PatternParser {
  /// Classes with more characters than this are not spelled out into literals.
  private static let mostVariants = 8

  /// What is known of a class while it is read.
  private struct Members {
    var singles: [Unicode.Scalar] = []
    /// Ranges, shorthands and named classes, as their first bytes.
    var rest = ByteSet()
    var isEnumerable = true

    mutating func add(_ lead: ByteSet) {
      rest = rest.union(lead)
      isEnumerable = false
    }
  }

  /// `[…]`.
  mutating func characterClass() throws(UnknownSyntax) -> PatternNode {
    index += 1
    let isNegated = classStart()
    var members = Members()
    var isFirst = true
    while true {
      guard let scalar = peek() else { throw UnknownSyntax() }
      if scalar == "]", !isFirst {
        index += 1
        break
      }
      isFirst = false
      if flags.extendedMore, scalar == " " || scalar == "\t" {
        index += 1
        try refuseRange()
        continue
      }
      if take("\\Q") {
        while let quoted = peek(), !take("\\E") {
          index += 1
          add(quoted, to: &members)
        }
        try refuseRange()
        continue
      }
      if take("\\E") {
        try refuseRange()
        continue
      }
      try member(scalar, into: &members)
    }
    return node(members, isNegated: isNegated)
  }

  /// Whether the class is a negated one. As PCRE2 does, passes over what stands for nothing before a first `^` or `]`.
  private mutating func classStart() -> Bool {
    var isNegated = false
    while true {
      if take("\\Q\\E") || take("\\E") { continue }
      if flags.extendedMore, peek() == " " || peek() == "\t" {
        index += 1
        continue
      }
      guard !isNegated, take("^") else { return isNegated }
      isNegated = true
    }
  }

  /// PCRE2 passes over `\E` and skipped blanks, so that a hyphen behind them may make a range with what stands before them.
  private func refuseRange() throws(UnknownSyntax) {
    if peek() == "-" { throw UnknownSyntax() }
  }

  private mutating func member(_ scalar: Unicode.Scalar, into members: inout Members) throws(UnknownSyntax) {
    if scalar == "[", let next = peek(1), next == ":" || next == "." || next == "=" {
      return try namedClass(into: &members)
    }
    guard let first = try classCharacter(into: &members) else { return }
    guard peek() == "-", let after = peek(1), after != "]" else { return add(first, to: &members) }
    // A hyphen before a shorthand is itself; so is one before `\Q` and `\E`, where reading on would be guessing.
    if after == "\\", let letter = peek(2), "dDwWsShHvVNRXpPQE".unicodeScalars.contains(letter) { throw UnknownSyntax() }
    if after == "[", let next = peek(2), next == ":" || next == "." || next == "=" { throw UnknownSyntax() }
    if flags.extendedMore, after == " " || after == "\t" { throw UnknownSyntax() }
    index += 1
    guard let last = try classCharacter(into: &members), first.value <= last.value else { throw UnknownSyntax() }
    addRange(first, last, to: &members)
  }

  /// One character of a class; nil when a shorthand was added instead.
  private mutating func classCharacter(into members: inout Members) throws(UnknownSyntax) -> Unicode.Scalar? {
    guard let scalar = peek() else { throw UnknownSyntax() }
    index += 1
    guard scalar == "\\" else { return scalar }
    guard let letter = peek() else { throw UnknownSyntax() }
    switch letter {
    case "d", "D", "w", "W", "s", "S", "h", "H", "v", "V":
      index += 1
      members.add(Self.shorthand(letter))
      return nil
    case "p", "P":
      index += 1
      try property()
      members.add(.all)
      return nil
    case "b":
      index += 1
      return "\u{8}"
    case "1"..."9": throw UnknownSyntax()
    case "N" where peek(1) != "{": throw UnknownSyntax()
    default: return try codePoint()
    }
  }

  /// `[:alpha:]` and its like.
  private mutating func namedClass(into members: inout Members) throws(UnknownSyntax) {
    guard take("[:") else { throw UnknownSyntax() }
    var name = ""
    while let scalar = peek(), scalar != ":" {
      name.unicodeScalars.append(scalar)
      index += 1
    }
    guard take(":]") else { throw UnknownSyntax() }
    noteCase(ofClass: name)
    let known = ["digit": "d", "space": "s", "word": "w"] as [String: Unicode.Scalar]
    members.add(known[name].map(Self.shorthand) ?? .all)
  }

  private mutating func add(_ scalar: Unicode.Scalar, to members: inout Members) {
    noteCase(of: scalar)
    members.singles.append(scalar)
  }

  private mutating func addRange(_ first: Unicode.Scalar, _ last: Unicode.Scalar, to members: inout Members) {
    if last.value - first.value < 4 {
      for value in first.value...last.value { if let scalar = Unicode.Scalar(value) { add(scalar, to: &members) } }
      return
    }
    var set = ByteSet()
    if last.value >= 0x80 {
      set = .all
    } else {
      for value in first.value...last.value { set.insert(UInt8(truncatingIfNeeded: value)) }
    }
    if !flags.caseless { noteRangeCase(first, last) }
    members.add(set.caseless)
  }

  /// A range may tell cases apart when it holds letters.
  private mutating func noteRangeCase(_ first: Unicode.Scalar, _ last: Unicode.Scalar) {
    if last.value >= 0x80 || (first.value...last.value).contains(where: { ($0 | 0x20) &- 0x61 < 26 }) { isCaseSensitive = true }
  }

  private func node(_ members: Members, isNegated: Bool) -> PatternNode {
    if isNegated { return .set(lead: .all) }
    let leads = members.singles.reduce(members.rest) { $0.union(lead(of: $1)) }
    guard members.isEnumerable, !members.singles.isEmpty, members.singles.count <= 2 * Self.mostVariants else { return .set(lead: leads) }
    var variants: [[UInt8]] = []
    for scalar in members.singles {
      guard let bytes = CaseFolding.bytes(of: scalar, caseless: flags.caseless) else { return .set(lead: leads) }
      if !variants.contains(bytes) { variants.append(bytes) }
    }
    return variants.count <= Self.mostVariants ? .character(variants: variants, lead: leads) : .set(lead: leads)
  }
}
