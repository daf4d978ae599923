/// Held-out scores for every row: one model for each fold, trained on the other folds, all folds an epoch at a time.
struct CrossFitting {
  struct Result {
    var epochs: Int
    var calibrations: [Calibration]
    var metrics: [LabelMetrics]
  }
  /// Epochs without a better loss before the search ends.
  private static let patience = 2

  private let trainer: LinearTrainer
  private let set: TrainingSet
  private let folds: [UInt8]

  init(_ trainer: LinearTrainer, _ set: TrainingSet) {
    (self.trainer, self.set) = (trainer, set)
    folds = set.folds(trainer.configuration.folds, seed: trainer.configuration.seed)
  }

  func run(_ progress: (Int, Double) -> Void) -> Result {
    var learners = (0..<trainer.configuration.folds).map { _ in Learner(trainer.makeLearner(set)) }
    var best = (epochs: 0, loss: Double.infinity, scores: [Float]())
    for epoch in 0..<trainer.configuration.maximumEpochs {
      let scores = scoresAfter(epoch, &learners)
      let loss = meanLoss(scores)
      progress(epoch + 1, loss)
      if loss < best.loss { best = (epoch + 1, loss, scores) }
      if epoch + 1 - best.epochs >= Self.patience { break }
    }
    let labels = set.labels.indices.map { HeldOut(set, $0, best.scores, folds, trainer.configuration.folds) }
    let method = trainer.configuration.calibration
    return Result(epochs: best.epochs, calibrations: labels.map { method.fit($0.scores, $0.labels) }, metrics: labels.map { $0.metrics(method) })
  }

  /// A learner behind a reference, so that a list can hold several.
  private final class Learner {
    var weights: AdaGrad
    init(_ weights: consuming AdaGrad) { self.weights = weights }
  }

  /// One more epoch for every fold; then each fold's rows scored as a model file would: `[rows, labels]` log-odds.
  private func scoresAfter(_ epoch: Int, _ learners: inout [Learner]) -> [Float] {
    var scores = [Float](repeating: 0, count: set.count * set.labels.count)
    var features = RowFeatures(trainer.configuration.features)
    for (fold, learner) in learners.enumerated() {
      trainer.pass(epoch, set, without: (folds, UInt8(fold)), &learner.weights, &features)
      score(UInt8(fold), table(learner.weights), &scores)
    }
    return scores
  }

  private func table(_ learner: borrowing AdaGrad) -> WeightTable {
    let buckets = trainer.configuration.features.bucketCount
    switch trainer.configuration.precision {
    case .float32: return WeightTable(float: learner.weights, biases: learner.biases, bucketCount: buckets)
    case .int8:
      let rows = QuantizedRows(learner.weights, bucketCount: buckets)
      return WeightTable(int8: rows.values, units: rows.units, biases: learner.biases, bucketCount: buckets)
    }
  }

  private func score(_ fold: UInt8, _ table: WeightTable, _ scores: inout [Float]) {
    var texts = TextScorer(table, trainer.configuration.features)
    let labels = set.labels.count
    set.bytes.withUnsafeBufferPointer { bytes in
      for row in 0..<set.count where folds[row] == fold {
        let text = UnsafeBufferPointer(rebasing: bytes[set.range(row)])
        texts.sum(text, readable: bytes.count - set.range(row).lowerBound)
        let inverseRoot = WeightTable.inverseRoot(texts.featureCount)
        for label in 0..<labels { scores[row * labels + label] = texts.logit(label, inverseRoot: inverseRoot) }
      }
    }
  }

  /// Mean over labels of the mean log loss over their known rows.
  private func meanLoss(_ scores: [Float]) -> Double {
    let labels = set.labels.count
    var total = 0.0
    for label in 0..<labels {
      var (sum, count) = (0.0, 0)
      for row in 0..<set.count {
        let target = set.target(row, label)
        guard target >= 0 else { continue }
        sum += ExactMath.logLoss(ExactMath.sigmoid(Double(scores[row * labels + label])), isPositive: target == 1)
        count += 1
      }
      total += sum / Double(count)
    }
    return total / Double(labels)
  }
}

/// The held-out scores of one label on the rows that say something about it.
private struct HeldOut {
  var label: String
  var scores: [Float] = []
  var labels: [Bool] = []
  private var folds: [UInt8] = []
  private let foldCount: Int

  init(_ set: TrainingSet, _ label: Int, _ scores: [Float], _ folds: [UInt8], _ foldCount: Int) {
    (self.label, self.foldCount) = (set.labels[label], foldCount)
    for row in 0..<set.count where set.target(row, label) >= 0 {
      self.scores.append(scores[row * set.labels.count + label])
      labels.append(set.target(row, label) == 1)
      self.folds.append(folds[row])
    }
  }

  func metrics(_ method: CalibrationMethod) -> LabelMetrics {
    let positives = labels.count { $0 }
    var metrics = LabelMetrics(label: label, positives: positives, negatives: labels.count - positives)
    metrics.auroc = foldMean(RankMetrics.auroc)
    metrics.auprc = foldMean(RankMetrics.auprc)
    metrics.bestF1 = foldMean(RankMetrics.bestF1)
    metrics.clearedAtRecall99 = foldMean(RankMetrics.clearedAtRecall99)
    metrics.calibrationErrorRaw = CalibrationMetrics.expectedCalibrationError(scores.map(Calibration.none.probability), labels)
    let calibrated = calibratedOnOtherFolds(method)
    metrics.calibrationError = CalibrationMetrics.expectedCalibrationError(calibrated, labels)
    metrics.logLoss = CalibrationMetrics.logLoss(calibrated, labels)
    return metrics
  }

  /// Mean of `metric` over the folds with both classes.
  private func foldMean(_ metric: ([Float], [Bool]) -> Double) -> Double {
    var values: [Double] = []
    for fold in 0..<UInt8(foldCount) {
      let rows = folds.indices.filter { folds[$0] == fold }
      let truth = rows.map { labels[$0] }
      guard truth.contains(true), truth.contains(false) else { continue }
      values.append(metric(rows.map { scores[$0] }, truth))
    }
    return values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
  }

  private func calibratedOnOtherFolds(_ method: CalibrationMethod) -> [Float] {
    let fitted = (0..<UInt8(foldCount)).map { fold in
      let others = folds.indices.filter { folds[$0] != fold }
      return method.fit(others.map { scores[$0] }, others.map { labels[$0] })
    }
    return folds.indices.map { fitted[Int(folds[$0])].probability(scores[$0]) }
  }
}
