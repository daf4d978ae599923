/// A conversation or a chat to be rendered, as JSON; see ``TokensLines``.
struct HarmonyInput {
  private let json: JSONValue

  init(_ json: JSONValue) { self.json = json }

  func render(_ harmony: Harmony) throws(HarmonyError) -> [TokenID] {
    if json["chat"] != nil {
      let word = json["template"]?.string ?? HarmonyChatTemplate.harmony.rawValue
      guard let template = HarmonyChatTemplate(rawValue: word) else {
        throw HarmonyError(.conversation, "`template` is not one of \(HarmonyChatTemplate.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "))")
      }
      return try renderChat(harmony, template)
    }
    guard let elements = json["messages"]?.elements else { throw HarmonyError(.conversation, "neither `messages` nor `chat` is an array") }
    var messages: [HarmonyMessage] = []
    for element in elements { messages.append(try HarmonyMessage(json: element)) }
    return try harmony.render(messages, try mode(), dropsAnalysis: json["auto_drop_analysis"]?.bool ?? true)
  }

  func renderChat(_ harmony: Harmony, _ template: HarmonyChatTemplate) throws(HarmonyError) -> [TokenID] {
    guard let elements = json["chat"]?.elements else { throw HarmonyError(.conversation, "`chat` is not an array") }
    var turns: [HarmonyChatTurn] = []
    for element in elements {
      guard let role = element["role"]?.string.flatMap({ HarmonyRole(rawValue: $0) }), let content = element["content"]?.string else {
        throw HarmonyError(.conversation, "a turn of `chat` lacks a known `role` or a `content` that is a string")
      }
      turns.append(HarmonyChatTurn(role, content))
    }
    return try harmony.render(chat: turns, effort: json["reasoning_effort"]?.string ?? "medium", date: json["date"]?.string, template: template)
  }

  private func mode() throws(HarmonyError) -> Harmony.Mode {
    switch json["mode"]?.string ?? "completion" {
    case "completion": .completion()
    case "conversation": .conversation
    case "training": .training
    default: throw HarmonyError(.conversation, "`mode` is not one of `completion`, `conversation`, `training`")
    }
  }
}

/// What the parser makes of a stream of tokens, with a record of every step.
struct HarmonyResult {
  /// The parser after a token.
  struct Step: Hashable {
    var state: String
    var channel: String?
    var delta: String?
    var content: String
    var doneMessages: Int
  }

  private(set) var messages: [HarmonyMessage] = []
  private(set) var failure: HarmonyParseError?
  private(set) var trace: [Step] = []

  init(_ ids: [TokenID], _ harmony: Harmony, role: HarmonyRole?, _ strictness: HarmonyParser.Strictness, traces: Bool = true) {
    var parser = HarmonyParser(harmony, role: role, strictness)
    do throws(HarmonyParseError) {
      for id in ids {
        try parser.push(id)
        guard traces else { continue }
        trace.append(
          Step(
            state: parser.state.rawValue, channel: parser.channel, delta: parser.delta, content: parser.content, doneMessages: parser.messages.count))
      }
      try parser.finish()
    } catch {
      failure = error
    }
    messages = parser.messages
  }

  var members: [JSONOutput.Member] {
    let list = JSONOutput.array(messages.map(\.json))
    guard let failure else { return [.init("messages", list)] }
    return [
      .init("error", .string(failure.description)), .init("failed_at_token", failure.tokenIndex.map { .int($0) } ?? .null), .init("messages_before_error", list),
    ]
  }
}

extension HarmonyResult.Step {
  var json: JSONOutput {
    [
      "state": .string(state), "channel": .optional(channel), "delta": .optional(delta), "content": .string(content), "done_messages": .int(doneMessages),
    ]
  }
}

extension HarmonyMessage {
  /// A parsed message as the goldens write it.
  var json: JSONOutput {
    [
      "role": .string(role.rawValue), "name": .optional(name), "channel": .optional(channel), "recipient": .optional(recipient),
      "content_type": .optional(contentType), "text": .string(text),
    ]
  }
}
