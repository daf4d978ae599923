import Moderation

extension PolicyLint {
  /// The codes of policy files, for `winnow explain`.
  public static let codes: [CodeExplanation] = [
    .init(
      "policy-empty", "a policy without text", meaning: "The file holds nothing after its front matter.", why: "The model would judge by its own taste.",
      fix: "Write the policy."),
    .init(
      "policy-front-matter", "front matter that cannot be used", meaning: "The YAML block at the top has an unknown key or a value of the wrong kind.",
      why: "A misspelt key would silently change how answers are read.", example: "---\nidd: spam\n---", fix: "---\nid: spam\n---"),
    .init(
      "policy-output-format", "an output format that cannot be read", meaning: "`output:` names an unknown format, or labels that cannot tell messages apart.",
      why: "No answer could become a verdict.", example: "output: {labels: {high: block, low: block}}",
      fix: "output: {labels: {high: block, medium: review, low: allow}}"),
    .init(
      "policy-format-unstated", "a policy that states no output format",
      meaning: "Neither the text nor the front matter says how to answer; `0` and `1` are assumed.",
      why: "The model guesses, and stray answers become abstentions.", fix: "Answer with exactly `0` (safe) or `1` (violates)."),
    .init(
      "policy-format-conflict", "more than one output format", meaning: "The text asks for two formats at once, for example `VALID`/`INVALID` and `0`/`1`.",
      why: "In a recorded run under such a policy 46 of 129 answers were not in the format that was asked for.", fix: "Ask for one format, everywhere the same."
    ),
    .init(
      "policy-format-once", "an output format stated only once", meaning: "It is near the top, but not repeated before the examples.",
      why: "Models drift from a format that they read long ago.", fix: "Repeat the sentence right before the examples."),
    .init(
      "policy-format-late", "an output format stated late", meaning: "It first stands in the second half of the text.",
      why: "The rules are read without knowing what they are for.", fix: "State it in the first section."),
    .init(
      "policy-short", "a very short policy", meaning: "Below about \(fewestTokens) tokens.", why: "Borderline content is judged by the model's own taste.",
      fix: "Add definitions, rules for both sides, and examples."),
    .init(
      "policy-long", "a very long policy", meaning: "Above about \(mostTokens) tokens.",
      why: "Every message pays for it, and accuracy falls; above 10,000 reasoning runs out of room.", fix: "Split it by category, or cut what decides nothing."),
    .init(
      "policy-section", "a missing section", meaning: "One of INSTRUCTIONS, DEFINITIONS, VIOLATES, SAFE, EXAMPLES is not there.",
      why: "The model was trained on policies of this form.", fix: "Add a heading and its rules."),
    .init(
      "policy-vague", "a vague word", meaning: "A word such as `generally` or `usually` in a rule.", why: "It moves the decision from the policy to the model.",
      example: "Insults are usually a violation.", fix: "Insults of a person in the chat violate. Insults of oneself do not."),
    .init(
      "policy-examples", "too few examples", meaning: "Fewer than four examples with a label that can be read.",
      why: "Examples near the boundary settle more than rules; the probe at start needs them too.", fix: "Content: \"nice try, noob\"\nAnswer: 0"),
    .init(
      "policy-one-sided", "examples of one side only", meaning: "All examples have the same label.", why: "The model leans to that label.",
      fix: "Add examples of the other side."),
    .init(
      "policy-precedence", "no word on precedence", meaning: "Nothing says what wins when a violating and a safe rule both apply.",
      why: "Such content is then judged by chance.", fix: "If both apply, the rule under VIOLATES wins."),
    .init(
      "policy-placeholder", "a place for the content in the policy", meaning: "A template such as `Content: [INPUT]`.",
      why: "The model fills it in: answers then begin with an echo of the message.", fix: "Take the template out."),
    .init(
      "policy-special-token", "special-token text in the policy", meaning: "Text such as `<|end|>`.",
      why: "Servers may take it for the real thing; it is broken before it is sent.", fix: "Describe it in words."),
    .init(
      "policy-effort", "reasoning effort in the policy", meaning: "A line such as `Reasoning: high`.",
      why: "Effort is a parameter of the call; here it is only text.", fix: "effort: high   # on the stage"),
  ]
}

extension SafeguardStage {
  /// The codes of the stage, for `winnow explain`.
  public static let codes: [CodeExplanation] = [
    .init(
      "safeguard-without-policy", "a safeguard stage without a policy", meaning: "No category has a `policy:`, and the stage has no `policies:`.",
      why: "There is nothing to ask under.", fix: "categories:\n  spam: {policy: policies/spam.md}"),
    .init(
      "unreadable-policy", "a policy that cannot be read", meaning: "The file is missing, a folder, too large, or not UTF-8.",
      why: "Its categories could not be judged.", fix: "Check the path."),
    .init(
      "duplicate-policy", "two policies with one id", meaning: "Their files share a name, or their front matter an `id`.",
      why: "Answers and verdicts name policies by id.", fix: "---\nid: spam-strict\n---"),
    .init(
      "policy-category", "a policy for other categories",
      meaning: "Its `categories:` do not hold the category that it is used for, or one of its flags stands for a category that the pipeline does not have.",
      why: "It may be the wrong file, and such a flag settles nothing.", fix: "Correct the path, the policy's `categories:`, or the flag's category."),
    .init(
      "bad-endpoint", "an endpoint that is no URL of a chat API", meaning: "It is not `http(s)://host[:port]/path`, or holds a password or a query.",
      why: "Calls would go nowhere, or leak a key.", example: "endpoint: localhost:8080", fix: "endpoint: http://localhost:8080/v1"),
    .init(
      "endpoint-without-model", "an endpoint without a model name", meaning: "`endpoint:` is there and `model:` is not.",
      why: "Servers with several models would answer with any of them.", fix: "model: openai/gpt-oss-safeguard-20b"),
    .init(
      "plain-http-endpoint", "messages travel unencrypted", meaning: "The endpoint is `http://` on another machine.",
      why: "Everybody on the way reads the messages, and the key.", fix: "endpoint: https://…"),
    .init(
      "unused-key", "a key that is not used", meaning: "`api_key:` without `endpoint:`.", why: "Nothing is sent anywhere.",
      fix: "Remove it, or add the endpoint."),
    .init(
      "bad-secret", "a secret that cannot be used", meaning: "It is not `{env: NAME}` or `{file: path}`, or the key is empty or not plain ASCII.",
      why: "A key must never stand in the file itself.", example: "api_key: sk-123", fix: "api_key: {env: WINNOW_API_KEY}"),
    .init(
      "missing-secret", "a key that is not there", meaning: "The environment variable is not set, or the file cannot be read.",
      why: "Every call would be refused.", fix: "export WINNOW_API_KEY=…"),
    .init(
      "bad-truncation", "a truncation that shows nothing or too much", meaning: "`head` and `tail` add up to nothing, or to more than `max_content`.",
      why: "Content could not be shown.", fix: "truncate: {head: 4000, tail: 1000}"),
    .init(
      "bad-reasoning-budget", "a reasoning budget that leaves no room", meaning: "`reasoning_budget` is not below `max_tokens`.",
      why: "No tokens would be left for the answer.", fix: "max_tokens: 2048\nreasoning_budget: 1500"),
    .init(
      "votes-without-chance", "votes that are all the same", meaning: "Several `votes` at `temperature: 0`.",
      why: "They cost k times as much and say the same.", fix: "Leave `temperature` out."),
    .init(
      "native-model", "a model that cannot run here", meaning: "`model:` without `endpoint:` names a checkpoint to run in this process.",
      why: "It is missing or cannot be used.", fix: "Give the folder of a checkpoint, or an `endpoint:`."),
    .init(
      "unreadable-recording", "recorded answers that cannot be read", meaning: "The file is missing or not a regular file.",
      why: "Every message would be an abstention.", fix: "Check the path."),
    .init(
      "bad-recording", "a recording with lines that are no answers", meaning: "Some lines are not JSON with `key` and `final`.",
      why: "Their messages will be abstentions.", fix: "Record again."),
    .init(
      "unwritable-recording", "a recording that cannot be written", meaning: "The file of `--record` cannot be opened.", why: "The answers would be lost.",
      fix: "Choose another path."),
    .init(
      "probe-constant", "a model with one answer to everything", meaning: "At start the policy's own examples of both sides all got the same answer.",
      why: "The model, its chat template or the answer format is wrong; every verdict would be too.",
      fix: "Check the model name and template, or set `probe: false`."),
    .init(
      "probe-inverted", "a model that answers the wrong way round", meaning: "At start most of the policy's own examples got the opposite label.",
      why: "Labels are probably swapped between policy and front matter.", fix: "Check `output: {labels: …}`."),
    .init(
      "probe-unanswered", "a model that does not answer", meaning: "At start the model was asked about the policy's own examples, and no answer came.",
      why: "Every message would end as the stage's `on_error` says.", fix: "Start the server, and correct `endpoint:`, `model:` or `api_key:`."),
    .init(
      "probe-unreadable", "a model whose answers cannot be read", meaning: "At start none of the policy's own examples got an answer in its format.",
      why: "Every message would be an abstention.", fix: "Check the model and the output format."),
  ]
}
