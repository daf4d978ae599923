extension PatternParser {
  /// What an escape outside a class stands for.
  mutating func escape() throws(UnknownSyntax) -> [PatternNode] {
    index += 1
    guard let scalar = peek() else { throw UnknownSyntax() }
    index += 1
    switch scalar {
    case "A": return [.start]
    case "b", "B", "Z", "z", "G", "K": return [.empty]
    case "Q": return try quoted()
    case "E": return []
    case "d", "D", "w", "W", "s", "S", "h", "H", "v", "V", "N":
      if scalar == "N", peek() == "{" { return [try literal(namedCodePoint())] }
      return [.set(lead: Self.shorthand(scalar))]
    case "R": return [.set(lead: Self.shorthand("v"))]
    case "X": return [.set(lead: .all)]
    case "p", "P":
      try property()
      return [.set(lead: .all)]
    case "1"..."9":
      // A back reference, or an octal code, as the number of groups has it.
      while let digit = peek(), digit.value &- 0x30 < 10 { index += 1 }
      refersBack()
      return [.anything]
    case "g", "k":
      // `\g<1>` and `\g'1'` call a group.
      if scalar == "k" || (peek() != "<" && peek() != "'") { refersBack() }
      try skipReference()
      return [.anything]
    default:
      index -= 1
      return [try literal(codePoint())]
    }
  }

  /// `\Q…\E`; without `\E` to the end of the pattern.
  private mutating func quoted() throws(UnknownSyntax) -> [PatternNode] {
    var nodes: [PatternNode] = []
    while let scalar = peek() {
      if take("\\E") { break }
      index += 1
      nodes.append(try literal(scalar))
    }
    return nodes
  }

  /// The character that the escape at `index` (behind its backslash) stands for.
  mutating func codePoint() throws(UnknownSyntax) -> Unicode.Scalar {
    guard let scalar = peek() else { throw UnknownSyntax() }
    index += 1
    switch scalar {
    case "a": return "\u{7}"
    case "e": return "\u{1B}"
    case "f": return "\u{C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "0": return try number(digits: 2, radix: 8)
    case "o":
      guard take("{") else { throw UnknownSyntax() }
      return try braced(radix: 8)
    case "x":
      if take("{") { return try braced(radix: 16) }
      return try number(digits: 2, radix: 16)
    case "c":
      guard let control = peek(), control.value >= 0x20, control.value < 0x7F else { throw UnknownSyntax() }
      index += 1
      let upper = (0x61...0x7A).contains(control.value) ? control.value - 0x20 : control.value
      guard let result = Unicode.Scalar(upper ^ 0x40) else { throw UnknownSyntax() }
      return result
    default:
      // A letter or digit with a meaning of its own, now or later; anything else stands for itself.
      let isPlain = scalar.value < 0x80 && !((scalar.value | 0x20) &- 0x61 < 26) && scalar.value &- 0x30 >= 10
      guard isPlain || scalar.value >= 0x80 else { throw UnknownSyntax() }
      return scalar
    }
  }

  private mutating func number(digits: Int, radix: UInt32) throws(UnknownSyntax) -> Unicode.Scalar {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let digit = peek().flatMap({ Self.digit($0, radix: radix) }) else { break }
      value = value * radix + digit
      index += 1
    }
    guard let scalar = Unicode.Scalar(value) else { throw UnknownSyntax() }
    return scalar
  }

  private mutating func braced(radix: UInt32) throws(UnknownSyntax) -> Unicode.Scalar {
    var value: UInt32 = 0
    var count = 0
    while let digit = peek().flatMap({ Self.digit($0, radix: radix) }), count < 8 {
      value = value &* radix &+ digit
      index += 1
      count += 1
    }
    guard count > 0, take("}"), value <= 0x10FFFF, let scalar = Unicode.Scalar(value) else { throw UnknownSyntax() }
    return scalar
  }

  /// `\N{U+1F600}`, behind the `N`.
  private mutating func namedCodePoint() throws(UnknownSyntax) -> Unicode.Scalar {
    guard take("{U+") else { throw UnknownSyntax() }
    return try braced(radix: 16)
  }

  private static func digit(_ scalar: Unicode.Scalar, radix: UInt32) -> UInt32? {
    let value: UInt32? =
      switch scalar.value {
      case 0x30...0x39: scalar.value - 0x30
      case 0x41...0x46: scalar.value - 0x41 + 10
      case 0x61...0x66: scalar.value - 0x61 + 10
      default: nil
      }
    return value.flatMap { $0 < radix ? $0 : nil }
  }

  /// `\g1`, `\g{-2}`, `\g<name>`, `\k'name'`, `\k{name}`.
  private mutating func skipReference() throws(UnknownSyntax) {
    let closing: Unicode.Scalar? =
      switch peek() {
      case "{": "}"
      case "<": ">"
      case "'": "'"
      default: nil
      }
    index += 1
    if let closing {
      while let scalar = peek(), scalar != closing {
        _ = scalar
        index += 1
      }
      guard peek() == closing else { throw UnknownSyntax() }
      index += 1
    } else {
      while let digit = peek(), digit.value &- 0x30 < 10 { index += 1 }
    }
  }

  /// The first bytes of what `\d`, `\w` and their like match with Unicode properties on.
  static func shorthand(_ letter: Unicode.Scalar) -> ByteSet {
    var set: ByteSet
    switch letter {
    case "d": set = ByteSet(UInt8(0x30)...0x39)
    case "w": set = ByteSet(Array(UInt8(0x30)...0x39) + Array(UInt8(0x41)...0x5A) + Array(UInt8(0x61)...0x7A) + [0x5F])
    case "s": set = ByteSet([9, 10, 11, 12, 13, 0x20])
    case "h": set = ByteSet([9, 0x20])
    case "v": set = ByteSet([10, 11, 12, 13])
    default: return .all
    }
    set.insertHigh()
    return set
  }
}
