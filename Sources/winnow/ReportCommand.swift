import ArgumentParser
import AuditLog
import FoundationEssentials
import LinearModel
import Moderation
import RecordIO
import RunReport
import StandardStages

struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Tell what a run decided: layers, explained verdicts, conversations.",
    discussion: """
      Reads what `run --audit` kept and prints a short report; --html writes a page with plots and the conversations in which something was flagged. The audit \
      file holds hashes of the texts only, unless the run had --audit-text: give the log that was judged with --messages to see them.

        winnow run pipelines/game-chat.yaml examples/chat.jsonl -o verdicts.jsonl --audit audit.db
        winnow report audit.db --messages examples/chat.jsonl --html report.html
      """)

  @Argument(help: "The audit file.") var file: String
  @Option(help: "The run, as `winnow audit runs` names it. Default: the last one.") var run: String?
  @Option(help: "A log that the run read; repeatable, in the run's order.") var messages: [String] = []
  @Option(help: "The pipeline file. Default: where it was during the run.") var pipeline: String?
  @Option(help: "Write a self-contained page to this file.") var html: String?
  @Flag(help: "Print nothing on standard output.") var quiet = false

  func run() async throws {
    try await reportingFailures {
      guard FileManager.default.fileExists(atPath: file) else { throw CommandFailure("there is no audit file \(file)") }
      try refuseSharedFiles(writing: [("--html", html)], reading: [file, pipeline] + messages)
      let reader = try AuditReader(path: file)
      let audited = try chosenRun(reader)
      var report = try RunReport(audited, from: reader)
      if report.digest.messages == 0 { throw CommandFailure("run `\(audited.id)` has no records") }
      let definition = try definition(of: audited, &report)
      if !messages.isEmpty, let definition { try addTexts(to: &report, definition.input) }
      if let definition { addFeatures(to: &report, definition) }
      if !quiet { Terminal.output(report.text) }
      if let html {
        try replaceFile(path: html, with: Array(report.html(tool: "winnow \(WinnowVersion.current)").utf8))
        Terminal.error("\(html) is written\n")
      }
    }
  }

  private func chosenRun(_ reader: AuditReader) throws -> AuditRun {
    let runs = try reader.runs()
    guard let run else {
      guard let last = runs.last else { throw CommandFailure("\(file) holds no run") }
      return last
    }
    if let found = runs.first(where: { $0.id == run }) { return found }
    let hint = nearestSpelling(to: run, in: runs.map(\.id)).map { "; did you mean `\($0)`?" } ?? ""
    throw CommandFailure("\(file) holds no run `\(run)`\(hint)")
  }

  /// The pipeline file of the run, when it is still there; needed for texts and features only.
  private func definition(of run: AuditRun, _ report: inout RunReport) throws -> PipelineDefinition? {
    let path = pipeline ?? run.pipelinePath
    if pipeline == nil, !FileManager.default.fileExists(atPath: path) {
      if !messages.isEmpty { throw CommandFailure("the run's pipeline file \(path) is not here; say where it is with --pipeline") }
      return nil
    }
    let definition = try PipelineLoading.load(path, showWarnings: false)
    if definition.fingerprint != run.pipelineHash { report.notes.append("\(path) has changed since the run; verdicts are the run's, features are of the present file") }
    return definition
  }

  private func addTexts(to report: inout RunReport, _ mapping: InputMapping) throws {
    let wanted = Set(report.positions)
    let last = wanted.max() ?? -1
    let reader = try RecordReader(inputs: messages, mapping: mapping)
    var others = 0
    reading: while let batch = try reader.next() {
      for record in batch.batch.messages {
        if record.position > last { break reading }
        guard wanted.contains(record.position) else { continue }
        func field(_ range: ByteRange) -> String? { range.isEmpty ? nil : batch.batch.string(range) }
        let text = MessageText(text: batch.batch.string(record.text), author: field(record.author), conversation: field(record.conversation))
        if !report.add(text, at: record.position) { others += 1 }
      }
    }
    if others > 0 { report.notes.append("\(others) of \(wanted.count) messages are not those that the run judged, so they are not shown: is this its log?") }
  }

  /// What the classifier's example owes its score to.
  private func addFeatures(to report: inout RunReport, _ definition: PipelineDefinition) {
    guard let example = report.classifierExample, let stage = definition.stages.first(where: { $0.id == example.stage }),
      let type = StandardStages.all.first(where: { $0.spec.type == stage.spec.type }),
      case .screen(let screen)? = try? type.build(stage.configuration, BuildOptions(threads: 1)), let linear = screen as? LinearScreen
    else { return }
    let explanation = linear.model.explain(example.text).first { $0.label == example.category }
    var explained: [ByteRange] = []
    // Letters of a word that is shown already would say the same again.
    let apart = (explanation?.contributions ?? []).filter { feature in
      let isNew = feature.spans.contains { span in !explained.contains { $0.start <= span.start && span.end <= $0.end } }
      if isNew { explained += feature.spans }
      return isNew
    }
    report.features = apart.prefix(6).map { ScoreFeature(text: $0.text, logOdds: Double($0.logOdds)) }
  }
}
