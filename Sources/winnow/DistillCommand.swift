import ArgumentParser
import Evaluation
import LinearModel
import Moderation
import PipelineFile
import RecordIO
import Tuning

struct DistillCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "distill",
    abstract: "Let the reasoner label a sample of messages, and train a new classifier on its labels.",
    discussion: """
      Of the unlabelled messages, half of the budget goes to those that the present classifier is least sure of, a third to a spread over kinds of texts, and
      the rest is drawn at random: on that part, which is never trained on, the gain is measured. Answers are kept in MODEL.distill.json after every 32
      messages; the same command goes on where an interrupted one stopped.

        winnow distill pipelines/game-chat.yaml chat.jsonl.gz -o new.linear --budget 2000 --record answers.jsonl
        winnow distill p.yaml chat.jsonl -o new.linear --budget 500 --also reviewed.jsonl --check golden.jsonl
      """)

  @Argument(help: "The pipeline file.") var pipeline: String
  @Argument(help: "Files of messages; labels are not needed.") var data: [String] = []
  @Option(name: [.short, .customLong("output")], help: "The model file to write.") var output: String
  @Option(help: "Messages to ask the reasoner about.") var budget: Int
  @Option(help: ArgumentHelp("Messages that people labelled, to train on as well. Repeatable.", valueName: "file")) var also: [String] = []
  @Option(help: ArgumentHelp("Messages that people labelled, to measure the gain on. Repeatable.", valueName: "file")) var check: [String] = []
  @Option(help: ArgumentHelp("Where answers are kept between runs. Default: beside the model.", valueName: "file")) var state: String?
  @OptionGroup(title: "Labels") var labelled: LabelledArguments
  @OptionGroup(title: "Answers of the reasoner") var answers: AnswerArguments
  @Option(help: "Seed of the draw and of the training.") var seed: UInt64 = 1
  @Option(help: "Buckets of the feature hash, as a power of two.") var bits: Int?

  func validate() throws {
    guard (10...10_000_000).contains(budget) else { throw ValidationError("--budget must be 10 to 10,000,000 messages") }
  }

  func run() async throws { try await reportingFailures(distill) }

  private func distill() async throws {
    try answers.refuseSharedFiles(
      writing: [("--output", output), ("--state", statePath)], pipelines: [pipeline] + also + check, data: data, labelled)
    let definition = try PipelineLoading.load(pipeline)
    var messages = try labelled.read(data, definition, labels: .ignored)
    messages.makeIDsUnique()
    let evaluator = try await answers.evaluator(definition, messages.items)
    guard evaluator.canAsk else { throw CommandFailure("the pipeline has no reasoner with a model; give it `endpoint:`, `model:` or --recorded") }
    let sample = try await evaluator.run(messages.items, asking: .nothing)
    var options = DistillOptions(budget: budget)
    options.seed = seed
    let distiller = Distiller(evaluator: evaluator, options: options, statePath: statePath)
    var progress = try distiller.begin(messages.items, sample)
    announce(progress)
    let counter = Counter(what: "asked about", total: progress.plan.items.count)
    let open = try await distiller.ask(messages.items, &progress) { counter.show($0) }
    counter.clear()
    await evaluator.shutdown()
    if open > 0 { Terminal.error("warning: \(open.grouped) messages without an answer; run the same command again to ask about them\n") }
    let (model, trained) = try train(distiller, messages.items, progress, also.isEmpty ? [] : try labelled.read(also, definition).items)
    try await report(distiller, definition, messages.items, sample, progress, model, trained)
  }

  private var statePath: String { state ?? output + ".distill.json" }

  private func announce(_ state: DistillState) {
    let counts = Dictionary(state.plan.items.map { ($0.reason, 1) }, uniquingKeysWith: +)
    let parts = [DistillPlan.Reason.uncertain, .diverse, .random].map { "\((counts[$0] ?? 0).grouped) \($0.rawValue)" }.joined(separator: ", ")
    let done = state.plan.items.count - state.remaining.count
    Terminal.error("asking about \(state.plan.items.count.grouped) of \(state.plan.population.grouped) distinct messages: \(parts)")
    Terminal.error(done > 0 ? "; \(done.grouped) answered already\n" : "\n")
  }

  private func train(_ distiller: Distiller, _ items: [LabelledItem], _ state: DistillState, _ human: [LabelledItem]) throws -> (LinearModel, Set<UInt64>) {
    let (set, categories, texts) = distiller.trainingSet(items, state, also: human)
    let names = distiller.evaluator.definition.categories.categories.map(\.name)
    let left = names.indices.filter { !categories.contains($0) }.map { "`\(names[$0])`" }
    if !left.isEmpty { Terminal.error("warning: \(left.joined(separator: ", ")) cannot be learnt: the labels are of one class only\n") }
    guard !categories.isEmpty else { throw CommandFailure("the reasoner's labels hold no category with both classes; ask about more messages (--budget) or others") }
    var configuration = LinearTrainer.Configuration()
    configuration.seed = seed
    if let bits { configuration.features.bucketBits = bits }
    configuration.tool = "winnow \(WinnowVersion.current)"
    configuration.description = "distilled from the reasoner of pipeline \(distiller.evaluator.definition.name)"
    configuration.notes = ["Labels are a reasoner's, not people's: its errors are learnt too."]
    let result = try LinearTrainer(configuration).train(set)
    for warning in result.warnings { Terminal.error("warning: \(warning)\n") }
    try replaceFile(path: output, with: result.file)
    Terminal.output("\(output): \(result.file.count.grouped) bytes, labels \(result.model.labels.joined(separator: ", ")), \(set.count.grouped) rows\n")
    return (result.model, texts)
  }

  private func report(
    _ distiller: Distiller, _ definition: PipelineDefinition, _ items: [LabelledItem], _ sample: EvaluationSample, _ state: DistillState, _ model: LinearModel,
    _ trained: Set<UInt64>
  ) async throws {
    let usage = state.usage
    Terminal.output("calls \(usage.calls.grouped), prompt tokens \(usage.promptTokens.grouped), completion tokens \(usage.completionTokens.grouped)\n")
    let random = try distiller.gainOnRandomPart(items, sample, state, model)
    if random.isEmpty { Terminal.output("\nThe random part holds no category with both classes: the gain cannot be told; a larger --budget would\n") }
    for (name, gain) in random { Terminal.output("\n\(name): random part, the reasoner's answers as truth. \(gain.text)") }
    guard !check.isEmpty else { return }
    let labelledItems = try labelled.read(check, definition).items
    let golden = labelledItems.filter { !trained.contains(TextHash.of($0.text)) }
    if golden.count < labelledItems.count {
      Terminal.error("warning: \((labelledItems.count - golden.count).grouped) messages of --check were trained on: left out of the measurement\n")
    }
    guard !golden.isEmpty else { return }
    let scored = try await PipelineEvaluator(definition: definition, stages: distiller.evaluator.stagesForScoring, lanes: answers.lanes).run(golden, asking: .nothing)
    for (name, gain) in try distiller.gain(golden, scored, model) { Terminal.output("\n\(name): people's labels. \(gain.text)") }
  }
}
