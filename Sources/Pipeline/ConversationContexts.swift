import Moderation
import Synchronization

/// The last messages of each conversation, for the reasoner to see. Bounded: conversations, turns and bytes of a turn; the longest silent ones go first.
final class ConversationContexts: Sendable {
  static let maxConversations = 20_000
  static let maxTurnBytes = 2_000
  private struct Conversation {
    var turns: [ChatTurn] = []
    var lastUse = 0
  }
  private struct State {
    var conversations: [[UInt8]: Conversation] = [:]
    var clock = 0
  }
  private let turns: Int
  private let state = Mutex(State())

  init(turns: Int) { self.turns = turns }

  /// For each message what was said before it; then remembers the message. To be called in stream order.
  func advance(_ batch: MessageBatch) -> [[ChatTurn]] {
    state.withLock { state in
      var contexts: [[ChatTurn]] = []
      contexts.reserveCapacity(batch.count)
      for message in batch.messages {
        guard !message.conversation.isEmpty else {
          contexts.append([])
          continue
        }
        let key = Array(batch.bytes[message.conversation.range])
        state.clock += 1
        contexts.append(remember(batch, message, in: &state.conversations[key, default: Conversation()], clock: state.clock))
        if state.conversations.count > Self.maxConversations { evict(&state) }
      }
      return contexts
    }
  }

  private func remember(_ batch: MessageBatch, _ message: MessageRecord, in conversation: inout Conversation, clock: Int) -> [ChatTurn] {
    let before = conversation.turns
    let author = message.author.isEmpty ? "user" : batch.string(message.author)
    var text = Substring(batch.string(message.text))
    if text.utf8.count > Self.maxTurnBytes { text = text.prefix(Self.maxTurnBytes / 4) }
    conversation.turns.append(ChatTurn(role: author, content: String(text)))
    if conversation.turns.count > turns { conversation.turns.removeFirst() }
    conversation.lastUse = clock
    return before
  }

  /// Drops the older half at once, so that the cost is shared by many messages.
  private func evict(_ state: inout State) {
    let uses = state.conversations.values.map(\.lastUse).sorted()
    let median = uses[uses.count / 2]
    state.conversations = state.conversations.filter { $0.value.lastUse > median }
  }
}
