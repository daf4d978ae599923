import Moderation

/// Everything that goals speak of, as sums over messages. Adding two of them is one vector addition, so that a sweep over
/// pairs of thresholds stays cheap. Whole numbers up to 2⁵³, except that ``slow(_:)`` may count parts of a message.
public struct OutcomeCounts: Sendable, Hashable {
  @usableFromInline var lanes: SIMD16<Double>
  @inlinable init(lanes: SIMD16<Double> = .zero) { self.lanes = lanes }
  public static let zero = OutcomeCounts(lanes: .zero)
  static let slowLanes = 4

  /// Which lane holds what; ``slow(_:)`` takes the last four.
  enum Lane: Int {
    case truePositives, falsePositives, falseNegatives, trueNegatives, escalated, reviewed, covered, coveredWrong, blocked, messages
    case cheaplyAllowedPositives
  }
  static let firstSlowLane = 12

  @inlinable static func + (a: Self, b: Self) -> Self { Self(lanes: a.lanes + b.lanes) }
  @inlinable static func - (a: Self, b: Self) -> Self { Self(lanes: a.lanes - b.lanes) }
  @inlinable static func += (a: inout Self, b: Self) { a.lanes += b.lanes }

  /// Against the labels of the goal's scope, a review counted as ``ReviewCount`` says.
  public var truePositives: Double { get { lanes[0] } set { lanes[0] = newValue } }
  public var falsePositives: Double { get { lanes[1] } set { lanes[1] = newValue } }
  public var falseNegatives: Double { get { lanes[2] } set { lanes[2] = newValue } }
  public var trueNegatives: Double { get { lanes[3] } set { lanes[3] = newValue } }
  /// Messages that go on to the reasoner.
  public var escalated: Double { get { lanes[4] } set { lanes[4] = newValue } }
  public var reviewed: Double { get { lanes[5] } set { lanes[5] = newValue } }
  /// Labelled messages that the cheap stages settle, and those settled against their label.
  public var covered: Double { get { lanes[6] } set { lanes[6] = newValue } }
  public var coveredWrong: Double { get { lanes[7] } set { lanes[7] = newValue } }
  public var blocked: Double { get { lanes[8] } set { lanes[8] = newValue } }
  public var messages: Double { get { lanes[9] } set { lanes[9] = newValue } }
  /// Violating messages that the cheap stages allow: no reasoner can catch them any more.
  public var cheaplyAllowedPositives: Double { get { lanes[10] } set { lanes[10] = newValue } }
  /// Messages slower than the latency limit of this number.
  public subscript(slow limit: Int) -> Double { get { lanes[12 + limit] } set { lanes[12 + limit] = newValue } }

  public var positives: Double { truePositives + falseNegatives }
  public var negatives: Double { falsePositives + trueNegatives }
  public var labelled: Double { positives + negatives }
  public var flagged: Double { truePositives + falsePositives }

  public var confusion: Confusion {
    Confusion(
      truePositives: Int(truePositives), falsePositives: Int(falsePositives), falseNegatives: Int(falseNegatives), trueNegatives: Int(trueNegatives))
  }

  /// The bad events and the trials behind a testable metric; nil for the others.
  public func risk(of metric: Metric) -> (bad: Int, trials: Int)? {
    switch metric {
    case .recall, .missRate: (Int(falseNegatives), Int(positives))
    case .precision: (Int(falsePositives), Int(flagged))
    case .falsePositiveRate: (Int(falsePositives), Int(negatives))
    case .selectiveRisk: (Int(coveredWrong), Int(covered))
    default: nil
    }
  }
}

/// How a verdict of review counts where there are only two classes.
public enum ReviewCount: String, Sendable, CaseIterable {
  /// As flagged: a person sees the message, so a violation in it is not missed.
  case flagged
  /// As allowed: only a block counts.
  case allowed
}

/// What a stage costs for one message, in any one unit (seconds, dollars …).
public struct CostModel: Sendable, Hashable {
  public var prefilter: Double
  public var classifier: Double
  public var reasoner: Double
  public init(prefilter: Double = 0, classifier: Double = 0, reasoner: Double = 1) {
    (self.prefilter, self.classifier, self.reasoner) = (prefilter, classifier, reasoner)
  }

  /// E = c_prefilter + e₁·c_classifier + e₁·e₂·c_reasoner, per message: e₁ is the share that reaches the classifier,
  /// e₁·e₂ the reasoner calls per message.
  public func expected(reachingClassifier: Double = 1, reasonerCalls: Double) -> Double {
    prefilter + reachingClassifier * classifier + reasonerCalls * reasoner
  }

  /// The escalation share below which a cascade is cheaper than asking the reasoner about everything: 1 − c_cheap / c_reasoner.
  public var breakEvenEscalation: Double {
    reasoner > 0 ? max(0, 1 - (prefilter + classifier) / reasoner) : 0
  }
}
