import GPTOSS
import Testing

@Suite struct CheckpointSummaryTests {
  @Test(arguments: [("gpt-oss-20b", 20_914_757_184, 3_608_307_264), ("gpt-oss-120b", 116_829_156_672, 5_132_849_472)])
  func publishedShapesHaveThePublishedParameters(_ name: String, parameters: Int, active: Int) throws {
    let config = try ModelConfig(path: ReferenceKit.golden("real-configs/\(name)/config.json"))
    #expect(config.publishedShape == name && config.parameterCount == parameters && config.activeParameterCount == active)
  }

  @Test func describesACheckpoint() throws {
    let summary = CheckpointSummary(try Checkpoint(at: ReferenceKit.golden("tiny-b")))
    #expect(summary.files.map(\.name) == (0...2).map { "model-0000\($0)-of-00002.safetensors" } && summary.hasTokenizer && summary.publishedShape == nil)
    #expect(summary.tensorCount == 3 + 3 * 19 && summary.tensorBytes == summary.files.reduce(0) { $0 + $1.bytes } - headerBytes)
    #expect(summary.text.contains("experts     8, 4 per token") && summary.text.contains("layers      3 (2 sliding over 16 tokens, 1 full)"))
    let json = try JSONValue.parse(Array(summary.json.text.utf8))
    #expect(json["config"]?["hidden_size"]?.int == 288 && json["files"]?.count == 3 && json["shape"]?.isNull == true)
  }

  private var headerBytes: Int {
    (0...2).reduce(0) { $0 + ((try? SafetensorsFile(path: ReferenceKit.golden("tiny-b/model-0000\($1)-of-00002.safetensors")))?.header.dataStart ?? 0) }
  }
}
