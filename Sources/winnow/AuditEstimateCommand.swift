import ArgumentParser
import AuditLog
import Evaluation
import FoundationEssentials
import Moderation
import Pipeline
import StandardStages
import Tuning

/// `winnow audit estimate`.
struct AuditEstimateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estimate",
    abstract: "Estimate what the cheap stages miss and wrongly block, from the audit sample.",
    discussion: """
      Needs runs with `audit_sample:` in the pipeline file and a reasoner with a model: a random share of decided messages is shown to it, and that, and nothing
      else, gives an unbiased estimate. The reasoner stands in for the truth.

      Score drift (PSI) compares with a reference: the scores of --reference-data, those of --reference RUN, or those of the first run of the file where
      there are several.
      """)

  @Argument(help: "The audit file.") var file: String
  @Option(help: "Only this run. Repeatable; default: all runs, and a line for each.") var run: [String] = []
  @Option(help: ArgumentHelp("The run whose scores are the reference for drift.", valueName: "run")) var reference: String?
  @Option(help: ArgumentHelp("Messages whose scores are the reference for drift: what the classifier learnt from, or better a held-out part of it. Needs --pipeline.", valueName: "file"))
  var referenceData: [String] = []
  @Option(help: ArgumentHelp("The pipeline that scores --reference-data.", valueName: "file")) var pipeline: String?
  @Option(help: "Confidence of the intervals. Default: 0.95.", transform: parseShare) var confidence = 0.95
  @Flag(help: "As JSON.") var json = false

  func validate() throws {
    if referenceData.isEmpty != (pipeline == nil) { throw ValidationError("--reference-data and --pipeline belong together") }
    if reference != nil, pipeline != nil { throw ValidationError("--reference or --reference-data, not both") }
    guard (0.5..<1).contains(confidence) else { throw ValidationError("--confidence must be at least 0.5 and below 1") }
  }

  func run() async throws { try await reportingFailures(estimate) }

  private func estimate() async throws {
    guard FileManager.default.fileExists(atPath: file) else { throw CommandFailure("there is no audit file \(file)") }
    let reader = try AuditReader(path: file)
    let known = try reader.runs().map(\.id)
    for name in run + (reference.map { [$0] } ?? []) where !known.contains(name) { throw CommandFailure("\(file) has no run `\(name)`") }
    let base = pipeline != nil ? nil : reference ?? (known.count > 1 && run.isEmpty ? known.first : nil)
    let asked = run.isEmpty ? known : run
    var (all, later) = (AuditEvidence(), AuditEvidence())
    var perRun: [(String, AuditEvidence)] = []
    var referenceScores = try await scoresOfReferenceData()
    for name in known where asked.contains(name) || name == base {
      var own = AuditEvidence()
      try reader.forEach(run: name) { record in
        own.add(record)
        if asked.contains(name) { all.add(record) }
        if name != base, asked.contains(name) { later.add(record) }
      }
      if name == base { referenceScores = own.scores }
      if asked.contains(name) { perRun.append((name, own)) }
    }
    if all.unreadable > 0 { Terminal.error("warning: \(all.unreadable) records could not be read\n") }
    try report(all, perRun, drift: later.drift(from: referenceScores), base: base)
  }

  private func scoresOfReferenceData() async throws -> [AuditEvidence.ScoreKey: ScoreHistogram] {
    guard let pipeline else { return [:] }
    let definition = try PipelineLoading.load(pipeline, showWarnings: false)
    let built = try ModerationPipeline.build(definition, types: StandardStages.all, options: BuildOptions(threads: 1), lanes: 1)
    var diagnostics = Diagnostics()
    let rules = LabelRules(categories: definition.categories.categories.map(\.name), &diagnostics)
    var messages = LabelledDataReader(mapping: definition.input, rules: rules)
    messages.ignoresLabels = true
    let data = try messages.read(referenceData)
    for warning in data.warnings { Terminal.error("warning: \(warning)\n") }
    guard !data.items.isEmpty else { throw CommandFailure("no row of the reference data can be used") }
    let evaluator = PipelineEvaluator(definition: definition, stages: built.stages, lanes: 1)
    return AuditEvidence.scores(of: try await evaluator.run(data.items, asking: .nothing))
  }

  private func report(_ all: AuditEvidence, _ runs: [(String, AuditEvidence)], drift: [AuditEvidence.ScoreKey: Drift], base: String?) throws {
    let estimate = all.estimate(confidence: confidence)
    if estimate.audited == 0, drift.isEmpty {
      throw CommandFailure("no decided message was shown to the reasoner; set `audit_sample:` in the pipeline file and give it a model")
    }
    var byCategory: [String: Drift] = [:]
    for (key, value) in drift where byCategory[key.category].map({ $0.psi < value.psi }) ?? true { byCategory[key.category] = value }
    if json { return Terminal.output(estimate.json(drift: byCategory, uncovered: all.uncovered, cheaplyReviewed: all.cheaplyReviewed).text + "\n") }
    Terminal.output("\(all.records.grouped) records in \(runs.count) run\(runs.count == 1 ? "" : "s")\n" + estimate.text(drift: byCategory, uncovered: all.uncovered, cheaplyReviewed: all.cheaplyReviewed))
    if pipeline != nil { Terminal.output("  drift: scores of all runs against the reference data\n") }
    if let base { Terminal.output("  drift: scores of the other runs against run \(base)\n") }
    if runs.count > 1 { Terminal.output("\n" + runTable(runs)) }
  }

  private func runTable(_ runs: [(String, AuditEvidence)]) -> String {
    var table = TextTable(["run", "records", "audited", "missed among allowed", "wrong among blocked"], right: [1, 2, 3, 4])
    for (name, evidence) in runs {
      let overall = evidence.estimate(confidence: confidence).overall
      table.add([name, evidence.records.grouped, overall.audited.grouped, Self.share(overall.missedAmongAllowed), Self.share(overall.wrongAmongBlocked)])
    }
    return table.rendered()
  }

  private static func share(_ estimate: Estimate?) -> String {
    guard let estimate else { return "—" }
    return estimate.value.percent + (estimate.interval.map { " [\($0.low.percent), \($0.high.percent)]" } ?? "")
  }
}
