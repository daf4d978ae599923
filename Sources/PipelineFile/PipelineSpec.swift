import Moderation

/// The fields of a pipeline file outside its stages' own: one list for checking, the JSON Schema, the reference page and `winnow explain`.
public enum PipelineSpec {
  public static let fields: [FieldSpec] = [
    FieldSpec("pipeline", .string, required: true, "Name of the pipeline, in reports and in the audit log."),
    FieldSpec("input", .object(input), "Where the fields of a message stand in a record. Dotted paths reach into objects: `data.message.body`."),
    FieldSpec(
      "deadline", .duration, default: "30s",
      "Time that one message may take in all, from being read to its verdict. What is late goes the way of `on_timeout`."),
    FieldSpec("seed", .integer(0...Int.max), default: "1", "Seed of every random choice, so that a second run makes the same ones."),
    FieldSpec(
      "categories", .map(.either([severity, .object(category)])), required: true,
      "What the pipeline looks for, at most 64: a dotted lower-case name, and its severity or a map of fields."),
    FieldSpec("stages", .list(.object(stage)), required: true, "Stages in the order in which a message meets them, cheapest first."),
    FieldSpec(
      "audit_sample", .object(auditSample),
      "Random shares of decided messages that go to the reasoner as well: an unbiased running estimate of what the cheap stages miss."),
    FieldSpec("budget", .object(budget), "A ceiling on what the reasoner is asked. What exceeds it goes the way of its `on_overload`, least uncertain first."),
    FieldSpec(
      "tests", .either([.list(.object(testCase)), .existingPath]),
      "Cases that `winnow test` runs, or the path of a file with them. `NAME.tests.yaml` beside the pipeline is picked up without being named."),
  ]

  public static let input: [FieldSpec] = [
    FieldSpec("format", .choice(InputMapping.Format.allCases.map(\.rawValue)), default: "jsonl", "Records are lines of JSON, or rows of CSV with a header."),
    FieldSpec("id", .string, default: "id", "The message's id."),
    FieldSpec("id_optional", .boolean, default: "false", "Give a record without id its line number, instead of sending it to the dead letters."),
    FieldSpec("text", .string, default: "text", "The text to judge."),
    FieldSpec("conversation", .string, "The conversation that the message belongs to; needed to show the reasoner earlier messages."),
    FieldSpec("author", .string, "Who wrote it; shown to the reasoner as the name of a turn."),
    FieldSpec("timestamp", .string, "When it was written."),
    FieldSpec("prompt", .string, "Set with `completion`: a record is an exchange with a language model, and `text` is not read."),
    FieldSpec("completion", .string, "The answer to `prompt`."),
    FieldSpec("messages", .string, "A record is a whole chat, a list of `{role, content}`, and `text` is not read."),
  ]

  static let severity = FieldType.choice(Severity.allCases.map(\.rawValue))

  public static let category: [FieldSpec] = [
    FieldSpec("severity", severity, default: "medium", "How bad a violation is."),
    FieldSpec("policy", .existingPath, "The policy file that defines the category; a reasoner needs one."),
    FieldSpec("auto_block", .boolean, default: "true", "`false` turns every block of this category into a review."),
    FieldSpec("always_escalate", .boolean, default: "false", "`true` keeps the category open until a reasoner has seen the message."),
  ]

  private static let action = FieldType.choice(FailureAction.allCases.map(\.rawValue))
  private static let actionDefault = "next (screens), review (reasoners)"

  /// The fields that every stage has, whatever its type.
  public static let stage: [FieldSpec] = [
    FieldSpec("id", .string, "Name of the stage in verdicts, traces and metrics; its type when left out."),
    FieldSpec("type", .string, required: true, "What the stage is."),
    FieldSpec(
      "mode", .choice(StageMode.allCases.map(\.rawValue)), default: "enforce",
      "`shadow` computes and logs, and decides nothing; `off` leaves the stage out."),
    FieldSpec("on_error", action, default: actionDefault, "What happens to a message when the stage fails on it. `allow` lets it through unjudged."),
    FieldSpec("on_timeout", action, default: actionDefault, "What happens when the stage, or the message's deadline, runs out of time."),
    FieldSpec("on_abstain", action, default: actionDefault, "What happens when the stage gives no usable answer."),
    FieldSpec("on_overload", action, default: actionDefault, "What happens when the stage's queue is full or the escalation budget is spent."),
  ]

  /// The further field of stages that give probabilities.
  public static let bands = FieldSpec(
    "bands", .perCategory(.object(band)),
    "Thresholds per category: at or below `allow_below` the category is allowed, at or above `block_above` blocked, between it goes on to the next stage.")

  public static let band: [FieldSpec] = [
    FieldSpec("allow_below", .share, "Allow up to this probability. Left out: never allow."),
    FieldSpec("block_above", .share, "Block from this probability. Left out: never block."),
  ]

  public static let auditSample: [FieldSpec] = [
    FieldSpec("allowed", .share, default: "0", "Share of the allowed messages."),
    FieldSpec("blocked", .share, default: "0", "Share of the blocked messages."),
  ]

  public static let budget: [FieldSpec] = [
    FieldSpec("share", .share, "Share of all messages."),
    FieldSpec("per_second", .number(0...1_000_000), "Messages escalated per second; each asks once for every open policy, second try and vote."),
  ]

  private static let turn: [FieldSpec] = [
    FieldSpec("role", .string, required: true, "Who speaks: `user`, `assistant`, `system`."),
    FieldSpec("content", .string, required: true, "What was said."),
  ]
  private static let contextTurn: [FieldSpec] = [
    FieldSpec("author", .string, default: "user", "Who wrote it."),
    FieldSpec("text", .string, required: true, "What was written."),
  ]
  private static let verdict = FieldType.choice(Verdict.allCases.map(\.name))

  public static let expectation: [FieldSpec] = [
    FieldSpec("verdict", verdict, "The verdict."),
    FieldSpec("category", .string, "The category that decided."),
    FieldSpec("stage", .string, "The id of the stage that decided."),
    FieldSpec("rule", .string, "The id of a rule that matched or was cited."),
  ]

  public static let testCase: [FieldSpec] = [
    FieldSpec("name", .string, required: true, "What the case shows."),
    FieldSpec("text", .string, "The message."),
    FieldSpec("prompt", .string, "With `completion`, in place of `text`: an exchange with a language model."),
    FieldSpec("completion", .string, "The answer to `prompt`."),
    FieldSpec("messages", .list(.object(turn)), "In place of `text`: a whole chat."),
    FieldSpec("author", .string, "Who wrote the message."),
    FieldSpec("context", .list(.either([.string, .object(contextTurn)])), "Earlier messages of the conversation, oldest first."),
    FieldSpec("expect", .either([verdict, .object(expectation)]), required: true, "The verdict, or a map of what to expect."),
    FieldSpec(
      "reasoner", .perCategory(.either([.string, .integer(Int.min...Int.max), .boolean])),
      "The reasoner's answer by category: `violates`, `safe`, `abstain`, or a raw answer as the model would write it."),
  ]
}
