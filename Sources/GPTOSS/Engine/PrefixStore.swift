/// Prefixes whose keys and values are kept: in use, being computed, or waiting for the next request. Least recently used ones go first
/// when the budget is spent; those in use never. Belongs to the engine's thread.
final class PrefixStore {
  final class Entry {
    let key: String
    let tokens: [TokenID]
    var segment: KVSegment
    /// Tokens not yet computed.
    var pending: ArraySlice<TokenID>
    var users = 0
    var lastUse = 0
    var isComplete: Bool { pending.isEmpty }

    init(key: String, tokens: [TokenID], segment: KVSegment, computed: Bool) {
      (self.key, self.tokens, self.segment) = (key, tokens, segment)
      pending = computed ? [] : tokens[...]
    }
  }

  private var entries: [String: Entry] = [:]
  private let budget: Int
  private var clock = 0

  init(budget: Int) { self.budget = budget }

  /// The entry of a prefix, if it is there with the same tokens; marks it used.
  func find(_ prefix: PromptPrefix) -> Entry? {
    guard let entry = entries[prefix.key], entry.tokens == prefix.tokens else { return nil }
    clock += 1
    entry.lastUse = clock
    return entry
  }

  func find(key: String) -> Entry? { entries[key] }

  /// Adds an entry, in place of one of the same key: requests that use that one keep it alive themselves. One that is `inUse` from the start
  /// is no victim of its own coming, however large it is: others find it and share it until its last user leaves.
  func insert(_ entry: Entry, inUse: Bool = false) {
    clock += 1
    entry.lastUse = clock
    if inUse { entry.users += 1 }
    entries[entry.key] = entry
    evict()
  }

  var keys: [String] { entries.keys.sorted() }
  var byteCount: Int { entries.values.reduce(0) { $0 + $1.segment.layout.byteCount } }

  func evict() {
    while byteCount > budget, let victim = entries.values.filter({ $0.users == 0 }).min(by: { $0.lastUse < $1.lastUse }) {
      entries[victim.key] = nil
    }
  }

  func removeUnused() { entries = entries.filter { $0.value.users > 0 } }
}
