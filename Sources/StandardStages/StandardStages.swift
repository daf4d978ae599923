import LinearModel
import Moderation
import PatternMatching
import Safeguard

/// The one list of stage types. A new type is one line here.
public enum StandardStages {
  public static let all: [StageType] = [PrefilterStage.stageType, ClassifierStage.type, SafeguardStage.type]

  /// Explanations of the diagnostics that stage modules report, for `winnow explain`.
  public static let codes: [CodeExplanation] = PrefilterStage.codes + ClassifierStage.codes + SafeguardStage.codes + PolicyLint.codes
}
