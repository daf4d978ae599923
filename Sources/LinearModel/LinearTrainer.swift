import Moderation

/// Trains a ``LinearModel``.
///
/// Rows are cut into folds by a hash of their text, so that equal texts stay together. For each fold a model learns from the other folds and scores the fold:
/// so every row gets a score from a model that has not seen it. From those held-out scores come the number of epochs (least log loss), the calibration and
/// the metrics. The model that is written then learns from all rows.
public struct LinearTrainer: Sendable {
  public struct Configuration: Sendable {
    public var features = FeatureSettings()
    public var precision = ModelCard.Precision.int8
    /// Epochs tried; the best number is taken.
    public var maximumEpochs = 12
    public var learningRate = 0.2
    public var l2 = 1e-5
    /// Factor on the positive rows of a label; 1 where not given. Moves scores, and calibration moves them back: it only shifts what the model works at.
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

  public enum Progress: Sendable {
    /// `loss` is the mean held-out log loss over labels.
    case epoch(Int, loss: Double)
    case final(epochs: Int)
  }

  public let configuration: Configuration
  public init(_ configuration: Configuration = .init()) { self.configuration = configuration }

  /// - Throws: ``LinearModelError`` `invalid-setting` or `unusable-data`.
  public func train(_ set: TrainingSet, progress: (Progress) -> Void = { _ in }) throws(LinearModelError) -> Result {
    try check(set)
    let held = CrossFitting(self, set).run { progress(.epoch($0, loss: $1)) }
    progress(.final(epochs: held.epochs))
    var final = makeLearner(set)
    var features = RowFeatures(configuration.features)
    for epoch in 0..<held.epochs { pass(epoch, set, without: nil, &final, &features) }
    let file = LinearModel.encode(card(set, held), rows: final.weights, biases: final.biases)
    return Result(model: try LinearModel(bytes: file), file: file, warnings: warnings(set, held))
  }

  /// One epoch in its seeded order, leaving out the rows of one fold.
  func pass(_ epoch: Int, _ set: TrainingSet, without fold: (folds: [UInt8], number: UInt8)?, _ learner: inout AdaGrad, _ features: inout RowFeatures) {
    var order = (0..<Int32(set.count)).map { $0 }
    var generator = SeededGenerator(seed: configuration.seed &+ UInt64(epoch) &* 0x9E37_79B9_7F4A_7C15)
    generator.shuffle(&order)
    let labels = set.labels.count
    set.bytes.withUnsafeBufferPointer { bytes in
      for row in order.lazy.map(Int.init) where fold.map({ $0.folds[row] != $0.number }) ?? true {
        features.with(UnsafeBufferPointer(rebasing: bytes[set.range(row)])) {
          learner.learn($0, set.targets[row * labels..<(row + 1) * labels])
        }
      }
    }
  }

  func makeLearner(_ set: TrainingSet) -> AdaGrad {
    let weights = set.labels.map { Float(configuration.classWeights[$0] ?? 1) }
    let settings = AdaGrad.Settings(learningRate: Float(configuration.learningRate), l2: Float(configuration.l2), positiveWeights: weights)
    return AdaGrad(settings, labelCount: set.labels.count, bucketCount: configuration.features.bucketCount)
  }

  private func card(_ set: TrainingSet, _ held: CrossFitting.Result) -> ModelCard {
    var training = ModelCard.Training()
    training.rows = set.count
    training.dataSHA256 = set.fingerprint
    training.seed = configuration.seed
    training.epochs = held.epochs
    training.learningRate = configuration.learningRate
    training.l2 = configuration.l2
    training.folds = configuration.folds
    training.classWeights = set.labels.map { configuration.classWeights[$0] ?? 1 }
    return ModelCard(
      labels: set.labels, features: configuration.features, precision: configuration.precision, calibrations: held.calibrations, training: training,
      metrics: held.metrics, tool: configuration.tool, description: configuration.description, sources: configuration.sources, notes: configuration.notes)
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
    guard (1...1000).contains(configuration.maximumEpochs) else { throw setting("epochs must be 1 ... 1000") }
    guard (2...20).contains(configuration.folds) else { throw setting("folds must be 2 ... 20") }
    guard configuration.learningRate > 0, configuration.learningRate <= 10 else { throw setting("the learning rate must be above 0 and at most 10") }
    guard (0...1).contains(configuration.l2) else { throw setting("l2 must be 0 ... 1") }
    for (label, weight) in configuration.classWeights.sorted(by: { $0.key < $1.key }) {
      guard set.labels.contains(label) else {
        let hint = nearestSpelling(to: label, in: set.labels).map { "; did you mean `\($0)`?" } ?? ""
        throw setting("there is no label `\(label)` to weigh\(hint)")
      }
      guard weight > 0, weight <= 1000 else { throw setting("the class weight of `\(label)` must be above 0 and at most 1000") }
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
