/// Platt scaling after Lin, Lin and Weng (2007), "A note on Platt's probabilistic outputs": Newton's method with backtracking on smoothed targets.
enum PlattFit {
  static func fit(_ scores: [Float], _ labels: [Bool]) -> Calibration {
    let problem = Problem(scores, labels)
    var (slope, intercept) = (0.0, problem.priorLogit)
    var loss = problem.loss(slope, intercept)
    for _ in 0..<100 {
      let step = problem.newtonStep(slope, intercept)
      if abs(step.gradientSlope) < 1e-9, abs(step.gradientIntercept) < 1e-9 { break }
      var size = 1.0
      var improved = false
      while size >= 1e-10 {
        let (a, b) = (slope + size * step.slope, intercept + size * step.intercept)
        let next = problem.loss(a, b)
        if next < loss + 1e-4 * size * step.decrease {
          (slope, intercept, loss, improved) = (a, b, next, true)
          break
        }
        size /= 2
      }
      if !improved { break }
    }
    // A model that ranks worse than chance on held-out data must not be turned round: it says nothing, so the base rate stands.
    return slope > 0 ? .platt(slope: slope, intercept: intercept) : .platt(slope: 0, intercept: problem.priorLogit)
  }

  private struct Problem {
    var scores: [Double]
    var targets: [Double]
    let priorLogit: Double

    init(_ scores: [Float], _ labels: [Bool]) {
      let positives = Double(labels.count { $0 })
      let negatives = Double(labels.count) - positives
      let (high, low) = ((positives + 1) / (positives + 2), 1 / (negatives + 2))
      self.scores = scores.map(Double.init)
      targets = labels.map { $0 ? high : low }
      priorLogit = ExactMath.log((positives + 1) / (negatives + 1))
    }

    func loss(_ slope: Double, _ intercept: Double) -> Double {
      var sum = 0.0
      for (score, target) in zip(scores, targets) {
        let z = slope * score + intercept
        // log(1 + e^-|z|) + max(z, 0) - t·z, without overflow
        sum += ExactMath.log(1 + ExactMath.exp(-abs(z))) + max(z, 0) - target * z
      }
      return sum
    }

    struct Step {
      var slope, intercept, gradientSlope, gradientIntercept: Double
      var decrease: Double { slope * gradientSlope + intercept * gradientIntercept }
    }

    func newtonStep(_ slope: Double, _ intercept: Double) -> Step {
      var (h11, h22, h21, g1, g2) = (1e-12, 1e-12, 0.0, 0.0, 0.0)
      for (score, target) in zip(scores, targets) {
        let p = ExactMath.sigmoid(slope * score + intercept)
        let (error, weight) = (p - target, p * (1 - p))
        h11 += score * score * weight
        h22 += weight
        h21 += score * weight
        g1 += score * error
        g2 += error
      }
      let determinant = h11 * h22 - h21 * h21
      return Step(
        slope: -(h22 * g1 - h21 * g2) / determinant, intercept: -(h11 * g2 - h21 * g1) / determinant, gradientSlope: g1, gradientIntercept: g2)
    }
  }
}
