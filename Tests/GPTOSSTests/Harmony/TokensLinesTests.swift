import GPTOSS
import Testing

@Suite struct TokensLinesTests {
  private func answer(_ line: String, _ command: TokensLines.Command) throws -> String { try TokensLines(TokenizerKit.tiny("tiny-a")).answer(Array(line.utf8), command) }

  @Test func encodesAndDecodes() throws {
    let line = try answer(#"{"id": "x", "text": "hello <|end|>"}"#, .encode)
    let ids = try #require(JSONValue.parse(Array(line.utf8))["ids"]).ids
    #expect(try ids == TokenizerKit.tiny("tiny-a").encode(ordinary: "hello <|end|>"))
    #expect(line.hasPrefix(#"{"id":"x","#))
    #expect(try answer(line, .decode).contains(#""text":"hello <|end|>""#))
    #expect(try answer(#"{"text": "<|end|>", "specials": true}"#, .encode) == #"{"ids":[499]}"#)
    #expect(try answer(#"{"utf8_hex": "61ff"}"#, .encode) == answer(#"{"utf16_code_units": [97, 55296]}"#, .encode))
    #expect(try answer(#"{"ids": [64]}"#, .decode) == #"{"text":"a","bytes_hex":"61","per_token_bytes_hex":["61"]}"#)
  }

  @Test func rendersAndParses() throws {
    let rendered = try answer(#"{"messages": [{"role": "user", "content": "hi"}], "mode": "conversation"}"#, .render)
    #expect(rendered.hasSuffix(#""decoded":"<|start|>user<|message|>hi<|end|>"}"#))
    let chat = try answer(#"{"chat": [{"role": "user", "content": "hi"}], "reasoning_effort": "low", "template": "harmony_no_commentary"}"#, .render)
    #expect(chat.contains("Reasoning: low") && chat.contains("channels: analysis, final."))
    let parsed = try answer(rendered.replacing(#"{"ids""#, with: #"{"role": null, "trace": true, "ids""#), .parse)
    #expect(parsed.hasPrefix(#"{"messages":[{"role":"user","name":null,"channel":null,"recipient":null,"content_type":null,"text":"hi"}],"stream_trace":["#))
    #expect(try answer(#"{"ids": [5]}"#, .parse).hasPrefix(#"{"error":"the stream ends before the message header is complete","failed_at_token":null"#))
  }

  @Test(arguments: [
    ("", TokensLines.Command.encode), ("[]", .encode), ("{}", .encode), (#"{"utf8_hex": "6"}"#, .encode), (#"{"utf8_hex": "+1"}"#, .encode),
    (#"{"utf16_code_units": [70000]}"#, .encode), (#"{"ids": [1.5]}"#, .decode), (#"{"ids": [3000000000]}"#, .decode), ("{}", .decode), ("{}", .render), (#"{"messages": [{}]}"#, .render),
    (#"{"chat": [{"role": "user"}]}"#, .render), (#"{"chat": [], "template": "jinja"}"#, .render), (#"{"messages": [], "mode": "x"}"#, .render), ("{}", .parse),
    (#"{"ids": [], "role": "robot"}"#, .parse), (#"{"ids": [], "strictness": "x"}"#, .parse),
  ])
  func refusesLinesThatSayNothing(line: String, command: TokensLines.Command) throws {
    #expect(throws: TokensLines.Failure.self) { try answer(line, command) }
  }
}
