import GPTOSS
import Testing

@Suite struct TokenizerGoldenTests {
  @Test(.enabled(if: TokenizerKit.hasPublished, TokenizerKit.needsPublished))
  func encodesOrdinaryTextAsTiktokenDoes() throws {
    let tokenizer = try TokenizerKit.published()
    for golden in try TokenizerKit.cases("tokenize/tokenize.jsonl") {
      let text = try #require(golden["text"]?.string)
      #expect(tokenizer.encode(ordinary: text) == golden["ids"]?.ids, "\(golden["id"]?.string ?? "")")
    }
  }

  @Test(.enabled(if: TokenizerKit.hasPublished, TokenizerKit.needsPublished))
  func parsesSpecialTokensOnlyInTrustedTemplates() throws {
    let tokenizer = try TokenizerKit.published()
    var compared = 0
    for golden in try TokenizerKit.cases("tokenize/tokenize.jsonl") {
      guard let ids = golden["ids_if_specials_parsed"]?.ids, let text = golden["text"]?.string else { continue }
      #expect(tokenizer.encode(trustedTemplate: text) == ids, "\(golden["id"]?.string ?? "")")
      #expect(!tokenizer.encode(ordinary: text).contains { tokenizer.isSpecial($0) })
      compared += 1
    }
    #expect(compared == 11)
  }

  @Test(.enabled(if: TokenizerKit.hasPublished, TokenizerKit.needsPublished))
  func replacesWhatIsIllFormed() throws {
    let tokenizer = try TokenizerKit.published()
    for golden in try TokenizerKit.cases("tokenize/ill_formed.jsonl") {
      var ids: [TokenID] = []
      if golden["kind"]?.string == "utf16" {
        ids = tokenizer.encode(ordinary: (golden["utf16_code_units"]?.ids ?? []).map { UInt16($0) })
      } else {
        golden["utf8_hex"]?.hexBytes.withUnsafeBufferPointer { tokenizer.encode(ordinary: $0, into: &ids) }
      }
      #expect(ids == golden["ids"]?.ids, "\(golden["id"]?.string ?? "")")
      #expect(tokenizer.decode(ids) == golden["replaced_text"]?.string)
    }
  }

  @Test(.enabled(if: TokenizerKit.hasPublished, TokenizerKit.needsPublished))
  func decodesToTheSameBytes() throws {
    let tokenizer = try TokenizerKit.published()
    for golden in try TokenizerKit.cases("tokenize/decode.jsonl") {
      let ids = golden["ids"]?.ids ?? []
      #expect(tokenizer.bytes(of: ids) == golden["bytes_hex"]?.hexBytes)
      #expect(tokenizer.decode(ids) == golden["text_replace"]?.string, "\(golden["id"]?.string ?? "")")
      #expect(ids.map { tokenizer.bytes(of: $0) } == golden["per_token_bytes_hex"]?.elements?.map(\.hexBytes))
    }
  }

  @Test(arguments: ["tiny-a", "tiny-b", "tiny-c"])
  func encodesWithSmallVocabularies(name: String) throws {
    let tokenizer = try TokenizerKit.tiny(name)
    let goldens = try TokenizerKit.cases("\(name)/goldens/tokenize.jsonl")
    #expect(!goldens.isEmpty)
    for golden in goldens {
      let text = try #require(golden["text"]?.string)
      #expect(tokenizer.encode(trustedTemplate: text) == golden["ids"]?.ids, "\(golden.offset)")
      #expect(tokenizer.decode(tokenizer.encode(trustedTemplate: text)) == text)
    }
  }

  @Test(.enabled(if: TokenizerKit.hasPublished, TokenizerKit.needsPublished))
  func knowsThePublishedSpecialTokens() throws {
    let tokenizer = try TokenizerKit.published()
    #expect(tokenizer.tokenCount == 200_019)
    let expected: [(String, TokenID)] = [
      ("<|startoftext|>", 199998), ("<|endoftext|>", 199999), ("<|return|>", 200002), ("<|constrain|>", 200003), ("<|channel|>", 200005),
      ("<|start|>", 200006), ("<|end|>", 200007), ("<|message|>", 200008), ("<|call|>", 200012), ("<|endofprompt|>", 200018),
    ]
    for (name, id) in expected { #expect(tokenizer.specialToken(named: name) == id) }
    #expect(tokenizer.specialToken(named: "end") == nil)
    #expect(!tokenizer.isSpecial(199_997) && !tokenizer.isSpecial(-1) && !tokenizer.contains(-1) && tokenizer.bytes(of: -5).isEmpty)
    // The model's padding rows have names, and nothing encodes to them; behind them there is nothing.
    #expect(tokenizer.isSpecial(200_019) && tokenizer.isSpecial(201_087) && !tokenizer.contains(201_088) && tokenizer.bytes(of: 201_088).isEmpty)
    #expect(tokenizer.specialToken(named: "<|reserved_201087|>") == nil)
  }
}
