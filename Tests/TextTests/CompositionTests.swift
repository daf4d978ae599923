import Foundation
import Testing
import Text

@Suite struct CompositionTests {
  /// Random texts of marks, jamo, kana and compatibility forms with the NFKC that Python's `unicodedata` gives.
  @Test func compatibilityCompositionFollowsTheStandard() throws {
    let golden = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/nfkc.txt")
    let options = NormalizationOptions(caseFolding: false, confusables: false, invisibles: false, marks: false, repeats: false)
    let normalizer = Normalizer(options)
    var count = 0
    for line in try String(contentsOf: golden, encoding: .utf8).split(separator: "\n") where !line.hasPrefix("#") {
      let parts = line.split(separator: ";").map { part in
        String(String.UnicodeScalarView(part.split(separator: " ").compactMap { UInt32($0, radix: 16).flatMap(Unicode.Scalar.init) }))
      }
      let result = normalizer.normalize(parts[0])
      #expect(Array(result.unicodeScalars) == Array(parts[1].unicodeScalars), "\(line)")
      count += 1
    }
    #expect(count == 3000)
  }

  /// Compared by scalars, as `==` of texts takes canonical equivalents for the same.
  @Test func anyNumberOfInvisibleCharactersKeepsNothingApart() {
    let withMarks = Normalizer(NormalizationOptions(marks: false))
    for count in 0...200 {
      let gap = String(repeating: "\u{200B}", count: count)
      #expect(Array(Normalizer().normalize("\u{1100}\(gap)\u{1161}").unicodeScalars) == ["\u{AC00}"], "\(count)")
      #expect(Array(withMarks.normalize("cafe\(gap)\u{301}").unicodeScalars) == ["c", "a", "f", "\u{E9}"], "\(count)")
    }
  }

  @Test func aStackOfMarksIsCutBetweenCharacters() {
    let withMarks = Normalizer(NormalizationOptions(marks: false))
    for count in 0...140 {
      let text = "q" + String(repeating: "\u{336}", count: count) + "\u{301}"
      #expect(Array(withMarks.normalize(text).unicodeScalars) == Array(text.unicodeScalars), "\(count)")
    }
  }
}
