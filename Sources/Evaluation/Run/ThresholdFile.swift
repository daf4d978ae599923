import Moderation
import RecordIO
import Tuning
import YAMLDocument

/// Chosen thresholds on their way into the pipeline file: only numbers change, every other byte stays.
public struct ThresholdFile: Sendable {
  public let path: String
  public let before: String
  public let after: String

  /// Throws when the file cannot be read, or a number that should change does not stand in it as a number (a variable, an alias that
  /// several values share).
  public init(_ definition: PipelineDefinition, stage id: String, changes: [(category: String, band: Band)]) throws {
    path = definition.path
    before = String(decoding: try readFile(path: definition.path), as: UTF8.self)
    guard let place = definition.stages.firstIndex(where: { $0.id == id }) else { throw TuningError.unknownStage(id) }
    let current = definition.stages[place].bands
    var edits: [YAMLEdit.Edit] = []
    for change in changes {
      guard let category = definition.categories.index(of: change.category), let written = current[category] else { continue }
      for (key, old, new) in [("allow_below", written.allowBelow, change.band.allowBelow), ("block_above", written.blockAbove, change.band.blockAbove)] {
        // A threshold that the file leaves out stays out.
        guard old != new, (0...1).contains(new), (0...1).contains(old) else { continue }
        edits.append(.init(["stages", .index(place), "bands", .key(change.category), .key(key)], new))
      }
    }
    after = try YAMLEdit.replaceNumbers(in: before, edits: edits, digits: 9)
  }

  public var changes: Bool { before != after }

  /// Readers see the old file or the new one.
  public func write() throws { try replaceFile(path: path, with: Array(after.utf8)) }

  /// The changed lines in the form of `diff -U0`. Lines never come or go, so they pair up.
  public var diff: String {
    let (old, new) = (Self.lines(before), Self.lines(after))
    var text = ""
    for (number, pair) in zip(old, new).enumerated() where pair.0 != pair.1 {
      text += "@@ -\(number + 1) +\(number + 1) @@\n-\(pair.0)\n+\(pair.1)\n"
    }
    return text.isEmpty ? "" : "--- \(path)\n+++ \(path)\n" + text
  }

  private static func lines(_ text: String) -> [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
}
