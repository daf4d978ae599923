import Crypto
import Moderation

/// The key of a recorded answer: what was asked, not how.
///
/// SHA-256 over, each preceded by its UTF-8 length in decimal and a colon: the word `winnow-answer-1`; the number of policies and the content
/// hash (hex) of each; the item's kind and texts; the number of context turns and the role and content of each. Model, effort, template
/// and truncation are not part of it, so that a recording outlives a change of the prompt's wording; they stand beside the answer. Of several
/// votes each but the first has a key of its own: SHA-256 over the first one's key (hex), a blank and the vote's number.
enum RecordKey {
  static func key(_ first: String, vote: Int) -> String {
    vote == 0 ? first : hexSHA256("\(first) \(vote)")
  }

  static func key(policies: [Policy], item: Item, context: [ChatTurn]) -> String {
    var hash = SHA256()
    func add(_ text: String) { hash.update(data: Array("\(text.utf8.count):\(text)".utf8)) }
    add("winnow-answer-1")
    add(String(policies.count))
    for policy in policies { add(policy.contentHash) }
    add(kind(item))
    for text in item.texts { add(text) }
    add(String(context.count))
    for turn in context {
      add(turn.role)
      add(turn.content)
    }
    return hash.finalize().map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }

  private static func kind(_ item: Item) -> String {
    switch item {
    case .message: "message"
    case .exchange: "exchange"
    case .chat(let turns): "chat \(turns.count)"
    }
  }
}
