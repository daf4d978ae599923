import FoundationEssentials
import Pipeline
import RecordIO

/// How far a run has come. Written whole or not at all, after what it speaks of is on disk.
public struct Checkpoint: Codable, Sendable {
  public static let currentVersion = 2
  public var version = currentVersion
  /// Hash of the pipeline file, of what variables gave to it, and of everything its stages were built from.
  public var pipeline: String
  /// The options that decide about the bytes that are written.
  public var form: String
  public var inputs: [String]
  public var output: String
  public var position: StreamPosition
  public var outputLength: Int
  public var deadLetterLength: Int
  public var statistics: RunStatistics
  public var runID: String
  /// What was left of the escalation budget; nil without one.
  public var budgetTokens: Int?

  /// nil when there is no checkpoint yet.
  public static func load(path: String) throws(RecordIOError) -> Checkpoint? {
    let bytes: [UInt8]
    do { bytes = try readFile(path: path) } catch {
      if FileManager.default.fileExists(atPath: path) { throw error }
      return nil
    }
    guard let checkpoint = try? JSONDecoder().decode(Checkpoint.self, from: Data(bytes)), checkpoint.version == currentVersion else {
      throw RecordIOError(.checkpoint, path: path, detail: "is not a checkpoint of this version; remove it to start anew")
    }
    return checkpoint
  }

  public func save(path: String) throws(RecordIOError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    guard let data = try? encoder.encode(self) else { throw RecordIOError(.checkpoint, path: path, detail: "cannot be encoded") }
    try replaceFile(path: path, with: Array(data))
  }

  /// Refuses to go on with something else than what was begun.
  func check(path: String, pipeline: String, form: String, inputs: [String], output: String) throws(RecordIOError) {
    func refuse(_ what: String) -> RecordIOError {
      RecordIOError(.checkpoint, path: path, detail: "\(what) since the checkpoint was written; remove it (and the output) to start anew")
    }
    if self.pipeline != pipeline { throw refuse("the pipeline, a variable in it, or a file that it uses has changed") }
    if self.form != form { throw refuse("--verdicts-only, --trace, --max-record or --dead-letters has changed") }
    if self.inputs != inputs { throw refuse("the inputs have changed") }
    if self.output != output { throw refuse("the output file has changed") }
  }
}
