/// What tells capitals from small letters, other than letters themselves.
extension PatternParser {
  /// A class or property of capitals or of small letters. PCRE2 10.42 tells them apart under `i` as well, later versions do not.
  mutating func tellsCase() {
    if flags.caseless { comparesCase = true } else { isCaseSensitive = true }
  }

  /// A back reference matches what its group did, in the same case.
  mutating func refersBack() {
    if !flags.caseless { comparesCase = true }
  }

  /// The name of a POSIX class, as in `[:^upper:]`.
  mutating func noteCase(ofClass name: String) {
    if name.hasSuffix("upper") || name.hasSuffix("lower") { tellsCase() }
  }

  /// `L` or `{Script=Han}`, behind `\p`.
  mutating func property() throws(UnknownSyntax) {
    var name = ""
    if take("{") {
      while let scalar = peek(), scalar != "}" {
        name.unicodeScalars.append(scalar)
        index += 1
      }
      guard take("}") else { throw UnknownSyntax() }
    } else {
      guard let scalar = peek() else { throw UnknownSyntax() }
      name.unicodeScalars.append(scalar)
      index += 1
    }
    if !UncasedProperties.contain(name) { tellsCase() }
  }

  /// Whether a pattern that the parser gave up on still ignores case throughout: its flags say so, and no group takes it back as `(?-i)` does.
  static func ignoresCase(_ pattern: String, flags: String) -> Bool {
    guard flags.contains("i") else { return false }
    let bytes = Array(pattern.utf8)
    for index in bytes.indices.dropLast(2) where bytes[index] == UInt8(ascii: "(") && bytes[index + 1] == UInt8(ascii: "?") {
      let sign = bytes[(index + 2)...].first { ($0 | 0x20) &- 0x61 >= 26 }
      if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "^") { return false }
    }
    return true
  }
}

/// Properties of which a letter's capital and small form have both or neither. Others, as `Lu` or `Lowercase`, and all unknown ones, may tell
/// the two apart.
enum UncasedProperties {
  /// Names as PCRE2 compares them: without case, blanks, `-` and `_`.
  static func contain(_ name: String) -> Bool {
    let short = String(name.lowercased().filter { !" \t-_^".contains($0) })
    guard let sign = short.firstIndex(where: { $0 == ":" || $0 == "=" }) else { return names.contains(short) }
    return ["sc", "script", "scx", "scriptextensions", "bc", "bidiclass"].contains(short[..<sign])
  }

  private static let categories = "c cc cf cn co cs l lm lo m mc me mn n nd nl no p pc pd pe pf pi po ps s sc sk sm so z zl zp zs"
  private static let special = "any xan xps xsp xuc xwd alphabetic alpha whitespace wspace space ideographic ideo math dash"
  private static let emoji = "emoji emojipresentation epres emojimodifier emod emojicomponent ecomp extendedpictographic extpict"
  private static let scripts = """
    arabic arab armenian armn bengali beng common zyyy cyrillic cyrl devanagari deva georgian geor greek grek gujarati gujr gurmukhi guru han hani \
    hangul hang hebrew hebr hiragana hira inherited zinh qaai kannada knda katakana kana khmer khmr lao laoo latin latn malayalam mlym myanmar mymr \
    sinhala sinh tamil taml telugu telu thai tibetan tibt
    """
  private static let names = Set([categories, special, emoji, scripts].joined(separator: " ").split(separator: " ").map(String.init))
}
