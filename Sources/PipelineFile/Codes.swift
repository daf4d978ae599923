import Moderation

extension PipelineFile {
  /// Codes about single fields.
  static let pipelineCodes: [CodeExplanation] = [
    CodeExplanation(
      "not-a-pipeline", "a file that is no map", meaning: "A pipeline file is a map that starts with `pipeline:`.",
      why: "Nothing in it can be understood.", fix: "pipeline: chat-safety"),
    CodeExplanation(
      "unknown-field", "a field that does not exist", meaning: "The field is misspelt, or stands at the wrong level.",
      why: "An ignored field is a threshold or a rule that silently does not hold.", example: "allow_bellow: 0.03", fix: "allow_below: 0.03"),
    CodeExplanation(
      "missing-field", "a field that must be there is not", meaning: "The map lacks something that has no default.",
      why: "There is no safe value to assume.", fix: "Add the field; `winnow explain TYPE` shows an example."),
    CodeExplanation(
      "missing-value", "a key with nothing behind it", meaning: "`key:` without a value is YAML's null, which no field takes.",
      why: "It is not clear whether the default or nothing was meant.", example: "deadline:", fix: "deadline: 30s"),
    CodeExplanation(
      "wrong-type", "a value of the wrong kind",
      meaning: "For example text where a number is expected. `yes`, `no`, `on` and `off` are text: booleans are `true` and `false`.",
      why: "Guessing what was meant is how `no` becomes a country and `1e3` a thousand.", example: "auto_block: no", fix: "auto_block: false"),
    CodeExplanation(
      "out-of-range", "a number outside its range", meaning: "Thresholds and shares go from 0 to 1, and other numbers have their limits.",
      why: "A threshold that no probability reaches decides nothing.", example: "block_above: 97", fix: "block_above: 0.97"),
    CodeExplanation(
      "unknown-choice", "a word that is not one of the choices", meaning: "The field takes one of a few words.",
      why: "There is no meaning to give it.", example: "on_error: ignore", fix: "on_error: next"),
    CodeExplanation(
      "conflicting-fields", "fields that exclude each other", meaning: "For example `text` beside `messages`: a record is a message, an exchange or a chat.",
      why: "Only one could be read, and it is not clear which.", example: "{text: hi, prompt: hello, completion: hi}", fix: "{prompt: hello, completion: hi}"),
    CodeExplanation(
      "inline-secret", "a secret written in the file", meaning: "Keys and passwords are named, not written: `{env: NAME}` or `{file: path}`.",
      why: "Pipeline files are committed, hashed, copied into audit logs and shown to reviewers.", example: "api_key: sk-…",
      fix: "api_key: {env: OPENAI_API_KEY}"),
    CodeExplanation(
      "category-name", "a name that no category can have", meaning: "Names are lower-case letters, digits, `_` and `-`, with dots between the parts.",
      why: "Names stand in verdicts, metrics and file names, where blanks and capitals cause trouble.", example: "Hate Speech: high", fix: "hate_speech: high"),
    CodeExplanation(
      "unknown-category", "a category that this pipeline does not have", meaning: "The name is misspelt, or missing under `categories:`.",
      why: "Its thresholds would apply to nothing.", example: "bands: {harrassment: {block_above: 0.9}}", fix: "bands: {harassment: {block_above: 0.9}}"),
    CodeExplanation(
      "no-categories", "a pipeline without categories", meaning: "`categories:` is empty.", why: "There is nothing to look for.", fix: "categories: {spam: low}"
    ),
    CodeExplanation(
      "too-many-categories", "more than 64 categories", meaning: "A pipeline has at most 64, so that a set of them is one machine word.",
      why: "More would slow down every message.", fix: "Use a pipeline for each group of categories."),
    CodeExplanation(
      "duplicate-name", "two cases with one name", meaning: "Cases are told apart by their names in reports.", why: "A failing case could not be found.",
      fix: "Give each case a name of its own."),
  ]

  /// Codes about stages and how they work together.
  static let stageCodes: [CodeExplanation] = [
    CodeExplanation(
      "no-stages", "a pipeline without stages", meaning: "`stages:` is empty.", why: "Nothing would be judged.",
      fix: "`winnow explain` lists the types of stages."),
    CodeExplanation(
      "too-many-stages", "more than 255 stages", meaning: "A verdict names its stage in one byte.",
      why: "Every stage is passed by every message; files of phrases and rules belong together in one.", fix: "Put rules of one kind into the files of one stage."),
    CodeExplanation(
      "unknown-stage-type", "a stage type that does not exist", meaning: "The word after `type:` is misspelt, or of another version.",
      why: "The stage cannot be built.", example: "type: clasifier", fix: "type: classifier"),
    CodeExplanation(
      "unknown-stage", "a stage id that no stage has", meaning: "A case expects the verdict of a stage that is not there.", why: "The case could never pass.",
      fix: "Name the `id` of one of the stages."),
    CodeExplanation(
      "stage-id", "an id that no stage can have", meaning: "Ids are 1 to 64 letters, digits, `_`, `-` or `.`.",
      why: "They stand in verdicts and in the names of metrics.", example: "id: my stage", fix: "id: my_stage"),
    CodeExplanation(
      "duplicate-id", "two stages with one id", meaning: "A stage without `id` is called by its type, so two of a type need ids.",
      why: "A verdict could not say which of them decided.", example: "- {type: classifier, model: a}\n- {type: classifier, model: b}",
      fix: "- {id: toxic, type: classifier, model: a}\n- {id: spam, type: classifier, model: b}"),
    CodeExplanation(
      "band-order", "thresholds that leave no gap",
      meaning: "`allow_below` must be less than `block_above`; what lies between is uncertain, and goes on to the next stage.",
      why: "With the two exchanged, a message would be both allowed and blocked.", example: "{allow_below: 0.9, block_above: 0.1}",
      fix: "{allow_below: 0.1, block_above: 0.9}"),
    CodeExplanation(
      "bands-without-scores", "bands on a stage without probabilities", meaning: "Only stages that score have thresholds.",
      why: "The thresholds would never apply.", fix: "Move `bands` to the classifier."),
    CodeExplanation(
      "no-bands", "a scoring stage without thresholds", meaning: "The stage computes probabilities that nothing compares.",
      why: "It costs time and decides nothing.",
      fix: "bands: {spam: {allow_below: 0.03, block_above: 0.97}}"),
    CodeExplanation(
      "unreachable-stage", "a stage that no message reaches", meaning: "An earlier stage settles every category that is still open.",
      why: "The stage looks like protection and is none.", fix: "Move it before the stage that settles everything, or pass messages on with `on_abstain: next`."
    ),
    CodeExplanation(
      "late-hits", "hits that come too late",
      meaning: "A stage of lexicons and rules stands behind one that may allow a message alone: by its bands, or by `on_no_hit: allow`.",
      why: "What was allowed before is never looked at, so its hits, `block` among them, do not count there.",
      fix: "Move it before the stage that allows."),
    CodeExplanation(
      "unsettled-category", "a category that nothing settles", meaning: "No stage has a band for it, and no reasoner a policy.",
      why: "It looks watched, and never changes a verdict.", fix: "Give it `bands`, add a reasoner, or remove it."),
    CodeExplanation(
      "escalates-to-nobody", "`always_escalate` without a reasoner",
      meaning: "The category stays open until a reasoner has judged it, and none has a policy for it.",
      why: "Every message goes to review.", fix: "Add a reasoner and a `policy`, or remove `always_escalate`."),
    CodeExplanation(
      "nothing-decides", "every stage is off or in shadow", meaning: "No stage has `mode: enforce`.",
      why: "Every message is allowed; fine for a trial beside another system, dangerous otherwise.", fix: "mode: enforce"),
    CodeExplanation(
      "no-reasoner", "a setting that needs a reasoner", meaning: "`audit_sample` and `budget` are about what the reasoner is asked.",
      why: "They do nothing here.",
      fix: "Add a stage that asks a reasoner, or remove the setting."),
    CodeExplanation(
      "empty-setting", "a setting that sets nothing", meaning: "`audit_sample` or `budget` is an empty map.",
      why: "It looks as if something were sampled or limited, and nothing is.", example: "budget: {}", fix: "budget: {share: 5%}"),
    CodeExplanation(
      "fail-open", "a failure that allows", meaning: "With `allow`, a message passes unjudged when the stage fails; its verdict then carries `degraded`.",
      why: "Whoever can make the stage fail can get anything through.", example: "on_timeout: allow", fix: "on_timeout: review"),
    CodeExplanation(
      "deadline-too-short", "a deadline shorter than a stage's timeout", meaning: "The message's time is over before the stage's is.",
      why: "The timeout never applies, and slow answers are lost.", example: "deadline: 10s\nstages: [{type: safeguard, timeout: 20s}]", fix: "deadline: 30s"),
  ]
}
