extension Goldens {
  /// Goldens where no official implementation has left any: what an oracle makes of some prompts.
  /// - Parameters:
  ///   - oracle: usually ``ReferenceModel``.
  ///   - prompts: none empty.
  ///   - rows: logits of at most this many positions per prompt, evenly spread, the last one always among them.
  ///   - greedyCount: tokens of the greedy continuation; 0 for none.
  /// - Throws: what the oracle throws.
  public init(madeBy oracle: any LanguageModel, prompts: [(name: String, ids: [TokenID])], rows: Int = 16, greedyCount: Int = 0) throws {
    for (name, ids) in prompts where !ids.isEmpty {
      let positions = Self.spread(max(rows, 1), over: ids.count)
      let logits = try oracle.makeSequence().append(ids, logitsAt: positions)
      let greedy = greedyCount > 0 ? try oracle.greedy(ids, count: greedyCount) : (tokens: [], lastLogits: [])
      self.prompts.append(
        Prompt(
          name: name, ids: ids, positions: positions, logits: logits, greedy: greedy.tokens, greedyLastLogits: greedyCount > 0 ? greedy.lastLogits : nil,
          greedyMinMargin: nil))
    }
  }

  /// Prompts of uniformly random tokens: every sequence its own, because equal tokens go to equal experts.
  public static func randomPrompts(vocabSize: Int, lengths: [Int], seed: UInt64) -> [(name: String, ids: [TokenID])] {
    var generator = SplitMix64(seed: seed)
    return lengths.enumerated().map { number, length in
      ("random\(number)-\(length)", (0..<length).map { _ in TokenID.random(in: 0..<TokenID(vocabSize), using: &generator) })
    }
  }

  private static func spread(_ rows: Int, over count: Int) -> [Int] {
    if rows >= count { return Array(0..<count) }
    return (1...rows).map { $0 * count / rows - 1 }
  }
}
