import Synchronization

/// A constraint ready for decoding with one tokenizer. Shared by all requests that use it.
final class CompiledConstraint: Sendable {
  let constraint: AnswerConstraint
  let automaton: ByteAutomaton
  /// Bytes of each alternative of each decision, with what must follow it.
  let alternatives: [[[UInt8]]]
  private let tokens: TokenBytes
  private let allowedTokens = Mutex<[ByteAutomaton.State: [TokenID]]>([:])

  init(_ constraint: AnswerConstraint, _ tokens: TokenBytes) throws(EngineError) {
    self.constraint = constraint
    self.tokens = tokens
    automaton = try ByteAutomaton(constraint.pattern)
    alternatives = Self.alternatives(in: constraint.pattern)
  }

  private static func alternatives(in pattern: BytePattern) -> [[[UInt8]]] {
    switch pattern {
    case .choice(_, let values): [values]
    case .sequence(let parts): parts.flatMap(alternatives)
    default: []
    }
  }

  /// One token for each byte.
  func byteTokens(_ bytes: [UInt8]) -> [TokenID] { bytes.compactMap { tokens.singleBytes[$0] } }

  /// Ordinary tokens that may come in a state, ascending. The first question for a state walks the vocabulary, later ones do not.
  func allowed(_ state: ByteAutomaton.State) -> [TokenID] {
    if let known = allowedTokens.withLock({ $0[state] }) { return known }
    let found = tokens.allowed(automaton, state)
    allowedTokens.withLock { $0[state] = found }
    return found
  }
}
