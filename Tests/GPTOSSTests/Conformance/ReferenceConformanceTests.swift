import Foundation
import GPTOSS
import Testing

/// The oracle itself against the official implementations.
@Suite struct ReferenceConformanceTests {
  private func load(_ folder: String) throws -> (ReferenceModel, Goldens) {
    let checkpoint = try Checkpoint(at: folder)
    return (ReferenceModel(checkpoint), try Goldens(of: checkpoint.folder, config: checkpoint.config))
  }

  @Test(arguments: ["tiny-a", "tiny-b", "tiny-c"]) func logitsTraceAndGreedyTokensAgree(_ name: String) throws {
    let (model, goldens) = try load(ReferenceKit.golden(name))
    let report = try Conformance().run(model, name: "reference", goldens: goldens)
    #expect(report.isExact, "\(report.text)")
    #expect(report.prompts.count == goldens.prompts.count && report.prompts.count >= 5)
    #expect(report.trace.count == 2 + 12 * model.config.numHiddenLayers)
    #expect(report.prompts.filter { $0.greedyCount == 64 }.count == 5)
  }

  @Test(arguments: [1, 7, 8, 9]) func promptsInPiecesGiveTheSameLogits(_ size: Int) throws {
    var (model, goldens) = try load(ReferenceKit.golden("tiny-a"))
    goldens.prompts.removeAll { $0.name == "long" }
    let report = try Conformance(chunkSize: size).run(model, name: "reference", goldens: goldens)
    #expect(report.isExact, "\(report.text)")
  }

  @Test func theToyModeratorAnswersWithTheRealVocabulary() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      try ReferenceKit.unpackToyModerator(to: folder)
      let (model, goldens) = try load(folder)
      let report = try Conformance().run(model, name: "reference", goldens: goldens)
      #expect(report.isExact && report.completions.count == 12, "\(report.text)")
      #expect(model.config.vocabSize == 201_088)
    }
  }

  @Test func aWrongModelIsFoundOut() throws {
    let (_, goldens) = try load(ReferenceKit.golden("tiny-a"))
    try ReferenceKit.withTemporaryFolder { folder in
      try ReferenceKit.copyCheckpoint("tiny-a", to: folder)
      var text = String(decoding: try ReferenceKit.bytes("\(folder)/config.json"), as: UTF8.self)
      text.replace("\"sliding_window\": 8", with: "\"sliding_window\": 9")
      try ReferenceKit.write(Array(text.utf8), to: "\(folder)/config.json")
      let report = try Conformance().run(ReferenceModel(Checkpoint(at: folder)), name: "wrong", goldens: goldens)
      #expect(!report.isExact && report.maxDifference > 1 && report.text.contains("NOT within tolerance"))
      #expect(report.prompts.first { $0.name == "single" }?.logits.maxDifference ?? 1 < 1e-4)
    }
  }

  @Test func whatASequenceCannotTakeIsRefusedBeforeItChanges() throws {
    let (model, _) = try load(ReferenceKit.golden("tiny-a"))
    let sequence = model.makeSequence()
    #expect(throws: LanguageModelError.tokenOutOfRange(512, vocabSize: 512)) { try sequence.append([1, 512], logitsAt: [0]) }
    #expect(throws: LanguageModelError.tokenOutOfRange(-1, vocabSize: 512)) { try sequence.append([-1], logitsAt: []) }
    #expect(throws: LanguageModelError.contextOverflow(tokens: 131_073, limit: 131_072)) {
      try sequence.append([TokenID](repeating: 0, count: 131_073), logitsAt: [])
    }
    #expect(sequence.position == 0)
    #expect(try sequence.append([], logitsAt: []).isEmpty && sequence.position == 0)
  }
}
