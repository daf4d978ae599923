import ArgumentParser
import Evaluation
import FoundationEssentials
import Moderation
import Pipeline
import PipelineFile
import RecordIO
import StandardStages
import Tuning

/// What `eval`, `tune`, `compare` and `distill` share: how labelled data are read, and where the reasoner's answers come from.
struct LabelledArguments: ParsableArguments {
  @Option(name: .customLong("label"), help: ArgumentHelp("Which labels of the data make a category; joined by any of them. Default: the category's own name.", valueName: "category=name+name"))
  var labelRules: [String] = []
  @Option(help: "The category that a bare label (1, true, unsafe) speaks of. Not needed where the pipeline has one category.") var category: String?
  @Option(help: "Dotted path of the text. Default: the pipeline's, then `text`, `content`, `message`, `data`, `input`, `prompt`.") var textField: String?
  @Option(help: "Dotted path of the labels. Default: `labels`, `label`, `expected_triggers`, `ideal`.") var labelField: String?
  @Option(help: ArgumentHelp("Take labels from this file of {id, labels} rows, joined by id.", valueName: "file")) var labels: String?

  /// What labels are to a command.
  enum Need {
    case needed
    /// They tell which side is right, where they are there.
    case optional
    case ignored
  }

  private func reader(_ definition: PipelineDefinition, slices: [SliceRule], _ need: Need) throws -> LabelledDataReader {
    var diagnostics = Diagnostics()
    let rules = LabelRules(categories: definition.categories.categories.map(\.name), written: labelRules, bare: category, &diagnostics)
    if diagnostics.hasErrors { throw DiagnosticsError(diagnostics) }
    var reader = LabelledDataReader(mapping: definition.input, rules: rules, text: textField, label: labelField, slices: slices)
    reader.ignoresLabels = need == .ignored
    reader.takesUnreadableLabels = need == .optional
    return reader
  }

  /// Reads the files, says what is wrong with them, and refuses when nothing is left.
  func read(_ files: [String], _ definition: PipelineDefinition, slices: [SliceRule] = [], labels need: Need = .needed) throws -> LabelledData {
    let reader = try reader(definition, slices: slices, need)
    var data = try reader.read(files.isEmpty ? ["-"] : files)
    if let labels, need != .ignored { try reader.joinLabels(labels, onto: &data) }
    for warning in data.warnings { Terminal.error("warning: \(warning)\n") }
    if data.items.isEmpty { throw CommandFailure("no row of the data can be used") }
    if need == .needed, !data.hasLabels { throw CommandFailure("no message has a label of any category; map the data's labels with `--label CATEGORY=NAME`") }
    return data
  }
}

/// Where the reasoner's answers come from.
struct AnswerArguments: ParsableArguments {
  @Option(help: ArgumentHelp("Take the reasoner's answers from this file; ask no model.", valueName: "file")) var recorded: String?
  @Option(help: ArgumentHelp("Keep every answer in this file. Answers that it holds already are not asked for again, so an interrupted run can go on.", valueName: "file"))
  var record: String?
  @Option(help: "Threads for the screens. Default: all cores.") var threads: Int?

  func validate() throws {
    if recorded != nil, record != nil { throw ValidationError("--recorded asks no model, so there is nothing to --record") }
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be 1 to 1024") }
  }

  /// The files of the data, of labels and answers, and the pipeline's: none of them may be written by another option.
  func refuseSharedFiles(writing outputs: [(name: String, path: String?)], pipelines: [String], data: [String], _ labelled: LabelledArguments) throws {
    let inputs = pipelines + (data.isEmpty ? ["-"] : data)
    try winnow.refuseSharedFiles(writing: outputs + [("--record", record)], reading: inputs + [labelled.labels, recorded])
  }

  var lanes: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }

  /// Builds and starts a pipeline's stages, and fills a book with what is recorded of `items`.
  func evaluator(_ definition: PipelineDefinition, _ items: [LabelledItem]) async throws -> PipelineEvaluator {
    let options = BuildOptions(recordPath: record, recordedPath: recorded, threads: lanes)
    let built = try ModerationPipeline.build(definition, types: StandardStages.all, options: options, lanes: lanes)
    try await built.start()
    let book = AnswerBook()
    if let store = recorded ?? record, FileManager.default.fileExists(atPath: store) {
      let replay = try ModerationPipeline.build(definition, types: StandardStages.all, options: BuildOptions(recordedPath: store, threads: 1), lanes: lanes)
      await PipelineEvaluator(definition: definition, stages: replay.stages, lanes: lanes, book: book, isReplay: true).ask(items, messages: Array(items.indices))
    }
    let evaluator = PipelineEvaluator(definition: definition, stages: built.stages, lanes: lanes, book: book, isReplay: recorded != nil)
    for note in evaluator.notes { Terminal.error("note: \(note)\n") }
    return evaluator
  }

  /// Lets the models of an evaluator go.
  func finish(_ evaluator: PipelineEvaluator) async { await evaluator.shutdown() }
}

/// One line that counts on a terminal, and nothing elsewhere.
struct Counter: Sendable {
  let what: String
  let total: Int
  func show(_ done: Int) { if Terminal.errorIsTerminal { Terminal.error("\r\u{1B}[K\(what) \(done.grouped) of \(total.grouped)") } }
  func clear() { if Terminal.errorIsTerminal { Terminal.error("\r\u{1B}[K") } }
}

/// Refuses, before any work, a file that a command would write although it reads it, or that two options would write.
///
/// - Parameter writing: each with the name of its option; nil where the option is not there.
func refuseSharedFiles(writing outputs: [(name: String, path: String?)], reading inputs: [String?]) throws {
  try refuseSharedFiles(outputs: outputs.compactMap { name, path in path.map { (name, $0) } }, inputs: inputs.compactMap { $0 })
}

enum Reports {
  /// Writes a report where it was asked for.
  static func write(_ text: @autoclosure () -> String, to path: String?) throws {
    guard let path else { return }
    try replaceFile(path: path, with: Array(text().utf8))
    Terminal.error("wrote \(path)\n")
  }
}
