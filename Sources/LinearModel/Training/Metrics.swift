/// How well scores tell positives from negatives. Scores only need an order; equal scores are handled as one step.
public enum RankMetrics {
  /// Area under the ROC curve, ties counting half; NaN without both classes.
  public static func auroc(_ scores: [Float], _ labels: [Bool]) -> Double {
    let steps = steps(scores, labels)
    guard let end = steps.last, end.positives > 0, end.negatives > 0 else { return .nan }
    var area = 0.0
    var before = Step()
    for step in steps {
      area += Double(step.negatives - before.negatives) * Double(step.positives + before.positives) / 2
      before = step
    }
    return area / (Double(end.positives) * Double(end.negatives))
  }

  /// Average precision (the step-wise area under the precision-recall curve); NaN without positives.
  public static func auprc(_ scores: [Float], _ labels: [Bool]) -> Double {
    let steps = steps(scores, labels)
    guard let end = steps.last, end.positives > 0 else { return .nan }
    var sum = 0.0
    var before = Step()
    for step in steps {
      sum += Double(step.positives - before.positives) * step.precision
      before = step
    }
    return sum / Double(end.positives)
  }

  /// The best F1 over all thresholds; NaN without positives.
  public static func bestF1(_ scores: [Float], _ labels: [Bool]) -> Double {
    let steps = steps(scores, labels)
    guard let end = steps.last, end.positives > 0 else { return .nan }
    return steps.reduce(0) { max($0, 2 * Double($1.positives) / Double($1.positives + $1.negatives + end.positives)) }
  }

  /// Share of the negatives below the threshold that keeps at least 99 % of the positives: what a cheap stage can clear.
  public static func clearedAtRecall99(_ scores: [Float], _ labels: [Bool]) -> Double {
    let steps = steps(scores, labels)
    guard let end = steps.last, end.positives > 0, end.negatives > 0 else { return .nan }
    let kept = steps.first { $0.positives * 100 >= end.positives * 99 } ?? end
    return Double(end.negatives - kept.negatives) / Double(end.negatives)
  }

  private struct Step {
    var positives = 0
    var negatives = 0
    var precision: Double { Double(positives) / Double(positives + negatives) }
  }

  /// Running counts at each different score, from the highest down.
  private static func steps(_ scores: [Float], _ labels: [Bool]) -> [Step] {
    var steps: [Step] = []
    var last: Float?
    var running = Step()
    for i in scores.indices.sorted(by: { scores[$0] > scores[$1] }) {
      if labels[i] { running.positives += 1 } else { running.negatives += 1 }
      if scores[i] == last { steps[steps.count - 1] = running } else { steps.append(running) }
      last = scores[i]
    }
    return steps
  }
}

public enum CalibrationMetrics {
  /// Expected calibration error over `bins` equal bins of probability (Naeini et al. 2015). Probabilities are 0 ... 1.
  public static func expectedCalibrationError(_ probabilities: [Float], _ labels: [Bool], bins: Int = 15) -> Double {
    guard !labels.isEmpty else { return .nan }
    var sums = [Double](repeating: 0, count: bins)
    for (probability, label) in zip(probabilities, labels) where (0...1).contains(probability) {
      sums[min(Int(probability * Float(bins)), bins - 1)] += Double(probability) - (label ? 1 : 0)
    }
    return sums.reduce(0) { $0 + abs($1) } / Double(labels.count)
  }

  /// Mean `-log p(truth)`, natural logarithm.
  public static func logLoss(_ probabilities: [Float], _ labels: [Bool]) -> Double {
    guard !labels.isEmpty else { return .nan }
    return zip(probabilities, labels).reduce(0) { $0 + ExactMath.logLoss(Double($1.0), isPositive: $1.1) } / Double(labels.count)
  }
}
