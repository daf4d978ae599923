import Dispatch
import Foundation
import GPTOSS
import Synchronization
import Testing

@Suite struct PreparedModelTests {
  @Test func theFileIsMadeOnceFoundAgainAndEqualToTheOneInMemory() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      try ReferenceKit.copyCheckpoint("tiny-b", to: folder)
      let checkpoint = try Checkpoint(at: folder), path = "\(folder)/\(PreparedModel.fileName)"
      #expect(try PreparedModel.find(checkpoint) == nil)
      var shares: [Double] = []
      let made = try PreparedModel.load(checkpoint) {
        shares.append($0)
        return true
      }
      #expect(shares.last == 1 && shares == shares.sorted())
      let bytes = try ReferenceKit.bytes(path)
      #expect(bytes.count == PreparedModel.byteCount(of: checkpoint.config))
      _ = try PreparedModel.load(checkpoint) { _ in
        Issue.record("made a second time")
        return true
      }
      let tokens = EngineKit.tokens(20, below: 1024, seed: 1)
      func logits(_ model: PreparedModel) throws -> [[Float]] { try FastModel(model, threads: 2).makeSequence().append(tokens, logitsAt: [19]) }
      #expect(try logits(made) == logits(PreparedModel.inMemory(checkpoint)))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".tmp") }.isEmpty)
    }
  }

  @Test func aFileOfOtherWeightsOrACutOneIsStaleAndMadeAnew() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      try ReferenceKit.copyCheckpoint("tiny-a", to: folder)
      let path = "\(folder)/\(PreparedModel.fileName)", weights = "\(folder)/model.safetensors"
      try PreparedModel.prepare(Checkpoint(at: folder))
      let good = try ReferenceKit.bytes(path)
      for bad in [Array(good.dropLast(4096)), [UInt8](repeating: 0, count: good.count), Array("WINNOWPM".utf8), []] {
        try ReferenceKit.write(bad, to: path)
        #expect(throws: PreparedModelError.self) { try PreparedModel.find(Checkpoint(at: folder)) }
      }
      #expect(try PreparedModel.load(Checkpoint(at: folder)).config.hiddenSize == 64)
      #expect(try ReferenceKit.bytes(path) == good)
      // Other weights of the same shape: same header, same size.
      var bytes = try ReferenceKit.bytes(weights)
      for i in bytes.count / 2..<bytes.count where i % 64 < 2 { bytes[i] = bytes[i] & 0xf0 | 3 }
      try ReferenceKit.write(bytes, to: weights)
      #expect(throws: PreparedModelError.self) { try PreparedModel.find(Checkpoint(at: folder)) }
    }
  }

  @Test func aFileThatIsWrittenToWhileItIsMappedIsNoLongerUsed() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("winnow-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try ReferenceKit.copyCheckpoint("tiny-a", to: folder)
    let path = "\(folder)/\(PreparedModel.fileName)"
    let model = try NativeModel(PreparedModel.load(Checkpoint(at: folder)), tokenizer: TokenizerKit.tiny("tiny-a"), options: EngineKit.options())
    let request = GenerationRequest(tokens: [5, 6, 7], reasoning: .open, maxTokens: 3)
    let before = try await model.generate(request).tokens
    // Replaced by renaming: the mapped one is as it was.
    try PreparedModel.prepare(Checkpoint(at: folder))
    #expect(try await model.generate(request).tokens == before)
    let second = try NativeModel(PreparedModel.load(Checkpoint(at: folder)), tokenizer: TokenizerKit.tiny("tiny-a"), options: EngineKit.options())
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.seek(toOffset: 5000)
    try handle.write(contentsOf: [1, 2, 3])
    try handle.close()
    await #expect(throws: EngineError.weightsChanged) { try await second.generate(request) }
  }

  /// Text that is forced on the model would name rows that it does not have.
  @Test func aTokenizerOfALargerModelIsRefused() throws {
    #expect(throws: EngineError.foreignTokenizer(tokens: 1023, vocabSize: 512)) {
      try NativeModel(EngineKit.prepared("tiny-a"), tokenizer: TokenizerKit.tiny("tiny-b"), options: EngineKit.options())
    }
  }

  /// Small tensors are compared whole: a corrected bias is another model.
  @Test func aChangeOfOneSmallTensorIsSeen() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      try ReferenceKit.copyCheckpoint("tiny-a", to: folder)
      try PreparedModel.prepare(Checkpoint(at: folder))
      let weights = "\(folder)/model.safetensors", good = try ReferenceKit.bytes(weights)
      // Every byte of a small checkpoint belongs to a small tensor.
      for place in stride(from: good.count - 1, to: good.count / 2, by: -(good.count / 9)) {
        var changed = good
        changed[place & ~1] ^= 1
        try ReferenceKit.write(changed, to: weights)
        #expect(throws: PreparedModelError.self, "byte \(place)") { try PreparedModel.find(Checkpoint(at: folder)) }
      }
    }
  }

  @Test func whatAKilledWriterLeftIsRemoved() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      try ReferenceKit.copyCheckpoint("tiny-a", to: folder)
      let left = "\(folder)/\(PreparedModel.fileName).999999-abc.tmp"
      try ReferenceKit.write([1, 2, 3], to: left)
      try PreparedModel.prepare(Checkpoint(at: folder))
      #expect(!FileManager.default.fileExists(atPath: left))
    }
  }

  /// One writer's clean-up must not take what another has just created.
  @Test func writersOfOneFileLeaveEachOtherAlone() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      try ReferenceKit.copyCheckpoint("tiny-a", to: folder)
      let failures = Mutex<[String]>([]), writers = DispatchGroup()
      for _ in 0..<8 {
        DispatchQueue.global().async(group: writers) {
          for _ in 0..<15 {
            do { try PreparedModel.prepare(Checkpoint(at: folder), threads: 1) } catch { failures.withLock { $0.append("\(error)") } }
          }
        }
      }
      writers.wait()
      let found = failures.withLock { $0 }
      #expect(found == [])
      #expect(try PreparedModel.find(Checkpoint(at: folder)) != nil)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".tmp") } == [])
    }
  }

  /// More pieces of work than the pool counts: refused, where it would end the process.
  @Test(arguments: [(4096, 65536, false), (4096, 32, true), (2048, 65536, false), (128, 2880, true)])
  func aConfigurationOfTooManyExpertsIsRefused(experts: Int, features: Int, isSupported: Bool) throws {
    var text = String(decoding: try ReferenceKit.bytes(ReferenceKit.golden("tiny-a/config.json")), as: UTF8.self)
    text.replace("\"num_local_experts\": 8", with: "\"num_local_experts\": \(experts)")
    text.replace("\"intermediate_size\": 96", with: "\"intermediate_size\": \(features)")
    let config = try ModelConfig(json: Array(text.utf8), file: "config.json")
    #expect(config.numExperts == experts && config.intermediateSize == features)
    if isSupported {
      try PreparedModel.checkSupport(of: config)
    } else {
      #expect(throws: PreparedModelError.unsupported("\(experts) experts of \(features) features are too many")) { try PreparedModel.checkSupport(of: config) }
    }
  }

  @Test func aWeightThatIsNoNumberIsRefused() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      try ReferenceKit.copyCheckpoint("tiny-a", to: folder)
      let weights = "\(folder)/model.safetensors"
      var bytes = try ReferenceKit.bytes(weights)
      let header = Int(bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
      let text = String(decoding: bytes[8..<8 + header], as: UTF8.self)
      for name in ["model.embed_tokens.weight", "model.layers.0.self_attn.sinks", "model.layers.1.mlp.router.weight"] {
        let entry = try #require(text.firstRange(of: "\"\(name)\""))
        let offsets = try #require(text[entry.upperBound...].firstMatch(of: #/"data_offsets":\s*\[\s*(\d+)/#))
        let place = 8 + header + (try #require(Int(offsets.1)))
        let kept = Array(bytes[place..<place + 2])
        bytes.replaceSubrange(place..<place + 2, with: [0xC0, 0x7F])
        try ReferenceKit.write(bytes, to: weights)
        #expect(throws: PreparedModelError.badWeight(tensor: name, "holds a value that is not a number")) { try PreparedModel.prepare(Checkpoint(at: folder)) }
        bytes.replaceSubrange(place..<place + 2, with: kept)
      }
    }
  }

  @Test func cancellingLeavesNoFile() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      try ReferenceKit.copyCheckpoint("tiny-a", to: folder)
      let before = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(throws: PreparedModelError.cancelled) { try PreparedModel.prepare(Checkpoint(at: folder)) { $0 < 0.5 } }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == before)
      #expect(throws: PreparedModelError.self) { try PreparedModel.prepare(Checkpoint(at: folder), to: "\(folder)/none/x.bin") }
    }
  }
}
