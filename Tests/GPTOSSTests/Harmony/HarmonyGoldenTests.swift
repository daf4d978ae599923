import GPTOSS
import Testing

@Suite struct HarmonyGoldenTests {
  @Test(
    .enabled(if: TokenizerKit.hasPublished, TokenizerKit.needsPublished),
    arguments: [
      ("harmony/harmony.jsonl", ["render": 64, "chat": 22, "parse": 47]), ("tokenize/tokenize.jsonl", ["tokenize": 270]), ("tokenize/ill_formed.jsonl", ["ill-formed": 13]),
      ("tokenize/decode.jsonl", ["decode": 68]),
    ])
  func agreesWithTheOfficialImplementations(file: String, kinds: [String: Int]) throws {
    let report = TokensConformance(try TokenizerKit.published()).run([(file, try ReferenceKit.bytes(ReferenceKit.golden(file)))])
    #expect(report.isExact, "\(report.text)")
    #expect(report.files.first?.kinds == kinds)
  }

  @Test(arguments: ["tiny-a", "tiny-b", "tiny-c"])
  func agreesOnSmallVocabularies(name: String) throws {
    let file = "\(name)/goldens/tokenize.jsonl"
    let report = TokensConformance(try TokenizerKit.tiny(name)).run([(file, try ReferenceKit.bytes(ReferenceKit.golden(file)))])
    #expect(report.isExact && report.files.first?.cases == 40, "\(report.text)")
  }

  /// A comparison that cannot fail shows nothing.
  @Test(arguments: [
    (#"{"id":"x","text":"ab","ids":[1]}"#, "ids"),
    (#"{"id":"x","kind":"utf8","utf8_hex":"ff","replaced_text":"?","ids":[1]}"#, "ids"),
    (#"{"id":"x","kind":"utf8","utf8_hex":"f","replaced_text":"?","ids":[1]}"#, ""),
    (#"{"ids":[64],"bytes_hex":"00"}"#, "bytes_hex"),
    (#"{"ids":[64],"bytes_hex":"61","text_replace":"b"}"#, "text_replace"),
    (#"{"kind":"render","messages":[{"role":"user","content":"a"}],"ids":[]}"#, "ids"),
    (#"{"kind":"render","messages":[{"role":"robot","content":"a"}],"ids":[]}"#, ""),
    (#"{"kind":"chat","chat":[{"role":"user","content":"a"}],"date":"2025-06-28","harmony":{"ids":[3]}}"#, "harmony.ids"),
    (#"{"kind":"parse","ids":[],"role":"assistant","strict":{"messages":[]}}"#, "strict"),
    (#"{"kind":"parse","ids":[],"role":null,"strict":{"messages":[{"role":"user"}]}}"#, "strict.messages"),
    (#"{"kind":"parse","ids":["a"],"role":null,"strict":{"messages":[]}}"#, ""),
    (#"{"something":1}"#, ""), (#"[1]"#, ""), ("{", ""),
  ])
  func saysWhereItDisagrees(line: String, member: String) throws {
    let report = TokensConformance(try TokenizerKit.tiny("tiny-a")).run([("file", Array("\n\(line)\n".utf8))])
    #expect(!report.isExact)
    #expect(report.files.first?.cases == 1 && report.files.first?.agreeing == 0)
    #expect(report.files.first?.disagreements.first?.member == member, "\(report.text)")
    #expect(report.files.first?.disagreements.first?.line == 2)
    #expect(report.text.contains("0 of 1 cases agree") && report.json.text.contains(#""exact":false"#))
  }

  @Test func anEmptyFileIsNotExact() throws {
    #expect(!TokensConformance(try TokenizerKit.tiny("tiny-a")).run([("file", [])]).isExact)
  }
}
