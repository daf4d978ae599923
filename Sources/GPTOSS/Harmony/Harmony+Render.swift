extension Harmony {
  /// What the tokens of a conversation are for.
  public enum Mode: Sendable, Hashable {
    /// A prompt: ends in `<|start|>` and the role that speaks next.
    case completion(HarmonyRole = .assistant)
    case conversation
    /// As `conversation`, but a last final message of the assistant ends in `<|return|>`.
    case training
  }

  /// The tokens of a conversation.
  ///
  /// - Parameter dropsAnalysis: if the last assistant message is final, analysis before the first final message is left out: the model was not
  ///   trained to see it again.
  /// - Throws: for system content outside system messages, developer content outside developer messages, tool messages without a name.
  public func render(_ messages: [HarmonyMessage], _ mode: Mode = .completion(), dropsAnalysis: Bool = true) throws(HarmonyError) -> [TokenID] {
    var ids: [TokenID] = []
    let firstFinal = messages.firstIndex { $0.channel == "final" } ?? 0
    let drops = dropsAnalysis && messages.last { $0.role == .assistant }?.channel == "final"
    let hasFunctions = messages.contains(where: \.hasFunctions)
    for (index, message) in messages.enumerated() where !(drops && index < firstFinal && message.channel == "analysis") {
      try render(message, hasFunctions: hasFunctions, into: &ids)
    }
    switch mode {
    case .conversation: break
    case .training:
      if messages.last?.role == .assistant, messages.last?.channel == "final" { ids[ids.count - 1] = `return` }
    case .completion(let role):
      ids.append(start)
      tokenizer.encode(ordinary: role.rawValue, into: &ids)
    }
    return ids
  }

  private func render(_ message: HarmonyMessage, hasFunctions: Bool, into ids: inout [TokenID]) throws(HarmonyError) {
    ids.append(start)
    try renderAuthor(message, into: &ids)
    if let recipient = message.recipient, recipient != "all" { tokenizer.encode(ordinary: " to=\(recipient)", into: &ids) }
    if let name = message.channel {
      ids.append(channel)
      tokenizer.encode(ordinary: name, into: &ids)
    }
    if let type = message.contentType { renderContentType(type, into: &ids) }
    ids.append(self.message)
    for part in message.content { try render(part, of: message.role, hasFunctions: hasFunctions, into: &ids) }
    // Also with the recipient `all`, which is not rendered.
    ids.append(message.role == .assistant && message.recipient != nil ? call : end)
  }

  private func renderAuthor(_ message: HarmonyMessage, into ids: inout [TokenID]) throws(HarmonyError) {
    if message.role == .tool {
      guard let name = message.name else { throw HarmonyError(.conversation, "a tool message has no name") }
      tokenizer.encode(ordinary: name, into: &ids)
    } else {
      tokenizer.encode(ordinary: message.role.rawValue, into: &ids)
      if let name = message.name { tokenizer.encode(ordinary: ":\(name)", into: &ids) }
    }
  }

  private func renderContentType(_ type: String, into ids: inout [TokenID]) {
    let marker = Array("<|constrain|>".utf8)
    let text = Array(type.utf8)
    guard text.starts(with: marker) else { return tokenizer.encode(ordinary: " \(type)", into: &ids) }
    tokenizer.encode(ordinary: " ", into: &ids)
    ids.append(constrain)
    tokenizer.encode(ordinary: String(decoding: text.dropFirst(marker.count), as: UTF8.self), into: &ids)
  }

  private func render(_ part: HarmonyContent, of role: HarmonyRole, hasFunctions: Bool, into ids: inout [TokenID]) throws(HarmonyError) {
    switch part {
    case .text(let text): tokenizer.encode(ordinary: text, into: &ids)
    case .system(let content):
      guard role == .system else { throw HarmonyError(.conversation, "system content in a message of the \(role.rawValue)") }
      tokenizer.encode(ordinary: content.text(hasFunctions: hasFunctions), into: &ids)
    case .developer(let content):
      guard role == .developer else { throw HarmonyError(.conversation, "developer content in a message of the \(role.rawValue)") }
      tokenizer.encode(ordinary: content.text, into: &ids)
    }
  }
}

extension HarmonyMessage {
  fileprivate var hasFunctions: Bool {
    content.contains { if case .developer(let developer) = $0 { developer.tools["functions"]?.tools.isEmpty == false } else { false } }
  }
}

extension HarmonySystemContent {
  /// Sections with a blank line between them, one text for the tokenizer.
  func text(hasFunctions: Bool) -> String {
    var top: [String] = []
    if let modelIdentity { top.append(modelIdentity) }
    if let knowledgeCutoff { top.append("Knowledge cutoff: \(knowledgeCutoff)") }
    if let conversationStartDate { top.append("Current date: \(conversationStartDate)") }
    var sections = top.isEmpty ? [] : [top.joined(separator: "\n")]
    if let effort { sections.append("Reasoning: \(effort.rawValue)") }
    if !tools.isEmpty { sections.append(HarmonyToolNamespace.section(tools)) }
    if let channels, !channels.valid.isEmpty {
      var text = "# Valid channels: \(channels.valid.joined(separator: ", "))."
      if channels.isRequired { text += " Channel must be included for every message." }
      if hasFunctions { text += "\nCalls to these tools must go to the commentary channel: 'functions'." }
      sections.append(text)
    }
    return sections.joined(separator: "\n\n")
  }
}

extension HarmonyDeveloperContent {
  var text: String {
    var sections: [String] = []
    if let instructions { sections += ["# Instructions", instructions] }
    if !tools.isEmpty { sections.append(HarmonyToolNamespace.section(tools)) }
    return sections.joined(separator: "\n\n")
  }
}
