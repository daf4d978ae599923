import Moderation

/// Explanations of the diagnostics that goals, gates and labelled data can give.
public enum EvaluationCodes {
  public static let all: [CodeExplanation] = [
    CodeExplanation(
      "goal-syntax", "a goal or budget that cannot be read",
      meaning: "a goal is `[category:] minimum|maximum METRIC @ BOUND, BOUND`, a bound is `METRIC >= VALUE` or `METRIC <= VALUE`",
      why: "thresholds follow from the sentence, so it must say one thing",
      example: "winnow tune p.yaml d.jsonl --goal \"minimum escalation_rate @ recall >= 0.95\"", fix: "write it in this form; shares may be written `5%`, latencies `300ms`"),
    CodeExplanation(
      "goal-direction", "a goal that asks for the worst", meaning: "more recall, precision, F1 and coverage are better, and less of everything else",
      why: "`minimum recall` would be met by allowing everything", fix: "exchange `minimum` and `maximum`"),
    CodeExplanation(
      "goal-metric", "a metric that cannot be optimised", meaning: "a latency percentile can be bounded, but has no least value to search for",
      why: "every pair of thresholds is compared by sums over messages, and a percentile is none", example: "minimum cost @ p95_latency <= 300ms",
      fix: "minimise `escalation_rate` or `cost`, and bound the latency"),
    CodeExplanation(
      "goal-unbalanced", "a goal that one side of an error costs nothing", meaning: "the sentence names neither what a missed violation costs nor what a wrong block does",
      why: "its best answer would allow or block everything", fix: "add a bound such as `@ recall >= 0.95`"),
    CodeExplanation(
      "goal-value", "a value that its metric cannot have", meaning: "shares lie in 0...1 or are written `5%`, latencies are written `300ms` or `2s`",
      why: "a bound out of range is always or never kept", fix: "write a value of the metric's unit"),
    CodeExplanation(
      "unknown-metric", "a metric that does not exist", meaning: "goals, budgets and gates speak of metrics such as `recall`, `precision`, `escalation_rate` and `llm_calls`",
      why: "the sentence would ask for something that nobody measures", fix: "use one of the names that the message lists"),
    CodeExplanation(
      "gate-syntax", "a gate that cannot be read", meaning: "a gate is `[category:]metric=value`", why: "a gate that nobody checks would pass for ever",
      example: "winnow eval p.yaml d.jsonl --min spam:recall=0.95 --max escalation_rate=10%", fix: "write it in this form; `winnow eval --help` names the options"),
    CodeExplanation(
      "label-rule", "a `--label` that names no label", meaning: "`--label CATEGORY=NAME+NAME` says under which names the data speak of a category",
      why: "the category would silently have no labels", example: "--label harassment=insult+threat", fix: "name at least one label behind the `=`"),
    CodeExplanation(
      "no-tests", "a file of tests without a list of tests", meaning: "a promptfoo file is a list of `{vars, assert}`, or holds one under `tests:`",
      why: "there is nothing to measure on", fix: "give the file with the tests; other labelled data are JSON Lines"),
  ]
}
