/// The bytes of all ordinary tokens, sorted, with how much each shares with the one before it: one pass over them finds every token that an
/// automaton allows, walking each shared prefix once, as a trie would.
struct TokenBytes: Sendable {
  private let ids: [TokenID]
  private let bytes: [UInt8]
  private let starts: [Int]
  private let shared: [UInt16]
  /// The tokens of one byte; a byte-level vocabulary has all of them.
  let singleBytes: [UInt8: TokenID]

  /// - Parameter count: rows of the model; tokens from there on cannot be chosen.
  init(_ tokenizer: Tokenizer, below count: Int) {
    let tokens = (0..<TokenID(min(count, tokenizer.tokenCount))).compactMap { id -> (TokenID, [UInt8])? in
      guard tokenizer.contains(id), !tokenizer.isSpecial(id) else { return nil }
      let bytes = tokenizer.bytes(of: id)
      return bytes.isEmpty ? nil : (id, bytes)
    }.sorted { $0.1.lexicographicallyPrecedes($1.1) }
    var (bytes, starts, shared) = ([UInt8](), [0], [UInt16]())
    for (i, token) in tokens.enumerated() {
      let common = i == 0 ? 0 : zip(token.1, tokens[i - 1].1).prefix { $0 == $1 }.count
      shared.append(UInt16(clamping: common))
      bytes += token.1
      starts.append(bytes.count)
    }
    ids = tokens.map(\.0)
    singleBytes = Dictionary(tokens.filter { $0.1.count == 1 }.map { ($0.1[0], $0.0) }, uniquingKeysWith: { first, _ in first })
    (self.bytes, self.starts, self.shared) = (bytes, starts, shared)
  }

  /// Tokens whose bytes keep the automaton alive from `state`, ascending by id.
  func allowed(_ automaton: ByteAutomaton, _ state: ByteAutomaton.State) -> [TokenID] {
    var found: [TokenID] = []
    // stack[d] is the state after d bytes of the present token; `alive` of them are valid.
    var stack = [state], alive = 1
    for i in ids.indices {
      let depth = Int(shared[i])
      // The token before died inside the shared prefix, and so does this one.
      if depth >= alive { continue }
      alive = depth + 1
      var at = starts[i] + depth
      while at < starts[i + 1] {
        let following = automaton.step(stack[alive - 1], bytes[at])
        if following == ByteAutomaton.dead { break }
        if stack.count == alive { stack.append(following) } else { stack[alive] = following }
        alive += 1
        at += 1
      }
      if at == starts[i + 1] { found.append(ids[i]) }
    }
    return found.sorted()
  }
}
