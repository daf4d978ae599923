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
}
