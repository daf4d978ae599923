/// Runs any model against the goldens of its checkpoint.
///
/// A model conforms exactly when logits and traced values are within the tolerance and all tokens agree. A model that rounds more coarsely (int8 activations,
/// bfloat16) cannot; for it the report's root mean square, KL and argmax agreement are the measure.
public struct Conformance: Sendable {
  /// What the float32 implementations keep among themselves; see the goldens' README.
  public static let float32Tolerance: Float = 1e-4

  public var tolerance: Float
  /// For a model that rounds: what it is held to instead of `tolerance`.
  public var engineTolerance: EngineTolerance?
  /// Prompts are appended in pieces of this many tokens, the rest last; nil appends them whole. Exercises the KV cache.
  public var chunkSize: Int?

  public init(tolerance: Float = Conformance.float32Tolerance, engineTolerance: EngineTolerance? = nil, chunkSize: Int? = nil) {
    self.tolerance = tolerance
    self.engineTolerance = engineTolerance
    self.chunkSize = chunkSize.map { max($0, 1) }
  }

  /// Runs all prompts, the trace when the model is a ``TracingLanguageModel``, and all completions.
  /// - Parameters:
  ///   - name: of the model, for the report: `reference`, `engine avx512vnni`.
  ///   - progress: called before each prompt and completion with its name.
  /// - Throws: what the model throws.
  public func run(_ model: any LanguageModel, name: String, goldens: Goldens, progress: (String) -> Void = { _ in }) throws -> ConformanceReport {
    var report = ConformanceReport(model: name, tolerance: tolerance, engineTolerance: engineTolerance)
    for prompt in goldens.prompts {
      progress(prompt.name)
      report.prompts.append(try run(model, prompt))
    }
    if let model = model as? any TracingLanguageModel, let traced = goldens.prompts.first(where: { $0.name == goldens.tracedPrompt }) {
      report.trace = compare(try model.trace(traced.ids), goldens.trace)
    }
    for completion in goldens.completions {
      progress(completion.name)
      let found = try model.greedy(completion.promptIDs, count: completion.completionIDs.count).tokens
      report.completions.append(
        ConformanceReport.CompletionResult(
          name: completion.name, agreements: commonPrefix(found, completion.completionIDs), count: completion.completionIDs.count))
    }
    return report
  }

  private func run(_ model: any LanguageModel, _ prompt: Goldens.Prompt) throws -> ConformanceReport.PromptResult {
    var logits = LogitComparison()
    let sequence = try model.makeSequence()
    let step = chunkSize ?? prompt.ids.count
    for start in stride(from: 0, to: prompt.ids.count, by: step) {
      let chunk = start..<min(start + step, prompt.ids.count)
      let wanted = prompt.positions.indices.filter { chunk.contains(prompt.positions[$0]) }
      let found = try sequence.append(Array(prompt.ids[chunk]), logitsAt: wanted.map { prompt.positions[$0] - start })
      for (row, index) in zip(found, wanted) { logits.add(found: row, golden: prompt.logits[index]) }
    }
    var result = ConformanceReport.PromptResult(
      name: prompt.name, length: prompt.ids.count, logits: logits, greedyAgreements: 0, greedyCount: prompt.greedy.count, greedyLastDifference: nil)
    if prompt.greedy.isEmpty { return result }
    let greedy = try model.greedy(prompt.ids, count: prompt.greedy.count)
    result.greedyAgreements = commonPrefix(greedy.tokens, prompt.greedy)
    if let golden = prompt.greedyLastLogits, result.greedyAgreements == result.greedyCount {
      result.greedyLastDifference = largestDifference(greedy.lastLogits, golden)
    }
    return result
  }

  /// In the order of the forward pass. A value that the model cannot show is left out.
  private func compare(_ found: [Tap: [Float]], _ goldens: [Tap: [Float]]) -> [ConformanceReport.TapResult] {
    let order = Dictionary(uniqueKeysWithValues: Tap.Name.allCases.enumerated().map { ($1, $0) })
    func place(_ tap: Tap) -> (Int, Int) { (tap.layer ?? (tap.name == .embed ? -1 : .max), order[tap.name] ?? 0) }
    return goldens.keys.filter { found[$0] != nil }.sorted { place($0) < place($1) }.map {
      ConformanceReport.TapResult(tap: $0, maxDifference: largestDifference(found[$0] ?? [], goldens[$0] ?? []))
    }
  }

  private func largestDifference(_ found: [Float], _ golden: [Float]) -> Float {
    guard found.count == golden.count else { return .infinity }
    return zip(found, golden).reduce(0) { largest, pair in
      let difference = abs(pair.0 - pair.1)
      return difference.isNaN ? .infinity : max(largest, difference)
    }
  }

  private func commonPrefix(_ a: [TokenID], _ b: [TokenID]) -> Int { zip(a, b).prefix { $0 == $1 }.count }
}
