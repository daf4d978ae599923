/// How a score (log-odds) becomes a probability. Never decreasing in the score, so calibration changes no ranking.
public enum Calibration: Sendable, Hashable {
  /// `σ(score)`.
  case none
  /// `σ(slope · score + intercept)`, slope at least 0 (Platt 1999).
  case platt(slope: Double, intercept: Double)
  /// Through the points (scores[i], probabilities[i]) with straight lines between them and flat ends; both lists rise, equal length, at least one.
  case isotonic(scores: [Float], probabilities: [Float])

  /// 0 ... 1 for every score.
  public func probability(_ score: Float) -> Float {
    switch self {
    case .none: Float(ExactMath.sigmoid(Double(score)))
    case .platt(let slope, let intercept): Float(ExactMath.sigmoid(slope * Double(score) + intercept))
    case .isotonic(let scores, let probabilities): Self.interpolate(score, scores, probabilities)
    }
  }

  /// The word in card and command line.
  public var name: String {
    switch self {
    case .none: "none"
    case .platt: "platt"
    case .isotonic: "isotonic"
    }
  }

  private static func interpolate(_ score: Float, _ scores: [Float], _ probabilities: [Float]) -> Float {
    guard let first = scores.first, let last = scores.last, score > first else { return probabilities.first ?? 0 }
    guard score < last else { return probabilities[probabilities.count - 1] }
    var (low, high) = (0, scores.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if scores[middle] <= score { low = middle } else { high = middle }
    }
    let share = (score - scores[low]) / (scores[high] - scores[low])
    // Held to the next point: rounding must not lift a value over its right neighbour.
    return min(probabilities[low] + share * (probabilities[high] - probabilities[low]), probabilities[high])
  }
}

/// Which calibration to fit.
public enum CalibrationMethod: String, Sendable, Hashable, CaseIterable {
  /// Isotonic with at least 1,000 labels of which at least 200 on the rarer side, else Platt.
  case automatic
  case platt
  case isotonic
  case none

  static let isotonicLabels = 1000
  static let isotonicRarer = 200

  /// Fits to held-out scores.
  package func fit(_ scores: [Float], _ labels: [Bool]) -> Calibration {
    let positives = labels.count { $0 }
    let rarer = min(positives, labels.count - positives)
    switch self {
    case .none: return .none
    case .platt: return PlattFit.fit(scores, labels)
    case .isotonic: return IsotonicFit.fit(scores, labels)
    case .automatic:
      let enough = labels.count >= Self.isotonicLabels && rarer >= Self.isotonicRarer
      return enough ? IsotonicFit.fit(scores, labels) : PlattFit.fit(scores, labels)
    }
  }
}
