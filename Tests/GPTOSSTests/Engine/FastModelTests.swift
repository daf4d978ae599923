import Foundation
import GPTOSS
import Testing

/// The fast forward pass against the goldens and against itself. Weights and activations have 8 bits there, so it cannot meet the float32
/// tolerance: an error near a routing tie replaces an expert, as bfloat16 does as well.
@Suite struct FastModelTests {
  @Test(arguments: EngineKit.tiny) func staysWithinItsStatedToleranceOfTheGoldens(_ name: String) throws {
    let prepared = try EngineKit.prepared(name), goldens = try EngineKit.goldens(name)
    let fast = try FastModel(prepared, threads: 2, maxStep: 64)
    var all = LogitComparison()
    for prompt in goldens.prompts where prompt.ids.count <= 300 {
      let found = try fast.makeSequence().append(prompt.ids, logitsAt: prompt.positions)
      for (row, golden) in zip(found, prompt.logits) { all.add(found: row, golden: golden) }
    }
    #expect(all.argmaxAgreement >= 0.75 && all.meanKL < 0.5 && all.rms < 1.5, "argmax \(all.argmaxAgreement) KL \(all.meanKL) rms \(all.rms)")
  }

  /// One token meets no routing tie that matters and no attention but its own: the error is that of 8 bits alone.
  @Test(arguments: EngineKit.tiny) func aSingleTokenIsCloseInEveryLogit(_ name: String) throws {
    let fast = try FastModel(EngineKit.prepared(name), threads: 1), prompt = try #require(try EngineKit.goldens(name).prompts.first { $0.name == "single" })
    var one = LogitComparison()
    one.add(found: try fast.makeSequence().append(prompt.ids, logitsAt: [0])[0], golden: prompt.logits[0])
    #expect(one.rms < 0.2 && one.maxKL < 0.02, "rms \(one.rms) KL \(one.maxKL)")
  }

  @Test(arguments: EngineKit.tiny) func vectorKernelsGiveTheSameLogitsBitForBitAndTheScalarOnesAlmost(_ name: String) throws {
    let prepared = try EngineKit.prepared(name), tokens = EngineKit.tokens(40, below: prepared.config.vocabSize, seed: 4)
    let results = try KernelSet.available.map { kernels in
      try FastModel(prepared, kernels: kernels, threads: 2, maxStep: 64).makeSequence().append(tokens, logitsAt: [0, 39])
    }
    for vector in results.dropFirst(2) { #expect(vector == results[1]) }
    if results.count > 1 { #expect(zip(results[0][0], results[1][0]).allSatisfy { abs($0 - $1) < 0.2 }) }
  }

  @Test(arguments: EngineKit.tiny, [1, 2]) func logitsDependNeitherOnTheCutOfThePromptNorOnThreads(_ name: String, threads: Int) throws {
    let prepared = try EngineKit.prepared(name), tokens = EngineKit.tokens(90, below: prepared.config.vocabSize, seed: 5)
    let whole = try FastModel(prepared, threads: 2, maxStep: 128).makeSequence().append(tokens, logitsAt: [30, 89])
    for step in [16, 17, 64] {
      #expect(try FastModel(prepared, threads: threads, maxStep: step).makeSequence().append(tokens, logitsAt: [30, 89]) == whole)
    }
    let sequence = try FastModel(prepared, threads: threads, maxStep: 64).makeSequence()
    var last: [[Float]] = []
    for token in tokens { last = try sequence.append([token], logitsAt: [0]) }
    #expect(last[0] == whole[1] && sequence.position == 90)
  }

  /// Layer by layer beside the oracle: the embedding exact, then the error of 8 bits, which no layer blows up.
  @Test(arguments: EngineKit.tiny) func theTraceFollowsTheOracles(_ name: String) throws {
    let checkpoint = try Checkpoint(at: ReferenceKit.golden(name)), goldens = try EngineKit.goldens(name)
    let prompt = try #require(goldens.prompts.first { $0.name == "short" })
    let found = try FastModel(EngineKit.prepared(name), threads: 2).trace(prompt.ids), oracle = try ReferenceModel(checkpoint).trace(prompt.ids)
    #expect(found[Tap(.embed)] == oracle[Tap(.embed)])
    #expect(found.count == 1 + 6 * checkpoint.config.numHiddenLayers)
    func distance(_ tap: Tap) -> Float {
      guard let a = found[tap], let b = oracle[tap], a.count == b.count else { return .infinity }
      let error = zip(a, b).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      return (error / max(b.reduce(0) { $0 + $1 * $1 }, 1e-9)).squareRoot()
    }
    // Before the first choice of experts nothing can be far off.
    #expect(distance(Tap(.qRope, layer: 0)) < 0.02 && distance(Tap(.afterAttn, layer: 0)) < 0.02)
    #expect(found[Tap(.topkIndices, layer: 0)] == oracle[Tap(.topkIndices, layer: 0)])
    #expect(distance(Tap(.topkWeights, layer: 0)) < 0.05 && distance(Tap(.out, layer: 0)) < 0.05)
  }

  /// All experts for every token, and one expert for all tokens: the two ends of the grouping, at sizes around its tiles.
  @Test(arguments: [(4, 4), (1, 1), (8, 1)], [1, 15, 16, 17, 40]) func groupingByExpertHoldsAtBothEnds(_ shape: (experts: Int, k: Int), tokens: Int) throws {
    try ReferenceKit.withTemporaryFolder { folder in
      var text = String(decoding: RandomCheckpointTests.shrunk120b, as: UTF8.self)
      for (key, value) in [("num_local_experts", shape.experts), ("num_experts_per_tok", shape.k), ("experts_per_token", shape.k)] {
        text = text.replacingOccurrences(of: "\"\(key)\": \\d+", with: "\"\(key)\": \(value)", options: .regularExpression)
      }
      try RandomCheckpoint(config: Array(text.utf8), seed: 7).write(to: folder)
      let checkpoint = try Checkpoint(at: folder)
      #expect(checkpoint.config.numExperts == shape.experts && checkpoint.config.expertsPerToken == shape.k)
      // Equal tokens go to equal experts: with several to choose from, all of them to the same.
      let ids = shape.k < shape.experts ? [TokenID](repeating: 5, count: tokens) : EngineKit.tokens(tokens, below: 300, seed: 3)
      let rows = Array(Set([0, tokens / 2, tokens - 1])).sorted()
      let oracle = try ReferenceModel(checkpoint).makeSequence().append(ids, logitsAt: rows)
      var all = LogitComparison()
      for (row, golden) in zip(try FastModel(PreparedModel.inMemory(checkpoint), threads: 2, maxStep: 64).makeSequence().append(ids, logitsAt: rows), oracle) {
        all.add(found: row, golden: golden)
      }
      #expect(all.rms < 0.1 * (oracle[0].reduce(0) { $0 + Double($1 * $1) } / Double(oracle[0].count)).squareRoot(), "rms \(all.rms)")
    }
  }

  @Test func theEngineIsHeldToItsStatedToleranceAndAWrongOneIsFoundOut() throws {
    let checkpoint = try Checkpoint(at: ReferenceKit.golden("tiny-a"))
    let prompts = Goldens.randomPrompts(vocabSize: checkpoint.config.vocabSize, lengths: [1, 16, 33, 64], seed: 5)
    let goldens = try Goldens(madeBy: ReferenceModel(checkpoint), prompts: prompts)
    let conformance = Conformance(engineTolerance: .stated)
    let report = try conformance.run(FastModel(EngineKit.prepared("tiny-a"), threads: 2), name: "engine", goldens: goldens)
    #expect(report.passes && !report.isExact && report.text.contains(": within tolerance"), "\(report.text)")
    let wrong = try conformance.run(FastModel(EngineKit.prepared("tiny-c"), threads: 2), name: "wrong", goldens: Goldens(madeBy: ReferenceModel(Checkpoint(at: ReferenceKit.golden("tiny-c"))), prompts: []))
    #expect(wrong.passes)
    var shuffled = goldens
    shuffled.prompts[3].logits = shuffled.prompts[3].logits.map { Array($0.reversed()) }
    #expect(try !conformance.run(FastModel(EngineKit.prepared("tiny-a"), threads: 2), name: "engine", goldens: shuffled).passes)
  }

  @Test func whatASequenceCannotTakeIsRefusedBeforeItChanges() throws {
    let sequence = try FastModel(EngineKit.prepared("tiny-a"), threads: 1).makeSequence()
    #expect(throws: LanguageModelError.tokenOutOfRange(512, vocabSize: 512)) { try sequence.append([1, 512], logitsAt: [0]) }
    #expect(throws: LanguageModelError.contextOverflow(tokens: 131_073, limit: 131_072)) {
      try sequence.append([TokenID](repeating: 0, count: 131_073), logitsAt: [])
    }
    let none = try sequence.append([], logitsAt: [])
    #expect(sequence.position == 0 && none.isEmpty)
  }
}
