import Moderation
import RemoteModel

/// The `safeguard` stage: asks a policy-reasoning model (gpt-oss-safeguard and its kind) about what the cheap stages left open.
///
/// Each category brings a policy, a Markdown text that the model is given at inference time; the model answers with a label of that policy, and
/// the label becomes a finding. Everything that goes wrong (refusal, empty answer, nonsense, no model) is an abstention or an error, never a verdict.
public enum SafeguardStage {
  public static let spec = StageSpec(
    type: "safeguard", kind: .reasoner, summary: "asks a policy-reasoning model about messages that are still uncertain",
    description: """
      Shows each message, exchange or chat to gpt-oss-safeguard (or another model that reasons over a policy) together with the policies of the \
      categories that are still open, and turns its answers into findings. A policy may have its own labels; its front matter says what they mean. \
      Without an endpoint, a model or a recording the stage abstains from every message, and says so once.
      """,
    fields: fields, scores: false,
    example: """
      id: safeguard
      type: safeguard
      endpoint: http://127.0.0.1:8080/v1
      model: openai/gpt-oss-safeguard-20b
      effort: low
      context: {messages: 4}
      timeout: 20s
      on_timeout: review
      """)

  private static let fields: [FieldSpec] = [
    FieldSpec(
      "endpoint", .either([.url, .list(.url)]),
      "Base URL of an OpenAI-compatible chat API, or several that serve the same model. A call goes to the one that has its policy cached, unless that one is busy or ill."
    ),
    FieldSpec(
      "model", .string,
      "With `endpoint`: the model's name there. Without: a folder with a checkpoint, run in this process; an endpoint with the model's name behind `#`; `nano`, the demonstration checkpoint where `examples/models/nano` holds one; or `none`."
    ),
    FieldSpec("api_key", .secret, "Key for the endpoint, sent as a bearer token. Never written here and never printed."),
    FieldSpec("recorded", .path, "JSONL of earlier answers. What it holds is answered from it; the rest goes to `endpoint` or `model`, or is an abstention."),
    FieldSpec("policies", .perCategory(.existingPath), "Policy files by category; stand in for the categories' own `policy`."),
    FieldSpec("policies_per_call", .integer(1...16), default: "1", "How many policies are asked in one call. More is cheaper and less accurate."),
    FieldSpec("effort", .choice(ReasoningEffort.allCases.map(\.rawValue)), default: "low", "How much the model reasons before it answers."),
    FieldSpec(
      "max_tokens", .integer(16...131_072), default: "2048",
      "Ceiling for reasoning and answer together. An answer cut off by it is asked for once more with twice as much."),
    FieldSpec(
      "reasoning_budget", .integer(0...131_072),
      "Native model only: tokens of reasoning after which the analysis is closed and the label asked for; 0 asks at once. Without it, what `max_tokens` leaves beside the answer (48 with `nano`)."
    ),
    FieldSpec(
      "policy_cache", .path,
      "Native model only: folder that keeps what the model has made of the policies, so that the next start need not read them again. With the 20b model 3 MB, and about 24 KB for each token of the policy; files may be deleted at any time."
    ),
    FieldSpec(
      "answer", .choice(["policy", "label", "rationale"]), default: "policy",
      "`policy` asks in the policy's own form; `label` for the label alone, which costs least; `rationale` for a JSON object with the label, the rule ids and one sentence of reason. `winnow judge --prices` prints what each costs."
    ),
    FieldSpec(
      "context", .object([FieldSpec("messages", .integer(0...50), default: "0", "Earlier messages of the conversation to show.")]),
      "What is shown beside the message; never judged itself."),
    FieldSpec("timeout", .duration, default: "20s", "Longest wait for one message's answers, retries included. The message's deadline may end it sooner."),
    FieldSpec("retries", .integer(0...10), default: "2", "Calls after a failed one, with growing random pauses, within a budget of a fifth of all calls."),
    FieldSpec("concurrency", .integer(1...1024), default: "8", "Messages asked about at once, and calls at once."),
    FieldSpec(
      "max_content", .integer(1...1_000_000), default: "60000", "Longest content in characters. Longer content is an error, or cut where `truncate` is set."),
    FieldSpec(
      "truncate",
      .object([
        FieldSpec("head", .integer(0...1_000_000), default: "0", "Characters kept at the beginning."),
        FieldSpec("tail", .integer(0...1_000_000), default: "0", "Characters kept at the end."),
      ]), "Shows the beginning and end of content that is too long. What is found safe this way goes to review: the middle was not seen."),
    FieldSpec("votes", .integer(1...9), default: "1", "Answers to ask for, each with its own seed; the majority counts; a tie, or safe without more than half of all, is an abstention."),
    FieldSpec("temperature", .number(0...2), default: "0, or 0.7 with several votes", "Randomness of the answer."),
    FieldSpec("seed", .integer(0...Int.max), "Seed for servers that take one. Batching servers are not deterministic even so."),
    FieldSpec("logprobs", .boolean, default: "true", "Ask for token probabilities, which give a score. Left out by itself where the server refuses."),
    FieldSpec("probe", .boolean, default: "true", "Judge the policies' own examples at start, and refuse to run when the answers are constant or inverted."),
  ]

  public static let type = StageType(spec: spec, check: { check($0, &$1) }, build: { try .reasoner(build($0, $1)) })

  /// Reads the settings and the policies, and reports what is wrong with them. Needs no key, no network and no model.
  public static func check(_ configuration: StageConfiguration, _ diagnostics: inout Diagnostics) {
    let settings = SafeguardSettings(configuration, diagnostics: &diagnostics)
    _ = uses(settings, configuration, &diagnostics)
    if case .native(let path) = settings.model { diagnostics.add(contentsOf: NativeModels.check(path: path, span: configuration.settings["model"]?.span)) }
  }

  /// The stage, ready to start. Everything wrong at once as ``DiagnosticsError``.
  public static func build(_ configuration: StageConfiguration, _ options: BuildOptions) throws -> SafeguardReasoner {
    var diagnostics = Diagnostics()
    let settings = SafeguardSettings(configuration, diagnostics: &diagnostics)
    let uses = uses(settings, configuration, &diagnostics)
    let backends = Backends(settings, configuration, options, &diagnostics)
    if diagnostics.hasErrors { throw DiagnosticsError(diagnostics) }
    return reasoner(configuration, settings, uses, backends)
  }

  /// The stage with answers from a table, for the cases of pipeline tests: no network, no model, no probe.
  /// - Parameter answers: by category name: `violates`, `safe`, `abstain`, or a final answer as a model would write it.
  public static func scripted(_ configuration: StageConfiguration, answers: [String: String]) throws -> SafeguardReasoner {
    var diagnostics = Diagnostics()
    var settings = SafeguardSettings(configuration, diagnostics: &diagnostics)
    let uses = uses(settings, configuration, &diagnostics)
    if diagnostics.hasErrors { throw DiagnosticsError(diagnostics) }
    settings.policiesPerCall = 1
    settings.votes = 1
    settings.asksRationale = false
    settings.asksLabelOnly = false
    var finals: [String: String] = [:]
    for use in uses {
      for index in use.categories {
        guard let answer = answers[configuration.categories[index].name] else { continue }
        finals[use.policy.id] = ScriptedAnswer.final(answer, format: use.policy.format)
      }
    }
    return reasoner(configuration, settings, uses, Backends(live: nil, used: ScriptedBackend(finals: finals)))
  }

  /// The stage over a backend of the caller's choice.
  package static func build(_ configuration: StageConfiguration, backend: any ModelBackend, isLive: Bool = true) throws -> SafeguardReasoner {
    var diagnostics = Diagnostics()
    let settings = SafeguardSettings(configuration, diagnostics: &diagnostics)
    let uses = uses(settings, configuration, &diagnostics)
    if diagnostics.hasErrors { throw DiagnosticsError(diagnostics) }
    return reasoner(configuration, settings, uses, Backends(live: isLive ? backend : nil, used: backend))
  }

  private static func reasoner(
    _ configuration: StageConfiguration, _ settings: SafeguardSettings, _ uses: [SafeguardReasoner.Use], _ backends: Backends
  ) -> SafeguardReasoner {
    SafeguardReasoner(
      stageID: configuration.id, span: (configuration.settings["endpoint"] ?? configuration.settings["model"])?.span, uses: uses,
      categories: configuration.categories, settings: settings, builder: settings.builder, backend: backends.used,
      probed: settings.probes ? backends.live : nil, fingerprint: fingerprint(settings, uses, backends.used), notice: notice(configuration, settings, backends))
  }

  // MARK: Parts

  /// The policies, read from their files. Two that share an id could not be told apart in answers and verdicts.
  private static func uses(_ settings: SafeguardSettings, _ configuration: StageConfiguration, _ diagnostics: inout Diagnostics) -> [SafeguardReasoner.Use] {
    var uses: [SafeguardReasoner.Use] = []
    for use in settings.policies {
      do throws(FileError) {
        let text = try Files.text(path: use.path, maximumBytes: Policy.maximumBytes)
        let policy = Policy(text: text, file: use.path, diagnostics: &diagnostics)
        if let twin = uses.first(where: { $0.policy.id == policy.id }) {
          diagnostics.error(
            "duplicate-policy", "two policies have the id `\(policy.id)`", at: use.span, notes: [.init("the other one is `\(twin.file)`")],
            hint: "give each an `id` in its front matter")
        }
        checkCategories(policy, use, configuration, &diagnostics)
        checkFlags(policy, use, configuration, &diagnostics)
        uses.append(.init(policy: policy, file: use.path, categories: use.categories))
      } catch {
        diagnostics.error("unreadable-policy", "the policy could not be read: \(error)", at: use.span ?? configuration.settings.span)
      }
    }
    return uses
  }

  /// A policy that names its categories is not asked about others.
  private static func checkCategories(
    _ policy: Policy, _ use: SafeguardSettings.PolicyUse, _ configuration: StageConfiguration, _ diagnostics: inout Diagnostics
  ) {
    guard !policy.categories.isEmpty else { return }
    for index in use.categories {
      let name = configuration.categories[index].name
      let covered = policy.categories.contains { name == $0 || name.hasPrefix($0 + ".") }
      if !covered {
        diagnostics.warning(
          "policy-category", "policy `\(policy.id)` is for \(policy.categories.map { "`\($0)`" }.joined(separator: ", ")), but judges `\(name)` here",
          at: use.span ?? configuration.settings.span)
      }
    }
  }

  /// A flag of a category that does not exist settles nothing.
  private static func checkFlags(
    _ policy: Policy, _ use: SafeguardSettings.PolicyUse, _ configuration: StageConfiguration, _ diagnostics: inout Diagnostics
  ) {
    guard case .flags(let flags) = policy.format.shape else { return }
    for flag in flags {
      guard let category = flag.category, configuration.categories.index(of: category) == nil else { continue }
      diagnostics.warning(
        "policy-category", "flag `\(flag.key)` of policy `\(policy.id)` stands for `\(category)`, which is no category of this pipeline",
        at: use.span ?? configuration.settings.span,
        hint: nearestSpelling(to: category, in: configuration.categories.categories.map(\.name)).map { "did you mean `\($0)`?" })
    }
  }

  private static func notice(_ configuration: StageConfiguration, _ settings: SafeguardSettings, _ backends: Backends) -> String? {
    if settings.isDemonstration, backends.live != nil {
      return "stage `\(configuration.id)` uses `nano`, a demonstration model that follows simple policies: do not moderate people with it; "
        + "`winnow model pull \(ModelName.usualName)` fetches the real one, and `WINNOW_MODEL` or `model:` names its folder"
    }
    guard backends.used is NoModelBackend else { return nil }
    return "stage `\(configuration.id)` has no model: it abstains, and what is still uncertain goes the way of `on_abstain`; "
      + "set `endpoint:` and `model:`, or `recorded:`, to have it judged"
  }

  private static func fingerprint(_ settings: SafeguardSettings, _ uses: [SafeguardReasoner.Use], _ backend: any ModelBackend) -> String {
    var parts = ["safeguard", String(PromptBuilder.templateVersion), backend.identity, settings.effort.rawValue, String(settings.asksRationale), String(settings.asksLabelOnly)]
    parts += [settings.policiesPerCall, settings.contextMessages, settings.maxTokens, settings.reasoningBudget ?? -1, settings.maximumContent, settings.votes]
      .map { String($0) }
    parts += ["\(settings.truncation?.head ?? -1)/\(settings.truncation?.tail ?? -1)", "\(settings.samplingTemperature)", "\(settings.seed ?? -1)"]
    parts += uses.map { "\($0.policy.contentHash):\($0.categories.bits)" }
    return hexSHA256(parts.map { "\($0.utf8.count):\($0)" }.joined())
  }
}

/// The words of a pipeline test's `reasoner:` as a model would answer.
enum ScriptedAnswer {
  static func final(_ word: String, format: AnswerFormat) -> String {
    switch word {
    case "violates": canonical(.violates, format) ?? word
    case "safe": canonical(.safe, format) ?? word
    case "review": canonical(.review, format) ?? word
    case "abstain": ""
    default: word
    }
  }

  /// An answer in the policy's own format that the reader reads as this meaning.
  static func canonical(_ meaning: LabelMeaning, _ format: AnswerFormat) -> String? {
    if case .flags(let flags) = format.shape {
      guard meaning == .violates || meaning == .safe else { return nil }
      return "{" + flags.map { "\"\($0.key)\": \(meaning == .violates ? 1 : 0)" }.joined(separator: ", ") + "}"
    }
    guard let label = format.askedLabels.first(where: { $0.meaning == meaning }) else { return nil }
    switch format.shape {
    case .bare, .flags: return label.name
    case .tagged(let tag): return "<\(tag)>\(label.name)</\(tag)>"
    case .field(let field): return "\(field): \(label.name)"
    case .list(let field): return "\(field): [\(meaning == .violates ? "violation" : "")]"
    case .json(let shape): return "{\"\(shape.decision)\": \(label.jsonValue)}"
    }
  }
}
