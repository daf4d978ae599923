/// A turn of an OpenAI-style chat.
public struct HarmonyChatTurn: Sendable, Hashable {
  /// `system` and `developer` both mean instructions; `user`; `assistant`.
  public var role: HarmonyRole
  public var content: String
  public init(_ role: HarmonyRole, _ content: String) { (self.role, self.content) = (role, content) }
}

/// How a chat becomes a prompt. The servers differ; a policy that was tuned behind one of them should be run with its template.
public enum HarmonyChatTemplate: String, Sendable, Hashable, CaseIterable {
  /// As openai-harmony and vLLM: instructions are a developer message, `# Instructions\n\n…`, wherever they stand.
  case harmony
  /// As the chat template published with the model, and so transformers and llama.cpp: the same with two line breaks behind the instructions.
  /// Instructions after the first turn are dropped.
  case huggingFace = "hf_template"
  /// As `harmony`, without the commentary channel in the system message: vLLM for requests without tools.
  case harmonyWithoutCommentary = "harmony_no_commentary"
}

extension Harmony {
  /// The prompt of a chat, ending in `<|start|>assistant`. Texts are ordinary text in all templates (where transformers parses special tokens
  /// inside them, this does not).
  ///
  /// - Parameters:
  ///   - effort: written as it is into `Reasoning: …`.
  ///   - date: written into `Current date: …`; nil leaves the line out.
  /// - Throws: for tool turns; for the Hugging Face template without a date, because that template always prints one.
  public func render(
    chat: [HarmonyChatTurn], effort: String = "medium", date: String?, template: HarmonyChatTemplate = .harmony
  ) throws(HarmonyError) -> [TokenID] {
    if template == .huggingFace, date == nil { throw HarmonyError(.conversation, "the Hugging Face template needs a date") }
    var messages = [HarmonyMessage(.system, systemText(effort: effort, date: date, template))]
    for (index, turn) in chat.enumerated() {
      switch turn.role {
      case .tool: throw HarmonyError(.conversation, "a chat has a tool turn; render messages instead")
      case .user: messages.append(HarmonyMessage(.user, turn.content))
      case .assistant: messages.append(HarmonyMessage(.assistant, turn.content, channel: "final"))
      case .system, .developer:
        if let message = instructions(turn, isFirst: index == 0, template) { messages.append(message) }
      }
    }
    return try render(messages, .completion())
  }

  /// One text, as the sections of the system content are.
  private func systemText(effort: String, date: String?, _ template: HarmonyChatTemplate) -> String {
    let channels = template == .harmonyWithoutCommentary ? HarmonySystemContent.Channels.withoutCommentary : .all
    let content = HarmonySystemContent(effort: nil, conversationStartDate: date, channels: nil).text(hasFunctions: false)
    let channelText = HarmonySystemContent(modelIdentity: nil, effort: nil, knowledgeCutoff: nil, channels: channels).text(hasFunctions: false)
    return "\(content)\n\nReasoning: \(effort)\n\n\(channelText)"
  }

  /// Empty instructions give no message.
  private func instructions(_ turn: HarmonyChatTurn, isFirst: Bool, _ template: HarmonyChatTemplate) -> HarmonyMessage? {
    if turn.content.isEmpty || (template == .huggingFace && !isFirst) { return nil }
    let text = template == .huggingFace ? "\(turn.content)\n\n" : turn.content
    return HarmonyMessage(.developer, [.developer(HarmonyDeveloperContent(instructions: text))])
  }
}
