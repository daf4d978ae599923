import Moderation

/// Turns scores into probabilities, keeping their order.
public enum Calibrator: Sendable, Hashable {
  case platt(PlattScaling)
  case isotonic(IsotonicRegression)

  public enum Choice: String, Sendable, CaseIterable {
    /// Platt below 1,000 labels, isotonic from there on.
    case automatic, platt, isotonic
  }
  public static let isotonicFrom = 1000

  public var name: String {
    switch self {
    case .platt: "platt"
    case .isotonic: "isotonic"
    }
  }

  /// Fits to labelled scores; nil unless there are both classes.
  public init?(_ levels: ScoreLevels, _ choice: Choice = .automatic) {
    guard levels.positiveCount > 0, levels.negativeCount > 0 else { return nil }
    if choice == .isotonic || (choice == .automatic && levels.count >= Self.isotonicFrom) {
      guard let isotonic = IsotonicRegression(levels) else { return nil }
      self = .isotonic(isotonic)
    } else {
      guard let platt = PlattScaling(levels) else { return nil }
      self = .platt(platt)
    }
  }

  /// A probability strictly between 0 and 1, NaN for NaN: no finite sample proves certainty, and a band could not exclude it.
  public func probability(_ score: Float) -> Float {
    guard !score.isNaN else { return .nan }
    let value =
      switch self {
      case .platt(let platt): platt.probability(Double(score))
      case .isotonic(let isotonic): isotonic.probability(Double(score))
      }
    return Float(min(max(value, 1e-6), 1 - 1e-6))
  }
}
