import Foundation
import GPTOSS
import Testing

@Suite struct CheckpointTests {
  @Test(arguments: [("tiny-a", 1, 4), ("tiny-b", 3, 3), ("tiny-c", 1, 4)]) func opensAPublishedFolder(_ name: String, files: Int, layers: Int) throws {
    let checkpoint = try Checkpoint(at: ReferenceKit.golden(name))
    let config = checkpoint.config
    #expect(checkpoint.files.count == files && checkpoint.layers.count == layers)
    #expect(checkpoint.embedTokens.rows == config.vocabSize && checkpoint.embedTokens.columns == config.hiddenSize)
    let layer = checkpoint.layers[layers - 1]
    #expect(
      layer.qProj.weight.rows == config.attentionSize && layer.kProj.bias.columns == config.keyValueSize && layer.sinks.columns == config.numAttentionHeads)
    #expect(layer.gateUpProj.weight.rows == 2 * config.intermediateSize && layer.gateUpProj.weight.columns == config.hiddenSize)
    #expect(layer.downProj.weight.experts == config.numExperts && layer.downProj.bias.rows == config.numExperts)
    try checkpoint.checkUnchanged()
  }

  @Test func aTensorOutlivesItsCheckpoint() throws {
    let norm = try Checkpoint(at: ReferenceKit.golden("tiny-a")).norm
    #expect(norm.floats().count == 64 && norm.floats().allSatisfy { $0.isFinite && $0 != 0 })
  }

  // MARK: - Layouts

  private func cacheEntry(in folder: String, revisions: [String]) throws -> String {
    let entry = "\(folder)/models--openai--gpt-oss-safeguard-20b"
    for revision in revisions {
      try FileManager.default.createDirectory(atPath: "\(entry)/snapshots/\(revision)", withIntermediateDirectories: true)
      try ReferenceKit.copyCheckpoint("tiny-c", to: "\(entry)/snapshots/\(revision)")
    }
    try FileManager.default.createDirectory(atPath: "\(entry)/refs", withIntermediateDirectories: true)
    return entry
  }

  @Test func findsTheOnlySnapshotOfACache() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      let entry = try cacheEntry(in: folder, revisions: ["abc"])
      #expect(try Checkpoint(at: entry).folder.path == "\(entry)/snapshots/abc")
      #expect(try Checkpoint(at: folder).folder.path == "\(entry)/snapshots/abc")
    }
  }

  @Test func ofSeveralSnapshotsTakesTheOneThatMainNames() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      let entry = try cacheEntry(in: folder, revisions: ["abc", "def"])
      let error = #expect(throws: CheckpointError.self) { try Checkpoint(at: entry) }
      #expect(error?.issues.first?.code == .layout && error?.description.contains("abc, def") == true)
      try ReferenceKit.write(Array("def\n".utf8), to: "\(entry)/refs/main")
      #expect(try Checkpoint(at: folder).folder.path == "\(entry)/snapshots/def")
      try ReferenceKit.write(Array("../../x".utf8), to: "\(entry)/refs/main")
      #expect(throws: CheckpointError.self) { try Checkpoint(at: folder) }
    }
  }

  /// The hub's client links a snapshot's files to its store of blobs.
  @Test func followsTheLinksOfACache() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      let entry = "\(folder)/models--a--b"
      for path in ["blobs", "snapshots/abc"] { try FileManager.default.createDirectory(atPath: "\(entry)/\(path)", withIntermediateDirectories: true) }
      for (number, name) in ["config.json", "model.safetensors"].enumerated() {
        try FileManager.default.copyItem(atPath: ReferenceKit.golden("tiny-a/\(name)"), toPath: "\(entry)/blobs/\(number)")
        try FileManager.default.createSymbolicLink(atPath: "\(entry)/snapshots/abc/\(name)", withDestinationPath: "../../blobs/\(number)")
      }
      #expect(try Checkpoint(at: entry).layers.count == 4)
    }
  }

  @Test func generationEndsAtEveryTokenThatEitherFileNames() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      try ReferenceKit.copyCheckpoint("tiny-a", to: folder)
      let checkpoint = try Checkpoint(at: folder)
      let eos = checkpoint.config.eosTokenID
      for (text, tokens) in [("{}", [eos]), (#"{"eos_token_id": 3}"#, [3, eos]), (#"{"eos_token_id": [7, 3, \#(eos)]}"#, [3, 7, eos])] {
        try ReferenceKit.write(Array(text.utf8), to: "\(folder)/generation_config.json")
        #expect(try checkpoint.endTokens() == tokens)
      }
      try ReferenceKit.write(Array(#"{"eos_token_id": [512]}"#.utf8), to: "\(folder)/generation_config.json")
      #expect(throws: CheckpointError.self) { try checkpoint.endTokens() }
      try FileManager.default.removeItem(atPath: "\(folder)/generation_config.json")
      #expect(try checkpoint.endTokens() == [eos])
    }
  }

  @Test func saysWhenThereIsNoCheckpoint() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      for path in [folder, "\(folder)/absent"] {
        let error = #expect(throws: CheckpointError.self) { try Checkpoint(at: path) }
        #expect(error?.issues.map(\.code) == [.layout])
      }
      try FileManager.default.copyItem(atPath: ReferenceKit.golden("tiny-a/config.json"), toPath: "\(folder)/config.json")
      let error = #expect(throws: CheckpointError.self) { try Checkpoint(at: folder) }
      #expect(error?.issues.map(\.code) == [.layout] && error?.description.contains("model.safetensors") == true)
    }
  }

  // MARK: - Damage

  /// Opens a damaged copy of a golden checkpoint; its issues.
  private func issues(_ name: String, _ damage: (String) throws -> Void) throws -> [CheckpointIssue] {
    try ReferenceKit.withTemporaryFolder { folder in
      try ReferenceKit.copyCheckpoint(name, to: folder)
      try damage(folder)
      return #expect(throws: CheckpointError.self) { try Checkpoint(at: folder) }?.issues ?? []
    }
  }

  /// Replaces text inside a file by text of the same length.
  private func overwrite(_ path: String, _ old: String, _ new: String) throws {
    var bytes = try ReferenceKit.bytes(path)
    let range = try #require(bytes.firstRange(of: Array(old.utf8)))
    try #require(old.utf8.count == new.utf8.count)
    bytes.replaceSubrange(range, with: Array(new.utf8))
    try ReferenceKit.write(bytes, to: path)
  }

  @Test(arguments: [4, 100, 5000, 574_207]) func aTruncatedFileIsNamed(_ length: Int) throws {
    let found = try issues("tiny-a") { try #require(truncate("\($0)/model.safetensors", length) == 0) }
    #expect(found.count == 1 && found[0].file.hasSuffix("/model.safetensors") && found[0].code == .malformedHeader)
  }

  @Test func aWrongTypeIsNamedWithWhatWasExpected() throws {
    let found = try issues("tiny-a") { try overwrite("\($0)/model.safetensors", #"lm_head.weight":{"dtype":"BF16""#, #"lm_head.weight":{"dtype":"U16" "#) }
    #expect(found.map(\.code) == [.wrongType] && found[0].tensor == "lm_head.weight" && found[0].message == "expected BF16, found U16")
  }

  @Test func aWrongShapeIsNamedWithWhatWasExpected() throws {
    let found = try issues("tiny-a") { try overwrite("\($0)/config.json", "\"num_local_experts\": 8", "\"num_local_experts\": 4") }
    #expect(found.count == 4 * 8 && found.allSatisfy { $0.code == .wrongShape })
    #expect(found.contains { $0.tensor == "model.layers.3.mlp.router.weight" && $0.message == "expected shape [4, 64], found [8, 64]" })
  }

  @Test func missingAndUnexpectedTensorsAreNamedTogether() throws {
    let found = try issues("tiny-a") { try overwrite("\($0)/model.safetensors", "model.layers.2.self_attn.sinks", "model.layers.2.self_attn.sunks") }
    #expect(Set(found.map(\.code)) == [.missingTensor, .unexpectedTensor])
    #expect(Set(found.compactMap(\.tensor)) == ["model.layers.2.self_attn.sinks", "model.layers.2.self_attn.sunks"])
  }

  @Test func hugeDimensionsAreRefusedWithoutArithmeticOverflow() throws {
    let header = Array(#"{"lm_head.weight":["U64",[4294967296,4294967296,4294967296],[0,8]]}"#.utf8)
    let found = try issues("tiny-a") {
      try ReferenceKit.write([UInt8(header.count), 0, 0, 0, 0, 0, 0, 0] + header + [UInt8](repeating: 0, count: 8), to: "\($0)/model.safetensors")
    }
    #expect(found.first?.message.contains("overflows") == true)
    #expect(found.count == 1)
  }

  @Test func aMissingShardIsNamed() throws {
    let found = try issues("tiny-b") { try FileManager.default.removeItem(atPath: "\($0)/model-00001-of-00002.safetensors") }
    #expect(found.map(\.code) == [.fileSystem] && found[0].file.hasSuffix("/model-00001-of-00002.safetensors"))
  }

  @Test(arguments: [
    "../odel-00001-of-00002.safetensors", "/etc/0001-of-00002.safetensors", "model-00001-of-00002.safetensorz", "m\\\\el-00001-of-00002.safetensors",
  ])
  func anIndexThatLeavesTheFolderIsRefused(_ name: String) throws {
    let found = try issues("tiny-b") { folder in
      let path = "\(folder)/model.safetensors.index.json"
      var text = String(decoding: try ReferenceKit.bytes(path), as: UTF8.self)
      text.replace("model-00001-of-00002.safetensors", with: name)
      try ReferenceKit.write(Array(text.utf8), to: path)
    }
    #expect(found.map(\.code) == [.shardIndex])
  }

  @Test func anIndexThatDoesNotTellTheTruthIsRefused() throws {
    let found = try issues("tiny-b") { folder in
      let path = "\(folder)/model.safetensors.index.json"
      var text = String(decoding: try ReferenceKit.bytes(path), as: UTF8.self)
      text.replace(#""lm_head.weight": "model-00002"#, with: #""lm_head.weight": "model-00000"#)
      text.replace(#""lm_head.weight": "model-00001"#, with: #""lm_head.weight": "model-00000"#)
      text.replace(#""model.norm.weight""#, with: #""model.gnorm.weight""#)
      try ReferenceKit.write(Array(text.utf8), to: path)
    }
    #expect(found.allSatisfy { $0.code == .shardIndex || $0.code == .missingTensor })
    #expect(Set(found.compactMap(\.tensor)).isSuperset(of: ["model.norm.weight", "model.gnorm.weight"]))
  }

  @Test(arguments: [
    "{}", "[]", "{\"weight_map\": {}}", "{\"weight_map\": 3}", "{\"weight_map\": {\"a\": 3}}",
    "{\"weight_map\": {\"a\": \"x.safetensors\", \"a\": \"x.safetensors\"}}", "{",
  ])
  func anIndexThatIsNoneIsRefused(_ text: String) throws {
    let found = try issues("tiny-b") { try ReferenceKit.write(Array(text.utf8), to: "\($0)/model.safetensors.index.json") }
    #expect(found.count == 1 && [.shardIndex, .malformedJSON, .duplicateTensor].contains(found[0].code))
  }

  @Test func theSameTensorInTwoShardsIsRefused() throws {
    let found = try issues("tiny-b") { folder in
      let path = "\(folder)/model.safetensors.index.json"
      var text = String(decoding: try ReferenceKit.bytes(path), as: UTF8.self)
      text.replace("model-00002-of-00002", with: "model-00000-of-00002")
      try FileManager.default.copyItem(atPath: "\(folder)/model-00002-of-00002.safetensors", toPath: "\(folder)/model-copy.safetensors")
      text.replace(#""weight_map": {"#, with: #""weight_map": {"extra": "model-copy.safetensors", "other": "model-00002-of-00002.safetensors","#)
      try ReferenceKit.write(Array(text.utf8), to: path)
    }
    #expect(found.contains { $0.code == .duplicateTensor })
  }

  @Test func everyIssueKeepsTheGrammarOfMessages() throws {
    let found = try issues("tiny-b") { try overwrite("\($0)/config.json", "\"head_dim\": 64", "\"head_dim\": 32") }
    for issue in found { #expect(issue.message.first?.isUppercase == false && !issue.message.hasSuffix(".")) }
  }
}
