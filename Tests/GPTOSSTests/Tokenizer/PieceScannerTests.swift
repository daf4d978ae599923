import GPTOSS
import Testing

/// The hand-written splitter against the pattern it stands for.
@Suite struct PieceScannerTests {
  /// The o200k pattern in a backtracking engine, by Unicode scalars. Without the folding of U+017F, which Swift's engine does not have.
  private static func split(_ text: String) throws -> [String] {
    let words = #"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])?"#
    let pattern =
      #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"# + words
      + #"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"# + words
      + #"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n\/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    return text.matches(of: try Regex(pattern).matchingSemantics(.unicodeScalar)).map { String(text[$0.range]) }
  }

  private static let alphabet: [String] = [
    " ", " ", "\n", "\r", "\t", "\u{85}", "\u{A0}", "\u{2028}", "\u{3000}", "/", "'", "'", "s", "S", "t", "re", "LL", "a", "b", "Z", "É", "ß", "\u{1C5}", "\u{2B0}", "\u{AA}", "中", "\u{301}",
    "\u{903}", "1", "½", "\u{2167}", "!", ".", "-", "_", "\u{200B}", "\u{FEFF}", "\u{0}", "\u{1F600}",
  ]

  @Test func splitsAsTheRegularExpression() throws {
    let tokenizer = try TokenizerKit.tiny("tiny-a")
    var random = SplitMix(11)
    for _ in 0..<1_500 {
      let text = (0..<Int.random(in: 1..<14, using: &random)).map { _ in Self.alphabet.randomElement(using: &random) ?? "" }.joined()
      let expected = try Self.split(text).map { Array($0.utf8) }
      #expect(tokenizer.pieces(of: text).map { Array($0.utf8) } == expected)
    }
  }

  @Test(arguments: [
    ("don't DON'T x'RE 'tis", ["don't", " DON'T", " x'RE", " '", "tis"]), ("a'\u{17F}b", ["a'\u{17F}", "b"]), ("12345 67", ["123", "45", " ", "67"]),
    ("a  b   \n\n  c  ", ["a", " ", " b", "   \n\n", " ", " c", "  "]), ("x!!\n//\ny", ["x", "!!\n//\n", "y"]), ("\u{301}ABC", ["\u{301}", "ABC"]),
    ("HTTPServer", ["HTTPServer"]), ("ABあCD", ["ABあ", "CD"]), ("\u{3000}a", ["\u{3000}a"]), (" \u{85} ", [" \u{85} "]),
  ])
  func splitsByTheLetter(text: String, pieces: [String]) throws { #expect(try TokenizerKit.tiny("tiny-a").pieces(of: text) == pieces) }

  /// The generated table against Swift's own Unicode data, for scalars that both are old enough to know.
  @Test func classesAreTheGeneralCategories() {
    var different: [UInt32] = []
    for value in UInt32(0)..<0x110000 {
      guard let scalar = Unicode.Scalar(value), let age = scalar.properties.age, age.major < 16 else { continue }
      if ScalarClass(of: scalar) != Self.expected(scalar) { different.append(value) }
    }
    // U+0295 was a small letter until Unicode 17 made it a letter without case.
    #expect(different.allSatisfy { $0 == 0x295 }, "\(different.prefix(10))")
    #expect(ScalarClass(of: "\u{85}") == .space && ScalarClass(of: "\u{200B}") == .other && ScalarClass(of: "\r") == .newline)
  }

  private static func expected(_ scalar: Unicode.Scalar) -> ScalarClass {
    if scalar == "\r" || scalar == "\n" { return .newline }
    if scalar.properties.isWhitespace { return .space }
    return switch scalar.properties.generalCategory {
    case .uppercaseLetter, .titlecaseLetter: .upper
    case .lowercaseLetter: .lower
    case .modifierLetter, .otherLetter: .uncased
    case .nonspacingMark, .spacingMark, .enclosingMark: .mark
    case .decimalNumber, .letterNumber, .otherNumber: .number
    default: .other
    }
  }
}
