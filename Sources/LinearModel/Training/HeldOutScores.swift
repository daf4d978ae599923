/// The held-out scores of one label, on the rows that say something about it.
struct HeldOutScores {
  let label: String
  private(set) var scores: [Float] = []
  private(set) var labels: [Bool] = []
  private var folds: [UInt8] = []
  private let foldCount: Int

  /// - Parameter scores: `[rows, labels]`.
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
