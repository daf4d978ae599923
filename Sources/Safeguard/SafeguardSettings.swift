import Moderation
import RemoteModel

/// A safeguard stage as written, checked and typed.
struct SafeguardSettings: Sendable {
  /// A policy's file and the categories that it judges here.
  struct PolicyUse: Sendable {
    var path: String
    var span: SourceSpan?
    var categories: CategorySet
  }

  /// How the stage gets its answers.
  enum Model: Sendable {
    case remote(endpoints: [ChatEndpoint], name: String)
    case native(path: String)
    case none
  }

  var policies: [PolicyUse] = []
  var model: Model = .none
  /// Whether the model is the one that comes with Winnow for demonstration.
  var isDemonstration = false
  var key: KeySource?
  var recordedPath: String?
  var effort: ReasoningEffort = .low
  var maxTokens = 2048
  var reasoningBudget: Int?
  var policyCache: String?
  var asksRationale = false
  var asksLabelOnly = false
  var policiesPerCall = 1
  var contextMessages = 0
  var timeout = Duration.seconds(20)
  var retries = 2
  var concurrency = 8
  var truncation: Truncation?
  var maximumContent = 60_000
  var probes = true
  var votes = 1
  var temperature: Double?
  var seed: Int?
  var topLogprobs = 5

  init(_ configuration: StageConfiguration, diagnostics: inout Diagnostics) {
    let settings = configuration.settings
    effort = settings["effort"]?.string.flatMap(ReasoningEffort.init(rawValue:)) ?? effort
    maxTokens = settings["max_tokens"]?.int ?? maxTokens
    reasoningBudget = settings["reasoning_budget"]?.int
    policyCache = settings["policy_cache"]?.string.flatMap { $0.isEmpty ? nil : configuration.resolve($0) }
    asksRationale = settings["answer"]?.string == "rationale"
    asksLabelOnly = settings["answer"]?.string == "label"
    policiesPerCall = max(1, settings["policies_per_call"]?.int ?? policiesPerCall)
    contextMessages = max(0, settings["context"]?["messages"]?.int ?? contextMessages)
    timeout = settings["timeout"]?.duration ?? timeout
    retries = max(0, settings["retries"]?.int ?? retries)
    concurrency = max(1, settings["concurrency"]?.int ?? concurrency)
    maximumContent = max(1, settings["max_content"]?.int ?? maximumContent)
    probes = settings["probe"]?.bool ?? probes
    votes = max(1, settings["votes"]?.int ?? votes)
    temperature = settings["temperature"]?.double
    seed = settings["seed"]?.int
    topLogprobs = settings["logprobs"]?.bool == false ? 0 : topLogprobs
    recordedPath = settings["recorded"]?.string.map(configuration.resolve)
    if let cut = settings["truncate"], !cut.isNull { truncation = Truncation(head: cut["head"]?.int ?? 0, tail: cut["tail"]?.int ?? 0) }
    readPolicies(configuration, &diagnostics)
    readModel(configuration, &diagnostics)
    check(settings, &diagnostics)
  }

  // MARK: Policies

  private mutating func readPolicies(_ configuration: StageConfiguration, _ diagnostics: inout Diagnostics) {
    let overrides = configuration.settings["policies"]
    for index in configuration.categories.all {
      let category = configuration.categories[index]
      let entry = overrides?.entry(category.name)
      guard let path = entry?.value.string.map(configuration.resolve) ?? category.policyPath else { continue }
      if let known = policies.firstIndex(where: { $0.path == path }) {
        policies[known].categories.insert(index)
      } else {
        policies.append(PolicyUse(path: path, span: entry?.value.span, categories: CategorySet([index])))
      }
    }
    if policies.isEmpty {
      diagnostics.error(
        "safeguard-without-policy", "stage `\(configuration.id)` has no policy to ask under", at: configuration.settings.span,
        hint: "give a category a `policy:`, or the stage `policies:`")
    }
  }

  // MARK: Model

  private mutating func readModel(_ configuration: StageConfiguration, _ diagnostics: inout Diagnostics) {
    let settings = configuration.settings
    // Empty is absent, so that a file may say `model: ${WINNOW_MODEL:-}`.
    let name = settings["model"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    if let entry = settings.entry("api_key") { key = KeySource(entry.value, configuration, &diagnostics) }
    guard let written = settings["endpoint"], written.string != "" else {
      if let name { readModelName(name, configuration, &diagnostics) }
      return
    }
    var endpoints: [ChatEndpoint] = []
    for item in written.list ?? [written] {
      if let endpoint = endpoint(item.string ?? "", at: item.span, &diagnostics) { endpoints.append(endpoint) }
    }
    guard let name else {
      diagnostics.error(
        "endpoint-without-model", "an endpoint needs `model`: the name that it knows the model by", at: written.span,
        hint: "for example `model: openai/gpt-oss-safeguard-20b`")
      return
    }
    if !endpoints.isEmpty { model = .remote(endpoints: endpoints, name: name) }
  }

  /// Tokens of reasoning of the demonstration model, unless the file says otherwise: its sentences are short, and one that does not end is of no use.
  private static let demonstrationBudget = 48

  private mutating func readModelName(_ written: String, _ configuration: StageConfiguration, _ diagnostics: inout Diagnostics) {
    let span = configuration.settings["model"]?.span
    switch ModelName(written, configuration) {
    case .absent: break
    case .folder(let path): model = .native(path: path)
    case .endpoint(let url, let name):
      if let endpoint = endpoint(url, at: span, &diagnostics) { model = .remote(endpoints: [endpoint], name: name) }
    case .nano(let path?):
      (model, isDemonstration) = (.native(path: path), true)
      reasoningBudget = reasoningBudget ?? min(Self.demonstrationBudget, maxTokens - 1)
    case .nano(nil):
      diagnostics.error(
        "native-model", "the demonstration model `nano` is not in `examples/models/nano` of this folder or one above it", at: span,
        hint: "train one (`examples/models/nano/README.md`), or give the folder of a gpt-oss checkpoint or an endpoint's URL")
    }
  }

  private func endpoint(_ written: String, at span: SourceSpan?, _ diagnostics: inout Diagnostics) -> ChatEndpoint? {
    do throws(ChatEndpoint.Problem) {
      let endpoint = try ChatEndpoint(written: written)
      if endpoint.isPlainRemote {
        diagnostics.warning(
          "plain-http-endpoint", "messages\(key == nil ? "" : " and the key") travel unencrypted to `\(endpoint.name)`", at: span,
          hint: "use `https://`, or a tunnel to `127.0.0.1`")
      }
      return endpoint
    } catch {
      diagnostics.error("bad-endpoint", error.message, at: span, hint: error.hint)
      return nil
    }
  }

  private func check(_ settings: Setting, _ diagnostics: inout Diagnostics) {
    if let truncation, truncation.head + truncation.tail > maximumContent || truncation.head + truncation.tail == 0 {
      diagnostics.error(
        "bad-truncation", "`head` and `tail` together must be 1 to \(maximumContent) characters (`max_content`)", at: settings["truncate"]?.span)
    }
    if let reasoningBudget, reasoningBudget >= maxTokens {
      diagnostics.error(
        "bad-reasoning-budget", "`reasoning_budget` must be less than `max_tokens`, which also holds the answer", at: settings["reasoning_budget"]?.span)
    }
    if votes > 1, temperature == 0 {
      diagnostics.warning(
        "votes-without-chance", "at `temperature: 0` all votes are nearly the same", at: settings["votes"]?.span, hint: "leave `temperature` out")
    }
    if case .remote = model {} else if key != nil {
      diagnostics.warning("unused-key", "`api_key` does nothing without an endpoint", at: settings["api_key"]?.span)
    }
  }

  /// Temperature of one vote: 0 for a single one, else warm enough for the votes to differ.
  var samplingTemperature: Double { temperature ?? (votes > 1 ? 0.7 : 0) }

  var builder: PromptBuilder {
    var builder = PromptBuilder(effort: effort, asksRationale: asksRationale, truncation: truncation, maximumContent: maximumContent)
    builder.asksLabelOnly = asksLabelOnly
    return builder
  }
}
