import Evaluation
import Foundation
import Moderation
import PipelineFile
import StandardStages
import Testing
import Tuning
import YAMLDocument

/// The third show: writing thresholds changes numbers, and not one other byte.
@Suite struct ThresholdsAreWrittenInPlace {
  static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  static let pipelines: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: repository.appending(path: "pipelines").path)) ?? []
    return files.filter { $0.hasSuffix(".yaml") && !PipelineFile.isTestsFile($0) }.sorted()
  }()

  @Test func thereAreSamplePipelines() { #expect(Self.pipelines.count >= 4) }

  @Test(arguments: pipelines) func onlyNumbersDiffer(_ name: String) throws {
    let path = Self.repository.appending(path: "pipelines/\(name)").path
    let definition = try #require(PipelineFile.load(path: path, stageTypes: StandardStages.all, environment: [:]).definition)
    let stage = try #require(definition.stages.first { !$0.bands.isEmpty })
    var generator = SeededGenerator(seed: 7)
    let changes = stage.bands.map { category, band in
      // Nine digits, as neighbouring float scores may need.
      let low = (generator.unit() * 0.4e9).rounded() / 1e9, high = (0.6e9 + generator.unit() * 0.4e9).rounded() / 1e9
      return (category: definition.categories[category].name, band: Band(allowBelow: band.allowBelow < 0 ? -1 : low, blockAbove: band.blockAbove > 1 ? 2 : high))
    }
    let file = try ThresholdFile(definition, stage: stage.id, changes: changes)
    #expect(file.changes)
    // What is left of both texts without numbers is the same, byte for byte; so are all lines that hold no threshold.
    func bare(_ text: String) -> String { text.replacing(/[0-9]+(\.[0-9]+)?/, with: "#") }
    #expect(bare(file.before) == bare(file.after))
    for (old, new) in zip(file.before.split(separator: "\n", omittingEmptySubsequences: false), file.after.split(separator: "\n", omittingEmptySubsequences: false)) {
      #expect(old == new || old.contains("allow_below") || old.contains("block_above"))
    }
    // And the file says what was meant.
    let read = try #require(PipelineFile.parse(text: file.after, path: path, stageTypes: StandardStages.all, environment: [:]).definition)
    let bands = try #require(read.stages.first { $0.id == stage.id }).bands
    for change in changes { #expect(bands[try #require(definition.categories.index(of: change.category))] == change.band) }
    // Back again gives the first bytes.
    let back = try YAMLBack.restore(file, definition, stage)
    #expect(back == file.before)
  }

  @Test func theDiffShowsChangedLines() throws {
    let path = Self.repository.appending(path: "pipelines/spam.yaml").path
    let definition = try #require(PipelineFile.load(path: path, stageTypes: StandardStages.all, environment: [:]).definition)
    let file = try ThresholdFile(definition, stage: "linear", changes: [("spam", Band(allowBelow: 0.25, blockAbove: 0.95))])
    #expect(file.diff.contains("-      spam: {allow_below: 0.1, block_above: 0.95}\n+      spam: {allow_below: 0.25, block_above: 0.95}\n"))
    #expect(!(try ThresholdFile(definition, stage: "linear", changes: [])).changes)
    #expect(throws: TuningError.self) { _ = try ThresholdFile(definition, stage: "none", changes: []) }
  }

  @Test func aThresholdFromAVariableIsNotOverwritten() throws {
    let folder = try Folder()
    let source = try String(contentsOfFile: Self.repository.appending(path: "pipelines/spam.yaml").path, encoding: .utf8)
      .replacing("allow_below: 0.1", with: "allow_below: \"${LOW}\"").replacing("../", with: Self.repository.path + "/")
    let path = try folder.write(source, as: "p.yaml")
    let definition = try #require(PipelineFile.load(path: path, stageTypes: StandardStages.all, environment: ["LOW": "0.1", "WINNOW_MODEL": "none"]).definition)
    #expect(throws: (any Error).self) { _ = try ThresholdFile(definition, stage: "linear", changes: [("spam", Band(allowBelow: 0.2, blockAbove: 0.95))]) }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == source)
  }

  /// One number of a pair that was proved together proves nothing, so a threshold without a place stops the other one too.
  @Test(arguments: [("{block_above: 0.95}", "add `allow_below: 0.2` for `spam`"), ("{allow_below: 0.1}", "add `block_above: 0.9` for `spam`")])
  func aThresholdThatTheFileLeavesOutIsNamed(_ band: String, _ advice: String) throws {
    let folder = try Folder()
    let source = try String(contentsOfFile: Self.repository.appending(path: "pipelines/spam.yaml").path, encoding: .utf8)
      .replacing("{allow_below: 0.1, block_above: 0.95}", with: band).replacing("../", with: Self.repository.path + "/")
    let path = try folder.write(source, as: "p.yaml")
    let definition = try #require(PipelineFile.load(path: path, stageTypes: StandardStages.all, environment: ["WINNOW_MODEL": "none"]).definition)
    let error = try #require(throws: YAMLEdit.Failure.self) { _ = try ThresholdFile(definition, stage: "linear", changes: [("spam", Band(allowBelow: 0.2, blockAbove: 0.9))]) }
    #expect(error.description.hasPrefix("\(path):") && error.description.contains("stage `linear`") && error.description.contains(advice), "\(error)")
  }
}

enum YAMLBack {
  /// Writes the old thresholds into the new text, through a file as a user would.
  static func restore(_ file: ThresholdFile, _ old: PipelineDefinition, _ stage: StageDefinition) throws -> String {
    let folder = try Folder()
    let path = try folder.write(file.after, as: "p.yaml")
    var definition = try #require(PipelineFile.parse(text: file.after, path: file.path, stageTypes: StandardStages.all, environment: [:]).definition)
    definition.path = path
    let changes = stage.bands.map { (category: old.categories[$0.key].name, band: $0.value) }
    return try ThresholdFile(definition, stage: stage.id, changes: changes).after
  }
}
