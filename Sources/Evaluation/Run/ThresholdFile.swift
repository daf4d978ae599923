import Moderation
import RecordIO
import Tuning
import YAMLDocument

/// Chosen thresholds on their way into the pipeline file: only numbers change, every other byte stays.
public struct ThresholdFile: Sendable {
  public let path: String
  public let before: String
  public let after: String

  /// Throws when the file cannot be read, and ``YAMLEdit/Failure`` when a threshold that should change does not stand in it, or not as a
  /// number of its own (a variable, an alias). Then nothing is written: a part of what was chosen together would prove nothing.
  public init(_ definition: PipelineDefinition, stage id: String, changes: [(category: String, band: Band)]) throws {
    path = definition.path
    before = String(decoding: try readFile(path: definition.path), as: UTF8.self)
    guard let place = definition.stages.firstIndex(where: { $0.id == id }) else { throw TuningError.unknownStage(id) }
    let stage = definition.stages[place]
    var edits: [YAMLEdit.Edit] = []
    var missing: [String] = []
    for change in changes {
      let written = definition.categories.index(of: change.category).flatMap { stage.bands[$0] } ?? Self.nothing
      for (key, old, new) in [("allow_below", written.allowBelow, change.band.allowBelow), ("block_above", written.blockAbove, change.band.blockAbove)] {
        // A threshold outside 0...1 is one that is left out.
        guard old != new, (0...1).contains(new) else { continue }
        if (0...1).contains(old) {
          edits.append(.init(["stages", .index(place), "bands", .key(change.category), .key(key)], new))
        } else {
          missing.append("`\(key): \(NumberText.threshold(new))` for `\(change.category)`")
        }
      }
    }
    guard missing.isEmpty else { throw Self.failure(missing, stage) }
    do throws(YAMLEdit.Failure) {
      after = try YAMLEdit.replaceNumbers(in: before, edits: edits, digits: ThresholdText.digits)
    } catch {
      throw YAMLEdit.Failure("\(definition.path): \(error)")
    }
  }

  private static let nothing = Band(allowBelow: -1, blockAbove: 2)

  private static func failure(_ missing: [String], _ stage: StageDefinition) -> YAMLEdit.Failure {
    let place = "\(stage.span.file):\(stage.span.line):\(stage.span.column)"
    return YAMLEdit.Failure(
      "\(place): stage `\(stage.id)` leaves out thresholds that were chosen, so nothing is written: add \(missing.joined(separator: ", ")) "
        + "under its `bands`, or name the categories to tune in the goals (`harassment: maximum f1`), and tune again")
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

  /// By line feeds: with a carriage return before it, one is no character of its own.
  private static func lines(_ text: String) -> [String] {
    text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String(String.UnicodeScalarView($0)) }
  }
}
