/// Why nothing could be computed at all. What is wrong in a sentence that a person wrote is a `Diagnostic` instead.
public enum TuningError: Error, Sendable, Hashable, CustomStringConvertible {
  /// A row that does not fit the sample that it was added to.
  case malformedRow(id: String, reason: String)
  /// There is not one message.
  case emptySample
  /// No message has a label of this category (nil: of any category).
  case noLabels(category: String?)
  /// All labels of the category are the same, so nothing can be told apart.
  case oneClass(category: String, positives: Int, negatives: Int)
  /// No stage of the pipeline scores, so there is no threshold to choose.
  case noScoringStage
  /// The named stage does not exist or does not score.
  case unknownStage(String)
  /// No message has a score of this category.
  case noScores(stage: String, category: String)
  /// Two values that must belong to the same messages do not.
  case mismatch(String)

  public var description: String {
    switch self {
    case .malformedRow(let id, let reason): "message `\(id)` cannot be evaluated: \(reason)"
    case .emptySample: "there are no messages to evaluate"
    case .noLabels(let category?): "no message has a label of category `\(category)`\(Self.goalHint)"
    case .noLabels(nil): "no message has a label"
    case .oneClass(let category, let positives, let negatives):
      "category `\(category)` has \(positives) positive and \(negatives) negative labels: both kinds are needed\(Self.goalHint)"
    case .noScoringStage: "the pipeline has no scoring stage, so there is no threshold to choose"
    case .unknownStage(let stage): "the pipeline has no scoring stage `\(stage)`"
    case .noScores(let stage, let category): "stage `\(stage)` gave no score of category `\(category)`"
    case .mismatch(let what): what
    }
  }

  /// A goal without a category speaks of every one.
  private static let goalHint = "; a goal for some categories only names each in front, as in `spam: maximum f1`"
}
