/// Who speaks in a conversation.
public enum HarmonyRole: String, Sendable, Hashable, CaseIterable {
  case system, developer, user, assistant, tool
}

/// A message of a harmony conversation.
///
/// In tokens: `<|start|>` role `<|channel|>` channel `<|message|>` content `<|end|>`, with a name, a recipient and a content type where they are set.
public struct HarmonyMessage: Sendable, Hashable {
  public var role: HarmonyRole
  /// Author's name; of a tool the name that stands in place of the role.
  public var name: String?
  /// Parts of the content, each tokenised by itself.
  public var content: [HarmonyContent]
  /// `analysis` (reasoning), `commentary` (tool calls) or `final` (the answer); other names are not refused.
  public var channel: String?
  /// To whom: of a tool call the tool, of its result the assistant.
  public var recipient: String?
  /// For example `json`, or `<|constrain|>json`, whose marker becomes the special token.
  public var contentType: String?

  public init(
    _ role: HarmonyRole, _ content: [HarmonyContent], name: String? = nil, channel: String? = nil, recipient: String? = nil, contentType: String? = nil
  ) {
    self.role = role
    self.name = name
    self.content = content
    self.channel = channel
    self.recipient = recipient
    self.contentType = contentType
  }

  public init(_ role: HarmonyRole, _ text: String, channel: String? = nil) { self.init(role, [.text(text)], channel: channel) }

  /// The text parts one after the other.
  public var text: String {
    content.reduce(into: "") { if case .text(let part) = $1 { $0 += part } }
  }
}

/// A part of a message.
public enum HarmonyContent: Sendable, Hashable {
  /// Text from anywhere. Names of special tokens in it stay text.
  case text(String)
  /// Only in system messages.
  case system(HarmonySystemContent)
  /// Only in developer messages.
  case developer(HarmonyDeveloperContent)
}

/// How much the model reasons before it answers.
public enum HarmonyEffort: String, Sendable, Hashable, CaseIterable {
  case low, medium, high
}

/// What the system message says. A part that is nil is left out.
public struct HarmonySystemContent: Sendable, Hashable {
  public var modelIdentity: String?
  public var effort: HarmonyEffort?
  /// As written after `Current date:`, usually `2025-06-28`.
  public var conversationStartDate: String?
  public var knowledgeCutoff: String?
  public var channels: Channels?
  /// By namespace.
  public var tools: [String: HarmonyToolNamespace]

  public struct Channels: Sendable, Hashable {
    public var valid: [String]
    public var isRequired: Bool
    public init(_ valid: [String], isRequired: Bool = true) { (self.valid, self.isRequired) = (valid, isRequired) }
    public static let all = Channels(["analysis", "commentary", "final"])
    public static let withoutCommentary = Channels(["analysis", "final"])
  }

  public init(
    modelIdentity: String? = HarmonySystemContent.chatGPT, effort: HarmonyEffort? = .medium, conversationStartDate: String? = nil,
    knowledgeCutoff: String? = "2024-06", channels: Channels? = .all, tools: [String: HarmonyToolNamespace] = [:]
  ) {
    self.modelIdentity = modelIdentity
    self.effort = effort
    self.conversationStartDate = conversationStartDate
    self.knowledgeCutoff = knowledgeCutoff
    self.channels = channels
    self.tools = tools
  }

  /// The identity that the models were trained with.
  public static let chatGPT = "You are ChatGPT, a large language model trained by OpenAI."
}

/// What the developer message says: for a safeguard model, the policy.
public struct HarmonyDeveloperContent: Sendable, Hashable {
  /// Comes under the heading `# Instructions`.
  public var instructions: String?
  /// By namespace; the one called `functions` is what the system message's note on function calls is about.
  public var tools: [String: HarmonyToolNamespace]
  public init(instructions: String?, tools: [String: HarmonyToolNamespace] = [:]) { (self.instructions, self.tools) = (instructions, tools) }
}
