extension PatternParser {
  /// Everything that starts with `(`.
  mutating func group() throws(UnknownSyntax) -> PatternNode {
    index += 1
    // Verbs may end a match early; the long names of look-around are rare.
    if peek() == "*" { throw UnknownSyntax() }
    guard take("?") else { return try body() }
    if take(":") || take("|") || take(">") { return try body() }
    if take("=") || take("!") || take("<=") || take("<!") || take("*") || take("<*") { return try lookaround() }
    if take("P<") || take("<") { return try namedGroup(end: ">") }
    if take("'") { return try namedGroup(end: "'") }
    if take("P=") {
      refersBack()
      return try reference()
    }
    if take("P>") || take("&") { return try reference() }
    if take("(") { return try condition() }
    if take("R") { return try reference() }
    if let next = peek(), next.value &- 0x30 < 10 { return try reference() }
    if peek() == "+" || (peek() == "-" && peek(1).map { $0.value &- 0x30 < 10 } == true) { return try reference() }
    return try inlineFlags()
  }

  /// What stands between the opening and `)`; flags set inside end there.
  private mutating func body() throws(UnknownSyntax) -> PatternNode {
    let outer = flags
    let node = try alternation()
    flags = outer
    guard take(")") else { throw UnknownSyntax() }
    return node
  }

  private mutating func lookaround() throws(UnknownSyntax) -> PatternNode {
    .lookaround(try body())
  }

  private mutating func namedGroup(end: Unicode.Scalar) throws(UnknownSyntax) -> PatternNode {
    while let scalar = peek(), scalar != end {
      guard scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil else { throw UnknownSyntax() }
      index += 1
    }
    index += 1
    return try body()
  }

  /// A back reference, a recursion or a subroutine call, up to its `)`.
  private mutating func reference() throws(UnknownSyntax) -> PatternNode {
    while let scalar = peek(), scalar != ")" {
      guard scalar == "_" || scalar == "+" || scalar == "-" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil else {
        throw UnknownSyntax()
      }
      index += 1
    }
    guard take(")") else { throw UnknownSyntax() }
    return .anything
  }

  /// `(?(condition)yes|no)`, read only to find its end.
  private mutating func condition() throws(UnknownSyntax) -> PatternNode {
    if take("?=") || take("?!") || take("?<=") || take("?<!") {
      _ = try lookaround()
    } else {
      while let scalar = peek(), scalar != ")" {
        guard scalar != "(", scalar != "?", scalar != "*" else { throw UnknownSyntax() }
        index += 1
      }
      guard take(")") else { throw UnknownSyntax() }
    }
    _ = try body()
    return .anything
  }

  /// `(?i)`, `(?x-i:…)`, `(?^)`.
  private mutating func inlineFlags() throws(UnknownSyntax) -> PatternNode {
    let outer = flags
    var isOn = true
    var setsMore = false
    if take("^") { flags = Flags() }
    while let scalar = peek(), scalar != ")", scalar != ":" {
      index += 1
      switch scalar {
      case "-": isOn = false
      case "i": flags.caseless = isOn
      case "x":
        // A single `x` takes back the second one of an earlier group, though not that of its own: `(?xxx)`.
        let isDouble = take("x")
        setsMore = isOn && (setsMore || isDouble)
        (flags.extended, flags.extendedMore) = (isOn, setsMore)
      case "m": flags.multiline = isOn
      case "s", "n", "U", "J": break
      default: throw UnknownSyntax()
      }
    }
    if take(")") { return .empty }
    guard take(":") else { throw UnknownSyntax() }
    let node = try alternation()
    guard take(")") else { throw UnknownSyntax() }
    flags = outer
    return node
  }
}
