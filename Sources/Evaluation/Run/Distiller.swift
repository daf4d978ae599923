import FoundationEssentials
import LinearModel
import Moderation
import RecordIO
import Tuning

/// The flywheel: a sample of messages is labelled by the reasoner under its policy, and a new classifier learns from it.
///
/// Answers are kept in a state file after every round, so that a run that was stopped goes on where it was. Messages of the random part
/// are never trained on: on them the gain is measured without bias, with the reasoner as the truth.
public struct Distiller: Sendable {
  public let evaluator: PipelineEvaluator
  public let options: DistillOptions
  public let statePath: String
  /// Messages asked about between two writes of the state.
  static let round = 32

  public init(evaluator: PipelineEvaluator, options: DistillOptions, statePath: String) {
    self.evaluator = evaluator
    self.options = options
    self.statePath = statePath
  }

  public struct Failure: Error, CustomStringConvertible {
    public var description: String
  }

  /// What to ask about, or where an earlier run of the same plan stopped.
  /// - Parameter sample: the unlabelled messages, scored; ids are unique.
  public func begin(_ items: [LabelledItem], _ sample: EvaluationSample) throws -> DistillState {
    let candidates = items.indices.map { message in
      DistillCandidate(
        id: sample.ids[message], textHash: sample.textHashes[message], signature: TextSignature.of(items[message].text), certainty: certainty(sample, message))
    }
    let plan = DistillPlan(candidates, options: options)
    let asked = try asked()
    guard FileManager.default.fileExists(atPath: statePath) else { return DistillState(plan: plan, asked: asked) }
    let bytes = try readFile(path: statePath)
    guard let state = try? JSONDecoder().decode(DistillState.self, from: Data(bytes)) else { throw Failure(description: "\(statePath) is no state of `distill`") }
    guard state.plan == plan, state.asked == asked else {
      throw Failure(description: "\(statePath) belongs to other data, another pipeline, other policies or other options; remove it to begin anew")
    }
    return state
  }

  /// Categories by name, in their order, each with what its policies say; then what the reasoner is told beside them, model and effort among it.
  private func asked() throws -> [String] {
    let definition = evaluator.definition
    let models = definition.stages.filter { $0.spec.kind == .reasoner && $0.mode == .enforce }.map { stage in
      let named = ["model", "endpoint", "effort", "answer", "policies_per_call", "votes", "context_messages"].map { key in
        stage.configuration.settings[key].map { "\(key)=\($0.string ?? $0.double.map { "\($0)" } ?? "")" } ?? ""
      }
      return ([stage.id] + named.filter { !$0.isEmpty }).joined(separator: " ")
    }
    let categories = try definition.categories.categories.map { category in
      let own = definition.stages.filter { $0.spec.kind == .reasoner }.compactMap { stage in
        stage.configuration.settings["policies"]?[category.name]?.string.map { stage.configuration.resolve($0) }
      }
      let texts = try ([category.policyPath].compactMap { $0 } + own).map { String(TextHash.of(try readFile(path: $0)), radix: 16) }
      return ([category.name] + texts).joined(separator: " ")
    }
    return categories + models
  }

  private func certainty(_ sample: EvaluationSample, _ message: Int) -> Float {
    guard let stage = sample.scoringStage else { return 0 }
    let scored = sample.probabilities[stage].indices.filter { !sample.probabilities[stage][$0][message].isNaN }
    return DistillCandidate.distance(scored.map { sample.probabilities[stage][$0][message] }, bands: scored.map { sample.stages[stage].bands[$0] })
  }

  /// Asks about everything that is left. Messages for which the reasoner failed stay open for the next run.
  /// - Returns: how many stayed open.
  public func ask(_ items: [LabelledItem], _ state: inout DistillState, progress: (Int) -> Void = { _ in }) async throws -> Int {
    let places = Dictionary(items.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    var open = 0
    let remaining = state.remaining
    for first in stride(from: 0, to: remaining.count, by: Self.round) {
      let messages = remaining[first..<min(first + Self.round, remaining.count)].compactMap { places[$0.id] }
      await evaluator.ask(items, messages: messages)
      var answered = 0
      for message in messages {
        guard let entry = evaluator.book.entry(message), entry.failed.isEmpty else { continue }
        state.record(id: items[message].id, outcomes: outcomes(entry), usage: entry.usage)
        answered += 1
      }
      open += messages.count - answered
      try replaceFile(path: statePath, with: Array(try JSONEncoder().encode(state)))
      progress(state.plan.items.count - remaining.count + min(first + Self.round, remaining.count))
      if answered == 0, !messages.isEmpty { throw Failure(description: "the reasoner answered none of \(messages.count) messages\(cause(messages)); what was answered before is kept in \(statePath)") }
    }
    return open
  }

  private func cause(_ messages: [Int]) -> String {
    messages.lazy.compactMap { evaluator.book.entry($0)?.failure }.first.map { " (\($0))" } ?? ""
  }

  private func outcomes(_ entry: AnswerBook.Entry) -> [ReasonerOutcome] {
    (0..<evaluator.definition.categories.count).map { entry.findings[CategoryIndex($0)].map { ReasonerOutcome($0.outcome) } ?? .notAsked }
  }

  // MARK: Training

  /// What a category's labels allow.
  public struct Learnable: Sendable {
    public var category: Int
    public var positives: Int
    public var negatives: Int
  }

  /// Rows for the new classifier: the reasoner's labels of all but the random part, and what people labelled. A category without both
  /// classes is left out. `texts`: hashes of all that is trained on.
  public func trainingSet(_ items: [LabelledItem], _ state: DistillState, also human: [LabelledItem]) -> (set: TrainingSet, categories: [Int], texts: Set<UInt64>) {
    let names = evaluator.definition.categories.categories.map(\.name)
    let places = Dictionary(items.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    var rows: [Int: [Label]] = [:]
    for category in names.indices {
      for (id, label) in state.labels(category, randomPart: false) {
        guard let place = places[id] else { continue }
        rows[place, default: names.map { _ in .unknown }][category] = label
      }
    }
    let random = Set(state.plan.items.filter { $0.reason == .random }.compactMap { places[$0.id] }.map { TextHash.of(items[$0].text) })
    var labelled = rows.sorted { $0.key < $1.key }.map { (text: items[$0.key].text, labels: $0.value) }
    // A person's label of a message of the random part would leak it into the training.
    labelled += human.filter { !random.contains(TextHash.of($0.text)) }.map { (text: $0.text, labels: $0.labels) }
    let categories = names.indices.filter { category in
      labelled.contains { $0.labels[category] == .positive } && labelled.contains { $0.labels[category] == .negative }
    }
    var set = TrainingSet(labels: categories.map { names[$0] })
    for row in labelled where categories.contains(where: { row.labels[$0] != .unknown }) {
      set.append(row.text, categories.map { Target(row.labels[$0]) })
    }
    return (set, categories, Set(labelled.map { TextHash.of($0.text) }))
  }

  // MARK: Gain

  /// Old and new classifier on the random part, by category, with the reasoner's answers as truth.
  public func gainOnRandomPart(_ items: [LabelledItem], _ sample: EvaluationSample, _ state: DistillState, _ model: LinearModel) throws(TuningError) -> [(String, GainReport)] {
    let places = Dictionary(items.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    return try gains(items, sample, model) { category in
      var labels = [Label](repeating: .unknown, count: items.count)
      for (id, label) in state.labels(category, randomPart: true) { if let place = places[id] { labels[place] = label } }
      return labels
    }
  }

  /// The same on messages that people labelled and that were not trained on.
  public func gain(_ items: [LabelledItem], _ sample: EvaluationSample, _ model: LinearModel) throws(TuningError) -> [(String, GainReport)] {
    try gains(items, sample, model) { sample.labels[$0] }
  }

  private func gains(
    _ items: [LabelledItem], _ sample: EvaluationSample, _ model: LinearModel, labels: (Int) -> [Label]
  ) throws(TuningError) -> [(String, GainReport)] {
    let scorer = model.makeScorer()
    var reports: [(String, GainReport)] = []
    for (column, name) in model.labels.enumerated() {
      guard let category = evaluator.definition.categories.index(of: name)?.index else { continue }
      let labels = labels(category)
      guard labels.contains(.positive), labels.contains(.negative) else { continue }
      let before = sample.scoringStage.map { sample.probabilities[$0][category] } ?? Array(repeating: .nan, count: items.count)
      // Without an old score there is nothing to gain on: 0.5 for everything is what is known then.
      let old = before.allSatisfy(\.isNaN) ? before.map { _ in Float(0.5) } : before
      let after = items.indices.map { labels[$0] == .unknown ? Float.nan : scorer.probabilities(items[$0].text)[column] }
      reports.append((name, try GainReport(before: old, after: after, labels: labels)))
    }
    return reports
  }
}

extension Target {
  init(_ label: Label) {
    self =
      switch label {
      case .positive: .positive
      case .negative: .negative
      case .unknown: .unknown
      }
  }
}
