/// Held-out scores for every row: for each fold a model trained on the other folds.
struct CrossFitting {
  /// One entry for each label.
  struct Result {
    var costs: [Double] = []
    var calibrations: [Calibration] = []
    var metrics: [LabelMetrics] = []
  }

  private let trainer: LinearTrainer
  private let set: TrainingSet
  private let folds: [UInt8]

  init(_ trainer: LinearTrainer, _ set: TrainingSet) {
    (self.trainer, self.set) = (trainer, set)
    folds = set.folds(trainer.configuration.folds, seed: trainer.configuration.seed)
  }

  /// - Parameter progress: told how many models have been trained.
  func run(_ progress: (Int) -> Void) -> Result {
    let (settings, method) = (trainer.configuration, trainer.configuration.calibration)
    var best: [(cost: Double, held: HeldOutScores, metrics: LabelMetrics)] = []
    for (index, cost) in settings.costs.enumerated() {
      let scores = scores(cost) { progress(index * settings.folds + $0) }
      for label in set.labels.indices {
        let held = HeldOutScores(set, label, scores, folds, settings.folds)
        let candidate = (cost, held, held.metrics(method))
        if best.count <= label {
          best.append(candidate)
        } else if candidate.2.logLoss < best[label].metrics.logLoss {
          best[label] = candidate
        }
      }
    }
    return Result(costs: best.map(\.cost), calibrations: best.map { method.fit($0.held.scores, $0.held.labels) }, metrics: best.map(\.metrics))
  }

  /// `[rows, labels]` log-odds, as a model file would give them.
  private func scores(_ cost: Double, _ progress: (Int) -> Void) -> [Float] {
    var scores = [Float](repeating: 0, count: set.count * set.labels.count)
    for fold in 0..<trainer.configuration.folds {
      let learner = trainer.learn(set, costs: set.labels.map { _ in cost }, without: (folds, UInt8(fold)))
      score(UInt8(fold), table(learner), &scores)
      progress(fold + 1)
    }
    return scores
  }

  private func table(_ learner: borrowing DualAscent) -> WeightTable {
    let steps = learner.scales.steps
    switch trainer.configuration.precision {
    case .float32: return WeightTable(float: learner.weights, biases: learner.biases, steps: steps)
    case .int8:
      let rows = QuantizedRows(learner.weights, bucketCount: steps.count)
      return WeightTable(int8: rows.values, units: rows.units, biases: learner.biases, steps: steps)
    }
  }

  private func score(_ fold: UInt8, _ table: WeightTable, _ scores: inout [Float]) {
    var texts = TextScorer(table, trainer.configuration.features)
    let labels = set.labels.count
    set.bytes.withUnsafeBufferPointer { bytes in
      for row in 0..<set.count where folds[row] == fold {
        let range = set.range(row)
        texts.sum(UnsafeBufferPointer(rebasing: bytes[range]), readable: bytes.count - range.lowerBound)
        let inverseLength = texts.inverseLength
        for label in 0..<labels { scores[row * labels + label] = texts.logit(label, inverseLength: inverseLength) }
      }
    }
  }
}
