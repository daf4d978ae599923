extension HarmonyMessage {
  /// Reads a message in openai-harmony's JSON form.
  ///
  /// `{"role": "user", "name": null, "content": [{"type": "text", "text": "…"}], "channel": …, "recipient": …, "content_type": …}`; content may be
  /// a string. Unknown members are ignored, as there.
  public init(json: JSONValue) throws(HarmonyError) {
    guard let word = json["role"]?.string, let role = HarmonyRole(rawValue: word) else {
      throw HarmonyError(.conversation, "`role` is not one of \(HarmonyRole.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "))")
    }
    self.init(
      role, try Self.content(json["content"]), name: try json.harmonyText("name"), channel: try json.harmonyText("channel"),
      recipient: try json.harmonyText("recipient"), contentType: try json.harmonyText("content_type"))
  }

  private static func content(_ json: JSONValue?) throws(HarmonyError) -> [HarmonyContent] {
    if let text = json?.string { return [.text(text)] }
    guard let parts = json?.elements else { throw HarmonyError(.conversation, "`content` is neither a string nor an array") }
    var content: [HarmonyContent] = []
    for part in parts { content.append(try HarmonyContent(json: part)) }
    return content
  }
}

extension HarmonyContent {
  init(json: JSONValue) throws(HarmonyError) {
    switch json["type"]?.string {
    case "text":
      guard let text = json["text"]?.string else { throw HarmonyError(.conversation, "a content part of type `text` has no `text`") }
      self = .text(text)
    case "system_content": self = .system(try HarmonySystemContent(json: json))
    case "developer_content":
      self = .developer(HarmonyDeveloperContent(instructions: try json.harmonyText("instructions"), tools: try json.harmonyTools()))
    default: throw HarmonyError(.conversation, "the `type` of a content part is not `text`, `system_content` or `developer_content`")
    }
  }
}

extension HarmonySystemContent {
  init(json: JSONValue) throws(HarmonyError) {
    self.init(
      modelIdentity: try json.harmonyText("model_identity"), effort: try Self.effort(json), conversationStartDate: try json.harmonyText("conversation_start_date"),
      knowledgeCutoff: try json.harmonyText("knowledge_cutoff"), channels: try Self.channels(json), tools: try json.harmonyTools())
  }

  private static func effort(_ json: JSONValue) throws(HarmonyError) -> HarmonyEffort? {
    switch try json.harmonyText("reasoning_effort") {
    case nil: nil
    case "Low": .low
    case "Medium": .medium
    case "High": .high
    default: throw HarmonyError(.conversation, "`reasoning_effort` is not one of `Low`, `Medium`, `High`")
    }
  }

  private static func channels(_ json: JSONValue) throws(HarmonyError) -> Channels? {
    guard let config = json["channel_config"], !config.isNull else { return nil }
    guard let names = config["valid_channels"]?.elements, let isRequired = config["channel_required"]?.bool else {
      throw HarmonyError(.conversation, "`channel_config` lacks `valid_channels` or `channel_required`")
    }
    let valid = names.compactMap(\.string)
    guard valid.count == names.count else { throw HarmonyError(.conversation, "`valid_channels` holds something that is not a string") }
    return Channels(valid, isRequired: isRequired)
  }
}

extension JSONValue {
  /// A member that is a string, or nil when it is absent or null.
  fileprivate func harmonyText(_ key: String) throws(HarmonyError) -> String? {
    guard let value = self[key], !value.isNull else { return nil }
    guard let text = value.string else { throw HarmonyError(.conversation, "`\(key)` is not a string") }
    return text
  }

  fileprivate func harmonyTools() throws(HarmonyError) -> [String: HarmonyToolNamespace] {
    guard let value = self["tools"], !value.isNull else { return [:] }
    guard let members = value.members else { throw HarmonyError(.conversation, "`tools` is not an object") }
    var namespaces: [String: HarmonyToolNamespace] = [:]
    for (key, value) in members { namespaces[key.string ?? ""] = try HarmonyToolNamespace(json: value) }
    return namespaces
  }
}

extension HarmonyToolNamespace {
  fileprivate init(json: JSONValue) throws(HarmonyError) {
    guard let name = try json.harmonyText("name"), let list = json["tools"]?.elements else {
      throw HarmonyError(.conversation, "a namespace of `tools` lacks `name` or `tools`")
    }
    var tools: [HarmonyTool] = []
    for tool in list {
      guard let name = try tool.harmonyText("name"), let description = try tool.harmonyText("description") else {
        throw HarmonyError(.conversation, "a tool lacks `name` or `description`")
      }
      let schema = tool["parameters"].flatMap { $0.isNull ? nil : $0 }
      tools.append(HarmonyTool(name: name, description: description, schema: schema))
    }
    self.init(name: name, description: try json.harmonyText("description"), tools: tools)
  }
}
