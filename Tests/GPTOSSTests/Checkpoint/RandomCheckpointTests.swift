import Foundation
import GPTOSS
import Testing

@Suite struct RandomCheckpointTests {
  /// The 120b configuration with few and narrow layers, and all 128 experts.
  static let shrunk120b: [UInt8] = {
    var text = (try? String(decoding: ReferenceKit.bytes(ReferenceKit.golden("real-configs/gpt-oss-120b/config.json")), as: UTF8.self)) ?? ""
    for (key, value) in [("hidden_size", 64), ("intermediate_size", 32), ("num_hidden_layers", 2), ("vocab_size", 300), ("head_dim", 16)] {
      text = text.replacingOccurrences(of: "\"\(key)\": \\d+", with: "\"\(key)\": \(value)", options: .regularExpression)
    }
    text = text.replacingOccurrences(of: "\"(eos|pad)_token_id\": \\d+", with: "\"$1_token_id\": 299", options: .regularExpression)
    return Array(text.replacingOccurrences(of: "\"layer_types\": \\[[^\\]]*\\],", with: "", options: .regularExpression).utf8)
  }()

  @Test func whatIsWrittenIsASoundCheckpointOfTheShape() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      let random = try RandomCheckpoint(config: Self.shrunk120b, seed: 1)
      try random.write(to: folder)
      let checkpoint = try Checkpoint(at: folder)
      #expect(checkpoint.config.numExperts == 128 && checkpoint.files.count == 1 && checkpoint.byteCount == random.byteCount)
      #expect(checkpoint.verify().isEmpty)
      #expect(checkpoint.norm.floats().allSatisfy { $0 >= 0.5 && $0 < 2 })
    }
  }

  @Test func shardsAreNamedFromZeroAndIndexed() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      try RandomCheckpoint(config: Self.shrunk120b, seed: 1, shardBytes: 400_000).write(to: folder)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      let shards = names.filter { $0.hasPrefix("model-") }
      #expect(
        shards.count > 2 && shards.first == "model-00000-of-0000\(shards.count - 1).safetensors"
          && shards.last?.hasPrefix("model-0000\(shards.count - 1)-") == true)
      #expect(names.contains("model.safetensors.index.json"))
      #expect(try Checkpoint(at: folder).verify().isEmpty)
    }
  }

  @Test func theSeedDecidesEveryByteWhateverTheShards() throws {
    func logits(seed: UInt64, shardBytes: Int) throws -> [Float] {
      try ReferenceKit.withTemporaryFolder { folder in
        try RandomCheckpoint(config: Self.shrunk120b, seed: seed, shardBytes: shardBytes).write(to: folder)
        return try ReferenceModel(Checkpoint(at: folder)).makeSequence().append([5, 6, 7], logitsAt: [2])[0]
      }
    }
    let first = try logits(seed: 1, shardBytes: 1 << 40)
    #expect(try logits(seed: 1, shardBytes: 300_000) == first)
    #expect(try logits(seed: 2, shardBytes: 1 << 40) != first)
    let deviation = (first.reduce(0) { $0 + $1 * $1 } / Float(first.count)).squareRoot()
    #expect(first.allSatisfy(\.isFinite) && deviation > 0.5 && deviation < 50)
  }

  @Test func tokensSpreadOverTheExperts() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      try RandomCheckpoint(config: Self.shrunk120b, seed: 3).write(to: folder)
      let taps = try ReferenceModel(Checkpoint(at: folder)).trace((0..<200).map { TokenID($0) })
      #expect(Set(taps[Tap(.topkIndices, layer: 1)] ?? []).count > 100)
    }
  }

  @Test func aFolderThatIsNoneIsRefused() throws {
    let random = try RandomCheckpoint(config: Self.shrunk120b, seed: 1)
    #expect(throws: CheckpointError.self) { try random.write(to: "/nonexistent/folder") }
    #expect(throws: CheckpointError.self) { try RandomCheckpoint(config: [], seed: 1) }
  }
}
