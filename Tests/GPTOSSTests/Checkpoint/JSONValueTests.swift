import GPTOSS
import Testing

@Suite struct JSONValueTests {
  private func parse(_ text: String) throws -> JSONValue { try JSONValue.parse(Array(text.utf8)) }

  @Test func readsEveryKindOfValue() throws {
    let value = try parse(#" {"a": [1, -2.5e1, true, false, null, "x"], "b": {}, "c": []} "#)
    let a = try #require(value["a"])
    #expect(a.elements?.map(\.kind) == [.integer, .number, .true, .false, .null, .string])
    #expect(a[0]?.int == 1 && a[1]?.double == -25 && a[2]?.bool == true && a[3]?.bool == false && a[4]?.isNull == true)
    #expect(a[5]?.string == "x" && a[6] == nil && a[-1] == nil)
    #expect(value.members?.map { $0.key.string } == ["a", "b", "c"])
    #expect(value["b"]?.count == 0 && value["c"]?.count == 0 && value["d"] == nil && a["a"] == nil)
    #expect(value["c"]?.offset == 58)
  }

  @Test func integersAreExactOrAbsent() throws {
    let value = try parse("[9223372036854775807, 9223372036854775808, 18446744073709551615, 18446744073709551616, -0, 1.0, 1e3, -9223372036854775808]")
    let signed: [Int?] = [.max, nil, nil, nil, 0, nil, nil, .min]
    #expect(value.elements?.map(\.int) == signed)
    let unsigned: [UInt64?] = [UInt64(Int.max), UInt64(Int.max) + 1, .max, nil, nil, nil, nil, nil]
    #expect(value.elements?.map(\.unsigned) == unsigned)
    #expect(value[3]?.double == 18_446_744_073_709_551_616 && value[6]?.double == 1000)
  }

  @Test func stringsKeepTheirBytes() throws {
    let value = try parse(#"["é", "e\u0301", "\ud83d\ude00", "\"\\\/\b\f\n\r\t\u0000"]"#)
    #expect(value[0]?.bytes == [0xC3, 0xA9])
    #expect(value[1]?.bytes == [0x65, 0xCC, 0x81])
    #expect(value[2]?.bytes == [0xF0, 0x9F, 0x98, 0x80])
    #expect(value[3]?.bytes == Array("\"\\/\u{8}\u{C}\n\r\t\0".utf8))
  }

  @Test func keysThatCompareEqualAsStringsStayApart() throws {
    let value = try parse(#"{"é": 1, "e\u0301": 2}"#)
    #expect(value["\u{E9}"]?.int == 1 && value["e\u{301}"]?.int == 2 && value.duplicateKey == nil)
  }

  @Test func ofDuplicateKeysTheLastCountsAndTheFirstIsNamed() throws {
    let value = try parse(#"{"a": 1, "b": 2, "\u0061": 3}"#)
    #expect(value["a"]?.int == 3 && value.duplicateKey == "a" && value.count == 3)
  }

  @Test(arguments: [
    "", " ", "{", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "]",
    "}", "[}", "{]", "tru", "True", "nul", "nan", "Infinity", "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x10", "1e400", "-1e400", "\"", "\"\\\"",
    "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\u{1}\"", "\"\n\"", "1 1", "{} x", "[1]\0", "\u{FEFF}1",
    "// c\n1", "'a'",
  ])
  func refusesWhatIsNotJSON(_ text: String) {
    #expect(throws: JSONError.self) { try parse(text) }
  }

  @Test(
    arguments: [
      [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
      [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC3, 0x28], [0xE2, 0x28, 0xA1], [0xFF],
    ] as [[UInt8]])
  func refusesIllFormedUTF8(_ bytes: [UInt8]) {
    #expect(throws: JSONError.self) { try JSONValue.parse([0x22] + bytes + [0x22]) }
    #expect(throws: JSONError.self) { try JSONValue.parse([0x22] + bytes) }
  }

  @Test func depthIsLimitedWithoutRecursion() throws {
    let deepest = String(repeating: "[", count: 127) + String(repeating: "]", count: 127)
    #expect(try parse(deepest).count == 1)
    #expect(throws: JSONError.self) { try parse("[" + deepest + "]") }
    #expect(throws: JSONError.self) { try parse(String(repeating: "{\"a\":", count: 1_000_000)) }
  }

  @Test func errorsSayWhere() {
    let error = #expect(throws: JSONError.self) { try parse("{\n  \"a\": tru\n}") }
    #expect(error?.description == "invalid JSON at line 2, column 11: expected `true`")
  }

  @Test func everyPrefixOfAValidTextIsRefused() {
    let text = Array(#"{"a":[1,-2.5e1,true,"é\u00e9\ud83d\ude00"],"b":{"c":null}}"#.utf8)
    for length in 0..<text.count {
      #expect(throws: JSONError.self) { try JSONValue.parse(Array(text[..<length])) }
    }
  }
}
