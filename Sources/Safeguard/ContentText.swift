import Moderation

/// The user part of a prompt: context and content, neutralised and fenced, each shown as what it is.
struct ContentText {
  private let item: Item
  private let context: [ChatTurn]
  let fence: String
  let neutralisedTokens: Int

  init(item: Item, context: [ChatTurn]) {
    var count = 0
    func safe(_ text: String) -> String {
      let result = SpecialTokens.neutralised(text)
      count += result.count
      return result.text
    }
    func safe(_ turns: [ChatTurn]) -> [ChatTurn] { turns.map { ChatTurn(role: Self.name(safe($0.role)), content: safe($0.content)) } }
    self.item =
      switch item {
      case .message(let text): .message(Fence.setIn(safe(text)))
      case .exchange(let prompt, let completion): .exchange(prompt: Fence.setIn(safe(prompt)), completion: Fence.setIn(safe(completion)))
      case .chat(let turns): .chat(safe(turns).map { ChatTurn(role: $0.role, content: Fence.setIn($0.content)) })
      }
    self.context = safe(context)
    neutralisedTokens = count
    fence = Fence.code(for: self.item.texts + self.context.flatMap { [$0.role, $0.content] })
  }

  /// Roles and authors' names are content too: one line, not long.
  private static func name(_ role: String) -> String {
    let line = String(role.map { $0.isNewline ? " " : $0 }.prefix(64))
    return line.isEmpty ? "unknown" : line
  }

  func text(question: String) -> String {
    contextBlock + block("content to judge: \(kindName)", body, end: "content") + "\n" + question + "\n"
  }

  private var kindName: String {
    switch item {
    case .message: "one message"
    case .exchange: "a prompt to a language model and the model's completion"
    case .chat(let turns): "a chat of \(turns.count) turn\(turns.count == 1 ? "" : "s")"
    }
  }

  private var body: String {
    switch item {
    case .message(let text): text
    case .exchange(let prompt, let completion): "----- prompt \(fence)\n\(prompt)\n----- completion \(fence)\n\(completion)"
    case .chat(let turns):
      turns.enumerated().map { "----- turn \($0 + 1), \($1.role) \(fence)\n\($1.content)" }.joined(separator: "\n")
    }
  }

  private var contextBlock: String {
    guard !context.isEmpty else { return "" }
    let lines = context.map { turn in
      // Further lines are set in, so that none can pass for another author's message.
      let content = turn.content.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).joined(separator: "\n    ")
      return "\(turn.role): \(content)"
    }
    return block("context: earlier messages of the conversation, not to be judged", lines.joined(separator: "\n"), end: "context") + "\n"
  }

  private func block(_ title: String, _ body: String, end: String) -> String { "===== \(title) \(fence)\n\(body)\n===== end of \(end) \(fence)\n" }
}
