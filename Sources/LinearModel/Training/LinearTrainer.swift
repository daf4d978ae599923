import Moderation

/// Trains a ``LinearModel``.
///
/// Rows are cut into folds by a hash of their text, so that equal texts stay together. For each fold a model learns from the other folds and scores the fold:
/// so every row gets a score from a model that has not seen it. From these held-out scores come the cost of each label (least log loss), the calibration and
/// the metrics. The model that is written then learns from all rows.
public struct LinearTrainer: Sendable {
  public struct Configuration: Sendable {
    public var features = FeatureSettings()
    public var precision = ModelCard.Precision.int8
    /// Passes over the rows. The solver has all but converged after 6.
    public var epochs = 8
    /// What a row's loss weighs against the size of the weights (C of LIBLINEAR). More than one: for each label the one with the least held-out log loss.
    public var costs = [2.0, 6.0, 20.0, 100.0]
    /// Factor on the positive rows of a label; 1 where not given. It shifts scores, and calibration shifts them back.
    public var classWeights: [String: Double] = [:]
    public var calibration = CalibrationMethod.automatic
    public var folds = 5
    public var seed: UInt64 = 1
    public var tool = "winnow"
    public var description = ""
    public var sources: [ModelCard.Source] = []
    public var notes: [String] = []
    public init() {}
  }

  /// A trained model, and the file that holds it.
  public struct Result: Sendable {
    public var model: LinearModel
    public var file: [UInt8]
    public var warnings: [String]
  }

  /// One of `of` models has been trained.
  public typealias Progress = (_ done: Int, _ of: Int) -> Void

  public let configuration: Configuration
  public init(_ configuration: Configuration = .init()) { self.configuration = configuration }

  /// - Throws: ``LinearModelError`` `invalid-setting` or `unusable-data`.
  public func train(_ set: TrainingSet, progress: Progress = { _, _ in }) throws(LinearModelError) -> Result {
    try check(set)
    let models = configuration.folds * configuration.costs.count + 1
    let held = CrossFitting(self, set).run { progress($0, models) }
    let learner = learn(set, costs: held.costs)
    progress(models, models)
    let file = LinearModel.encode(card(set, held), rows: learner.weights, biases: learner.biases, steps: learner.scales.steps)
    return Result(model: try LinearModel(bytes: file), file: file, warnings: warnings(set, held))
  }

  private func card(_ set: TrainingSet, _ held: CrossFitting.Result) -> ModelCard {
    var training = ModelCard.Training()
    training.rows = set.count
    training.dataSHA256 = set.fingerprint
    training.seed = configuration.seed
    training.epochs = configuration.epochs
    training.folds = configuration.folds
    training.costs = held.costs
    training.classWeights = set.labels.map { configuration.classWeights[$0] ?? 1 }
    return ModelCard(
      labels: set.labels, features: configuration.features, precision: configuration.precision, calibrations: held.calibrations, training: training,
      metrics: held.metrics, tool: configuration.tool, description: configuration.description, sources: configuration.sources, notes: configuration.notes)
  }

  private func warnings(_ set: TrainingSet, _ held: CrossFitting.Result) -> [String] {
    var warnings: [String] = []
    for metric in held.metrics where min(metric.positives, metric.negatives) < 50 {
      warnings.append("label `\(metric.label)` has only \(min(metric.positives, metric.negatives)) rows of one class: its probabilities are rough")
    }
    for (label, calibration) in zip(set.labels, held.calibrations) {
      if case .platt(slope: 0, _) = calibration { warnings.append("label `\(label)` was not learnt: held-out scores rank no better than chance") }
    }
    return warnings
  }
}

// MARK: - Learning

extension LinearTrainer {
  /// The rows of one fold, to be left out.
  typealias Fold = (folds: [UInt8], number: UInt8)

  /// Learns from the rows outside `fold`.
  /// - Parameter costs: one for each label.
  func learn(_ set: TrainingSet, costs: [Double], without fold: Fold? = nil) -> DualAscent {
    let weights = set.labels.map { Float(configuration.classWeights[$0] ?? 1) }
    let rows = (0..<Int32(set.count)).filter { fold == nil || fold?.folds[Int($0)] != fold?.number }
    var features = RowFeatures(configuration.features)
    let counts = counts(set, rows, &features)
    let scales = FeatureScales(rowCounts: counts.rowCounts, rows: counts.rows, wordBuckets: configuration.features.wordBucketCount)
    var learner = DualAscent(.init(costs: costs.map(Float.init), positiveWeights: weights), rowCount: set.count, scales: scales, counts: counts)
    for epoch in 0..<configuration.epochs { pass(epoch, set, rows, &learner, &features) }
    return learner
  }

  /// One epoch in its seeded order.
  private func pass(_ epoch: Int, _ set: TrainingSet, _ rows: [Int32], _ learner: inout DualAscent, _ features: inout RowFeatures) {
    var order = rows
    var generator = SeededGenerator(seed: configuration.seed &+ UInt64(epoch) &* 0x9E37_79B9_7F4A_7C15)
    generator.shuffle(&order)
    let labels = set.labels.count
    set.bytes.withUnsafeBufferPointer { bytes in
      for row in order.lazy.map(Int.init) {
        features.with(UnsafeBufferPointer(rebasing: bytes[set.range(row)])) {
          learner.learn(row, $0, set.targets[row * labels..<(row + 1) * labels])
        }
      }
    }
  }

  private func counts(_ set: TrainingSet, _ rows: [Int32], _ features: inout RowFeatures) -> FeatureCounts {
    let labels = set.labels.count
    var counts = FeatureCounts(bucketCount: configuration.features.bucketCount, labelCount: labels)
    set.bytes.withUnsafeBufferPointer { bytes in
      for row in rows.lazy.map(Int.init) {
        features.with(UnsafeBufferPointer(rebasing: bytes[set.range(row)])) { counts.add($0, set.targets[row * labels..<(row + 1) * labels]) }
      }
    }
    return counts
  }
}

// MARK: - Checks

extension LinearTrainer {
  private func check(_ set: TrainingSet) throws(LinearModelError) {
    func setting(_ message: String) -> LinearModelError { LinearModelError(.invalidSetting, message) }
    if let problem = configuration.features.problem { throw setting(problem) }
    guard (1...LinearModel.maximumLabels).contains(set.labels.count), Set(set.labels).count == set.labels.count, !set.labels.contains("") else {
      throw setting("a model has 1 ... \(LinearModel.maximumLabels) labels with different names")
    }
    guard (1...1000).contains(configuration.epochs) else { throw setting("epochs must be 1 ... 1000") }
    guard (2...20).contains(configuration.folds) else { throw setting("folds must be 2 ... 20") }
    guard (1...20).contains(configuration.costs.count), configuration.costs.allSatisfy({ (0.0001...10000).contains($0) }) else {
      throw setting("there must be 1 ... 20 costs, each 0.0001 ... 10000")
    }
    for (label, weight) in configuration.classWeights.sorted(by: { $0.key < $1.key }) {
      guard set.labels.contains(label) else {
        let hint = nearestSpelling(to: label, in: set.labels).map { "; did you mean `\($0)`?" } ?? ""
        throw setting("there is no label `\(label)` to weigh\(hint)")
      }
      guard (0.001...1000).contains(weight) else { throw setting("the class weight of `\(label)` must be 0.001 ... 1000") }
    }
    try checkRows(set)
  }

  private func checkRows(_ set: TrainingSet) throws(LinearModelError) {
    guard set.count > 0 else { throw LinearModelError(.unusableData, "there are no rows to train from") }
    guard set.count <= Int(Int32.max) else { throw LinearModelError(.unusableData, "more than \(Int32.max) rows") }
    for (index, label) in set.labels.enumerated() {
      let (positives, negatives) = set.counts(of: index)
      if positives + negatives == 0 { throw LinearModelError(.unusableData, "no row says anything about label `\(label)`") }
      if positives == 0 { throw LinearModelError(.unusableData, "label `\(label)` has no positive row among \(negatives)") }
      if negatives == 0 { throw LinearModelError(.unusableData, "label `\(label)` has no negative row among \(positives)") }
    }
  }
}
