import Foundation
import GPTOSS
import Testing

@Suite struct VerifyTests {
  @Test(arguments: ["tiny-a", "tiny-b", "tiny-c"]) func aSoundCheckpointHasNoIssues(_ name: String) throws {
    var shares: [Double] = []
    #expect(try Checkpoint(at: ReferenceKit.golden(name)).verify { shares.append($1) }.isEmpty)
    #expect(shares.first == 0 && shares == shares.sorted() && shares.allSatisfy { $0 < 1 })
  }

  /// Verifies a copy of tiny-a in which the bytes of one tensor from an offset are replaced.
  private func issues(_ tensor: String, at offset: Int, _ bytes: [UInt8]) throws -> [CheckpointIssue] {
    try ReferenceKit.withTemporaryFolder { folder in
      try ReferenceKit.copyCheckpoint("tiny-a", to: folder)
      let path = "\(folder)/model.safetensors"
      let start = try #require(SafetensorsFile(path: path).tensor(tensor)).range.lowerBound + offset
      var file = try ReferenceKit.bytes(path)
      file.replaceSubrange(start..<start + bytes.count, with: bytes)
      try ReferenceKit.write(file, to: path)
      return try Checkpoint(at: folder).verify()
    }
  }

  @Test(arguments: [[0x80, 0x7F], [0x80, 0xFF], [0xC0, 0x7F], [0x81, 0xFF]] as [[UInt8]]) func infinityAndNaNAreFoundWhereTheyStand(_ value: [UInt8]) throws {
    let found = try issues("lm_head.weight", at: 2 * (5 * 64 + 7), value)
    #expect(found.map(\.code) == [.badValue] && found.first?.tensor == "lm_head.weight")
    #expect(found.first?.message == "1 of 32768 values are NaN or infinite, the first at [5, 7]")
  }

  @Test func theLargestFiniteValueIsSound() throws { #expect(try issues("lm_head.weight", at: 0, [0x7F, 0x7F, 0x7F, 0xFF]).isEmpty) }

  @Test func theNaNScaleIsFoundWhereItStands() throws {
    let found = try issues("model.layers.1.mlp.experts.down_proj_scales", at: 2 * 64 * 3 + 5 * 3 + 1, [255, 254, 255])
    #expect(found.map(\.message) == ["2 of 1536 scales are 255 (NaN), the first at [2, 5, 1]"])
  }

  @Test func aWrongTotalInTheIndexIsFound() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      try ReferenceKit.copyCheckpoint("tiny-b", to: folder)
      let path = "\(folder)/model.safetensors.index.json"
      var text = String(decoding: try ReferenceKit.bytes(path), as: UTF8.self)
      text.replace("\"total_size\": ", with: "\"total_size\": 1")
      try ReferenceKit.write(Array(text.utf8), to: path)
      #expect(try Checkpoint(at: folder).verify().map(\.code) == [.shardIndex])
    }
  }

  @Test func aFileWrittenToMeanwhileIsFound() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      try ReferenceKit.copyCheckpoint("tiny-a", to: folder)
      let checkpoint = try Checkpoint(at: folder)
      let handle = try #require(FileHandle(forWritingAtPath: "\(folder)/model.safetensors"))
      try handle.seekToEnd()
      try handle.write(contentsOf: [0])
      try handle.close()
      #expect(checkpoint.verify().map(\.code) == [.changed])
    }
  }
}
