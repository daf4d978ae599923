import Moderation
import Synchronization

/// The last messages of each conversation, for the reasoner to see. Bounded: conversations, turns and bytes of a turn; the longest silent ones go first.
final class ConversationContexts: Sendable {
  static let maxConversations = 20_000
  static let maxTurnBytes = 2_000
  static let maxAuthorBytes = 200
  /// Longer keys are the same conversation when they begin alike.
  static let maxKeyBytes = 256
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
        let key = Array(batch.bytes[message.conversation.range].prefix(Self.maxKeyBytes))
        state.clock += 1
        contexts.append(remember(batch, message, in: &state.conversations[key, default: Conversation()], clock: state.clock))
        if state.conversations.count > Self.maxConversations { evict(&state) }
      }
      return contexts
    }
  }

  private func remember(_ batch: MessageBatch, _ message: MessageRecord, in conversation: inout Conversation, clock: Int) -> [ChatTurn] {
    let before = conversation.turns
    let author = message.author.isEmpty ? "user" : bounded(batch, message.author, Self.maxAuthorBytes)
    conversation.turns.append(ChatTurn(role: author, content: bounded(batch, message.text, Self.maxTurnBytes)))
    if conversation.turns.count > turns { conversation.turns.removeFirst() }
    conversation.lastUse = clock
    return before
  }

  /// The beginning of a field, cut between characters.
  private func bounded(_ batch: MessageBatch, _ range: ByteRange, _ limit: Int) -> String {
    var end = min(Int(range.end), Int(range.start) + limit)
    if end < Int(range.end) {
      while end > Int(range.start), batch.bytes[end] & 0xC0 == 0x80 { end -= 1 }
    }
    return batch.string(ByteRange(Int(range.start)..<end))
  }

  /// Drops the older half at once, so that the cost is shared by many messages.
  private func evict(_ state: inout State) {
    let uses = state.conversations.values.map(\.lastUse).sorted()
    let median = uses[uses.count / 2]
    state.conversations = state.conversations.filter { $0.value.lastUse > median }
  }
}
