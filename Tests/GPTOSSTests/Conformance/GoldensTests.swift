import Foundation
import GPTOSS
import Testing

@Suite struct GoldensTests {
  /// Reads the goldens of a copy of tiny-a with one piece of `goldens.json` replaced.
  private func error(replacing old: String, by new: String) throws -> CheckpointError? {
    try ReferenceKit.withTemporaryFolder { folder in
      try ReferenceKit.copyCheckpoint("tiny-a", to: folder)
      try FileManager.default.copyItem(atPath: ReferenceKit.golden("tiny-a/goldens"), toPath: "\(folder)/goldens")
      var text = String(decoding: try ReferenceKit.bytes("\(folder)/goldens/goldens.json"), as: UTF8.self)
      try #require(text.contains(old), "no `\(old)`")
      text.replace(old, with: new, maxReplacements: 1)
      try ReferenceKit.write(Array(text.utf8), to: "\(folder)/goldens/goldens.json")
      let config = try ModelConfig(path: "\(folder)/config.json")
      return #expect(throws: CheckpointError.self) { try Goldens(of: CheckpointFolder(at: folder), config: config) }
    }
  }

  @Test(arguments: [
    ("249", "512"), ("249", "-1"), ("249", "0.5"), ("\"single\"", "\"none\""), ("\"single\"", "7"), ("trace_short.safetensors", "../trace_short.safetensors"),
    ("\"ids\"", "\"idz\""), ("\"positions\"", "\"positionz\""),
  ])
  func goldensThatDoNotFitAreRefused(_ old: String, _ new: String) throws {
    let found = try error(replacing: old, by: new)
    #expect(found?.issues.count == 1 && found?.issues.first?.code == .goldens, "\(String(describing: found))")
  }

  @Test func aFolderWithoutGoldensSaysSo() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      try ReferenceKit.copyCheckpoint("tiny-a", to: folder)
      let checkpoint = try Checkpoint(at: folder)
      let error = #expect(throws: CheckpointError.self) { try Goldens(of: checkpoint.folder, config: checkpoint.config) }
      #expect(error?.issues.map(\.code) == [.goldens])
    }
  }

  @Test func tapsAreNamedAsInTheGoldens() throws {
    #expect(Tap("layer12.attn_norm") == Tap(.attnNorm, layer: 12) && Tap("embed") == Tap(.embed) && Tap("layer3.v")?.description == "layer3.v")
    for text in ["", "layer", "layer1", "layerx.v", "layer1.v.v", "layer1.unknown", "1.v"] { #expect(Tap(text) == nil) }
  }

  @Test func differencesAreMeasured() {
    var comparison = LogitComparison()
    comparison.add(found: [1, 2, 3], golden: [1, 2, 3])
    comparison.add(found: [0, 1], golden: [0, 0.5])
    comparison.add(found: [3, 0], golden: [0, 3])
    #expect(comparison.rows == 3 && comparison.maxDifference == 3 && comparison.argmaxAgreements == 2)
    #expect(abs(LogitComparison.klDivergence([0, 0], [0, 0])) < 1e-15)
    // p = (1/2, 1/2), q = (2/3, 1/3): KL = ln 3 - 3/2 ln 2.
    #expect(abs(LogitComparison.klDivergence([0, 0], [0.6931472, 0]) - 0.05889151782) < 1e-7)
    comparison.add(found: [.nan, 0], golden: [0, 0])
    #expect(comparison.maxDifference == .infinity)
  }

  @Test func argmaxTakesTheFirstOfEqualAndNeverNaN() {
    #expect(argmax([1, 3, 3, 2]) == 1 && argmax([.nan, -1, .nan]) == 1 && argmax([-.infinity, -5]) == 1)
  }

  @Test func theReportIsJSON() throws {
    let checkpoint = try Checkpoint(at: ReferenceKit.golden("tiny-a"))
    var goldens = try Goldens(of: checkpoint.folder, config: checkpoint.config)
    goldens.prompts.removeAll { $0.name != "short" }
    let report = try Conformance().run(ReferenceModel(checkpoint), name: "a \"b\"", goldens: goldens)
    let json = try JSONValue.parse(Array(report.json.text.utf8))
    #expect(json["model"]?.string == "a \"b\"" && json["exact"]?.bool == true && json["prompts"]?[0]?["greedy_agree"]?.int == 64)
    #expect(json["trace"]?.count == report.trace.count && (json["prompts"]?[0]?["max_logit_difference"]?.double ?? 1) < 1e-4)
    #expect(report.text.contains("short") && report.text.contains("layer 3") && report.text.contains("64/64"))
  }
}
