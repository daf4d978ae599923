import Testing
import Text

/// A text, its normalised form, and where one part of the form lies in the text.
struct Disguise: Sendable, CustomTestStringConvertible {
  var text: String
  var normal: String
  var found: String
  var original: String
  var options = NormalizationOptions.standard
  var testDescription: String { "\(text) → \(normal)" }
}

func normalized(_ text: String, _ options: NormalizationOptions = .standard) -> (copy: NormalizedText, changed: Bool) {
  let copy = NormalizedText()
  var text = text
  let changed = text.withUTF8 { Normalizer(options).normalize($0, into: copy) }
  return (copy, changed)
}

/// The part of `text` that the first occurrence of `found` in its normalised copy came from.
func original(of found: String, in copy: NormalizedText, text: String) -> String? {
  let bytes = Array(UnsafeBufferPointer(start: copy.bytes, count: copy.count))
  let wanted = Array(found.utf8)
  guard wanted.count <= bytes.count else { return nil }
  for start in 0...(bytes.count - wanted.count) where Array(bytes[start..<start + wanted.count]) == wanted {
    let span = copy.originalSpan(of: start..<start + wanted.count)
    return String(validating: Array(text.utf8)[span], as: UTF8.self)
  }
  return nil
}

@Suite struct NormalizerTests {
  static let disguises: [Disguise] = [
    .init(text: "Plain TEXT, 1000 books!!!", normal: "plain text, 1000 books!!!", found: "books", original: "books"),
    .init(text: "ｆｕｃｋ you", normal: "fuck you", found: "fuck", original: "ｆｕｃｋ"),
    .init(text: "𝓯𝓾𝓬𝓴 𝕪𝕠𝕦", normal: "fuck you", found: "you", original: "𝕪𝕠𝕦"),
    .init(text: "Ⓕⓤⓒⓚ", normal: "fuck", found: "uc", original: "ⓤⓒ"),
    .init(text: "🅵🆄🅲🅺 🅕🅤🅒🅚 ⒡⒰⒞⒦", normal: "fuck fuck fuck", found: "fuck", original: "🅵🆄🅲🅺"),
    .init(text: "f\u{200B}u\u{200D}c\u{2060}k", normal: "fuck", found: "fuck", original: "f\u{200B}u\u{200D}c\u{2060}k"),
    .init(text: "\u{FEFF}fu\u{AD}ck\u{200B}!", normal: "fuck!", found: "fuck", original: "fu\u{AD}ck"),
    .init(text: "f\u{0}u\u{1}c\u{7F}k", normal: "fuck", found: "fuck", original: "f\u{0}u\u{1}c\u{7F}k"),
    .init(text: "f\u{E0061}uck", normal: "fuck", found: "fuck", original: "f\u{E0061}uck"),
    .init(text: "f\u{336}u\u{336}c\u{336}k\u{336} off", normal: "fuck off", found: "fuck", original: "f\u{336}u\u{336}c\u{336}k\u{336}"),
    .init(text: "ḟṻčķ", normal: "fuck", found: "fuck", original: "ḟṻčķ"),
    .init(text: "fucк уоu аss", normal: "fuck you ass", found: "ass", original: "аss"),
    .init(text: "аѕѕ", normal: "ass", found: "ass", original: "аѕѕ"),
    .init(text: "НЕLLO", normal: "hello", found: "hello", original: "НЕLLO"),
    .init(text: "ΝIGΗT", normal: "night", found: "gh", original: "GΗ"),
    .init(text: "ᖴᑌᑕK", normal: "fuck", found: "f", original: "ᖴ"),
    .init(text: "ꜰᴜᴄᴋ", normal: "fuck", found: "fuck", original: "ꜰᴜᴄᴋ"),
    .init(text: "¢unt €vil", normal: "cunt evil", found: "cunt", original: "¢unt"),
    .init(text: "smørrebrød", normal: "smorrebrod", found: "smorre", original: "smørre"),
    .init(text: "🇫🇺🇨🇰🇸 🇺🇸", normal: "fucks 🇺🇸", found: "fuck", original: "🇫🇺🇨🇰"),
    .init(text: "Straße ﬃ", normal: "strasse ffi", found: "ss", original: "ß"),
    .init(text: "fuuuuuck", normal: "fuck", found: "fuck", original: "fuuuuuck"),
    .init(text: "FFFuuuUUCCCKKK", normal: "fuck", found: "fuck", original: "FFFuuuUUCCCKKK"),
    .init(text: "book ass good 哈哈哈", normal: "book ass good 哈", found: "哈", original: "哈哈哈"),
    .init(text: "１２３ ٤٥ ๖", normal: "123 45 6", found: "45", original: "٤٥"),
    .init(text: "wait… “what’s”", normal: "wait... \"what's\"", found: "...", original: "…"),
    .init(text: "か\u{3099}き ﾊﾟ", normal: "がき パ", found: "が", original: "か\u{3099}"),
    .init(text: "\u{1112}\u{1161}\u{11AB}글", normal: "한글", found: "한", original: "\u{1112}\u{1161}\u{11AB}"),
    .init(text: "हिन्दी क्षि", normal: "हिन्दी क्षि", found: "हि", original: "हि"),
    .init(text: "مُحَمَّد", normal: "محمد", found: "محمد", original: "مُحَمَّد"),
    .init(text: "sh1t a$$ h3ll0 455 @sshole!", normal: "shit ass hello 455 asshole!", found: "ass", original: "a$$", options: .all),
    .init(text: "f u c k   y.o.u", normal: "fuck   you", found: "fuck", original: "f u c k", options: .all),
    .init(text: "F.U.C.K off", normal: "fuck off", found: "fuck", original: "F.U.C.K", options: .all),
    .init(text: "s_h_1_t", normal: "shit", found: "shit", original: "s_h_1_t", options: .all),
    .init(text: "操 你 妈", normal: "操你妈", found: "操你", original: "操 你", options: .all),
    .init(text: "I a m, 1 2 3 4", normal: "i a m, 1 2 3 4", found: "m", original: "m", options: .standard),
    .init(text: "1 2 3 4 at 5", normal: "1 2 3 4 at 5", found: "3", original: "3", options: .all),
  ]

  @Test(arguments: disguises) func disguiseIsUndoneAndFoundInTheOriginal(_ disguise: Disguise) {
    let copy = normalized(disguise.text, disguise.options).copy
    #expect(copy.string == disguise.normal)
    #expect(original(of: disguise.found, in: copy, text: disguise.text) == disguise.original)
  }

  @Test(arguments: ["", " ", "Hello, World", "abc 123 \n\t x", "emoji 😂🔥", String(repeating: "Lorem ipsum ", count: 9000)])
  func ordinaryTextIsOnlyLowerCased(_ text: String) {
    let (copy, changed) = normalized(text)
    #expect(copy.string == text.lowercased())
    #expect(!changed)
  }

  @Test(arguments: ["сука", "война и мир", "СУКА", "Ελλάδα", "мама"])
  func wordsOfOtherScriptsStay(_ text: String) {
    let folded = Normalizer(.caseOnly).normalize(text)
    let withoutAccents = Normalizer(NormalizationOptions(confusables: false)).normalize(text)
    #expect(Normalizer().normalize(text) == withoutAccents)
    #expect(folded.unicodeScalars.first?.properties.isLowercase == true)
  }

  @Test func phraseFormForMixedWordsReadsEveryLetterAsLatin() {
    #expect(Normalizer().normalize("сука", insideLatinWord: true) == "cyka")
    #expect(Normalizer().normalize("суkа") == "cyka")
  }

  @Test func eachOptionActsAlone() {
    let off = NormalizationOptions(compatibility: false, caseFolding: false, confusables: false, invisibles: false, marks: false, repeats: false)
    let text = "Ａａ é с\u{200B}s aaa 1t"
    #expect(Normalizer(off).normalize(text) == text)
    func changed(_ change: (inout NormalizationOptions) -> Void) -> String {
      var options = off
      change(&options)
      return Normalizer(options).normalize(text)
    }
    #expect(changed { $0.compatibility = true } == "Aa é с\u{200B}s aaa 1t")
    #expect(changed { $0.caseFolding = true } == "ａａ é с\u{200B}s aaa 1t")
    #expect(changed { $0.confusables = true } == "Ａａ é c\u{200B}s aaa 1t")
    #expect(changed { $0.invisibles = true } == "Ａａ é сs aaa 1t")
    #expect(changed { $0.marks = true } == "Ａａ e с\u{200B}s aaa 1t")
    #expect(changed { $0.repeats = true } == "Ａａ é с\u{200B}s a 1t")
    #expect(changed { $0.leet = true } == "Ａａ é с\u{200B}s aaa it")
    #expect(changed { $0.spacing = true } == text)
  }

  @Test func stretchedAndJoinedLettersAreMarked() {
    let copy = normalized("asssss f u c k", .all).copy
    #expect(copy.string == "as fuck")
    #expect((0..<copy.count).map { copy.flags[$0] } == [0, NormalizedText.stretched, 0] + [UInt8](repeating: NormalizedText.joined, count: 4))
  }

  @Test func scratchIsReusedForLongerAndShorterTexts() {
    let copy = NormalizedText()
    let normalizer = Normalizer()
    for text in ["ａ", String(repeating: "ﷺ", count: 5000), "", String(repeating: "é", count: 100_000), "ok"] {
      var text = text
      text.withUTF8 { _ = normalizer.normalize($0, into: copy) }
      #expect(copy.string == normalizer.normalize(text))
    }
  }
}
