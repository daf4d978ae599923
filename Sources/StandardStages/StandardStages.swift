import LinearModel
import Moderation
import PatternMatching
import Safeguard

/// The one list of stage types. A new type is one line here.
public enum StandardStages {
  public static let all: [StageType] = [PrefilterStage.stageType, ClassifierStage.type, SafeguardStage.type]

  /// Explanations of the diagnostics that stage modules report, for `winnow explain`.
  public static let codes: [CodeExplanation] = PrefilterStage.codes + ClassifierStage.codes + SafeguardStage.codes + PolicyLint.codes + [building]

  private static let building = CodeExplanation(
    "stage-build", "a stage that cannot be built", meaning: "Something that a stage needs is not as its kind wants it; the sentence says what.",
    why: "Nothing is judged with a part of the pipeline.", fix: "Put right what the sentence names, and run `winnow lint`.")
}
