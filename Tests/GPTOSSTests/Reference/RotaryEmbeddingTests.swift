import GPTOSS
import Testing

@Suite struct RotaryEmbeddingTests {
  @Test(arguments: ["tiny-a", "tiny-b", "tiny-c"]) func frequenciesAreYarnsToFloatPrecision(_ name: String) throws {
    let config = try ModelConfig(path: ReferenceKit.golden("\(name)/config.json"))
    let golden = try JSONValue.parse(ReferenceKit.bytes(ReferenceKit.golden("\(name)/goldens/goldens.json")))["rope"]
    let frequencies = golden?["inv_freq"]?.elements?.compactMap { $0.double } ?? []
    let rope = RotaryEmbedding(config)
    #expect(rope.inverseFrequencies.count == config.headDim / 2 && frequencies.count == config.headDim / 2)
    for (found, exact) in zip(rope.inverseFrequencies, frequencies) { #expect(abs(Double(found) / exact - 1) < 3e-7) }
    #expect(rope.concentration == 1.3465735902799727)
  }

  @Test func withoutStretchItIsPlainRope() throws {
    var config = try ModelConfig(path: ReferenceKit.golden("tiny-b/config.json"))
    config.ropeScalingFactor = 1
    let rope = RotaryEmbedding(config)
    #expect(rope.concentration == 1)
    #expect(abs(Double(rope.inverseFrequencies[31]) * 150_000 / 1.4513 - 1) < 1e-3)
  }
}
