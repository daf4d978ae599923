import ArgumentParser
import Evaluation
import Moderation
import PipelineFile
import RecordIO
import Tuning

struct TuneCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Choose thresholds for a stated goal, with a guarantee, and write them into the pipeline file.",
    discussion: """
      The data are cut into three parts, conversations and equal texts kept together: one to order candidates on, one to choose on, one to report on. A bound
      on recall, miss_rate, precision, false_positive_rate or selective_risk is proved at the stated confidence, not estimated; with too few labels the goal
      is refused, and the number that is missing is named.

        winnow tune pipelines/game-chat.yaml labelled.jsonl --goal "minimum escalation_rate @ recall >= 0.95" --dry-run
        winnow tune p.yaml d.jsonl --goal "spam: maximum f1 @ llm_calls <= 5%" --goal "threats: minimum escalation_rate @ recall >= 0.99" --write

      The reasoner is asked only about messages that the choice of thresholds could hang on; answers of --recorded and --record files are used first, and
      every round is announced with its size. Exits with 1 when a goal is not met or a budget is broken; nothing is written over a broken budget.
      """)

  @Argument(help: "The pipeline file.") var pipeline: String
  @Argument(help: "Labelled files; `-` or nothing is standard input.") var data: [String] = []
  @Option(help: ArgumentHelp("`[category:] minimum|maximum METRIC @ METRIC >= VALUE, …`. Without a category: each that has no goal of its own; `any:` is the message as a whole. Repeatable.", valueName: "goal"))
  var goal: [String]
  @Option(help: ArgumentHelp("A bound of the whole pipeline: `llm_calls<=5%`, `p95_latency<=300ms`. Repeatable.", valueName: "bound")) var budget: [String] = []
  @Option(help: "Confidence with which all bounds of all goals hold together. Default: 0.95.", transform: parseShare) var confidence = 0.95
  @Option(help: ArgumentHelp("What a bound promises: `share` of all messages like these, or what a further sample will `measure`, which is stricter.", valueName: "share|measure"))
  var promise: Promise = .share
  @Flag(help: "Write the thresholds into the pipeline file: only numbers change.") var write = false
  @Flag(help: "Show what --write would change.") var dryRun = false
  @Option(help: ArgumentHelp("Write one self-contained page with plots.", valueName: "file")) var html: String?
  @Flag(help: "Print the result as JSON.") var json = false
  @Option(help: "The scoring stage to tune. Default: the last one.") var stage: String?
  @OptionGroup(title: "Labels") var labelled: LabelledArguments
  @OptionGroup(title: "Answers of the reasoner") var answers: AnswerArguments
  @Option(help: "Messages that the reasoner may be asked about in all; 0 asks about none, and an answer that is needed and not known counts as wrong.")
  var maxAsked = 1000
  @Option(help: ArgumentHelp("Share of violating messages in live traffic: precision is bounded there.", valueName: "share"), transform: parseShare) var baseRate: Double?
  @Option(help: ArgumentHelp("What a message costs in prefilter, classifier and reasoner, in any unit.", valueName: "a,b,c"), transform: parseCost) var cost: CostModel?
  @Option(help: "How a review counts: flagged (a person sees it) or allowed.") var reviews: ReviewCount = .flagged
  @Option(help: "Seed of the split into parts.") var seed: UInt64 = 1
  @Option(help: "Example ids for each kind of flip.") var examples = 5
  @Option(help: ArgumentHelp("Also halve the data this often, choose on one half and look the promise up, as a check of the guarantee on these data; 200 is customary.", valueName: "n"))
  var resplits = 0

  enum Promise: String, ExpressibleByArgument, CaseIterable { case share, measure }

  func validate() throws {
    guard (0.5..<1).contains(confidence) else { throw ValidationError("--confidence must be at least 0.5 and below 1") }
    if let baseRate, baseRate <= 0 || baseRate >= 1 { throw ValidationError("--base-rate must lie between 0 and 1") }
    if goal.isEmpty { throw ValidationError("--goal is missing; for example --goal \"minimum escalation_rate @ recall >= 0.95\"") }
    if write, dryRun { throw ValidationError("--write or --dry-run, not both") }
    guard (0...10_000).contains(resplits) else { throw ValidationError("--resplits must be 0 to 10,000") }
    guard maxAsked >= 0, examples >= 0 else { throw ValidationError("--max-asked and --examples must not be negative") }
  }

  func run() async throws { try await reportingFailures(tune) }

  private func tune() async throws {
    try answers.refuseSharedFiles(writing: [("--html", html)], pipelines: [pipeline], data: data, labelled)
    let definition = try PipelineLoading.load(pipeline)
    let (goals, options) = try sentences(definition)
    let data = try labelled.read(data, definition)
    let evaluator = try await answers.evaluator(definition, data.items)
    let counter = Counter(what: "scoring", total: data.items.count)
    var sample = try await evaluator.run(data.items, asking: .nothing) { counter.show($0) }
    counter.clear()
    let tuner = LazyTuner(evaluator: evaluator, goals: goals, options: options, limit: answers.recorded == nil ? maxAsked : 0)
    let outcome = try await tuner.run(data.items, &sample, announce: { Terminal.error("\($0.text)\n") })
    await answers.finish(evaluator)
    for warning in SampleSummary(sample).warnings { Terminal.error("warning: \(warning)\n") }
    if outcome.asked > 0 { Terminal.error("asked the reasoner about \(outcome.asked.grouped) of \(data.items.count.grouped) messages\n") }
    try show(outcome) { try study(sample, goals, options, unknown: outcome.unknown) }
    try Reports.write(outcome.result.html(pipeline: definition.name), to: html)
    let broken = outcome.result.budgets.filter { !$0.holds }
    if write, !broken.isEmpty {
      Terminal.error("\(definition.path) stays as it is: the thresholds break \(broken.map { "`\($0.budget.text)`" }.joined(separator: ", ")) of the whole pipeline\n")
    } else {
      try writeBack(outcome.result, definition)
    }
    if outcome.result.goals.contains(where: { !$0.isMet }) || !broken.isEmpty { throw Exit.findings }
  }

  private func show(_ outcome: LazyTuner.Outcome, _ study: () throws -> ResplitStudy) throws {
    if json { return Terminal.output((resplits > 0 ? outcome.result.json(resplits: try study()) : outcome.result.json).text + "\n") }
    Terminal.output(outcome.result.text)
    if resplits > 0 { Terminal.output("\n" + (try study().text)) }
  }

  /// With the same supposition of unknown answers as the result.
  private func study(_ sample: EvaluationSample, _ goals: [Goal], _ options: TuningOptions, unknown: UnknownAnswer) throws -> ResplitStudy {
    var options = options
    options.unknown = unknown
    return try ResplitStudy(sample, goals: goals, options: options, resplits: resplits, promise: promise == .measure ? .measured : .trueShare)
  }

  private func sentences(_ definition: PipelineDefinition) throws -> ([Goal], TuningOptions) {
    var diagnostics = Diagnostics()
    let names = definition.categories.categories.map(\.name)
    let goals = goal.compactMap { GoalParser(categories: names).goal($0, &diagnostics) }
    var options = TuningOptions()
    options.budgets = budget.compactMap { GoalParser(categories: names, source: "--budget").budget($0, &diagnostics) }.flatMap { $0 }
    if diagnostics.hasErrors { throw DiagnosticsError(diagnostics) }
    let isPrecisionBounded = (goals.flatMap(\.guaranteed) + options.budgets).contains { $0.metric == .precision }
    if promise == .measure, baseRate != nil, isPrecisionBounded {
      throw ValidationError("--promise measure cannot promise a precision at --base-rate, which no sample measures; leave out one of the two")
    }
    options.confidence = confidence
    options.measuredOver = promise == .measure ? options.shares.reporting / options.shares.choosing : nil
    options.stage = stage
    options.baseRate = baseRate
    options.reviewCounts = reviews
    options.seed = seed
    options.examples = examples
    if let cost { options.cost = cost }
    return (goals, options)
  }

  private func writeBack(_ result: TuningResult, _ definition: PipelineDefinition) throws {
    guard write || dryRun else { return }
    guard PipelineFile.fingerprint(of: try readFile(path: definition.path)) == definition.fingerprint else {
      throw CommandFailure("\(definition.path) has changed since it was read, so nothing is written; tune again")
    }
    let file = try ThresholdFile(definition, stage: result.stage, changes: result.changes)
    guard file.changes else { return Terminal.error("\(file.path) stays as it is\n") }
    // Standard output holds the JSON and nothing else.
    if dryRun { return json ? Terminal.error(file.diff) : Terminal.output("\n" + file.diff) }
    try file.write()
    Terminal.error("wrote \(file.path):\n\(file.diff)")
  }
}
