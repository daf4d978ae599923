import ArgumentParser
import AuditLog
import Evaluation
import FoundationEssentials
import Moderation
import Pipeline
import PipelineFile
import RecordIO
import StandardStages
import Tuning

struct CompareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare two pipelines on the same messages: flips both ways, agreement, cost.",
    discussion: """
      Two files (other thresholds, another model, a new policy version) over one set of messages; labels are optional and tell which side is right. With
      --audit, one pipeline and what a live run recorded: what would have happened had its `mode: shadow` stages decided. Nothing is scored or asked again.

        winnow compare now.yaml new.yaml chat.jsonl --html flips.html
        winnow compare live.yaml --audit audit.db --instead-of linear
      """)

  @Argument(help: "The pipeline file in force.") var pipeline: String
  @Argument(help: "The other pipeline file, then files of data (no pipe: they are read twice); with --audit neither.") var rest: [String] = []
  @Option(help: ArgumentHelp("Compare with the shadow stages of the runs in this audit file.", valueName: "file")) var audit: String?
  @Option(help: "Only this run of the audit file.") var run: String?
  @Option(help: ArgumentHelp("The stage that the shadow stages would replace.", valueName: "stage")) var insteadOf: String?
  @OptionGroup(title: "Labels") var labelled: LabelledArguments
  @OptionGroup(title: "Answers of the reasoner") var answers: AnswerArguments
  @Option(help: ArgumentHelp("Write one self-contained page.", valueName: "file")) var html: String?
  @Flag(help: "Print the comparison as JSON.") var json = false
  @Option(help: "Example ids for each kind of flip.") var examples = 5

  func validate() throws {
    if audit == nil, rest.isEmpty { throw ValidationError("a second pipeline file is missing (or --audit)") }
    if audit != nil, !rest.isEmpty { throw ValidationError("--audit takes one pipeline file and no data") }
    if examples < 0 { throw ValidationError("`--examples` must not be negative") }
    if audit == nil, insteadOf != nil || run != nil { throw ValidationError("--instead-of and --run belong to --audit") }
  }

  func run() async throws {
    try await reportingFailures {
      try answers.refuseSharedFiles(writing: [("--html", html)], pipelines: [pipeline] + rest, data: audit.map { [$0] } ?? [], labelled)
      let report = if let audit { try await shadow(audit) } else { try await sideBySide() }
      Terminal.output(json ? report.json.text + "\n" : report.text)
      try Reports.write(report.html, to: html)
    }
  }

  private func sideBySide() async throws -> ComparisonReport {
    let data = Array(rest.dropFirst())
    if data.isEmpty || data.contains(where: { $0 == "-" || comesLive($0) }) {
      throw CommandFailure("the data are read once for each pipeline, so they cannot come from standard input or a pipe; name a file")
    }
    let first = try PipelineLoading.load(pipeline), second = try PipelineLoading.load(rest[0])
    let (a, b) = (try await sample(first), try await sample(second))
    let names = first.name == second.name ? (pipeline, rest[0]) : (first.name, second.name)
    return try ComparisonReport(names: names, first: a, second: b, examples: examples)
  }

  private func sample(_ definition: PipelineDefinition) async throws -> EvaluationSample {
    var data = try labelled.read(Array(rest.dropFirst()), definition, labels: .optional)
    data.makeIDsUnique()
    let evaluator = try await answers.evaluator(definition, data.items)
    let counter = Counter(what: definition.path, total: data.items.count)
    let sample = try await evaluator.run(data.items, asking: .escalated) { counter.show($0) }
    counter.clear()
    await evaluator.shutdown()
    return sample
  }

  private func shadow(_ audit: String) async throws -> ComparisonReport {
    let definition = try PipelineLoading.load(pipeline)
    guard FileManager.default.fileExists(atPath: audit) else { throw CommandFailure("there is no audit file \(audit)") }
    let built = try ModerationPipeline.build(definition, types: StandardStages.all, options: BuildOptions(threads: 1), lanes: 1)
    var comparison = try ShadowComparison(definition: definition, stages: built.stages, insteadOf: insteadOf)
    let reader = try AuditReader(path: audit)
    if let run { try reader.require(run: run, in: audit) }
    try reader.forEach(run: run) { comparison.add($0) }
    let outcome = try await comparison.run(examples: examples)
    if comparison.unreadable > 0 { Terminal.error("warning: \(comparison.unreadable) records could not be read\n") }
    if outcome.mismatches > 0 {
      Terminal.error("warning: \(outcome.mismatches) messages had another verdict in the run: the pipeline file has changed since, or a budget was spent\n")
    }
    if outcome.unanswered > 0 {
      Terminal.error("note: \(outcome.unanswered) messages would have gone to a reasoner that was not asked about them: taken as reviews\n")
    }
    return outcome.report
  }
}
