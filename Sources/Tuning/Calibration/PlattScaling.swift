#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A logistic curve through scores: p = 1 / (1 + exp(slope·x + offset)) with slope ≤ 0 for scores that rise with the class.
///
/// Platt (1999) with the smoothed targets of his paper, solved as Lin, Lin and Weng (2007) describe: Newton's method with
/// backtracking on the negative log likelihood. For few labels (below about 1,000); ``IsotonicRegression`` above.
public struct PlattScaling: Sendable, Hashable {
  public var slope: Double
  public var offset: Double
  public init(slope: Double, offset: Double) { (self.slope, self.offset) = (slope, offset) }

  public func probability(_ score: Double) -> Double { Self.sigmoid(slope * score + offset) }

  private static func sigmoid(_ f: Double) -> Double { f >= 0 ? exp(-f) / (1 + exp(-f)) : 1 / (1 + exp(f)) }

  /// nil unless there are both classes.
  public init?(_ levels: ScoreLevels) {
    guard levels.positiveCount > 0, levels.negativeCount > 0 else { return nil }
    let (p, n) = (Double(levels.positiveCount), Double(levels.negativeCount))
    let (high, low) = ((p + 1) / (p + 2), 1 / (n + 2))
    slope = 0
    offset = log((n + 1) / (p + 1))
    var loss = Self.loss(levels, slope, offset, high, low)
    for _ in 0..<100 {
      let step = Self.newtonStep(levels, slope, offset, high, low)
      if abs(step.slopeGradient) < 1e-10 * (p + n), abs(step.offsetGradient) < 1e-10 * (p + n) { break }
      guard let next = descend(levels, step, loss, high, low) else { break }
      loss = next
    }
  }

  private struct Step {
    var slope: Double
    var offset: Double
    var slopeGradient: Double
    var offsetGradient: Double
  }

  private mutating func descend(_ levels: ScoreLevels, _ step: Step, _ loss: Double, _ high: Double, _ low: Double) -> Double? {
    let directional = step.slope * step.slopeGradient + step.offset * step.offsetGradient
    var size = 1.0
    while size > 1e-12 {
      let (a, b) = (slope + size * step.slope, offset + size * step.offset)
      let next = Self.loss(levels, a, b, high, low)
      if next <= loss + 1e-4 * size * directional {
        (slope, offset) = (a, b)
        return next
      }
      size /= 2
    }
    return nil
  }

  private static func loss(_ levels: ScoreLevels, _ a: Double, _ b: Double, _ high: Double, _ low: Double) -> Double {
    levels.scores.indices.reduce(0) { sum, level in
      let f = a * Double(levels.scores[level]) + b
      let (p, n) = (Double(levels.positives[level]), Double(levels.negatives[level]))
      let target = p * high + n * low
      let softplus = f >= 0 ? log1p(exp(-f)) : -f + log1p(exp(f))
      // −t·ln p − (1 − t)·ln(1 − p) = t·f + ln(1 + e^−f), summed over the level.
      return sum + target * f + (p + n) * softplus
    }
  }

  private static func newtonStep(_ levels: ScoreLevels, _ a: Double, _ b: Double, _ high: Double, _ low: Double) -> Step {
    // A small ridge keeps the Hessian invertible when all scores are equal.
    var (h11, h22, h21, g1, g2) = (1e-12, 1e-12, 0.0, 0.0, 0.0)
    for level in levels.scores.indices {
      let x = Double(levels.scores[level])
      let (positives, negatives) = (Double(levels.positives[level]), Double(levels.negatives[level]))
      let p = sigmoid(a * x + b)
      let weight = (positives + negatives) * p * (1 - p)
      h11 += x * x * weight
      h22 += weight
      h21 += x * weight
      let gradient = positives * (high - p) + negatives * (low - p)
      g1 += x * gradient
      g2 += gradient
    }
    let determinant = h11 * h22 - h21 * h21
    return Step(
      slope: -(h22 * g1 - h21 * g2) / determinant, offset: -(h11 * g2 - h21 * g1) / determinant, slopeGradient: g1, offsetGradient: g2)
  }
}
