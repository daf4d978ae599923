/// Which disguises a normalised copy undoes.
public struct NormalizationOptions: Sendable, Hashable {
  /// Compatibility forms and composition: NFKC of Unicode 14 (`ｆ` → `f`, `ﬁ` → `fi`, `①` → `1`).
  public var compatibility: Bool
  /// Full case folding (`ẞ` → `ss`).
  public var caseFolding: Bool
  /// Letters that look Latin become Latin, in words made only of them or mixed with Latin letters; digits of all scripts
  /// and typographic quotes and dashes become ASCII.
  public var confusables: Bool
  /// Zero-width, format and control characters, soft hyphens, variation selectors and tags go away.
  public var invisibles: Bool
  /// Accents, stacked marks, Hebrew points and Arabic vowel signs go away.
  public var marks: Bool
  /// A letter three or more times in a row becomes one letter that is marked as stretched (`fuuuuck` → `fuck`; `book` stays).
  public var repeats: Bool
  /// Digits and signs inside a word with a letter become the letters that they stand for (`sh1t` → `shit`, `a$$` → `ass`).
  public var leet: Bool
  /// Three or more single letters with the same gap between them become one word (`f u c k`, `f.u.c.k` → `fuck`).
  public var spacing: Bool

  public init(
    compatibility: Bool = true, caseFolding: Bool = true, confusables: Bool = true, invisibles: Bool = true, marks: Bool = true,
    repeats: Bool = true, leet: Bool = false, spacing: Bool = false
  ) {
    self.compatibility = compatibility
    self.caseFolding = caseFolding
    self.confusables = confusables
    self.invisibles = invisibles
    self.marks = marks
    self.repeats = repeats
    self.leet = leet
    self.spacing = spacing
  }

  /// All but leet and spacing, which cost precision.
  public static let standard = NormalizationOptions()
  public static let all = NormalizationOptions(leet: true, spacing: true)
  /// Case folding and nothing else.
  public static let caseOnly = NormalizationOptions(
    compatibility: false, confusables: false, invisibles: false, marks: false, repeats: false)
}
