import ArgumentParser
import Evaluation
import Moderation
import PipelineFile
import Tuning

struct EvalCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Measure a pipeline on labelled messages: quality with intervals, cost, errors by stage.",
    discussion: """
      Data are JSON Lines (rows with a `labels` map, {text, label}, OpenAI evals), CSV, or promptfoo tests (YAML, JSON); plain, .gz or .zst. Every message
      goes through the pipeline once. The reasoner is asked about what the pipeline escalates; with --recorded about everything that the recording holds,
      so that the reasoner alone can be told beside the cascade.

        winnow eval pipelines/game-chat.yaml labelled.jsonl --slice language,length --html report.html
        winnow eval pipelines/spam.yaml labelled.jsonl --base-rate 2% --min recall=0.95 --junit gate.xml

      Exits with 1 when a gate (--min, --max) is not kept.
      """)

  @Argument(help: "The pipeline file.") var pipeline: String
  @Argument(help: "Labelled files; `-` or nothing is standard input.") var data: [String] = []
  @OptionGroup(title: "Labels") var labelled: LabelledArguments
  @OptionGroup(title: "Answers of the reasoner") var answers: AnswerArguments
  @Flag(help: "Ask the reasoner about every message, for the reasoner alone as a baseline.") var askAll = false
  @Option(help: "Group messages by these, with commas: length, language, script, or a field of the data.", transform: parseList) var slice: [String] = []
  @Option(help: ArgumentHelp("Share of violating messages in live traffic: precision is told there too.", valueName: "share"), transform: parseShare) var baseRate: Double?
  @Option(name: .customLong("min"), help: ArgumentHelp("Exit with 1 unless `[category:]metric` is at least this. Repeatable.", valueName: "metric=value")) var minimum: [String] = []
  @Option(name: .customLong("max"), help: ArgumentHelp("Exit with 1 unless `[category:]metric` is at most this. Repeatable.", valueName: "metric=value")) var maximum: [String] = []
  @Option(help: ArgumentHelp("Write the gates as a JUnit file.", valueName: "file")) var junit: String?
  @Option(help: ArgumentHelp("Write one self-contained page with plots.", valueName: "file")) var html: String?
  @Flag(help: "Print the report as JSON.") var json = false
  @Option(help: "How a review counts: flagged (a person sees it) or allowed.") var reviews: ReviewCount = .flagged
  @Option(help: ArgumentHelp("What a message costs in prefilter, classifier and reasoner, in any unit.", valueName: "a,b,c"), transform: parseCost) var cost: CostModel?
  @Option(help: "Confidence of the intervals. Default: 0.95.", transform: parseShare) var confidence = 0.95
  @Option(help: "Draws of the bootstrap behind F1, AUROC and AP; 0 leaves their intervals out.") var bootstrap = 1000
  @Option(help: "Example ids for each kind of error.") var examples = 5

  func validate() throws {
    guard (0.5..<1).contains(confidence) else { throw ValidationError("--confidence must be at least 0.5 and below 1") }
    guard (0...100_000).contains(bootstrap), examples >= 0 else { throw ValidationError("--bootstrap must be 0 to 100,000 and --examples not negative") }
    if let baseRate, baseRate <= 0 || baseRate >= 1 { throw ValidationError("--base-rate must lie between 0 and 1") }
  }

  func run() async throws { try await reportingFailures(evaluate) }

  private func evaluate() async throws {
    try answers.refuseSharedFiles(writing: [("--html", html), ("--junit", junit)], pipelines: [pipeline], data: data, labelled)
    let definition = try PipelineLoading.load(pipeline)
    let gates = try gates(definition)
    let data = try labelled.read(data, definition, slices: slice.map(SliceRule.init(written:)))
    let evaluator = try await answers.evaluator(definition, data.items)
    let counter = Counter(what: "judging", total: data.items.count)
    let sample = try await evaluator.run(data.items, asking: askAll ? .everything : .escalated, slices: slice) { counter.show($0) }
    counter.clear()
    await answers.finish(evaluator)
    let report = try EvaluationReport(sample, pipeline: definition.name, options: options)
    Terminal.output(json ? report.json.text + "\n" : report.text)
    try Reports.write(report.html, to: html)
    try check(report.check(gates), definition)
  }

  private var options: EvaluationOptions {
    var options = EvaluationOptions()
    options.reviewCounts = reviews
    options.confidence = confidence
    options.bootstrapDraws = bootstrap
    options.baseRate = baseRate
    options.cost = cost
    options.examples = examples
    return options
  }

  private func gates(_ definition: PipelineDefinition) throws -> [Gate] {
    var diagnostics = Diagnostics()
    let names = definition.categories.categories.map(\.name)
    let gates = minimum.compactMap { Gate(written: $0, relation: .atLeast, categories: names, &diagnostics) }
      + maximum.compactMap { Gate(written: $0, relation: .atMost, categories: names, &diagnostics) }
    if diagnostics.hasErrors { throw DiagnosticsError(diagnostics) }
    return gates
  }

  private func check(_ results: [GateResult], _ definition: PipelineDefinition) throws {
    try Reports.write(GateResult.junit(results, suite: definition.name), to: junit)
    if !results.isEmpty { Terminal.error("\n") }
    for result in results { Terminal.error("\(result.passes ? "ok    " : "FAIL  ")\(result.text)\n") }
    if results.contains(where: { !$0.passes }) { throw Exit.findings }
  }
}

extension ReviewCount: ExpressibleByArgument {}

/// `a,b , c` on the command line.
func parseList(_ text: String) throws -> [String] {
  let items = text.split(separator: ",", omittingEmptySubsequences: false).map { String($0).trimmingSpaces }
  if items.contains("") { throw ValidationError("`\(text)` has an empty item") }
  return items
}

/// `0.05` or `5%` on the command line.
func parseShare(_ text: String) throws -> Double {
  let number = text.hasSuffix("%") ? Double(text.dropLast()).map { $0 / 100 } : Double(text)
  guard let number, (0...1).contains(number) else { throw ValidationError("`\(text)` is not a share; write it like 0.05 or 5%") }
  return number
}

/// `0.001,0.01,10` on the command line.
func parseCost(_ text: String) throws -> CostModel {
  let numbers = text.split(separator: ",").map { Double($0) ?? -1 }
  guard numbers.count == 3, numbers.allSatisfy({ $0 >= 0 && $0.isFinite }) else { throw ValidationError("`\(text)` is not three costs; write them like 0.001,0.01,10") }
  return CostModel(prefilter: numbers[0], classifier: numbers[1], reasoner: numbers[2])
}
