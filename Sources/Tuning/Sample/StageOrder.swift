import Moderation

/// Whether thresholds can be replayed from kept scores and hits. Replay counts every hit from the start and asks the reasoner last, so no
/// screen may stand behind a stage that can settle a message before it is seen; and it knows the answers of one reasoner.
public enum StageOrder {
  /// - Parameter tuned: place of the stage whose thresholds are to move; it may come to allow whatever its file says now.
  /// - Returns: the first two stages that stand the wrong way round and what to do, in the grammar of messages; nil where there are none.
  public static func problem(_ stages: [EvaluatedStage], tuned: Int? = nil) -> String? {
    let enforcing = stages.indices.filter { stages[$0].mode == .enforce }
    let reasoners = enforcing.filter { stages[$0].kind == .reasoner }.map { stages[$0].id }
    if reasoners.count > 1 {
      return "stages `\(reasoners[0])` and `\(reasoners[1])` both ask a model, and thresholds can be replayed with one: "
        + "set `mode: off` in one of them meanwhile"
    }
    for (number, place) in enforcing.enumerated() where stages[place].kind == .screen {
      for earlier in enforcing[..<number] {
        if let problem = problem(of: stages[place], behind: stages[earlier], isTuned: earlier == tuned) { return problem }
      }
    }
    return nil
  }

  private static func problem(of later: EvaluatedStage, behind earlier: EvaluatedStage, isTuned: Bool) -> String? {
    if earlier.kind == .reasoner || (!later.scores && mayAllow(earlier, isTuned: isTuned)) {
      return "stage `\(later.id)` never sees what `\(earlier.id)` allowed before it, so other thresholds cannot be replayed: "
        + "move `\(later.id)` before `\(earlier.id)`"
    }
    if later.silenceAllows, !earlier.scores {
      return "stage `\(later.id)` allows messages that `\(earlier.id)` has hits in, so other thresholds cannot be replayed: "
        + "give one stage the files of both"
    }
    return nil
  }

  private static func mayAllow(_ stage: EvaluatedStage, isTuned: Bool) -> Bool {
    stage.silenceAllows || isTuned || stage.bands.contains { $0.map { $0.allowBelow >= 0 } ?? false }
  }
}
