import CKernels
import Testing

@Suite struct WordKernelTests {
  /// Invariant 8: every implementation agrees with the scalar one, whatever stands behind the text.
  @Test(arguments: [1, 2, 3]) func implementationAgreesWithTheScalarOne(_ level: Int32) {
    var generator = SeededGenerator(state: 11)
    let letters: [UInt8] = Array("aAbB019_ .\n\u{1}\u{7F}zZ@[`{/:".utf8) + [0x80, 0xC3, 0xFF]
    for count in Array(0...200) + [1000, 4095] {
      var text = (0..<count + Int(WK_TEXT_PADDING)).map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] }
      if count > 4, count % 3 == 0 { for i in count - 3..<count { text[i] = 0x61 } }
      func run(_ level: Int32) -> (UInt32, [UInt64], [UInt64]) {
        var words = [UInt64](repeating: 0xAA, count: (count + 63) / 64 + 1)
        var high = words
        let flags = wk_scan_words_level(level, text, count, &words, &high)
        return (flags, words, high)
      }
      let (scalar, other) = (run(0), run(level))
      guard other.0 != UInt32.max else { return }
      #expect(scalar == other, "\(count) bytes")
      #expect(scalar.1.last == 0xAA && scalar.2.last == 0xAA)
    }
  }

  @Test(arguments: [1, 2, 3]) func bigramImplementationAgreesWithTheScalarOne(_ level: Int32) {
    var generator = SeededGenerator(state: 12)
    for count in Array(0...200) + [1000, 4095] {
      let text = (0..<count + Int(WK_TEXT_PADDING)).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let table = (0..<128).map { _ in UInt8.random(in: 0...255, using: &generator) & UInt8.random(in: 0...255, using: &generator) }
      func run(_ level: Int32) -> (Int32, [UInt64]) {
        var found = [UInt64](repeating: 0xAA, count: (count + 63) / 64 + 1)
        return (wk_find_bigrams_level(level, text, count, table, &found), found)
      }
      let (scalar, other) = (run(0), run(level))
      guard other.0 != 0 else { return }
      #expect(scalar.1 == other.1, "\(count) bytes")
      #expect(scalar.1.last == 0xAA)
      let isRight = (0..<count).allSatisfy { index in
        let place = Int(text[index] & 31) | Int(text[index + 1] & 31) << 5
        return scalar.1[index / 64] >> UInt64(index % 64) & 1 == UInt64(table[place / 8] >> UInt8(place % 8) & 1)
      }
      #expect(isRight)
    }
  }

  @Test func flagsSayWhatTheTextHolds() {
    func flags(_ text: String) -> UInt32 {
      let bytes = Array(text.utf8)
      let padded = bytes + [UInt8](repeating: 0x61, count: Int(WK_TEXT_PADDING))
      var (words, high) = ([UInt64](repeating: 0, count: 8), [UInt64](repeating: 0, count: 8))
      return wk_scan_words(padded, bytes.count, &words, &high)
    }
    #expect(flags("plain text, \t\n") == 0)
    #expect(flags("Caps") == UInt32(WK_TEXT_UPPER))
    #expect(flags("é") == UInt32(WK_TEXT_HIGH))
    #expect(flags("a\u{1}") == UInt32(WK_TEXT_CONTROL))
    #expect(flags("x4") == UInt32(WK_TEXT_DIGIT))
    #expect(flags("aaa") == UInt32(WK_TEXT_TRIPLE))
    #expect(flags("!!! aa") == 0)
    #expect(flags(String(repeating: ".", count: 62) + "aaa") == UInt32(WK_TEXT_TRIPLE))
  }
}
