import Testing
import Text

/// SplitMix64: the same sequence on every platform.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}

@Suite struct NormalizerPropertyTests {
  static let alphabet: [String] = [
    "a", "B", "s", "1", "$", " ", " ", ".", "\n", "é", "e\u{301}", "с", "В", "ｆ", "ﬁ", "ﷺ", "\u{200B}", "\u{336}", "\u{FE0F}", "哈", "か", "\u{3099}",
    "\u{1112}", "\u{1161}", "\u{11AB}", "क", "्", "\u{9C7}", "\u{9BE}", "😂", "🇺", "🇸", "€", "ß", "\u{E0061}", "\u{0}", "ΐ", "\u{315}", "\u{93C}",
  ]

  static func randomText(_ generator: inout SeededGenerator, repeats: ClosedRange<Int> = 1...4) -> String {
    var text = ""
    for _ in 0..<Int.random(in: 0...40, using: &generator) {
      let part = alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
      text += String(repeating: part, count: Int.random(in: repeats, using: &generator))
    }
    return text
  }

  @Test(arguments: [NormalizationOptions.standard, .all, .caseOnly, NormalizationOptions(marks: false), NormalizationOptions(compatibility: false)])
  func spansCoverWholeCharactersInOrder(_ options: NormalizationOptions) {
    expectSpansOfWholeCharacters(options, rounds: 2000, repeats: 1...4)
    // Around the length at which a segment to compose is cut.
    expectSpansOfWholeCharacters(options, rounds: 100, repeats: 60...70)
  }

  private func expectSpansOfWholeCharacters(_ options: NormalizationOptions, rounds: Int, repeats: ClosedRange<Int>) {
    var generator = SeededGenerator(state: 7)
    let normalizer = Normalizer(options)
    let copy = NormalizedText()
    for _ in 0..<rounds {
      var text = Self.randomText(&generator, repeats: repeats)
      text.withUTF8 { _ = normalizer.normalize($0, into: copy) }
      let bytes = Array(text.utf8)
      #expect(String(validating: UnsafeBufferPointer(start: copy.bytes, count: copy.count), as: UTF8.self) != nil)
      let isBoundary = { (index: Int) in index == bytes.count || bytes[index] & 0xC0 != 0x80 }
      var previous = 0
      let isGood = (0..<copy.count).allSatisfy { index in
        let span = copy.originalSpan(of: index..<index + 1)
        defer { previous = span.lowerBound }
        return !span.isEmpty && span.upperBound <= bytes.count && isBoundary(span.lowerBound) && isBoundary(span.upperBound)
          && span.lowerBound >= previous
      }
      #expect(isGood, "\(text.debugDescription)")
    }
  }

  /// Where nothing is context, folding character by character must agree with the standard library's lower case.
  @Test func caseOnlyAgreesWithTheStandardLibraryOnSimpleLetters() {
    let normalizer = Normalizer(.caseOnly)
    for value in UInt32(0x20)...0x24FF {
      guard let scalar = Unicode.Scalar(value), scalar.properties.isCased, scalar.properties.age.map({ $0.major <= 14 }) == true, value != 0x130,
        value != 0x1E9E
      else { continue }
      let lower = scalar.properties.lowercaseMapping
      guard lower.unicodeScalars.count == 1, scalar.properties.isUppercase, value < 0x13A0 || value > 0x13FF else { continue }
      #expect(normalizer.normalize(String(scalar)) == normalizer.normalize(lower), "U+\(String(value, radix: 16))")
    }
  }

  @Test func bytesThatAreNotUTF8BecomeReplacementCharacters() {
    var generator = SeededGenerator(state: 3)
    let normalizer = Normalizer(.all)
    let copy = NormalizedText()
    for round in 0..<4000 {
      let bytes = (0..<Int.random(in: 0...64, using: &generator)).map { _ in
        round % 2 == 0
          ? UInt8.random(in: 0...255, using: &generator) : [0xF0, 0x9F, 0xE2, 0x80, 0xC3, 0x61, 0xED, 0xA0][Int.random(in: 0..<8, using: &generator)]
      }
      bytes.withUnsafeBufferPointer { _ = normalizer.normalize($0, into: copy) }
      #expect(String(validating: UnsafeBufferPointer(start: copy.bytes, count: copy.count), as: UTF8.self) != nil)
      #expect((0..<copy.count).allSatisfy { copy.originalSpan(of: $0..<copy.count).upperBound <= bytes.count })
    }
  }

  @Test(arguments: ["\u{336}", "\u{94D}", "\u{301}", "\u{11AB}", "\u{3099}", "a", "f ", "1a!", "\u{200B}", "🇺", "1 ", "1."])
  func longRunsOfOneCharacterAreCheapAndSafe(_ part: String) {
    let text = "x" + String(repeating: part, count: 100_000)
    for options in [NormalizationOptions.all, NormalizationOptions(marks: false)] {
      let copy = normalized(text, options).copy
      #expect(copy.count <= text.utf8.count * 3)
    }
  }
}
