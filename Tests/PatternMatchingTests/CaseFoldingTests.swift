import CPCRE2
import Testing
import Text

@Suite struct CaseFoldingTests {
  /// The literal scan looks for case-folded literals in case-folded text. That loses nothing only while two characters that PCRE2 takes
  /// for the same in spite of case have the same full case folding.
  @Test func charactersThatPCREMatchesCaselesslyFoldAlike() throws {
    let cased = (UInt32(0x41)...0x1E943).filter { value in
      value < 0xD800 || value > 0xDFFF ? Unicode.Scalar(value)?.properties.isCased == true || ScalarClass.table[value].contains(.foldable) : false
    }
    let scalars = cased.compactMap(Unicode.Scalar.init)
    var text = String(String.UnicodeScalarView(scalars))
    let normalizer = Normalizer(.caseOnly)
    let data = pcre2_match_data_create_8(1, nil)
    defer { pcre2_match_data_free_8(data) }
    var pairs = 0
    var different: [String] = []
    text.withUTF8 { bytes in
      for scalar in scalars where ScalarClass.table[scalar.value].rawValue != 0 {
        var (error, offset): (Int32, Int) = (0, 0)
        var pattern = "\\x{\(String(scalar.value, radix: 16))}"
        guard let code = pattern.withUTF8({ pcre2_compile_8($0.baseAddress, $0.count, PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS, &error, &offset, nil) }) else {
          continue
        }
        defer { pcre2_code_free_8(code) }
        pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE)
        var start = 0
        while pcre2_match_8(code, bytes.baseAddress, bytes.count, start, PCRE2_NO_UTF_CHECK, data, nil) >= 0, let offsets = pcre2_get_ovector_pointer_8(data) {
          let other = String(decoding: bytes[offsets[0]..<offsets[1]], as: UTF8.self)
          if other != String(scalar) {
            pairs += 1
            if normalizer.normalize(other) != normalizer.normalize(String(scalar)) { different.append("\(scalar) \(other)") }
          }
          start = offsets[1]
        }
      }
    }
    #expect(pairs > 2000)
    #expect(different.isEmpty)
  }

  /// Literals are folded, so a copy must leave nothing to fold.
  @Test func normalisedCopyHoldsNothingThatFolds() {
    let normalizers = [Normalizer(), Normalizer(.all), Normalizer(NormalizationOptions(compatibility: false, confusables: false)), Normalizer(.caseOnly)]
    for value in UInt32(0x20)...0x1FFFF {
      guard let scalar = Unicode.Scalar(value), !ScalarClass.table[value].isEmpty else { continue }
      for normalizer in normalizers {
        let copy = normalizer.normalize("a" + String(scalar))
        let left = copy.unicodeScalars.first { ScalarClass.table[$0.value].contains(.foldable) }
        #expect(left == nil, "U+\(String(value, radix: 16)) leaves \(left.map { String($0) } ?? "")")
      }
    }
  }
}
