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
