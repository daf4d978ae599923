import GPTOSS
import Testing

@Suite struct HarmonyParserTests {
  private func harmony() throws -> Harmony { try Harmony(TokenizerKit.tiny("tiny-a")) }

  /// Tokens of a completion whose control tokens are written by name.
  private func parse(_ text: String, role: HarmonyRole? = .assistant, _ strictness: HarmonyParser.Strictness = .strict) throws -> [HarmonyMessage] {
    let harmony = try harmony()
    return try harmony.parse(harmony.tokenizer.encode(trustedTemplate: text), role: role, strictness)
  }

  @Test func readsAnalysisAndFinal() throws {
    let messages = try parse("<|channel|>analysis<|message|>Rule 2 fits.<|end|><|start|>assistant<|channel|>final<|message|>1<|return|>")
    #expect(messages == [HarmonyMessage(.assistant, "Rule 2 fits.", channel: "analysis"), HarmonyMessage(.assistant, "1", channel: "final")])
  }

  @Test func whatIsRenderedIsReadBack() throws {
    let harmony = try harmony()
    let messages = [
      HarmonyMessage(.system, "Be brief."), HarmonyMessage(.developer, "# Instructions\n\nx"), HarmonyMessage(.user, " é\u{1FAE0}\r\n<|end|> "),
      HarmonyMessage(.assistant, [.text("{}")], channel: "commentary", recipient: "functions.f", contentType: "json"), HarmonyMessage(.assistant, "", channel: "final"),
    ]
    #expect(try harmony.parse(harmony.render(messages, .conversation, dropsAnalysis: false), role: nil) == messages)
  }

  @Test(arguments: [
    ("", HarmonyParseError.Code.endInsideHeader, nil as Int?), ("<|channel|>", .endInsideHeader, nil),
    ("<|channel|><|message|>", .emptyChannel, 1), ("<|message|><|end|>a", .missingStart, 2), ("<|message|><|end|><|start|><|message|>", .missingRole, 3),
    ("<|return|>", .endInsideHeader, nil),
  ])
  func saysWhatIsWrongAndWhere(text: String, code: HarmonyParseError.Code, index: Int?) throws {
    let error = try #require(throws: HarmonyParseError.self) { try parse(text) }
    #expect(error == HarmonyParseError(code, at: index))
  }

  @Test func lenientKeepsAMessageWithoutContent() throws {
    #expect(try parse("0 <|return|>", .lenient) == [HarmonyMessage(.assistant, "0")])
    #expect(try parse("<|channel|>final<|end|>", .lenient) == [HarmonyMessage(.assistant, "", channel: "final")])
    #expect(try parse("<|return|>", .lenient) == [])
  }

  @Test func streamsTextAsCharactersComplete() throws {
    let harmony = try harmony()
    var parser = HarmonyParser(harmony)
    for id in harmony.tokenizer.encode(trustedTemplate: "<|channel|>final<|message|>") { try parser.push(id) }
    #expect(parser.state == .content && parser.channel == "final" && parser.role == .assistant && parser.delta == nil)
    var text = ""
    for id in harmony.tokenizer.encode(ordinary: "ok \u{1FAE0}!") {
      try parser.push(id)
      text += parser.delta ?? ""
      #expect(parser.content == text && !text.unicodeScalars.contains("\u{FFFD}"))
    }
    #expect(text == "ok \u{1FAE0}!" && parser.messages.isEmpty)
    try parser.push(harmony.return)
    #expect(parser.messages == [HarmonyMessage(.assistant, "ok \u{1FAE0}!", channel: "final")] && parser.state == .expectStart && parser.content == "")
    try parser.finish()
  }

  @Test func anyTokensEndInMessagesOrAnError() throws {
    let harmony = try harmony()
    let controls = [harmony.start, harmony.channel, harmony.message, harmony.end, harmony.return, harmony.call, harmony.constrain]
    var random = SplitMix(5)
    for _ in 0..<5_000 {
      let ids = (0..<Int.random(in: 0..<16, using: &random)).map { _ in
        Int.random(in: 0..<3, using: &random) > 0 ? controls.randomElement(using: &random) ?? 0 : TokenID.random(in: -2..<520, using: &random)
      }
      for role in [nil, HarmonyRole.assistant] {
        let strict = Result { try harmony.parse(ids, role: role) }
        let lenient = Result { try harmony.parse(ids, role: role, .lenient) }
        // What the strict reading accepts, the lenient one reads alike, unless a message ended inside a header.
        if case .success(let messages) = strict, case .success(let others) = lenient, messages.count == others.count { #expect(messages == others) }
      }
    }
  }
}
