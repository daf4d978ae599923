import Moderation

/// Why a message has its verdict.
public enum DecisionReason: UInt8, Sendable, CaseIterable {
  /// Every category that this pipeline looks at was allowed.
  case allAllowed
  /// A `final` rule or phrase matched.
  case rule
  /// A calibrated probability was at or above `block_above`.
  case band
  /// The reasoner found a violation, or its label is mapped to this verdict.
  case policy
  /// A stage failed for the message, and its failure mode says so.
  case failureMode
  /// No stage settled the message: a person must look.
  case unsettled

  public var name: String {
    switch self {
    case .allAllowed: "all_allowed"
    case .rule: "rule"
    case .band: "band"
    case .policy: "policy"
    case .failureMode: "failure_mode"
    case .unsettled: "unsettled"
    }
  }
}

/// The state of one message on its way through the stages, and at the end its verdict. Plain memory: one per message of a batch.
public struct MessageDecision: Sendable {
  static let none = UInt8.max

  public internal(set) var verdict = Verdict.review
  public internal(set) var isDecided = false
  public internal(set) var reason = DecisionReason.unsettled
  var stageIndex = none
  var categoryIndex = none
  var degradedIndex = none
  /// Calibrated probability, or the reasoner's score, of the deciding category; NaN when there is none.
  public internal(set) var score = Float.nan
  /// How unsure the scoring stages are, 0...1; 1 for a message that no stage scored.
  var uncertainty = Float(1)
  /// Categories that nobody has settled yet.
  var open: CategorySet
  /// Categories for which a cheap stage's allow does not count.
  var forced: CategorySet
  /// The worst review so far: what the verdict is if nothing blocks.
  var hasReview = false
  var reviewStage = none
  var reviewCategory = none
  var reviewReason = DecisionReason.unsettled
  var reviewScore = Float.nan

  init(open: CategorySet, forced: CategorySet) { (self.open, self.forced) = (open, forced) }

  /// Index of the stage that made the verdict; nil when none did.
  public var stage: Int? { stageIndex == Self.none ? nil : Int(stageIndex) }
  public var category: CategoryIndex? { categoryIndex == Self.none ? nil : CategoryIndex(Int(categoryIndex)) }
  /// The first failure on the message's way, whatever came of it.
  public var degraded: DegradedCause? { degradedIndex == Self.none ? nil : DegradedCause.allCases[Int(degradedIndex)] }

  mutating func degrade(_ cause: DegradedCause) {
    guard degradedIndex == Self.none else { return }
    degradedIndex = UInt8(DegradedCause.allCases.firstIndex(of: cause) ?? 0)
  }

  mutating func decide(_ verdict: Verdict, _ reason: DecisionReason, stage: Int?, category: CategoryIndex?, score: Float) {
    self.verdict = verdict
    self.reason = reason
    self.score = score
    stageIndex = stage.map { UInt8($0) } ?? Self.none
    categoryIndex = category?.rawValue ?? Self.none
    isDecided = true
  }

  /// A category is settled as review; a block of another one may still come.
  mutating func noteReview(_ reason: DecisionReason, stage: Int, category: CategoryIndex?, score: Float) {
    if let category { open.remove(category) }
    guard !hasReview else { return }
    hasReview = true
    reviewReason = reason
    reviewStage = UInt8(stage)
    reviewCategory = category?.rawValue ?? Self.none
    reviewScore = score
  }

  /// Nothing is open any more: review if anything said so, else allow.
  mutating func close(stage: Int?, score: Float) {
    if hasReview {
      decide(
        .review, reviewReason, stage: Int(reviewStage), category: reviewCategory == Self.none ? nil : CategoryIndex(Int(reviewCategory)),
        score: reviewScore)
    } else {
      decide(.allow, .allAllowed, stage: stage, category: nil, score: score)
    }
  }

  /// The last stage has passed and something is still open.
  mutating func closeUnsettled(stageCount: Int) {
    if hasReview {
      close(stage: stageCount - 1, score: reviewScore)
    } else {
      verdict = .review
      reason = .unsettled
      categoryIndex = open.first { _ in true }?.rawValue ?? Self.none
      isDecided = true
    }
  }
}
