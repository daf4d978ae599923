import Text

/// Reads PCRE2 syntax (pcre2pattern, 10.42) into ``PatternNode``s. Knows less than PCRE2 and gives up where it does not know.
struct PatternParser {
  /// The flags that change how the pattern's own text is read.
  struct Flags {
    var caseless = false
    var extended = false
    var extendedMore = false
    var multiline = false
  }

  let text: [Unicode.Scalar]
  var index = 0
  var flags: Flags
  var depth = 0
  var isCaseSensitive = false
  var comparesCase = false

  /// - Parameter flags: letters of `imsxnU` as in a rule's `flags`.
  /// - Returns: nil when the pattern holds something that is not understood for certain.
  static func parse(_ pattern: String, flags: String) -> ParsedPattern? {
    var parser = PatternParser(pattern, flags: Flags(caseless: flags.contains("i"), extended: flags.contains("x"), multiline: flags.contains("m")))
    guard let root = try? parser.alternation(), parser.index == parser.text.count else { return nil }
    return ParsedPattern(root: root, isCaseSensitive: parser.isCaseSensitive, comparesCase: parser.comparesCase)
  }

  private init(_ pattern: String, flags: Flags) {
    text = Array(pattern.unicodeScalars)
    self.flags = flags
  }

  func peek(_ offset: Int = 0) -> Unicode.Scalar? { index + offset < text.count ? text[index + offset] : nil }

  mutating func take(_ word: String) -> Bool {
    let scalars = Array(word.unicodeScalars)
    guard index + scalars.count <= text.count, Array(text[index..<index + scalars.count]) == scalars else { return false }
    index += scalars.count
    return true
  }

  /// Branches up to `)` or the end. Flags set inside hold to the end of the group, across `|`.
  mutating func alternation() throws(UnknownSyntax) -> PatternNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= 200 else { throw UnknownSyntax() }
    var branches = [try concatenation()]
    while take("|") { branches.append(try concatenation()) }
    return branches.count == 1 ? branches[0] : .alternation(branches)
  }

  private mutating func concatenation() throws(UnknownSyntax) -> PatternNode {
    var nodes: [PatternNode] = []
    while let scalar = peek(), scalar != "|", scalar != ")" {
      if skipIgnored() { continue }
      if isQuantifier() {
        guard let last = nodes.popLast() else { throw UnknownSyntax() }
        nodes.append(try quantified(last))
        continue
      }
      try append(atom(), to: &nodes)
    }
    return nodes.count == 1 ? nodes[0] : .concatenation(nodes)
  }

  private func append(_ atoms: [PatternNode], to nodes: inout [PatternNode]) { nodes += atoms }

  /// White space and comments under `x`, and `(?#…)`. A quantifier behind them belongs to what stood before.
  private mutating func skipIgnored() -> Bool {
    if take("(?#") {
      while let scalar = peek(), scalar != ")" {
        _ = scalar
        index += 1
      }
      index += 1
      return true
    }
    guard flags.extended, let scalar = peek() else { return false }
    if scalar.properties.isPatternWhitespace {
      index += 1
      return true
    }
    guard scalar == "#" else { return false }
    while let scalar = peek(), scalar != "\n" {
      _ = scalar
      index += 1
    }
    return true
  }

  private func isQuantifier() -> Bool {
    switch peek() {
    case "*", "+", "?": true
    case "{": braces() != nil
    default: false
    }
  }

  /// `{n}`, `{n,}` or `{n,m}` at `index`: its bounds and length. Anything else with a brace is literal.
  private func braces() -> (min: Int, max: Int?, length: Int)? {
    var at = 1
    func number() -> (Int, Int)? {
      var (value, length) = (0, 0)
      while let digit = peek(at + length)?.value, digit &- 0x30 < 10, length < 6 {
        value = value * 10 + Int(digit - 0x30)
        length += 1
      }
      return length > 0 ? (value, length) : nil
    }
    guard let (low, lowLength) = number() else { return nil }
    at += lowLength
    if peek(at) == "}" { return (low, low, at + 1) }
    guard peek(at) == "," else { return nil }
    at += 1
    if peek(at) == "}" { return (low, nil, at + 1) }
    guard let (high, highLength) = number(), peek(at + highLength) == "}" else { return nil }
    return (low, high, at + highLength + 1)
  }

  private mutating func quantified(_ node: PatternNode) throws(UnknownSyntax) -> PatternNode {
    let result: PatternNode
    switch peek() {
    case "*":
      index += 1
      result = .repetition(node, min: 0, max: nil)
    case "+":
      index += 1
      result = .repetition(node, min: 1, max: nil)
    case "?":
      index += 1
      result = .repetition(node, min: 0, max: 1)
    default:
      guard let (low, high, length) = braces() else { throw UnknownSyntax() }
      index += length
      result = .repetition(node, min: low, max: high)
    }
    // Lazy or possessive.
    if peek() == "?" || peek() == "+" { index += 1 }
    return result
  }

  /// The next atom; several for `\Q…\E`.
  private mutating func atom() throws(UnknownSyntax) -> [PatternNode] {
    guard let scalar = peek() else { throw UnknownSyntax() }
    switch scalar {
    case "(": return [try group()]
    case "[": return [try characterClass()]
    case "\\": return try escape()
    case ".":
      index += 1
      return [.set(lead: .all)]
    case "^":
      index += 1
      return [flags.multiline ? .empty : .start]
    case "$":
      index += 1
      return [.empty]
    case "{":
      // Newer versions read `{,n}` and blanks as quantifiers, older ones as text.
      guard let next = peek(1), next != ",", next != " ", next.value &- 0x30 >= 10 else { throw UnknownSyntax() }
      index += 1
      return [try literal(scalar)]
    default:
      index += 1
      return [try literal(scalar)]
    }
  }

  /// A character that stands for itself.
  mutating func literal(_ scalar: Unicode.Scalar) throws(UnknownSyntax) -> PatternNode {
    noteCase(of: scalar)
    guard let variant = CaseFolding.bytes(of: scalar, caseless: flags.caseless) else { return .set(lead: lead(of: scalar)) }
    return .character(variants: [variant], lead: lead(of: scalar))
  }

  /// The bytes that a character may start with in a text, in either case.
  func lead(of scalar: Unicode.Scalar) -> ByteSet {
    guard scalar.value < 0x80 else {
      var set = ByteSet()
      set.insertHigh()
      // Beyond ASCII a letter may match an ASCII one: the Kelvin sign and the long s.
      if scalar.value == 0x212A { set.insert(0x6B) }
      if scalar.value == 0x17F { set.insert(0x73) }
      return set.caseless
    }
    return ByteSet([UInt8(scalar.value)]).caseless
  }

  mutating func noteCase(of scalar: Unicode.Scalar) {
    if !flags.caseless, scalar.properties.isCased || scalar.properties.changesWhenCaseFolded { isCaseSensitive = true }
  }
}

/// Case folding of single characters, for literals that are compared with folded text.
enum CaseFolding {
  private static let folding = Normalizer(.caseOnly)

  /// The full case folding of `scalar` as UTF-8; nil where a newer PCRE2 might know a case that the tables do not.
  static func bytes(of scalar: Unicode.Scalar, caseless: Bool) -> [UInt8]? {
    if scalar.value < 0x80 { return Array(folding.normalize(String(scalar)).utf8) }
    let isKnown = !ScalarClass.table[scalar.value].isEmpty || symbols.contains { $0.contains(scalar.value) }
    guard isKnown || !caseless else { return nil }
    return Array(folding.normalize(String(scalar)).utf8)
  }

  private static let symbols: [ClosedRange<UInt32>] = [0x80...0xBF, 0x2000...0x2BFF, 0x3000...0x303F, 0x1F000...0x1FAFF]
}
