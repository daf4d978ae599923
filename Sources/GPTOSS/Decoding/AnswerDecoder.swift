/// Walks a constraint token by token, and keeps the probabilities of its decisions.
struct AnswerDecoder: Sendable {
  /// A decision that is being made or has been made.
  private struct Decision {
    var index: Int
    /// Bytes since it began.
    var written: [UInt8] = []
    /// Alternatives still possible.
    var open: [Int]
    /// Probability that the path so far was taken, of all allowed ones.
    var mass = 1.0
    var probabilities: [Double]
  }

  let compiled: CompiledConstraint
  private let tokenizer: Tokenizer
  private let endToken: TokenID
  private var state = ByteAutomaton.start
  private var decision: Decision?
  /// For each decision made: probability of each alternative.
  private(set) var decided: [Int: [Double]] = [:]
  /// The alternative taken.
  private(set) var taken: [Int: Int] = [:]
  private(set) var text: [UInt8] = []

  init(_ compiled: CompiledConstraint, _ tokenizer: Tokenizer, endToken: TokenID) {
    (self.compiled, self.tokenizer, self.endToken) = (compiled, tokenizer, endToken)
  }

  /// Whether nothing can follow.
  var isFinished: Bool { compiled.automaton.isFinished(state) }

  /// Tokens that may come next, ascending; the end token among them where the answer may end.
  func allowed() -> [TokenID] {
    let ordinary = compiled.allowed(state)
    guard compiled.automaton.accepts[Int(state)] else { return ordinary }
    return (ordinary + [endToken]).sorted()
  }

  /// Tokens of the text that leaves no choice from here, in the tokenizer's own segmentation; state moves behind them.
  mutating func forced() -> [TokenID] {
    beginDecision()
    var bytes: [UInt8] = []
    while let byte = compiled.automaton.forced(state) {
      bytes.append(byte)
      move([byte])
      // A decision with one alternative is no decision; one with more stops the run by itself.
      beginDecision()
    }
    return encode(bytes)
  }

  /// Moves behind a token of `allowed()`, chosen by `logits` over them.
  mutating func accept(_ choice: Int, of allowed: [TokenID], logits: [Float]) {
    beginDecision()
    if decision != nil { weigh(allowed, softmax(logits), taken: choice) }
    guard allowed[choice] != endToken else { return finishDecision() }
    move(tokenizer.bytes(of: allowed[choice]))
  }

  /// Tokens of the shortest valid end from here; state moves there. What that end decides is no decision: the model did not make it.
  mutating func close() -> [TokenID] {
    let made = Set(decided.keys)
    defer {
      for index in decided.keys where !made.contains(index) && compiled.alternatives[index].count > 1 { (decided[index], taken[index]) = (nil, nil) }
    }
    let bytes = compiled.automaton.completion(state)
    for byte in bytes {
      beginDecision()
      move([byte])
    }
    finishDecision()
    return encode(bytes)
  }

  private func encode(_ bytes: [UInt8]) -> [TokenID] {
    // Text may be forced from inside a character, where the tokenizer would put U+FFFD.
    guard String(validating: bytes, as: UTF8.self) != nil else { return compiled.byteTokens(bytes) }
    var ids: [TokenID] = []
    bytes.withUnsafeBufferPointer { tokenizer.encode(ordinary: $0, into: &ids) }
    return ids
  }

  // MARK: decisions

  private mutating func beginDecision() {
    guard decision == nil, let index = compiled.automaton.choice[Int(state)], decided[index] == nil else { return }
    let count = compiled.alternatives[index].count
    decision = Decision(index: index, open: Array(0..<count), probabilities: [Double](repeating: 0, count: count))
  }

  /// Gives each token's probability to the alternatives it leads to. Those of a token that several share and that is not taken are split evenly: it
  /// is not known how they would have gone on.
  private mutating func weigh(_ allowed: [TokenID], _ probabilities: [Double], taken: Int) {
    guard var decision else { return }
    for (i, token) in allowed.enumerated() where i != taken || token == endToken {
      let reached = open(decision, token == endToken ? nil : tokenizer.bytes(of: token))
      for alternative in reached { decision.probabilities[alternative] += decision.mass * probabilities[i] / Double(reached.count) }
    }
    if allowed[taken] != endToken { decision.mass *= probabilities[taken] }
    self.decision = decision
  }

  /// Alternatives that remain when `bytes` are written, or when the answer ends.
  private func open(_ decision: Decision, _ bytes: [UInt8]?) -> [Int] {
    let alternatives = compiled.alternatives[decision.index]
    guard let bytes else { return decision.open.filter { alternatives[$0] == decision.written } }
    let written = decision.written + bytes
    let possible = decision.open.filter { alternatives[$0].starts(with: written) }
    // A token may reach behind the end of an alternative, into the text that follows it.
    return possible.isEmpty ? decision.open.filter { written.starts(with: alternatives[$0]) } : possible
  }

  private mutating func move(_ bytes: [UInt8]) {
    text += bytes
    state = compiled.automaton.run(state, bytes)
    guard var decision else { return }
    decision.open = open(decision, bytes)
    decision.written += bytes
    self.decision = decision
    let longest = decision.open.map { compiled.alternatives[decision.index][$0].count }.max() ?? 0
    if decision.open.count == 1 || decision.written.count >= longest { finishDecision() }
  }

  private mutating func finishDecision() {
    guard var decision else { return }
    let exact = decision.open.filter { compiled.alternatives[decision.index][$0] == decision.written }
    let reached = exact.isEmpty ? decision.open : exact
    if decision.probabilities.reduce(0, +) < 0.999_999 {
      for alternative in reached { decision.probabilities[alternative] += decision.mass / Double(reached.count) }
    }
    decided[decision.index] = decision.probabilities
    taken[decision.index] = reached.first
    self.decision = nil
  }
}
