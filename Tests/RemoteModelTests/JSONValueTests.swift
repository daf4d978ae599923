import RemoteModel
import Testing

@Suite struct JSONValueTests {
  @Test(arguments: [
    #"{"a":1,"b":[true,false,null],"c":"x\"y"}"#, "[]", "{}", #""é😀""#, "-1.5e+3", "0", #"[{"a":{"b":[]}}]"#,
  ])
  func writesWhatItReads(text: String) throws {
    #expect(try JSONValue(parsing: text).text == text)
  }

  @Test(arguments: [
    "", "{", "[1,]", "{\"a\":1,}", "01", "1.", "+1", "tru", "{'a':1}", "{\"a\" 1}", "[1] 2", "\"\u{1}\"", #""\ud800""#, #""\ud800\u0041""#, #""\x""#,
    "\"abc", "nan",
  ])
  func refusesWhatIsNotJSON(text: String) {
    #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
  }

  @Test func refusesDeepNestingWithoutOverflow() {
    #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: String(repeating: "[", count: 1_000_000)) }
  }

  @Test func refusesInvalidUTF8() {
    #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
  }

  @Test func decodesEscapes() throws {
    #expect(try JSONValue(parsing: #""\u00e9\ud83d\ude00\n\/""#).string == "é😀\n/")
  }

  @Test func keepsDuplicateKeysInSight() throws {
    let value = try JSONValue(parsing: #"{"violation":0,"x":[{"a":1,"a":2}],"violation":1}"#)
    #expect(value.hasDuplicateKeys)
    #expect(try JSONValue(parsing: #"{"a":[{"b":1,"b":1}]}"#).hasDuplicateKeys)
    #expect(try !JSONValue(parsing: #"{"a":{"a":1}}"#).hasDuplicateKeys)
  }

  @Test func readsAPrefixAndSaysWhereItEnds() throws {
    let bytes = Array(#"xx {"a":1} yy"#.utf8)
    let (value, end) = try JSONValue.prefix(of: bytes, from: 3)
    #expect(value["a"]?.int == 1)
    #expect(end == 10)
  }

  @Test func wholeNumbersOnlyWhenExact() throws {
    #expect(try JSONValue(parsing: "1.0").int == 1)
    #expect(try JSONValue(parsing: "1.5").int == nil)
    #expect(try JSONValue(parsing: "1e300").int == nil)
  }
}
