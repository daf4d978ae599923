import Dispatch
import GPTOSS
import Moderation
import Synchronization

/// Runs gpt-oss-safeguard in this process.
///
/// What the network cannot have: the policy's keys and values are computed once and shared by all messages; after the reasoning budget the
/// analysis is closed and the label asked for, so no answer is cut off; decoding is held to the policy's format, so none is malformed; and
/// the probability of each label is known at the token that decides. Content cannot become a control token: it is encoded as text.
public final class NativeBackend: ModelBackend {
  /// Tokens of the final answer to one policy at most; the reasoning has its own budget.
  private static let tokensPerAnswer = 256

  private let path: String
  private let options: NativeModel.Options
  private let reasoningBudget: Int?
  public let identity: String
  public var isLocal: Bool { true }
  private let model = Mutex<NativeModel?>(nil)
  /// Rendered prefixes by effort and system text.
  private let prefixes = Mutex<[String: PromptPrefix]>([:])

  /// - Parameters:
  ///   - path: a checkpoint folder.
  ///   - reasoningBudget: tokens of analysis; 0 for none, nil for what `max_tokens` leaves.
  ///   - policyCache: folder that keeps policies' keys and values between runs.
  init(path: String, identity: String, threads: Int, sequences: Int, reasoningBudget: Int?, policyCache: String? = nil) {
    self.path = path
    self.identity = identity
    self.reasoningBudget = reasoningBudget
    var options = NativeModel.Options()
    options.threads = max(1, threads)
    options.maxSequences = max(1, min(sequences, 32))
    options.prefixFolder = policyCache
    self.options = options
  }

  /// Maps the weights; the first time they are brought into the kernels' layout, which takes minutes for a large model.
  public func start() async throws {
    let loaded = try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<NativeModel, any Error>) in
      // Not on a thread of the tasks' pool: loading blocks.
      DispatchQueue.global().async { [path, options] in
        continuation.resume(with: Result { try NativeModel.load(directory: path, options: options) })
      }
    }
    model.withLock { $0 = loaded }
  }

  public func shutdown() async {
    let loaded = model.withLock { model -> NativeModel? in
      defer { model = nil }
      return model
    }
    await loaded?.finishWriting()
    loaded?.shutDown()
  }

  public func complete(_ prompt: SafeguardPrompt, sampling: Sampling, deadline: ContinuousClock.Instant) async throws(ReasonerError) -> ModelAnswer {
    try await complete(prompt, sampling: sampling, deadline: deadline, onReasoning: nil)
  }

  public func complete(
    _ prompt: SafeguardPrompt, sampling: Sampling, deadline: ContinuousClock.Instant, onReasoning: (@Sendable (String) -> Void)?
  ) async throws(ReasonerError) -> ModelAnswer {
    guard let model = model.withLock({ $0 }) else { throw ReasonerError(.error, "the model is not loaded") }
    let started = ContinuousClock.now
    do {
      let harmony = try Harmony(model.tokenizer)
      let constraint = AnswerGrammar.constraint(for: prompt), answerTokens = Self.answerTokens(prompt, sampling)
      var request = GenerationRequest(
        prefix: try prefix(prompt, harmony), tokens: try harmony.render([HarmonyMessage(.user, prompt.user)]), reasoning: .none, constraint: constraint,
        maxTokens: answerTokens, temperature: Float(sampling.temperature), seed: UInt64(bitPattern: Int64(sampling.seed ?? 0)), deadline: deadline)
      request.reasoning = reasoning(sampling.maxTokens - answerTokens, room: model.reasoningRoom(beside: request))
      let reader = onReasoning.map { ReasoningReader(harmony, report: $0) }
      let result = try await model.generate(request) { reader?.read($0) }
      return answer(result, model.tokenizer, prompt, constraint, latency: ContinuousClock.now - started)
    } catch let error as EngineError {
      throw ReasonerError(Self.cause(error), "the model failed: \(error)", usage: ReasonerUsage(calls: 1))
    } catch {
      throw ReasonerError(.error, "the model failed: \(error)")
    }
  }

  /// System and developer messages. They are the same tokens for every content, so their keys and values are kept.
  private func prefix(_ prompt: SafeguardPrompt, _ harmony: Harmony) throws -> PromptPrefix {
    let key = hexSHA256(prompt.effort.rawValue + "\n" + prompt.system)
    if let known = prefixes.withLock({ $0[key] }) { return known }
    let system = HarmonyMessage(.system, [.system(HarmonySystemContent(effort: HarmonyEffort(rawValue: prompt.effort.rawValue)))])
    let developer = HarmonyMessage(.developer, [.developer(HarmonyDeveloperContent(instructions: prompt.system))])
    let made = PromptPrefix(key: key, tokens: try harmony.render([system, developer], .conversation))
    prefixes.withLock { known in
      // Sets of open policies are few; tests with thousands of policies must not fill the memory.
      if known.count >= 256 { known.removeAll() }
      known[key] = made
    }
    return made
  }

  /// Several policies have an answer each, but no more than half of what is allowed.
  private static func answerTokens(_ prompt: SafeguardPrompt, _ sampling: Sampling) -> Int {
    let wanted = min(tokensPerAnswer * prompt.policies.count, sampling.maxTokens / 2)
    return min(max(tokensPerAnswer, wanted), sampling.maxTokens)
  }

  /// As much reasoning as is wanted, or as `max_tokens` leaves, within the context: a short message must not fail for the sake of tokens that it would
  /// hardly use.
  private func reasoning(_ rest: Int, room: Int) -> ReasoningMode {
    let budget = min(reasoningBudget ?? max(1, rest), max(0, room))
    return budget == 0 ? .none : .budget(budget)
  }

  private func answer(_ result: GenerationResult, _ tokenizer: Tokenizer, _ prompt: SafeguardPrompt, _ constraint: AnswerConstraint?, latency: Duration) -> ModelAnswer {
    // The shortest end of an answer that ran out of tokens is well formed whatever it says: only what the model itself decided may count.
    let isWhole = result.finishReason == .stop || constraint.map { result.decisions.count == $0.choices.count } ?? false
    let analysis = tokenizer.decode(result.analysisTokens)
    return ModelAnswer(
      final: tokenizer.decode(result.finalTokens), reasoning: analysis.isEmpty ? nil : analysis,
      finish: isWhole ? .stop : .length, labelProbabilities: AnswerGrammar.labelProbabilities(result, prompt: prompt),
      usage: ReasonerUsage(calls: 1, promptTokens: result.promptTokens, cachedPromptTokens: result.cachedPromptTokens, completionTokens: result.tokens.count),
      latency: latency, model: identity)
  }

  private static func cause(_ error: EngineError) -> DegradedCause {
    switch error {
    case .deadlineExceeded, .cancelled: .timeout
    case .outOfMemory: .overload
    default: .error
    }
  }
}

/// Picks the text of the analysis channel out of a completion while it comes.
private final class ReasoningReader: Sendable {
  private let parser: Mutex<HarmonyParser?>
  private let report: @Sendable (String) -> Void

  init(_ harmony: Harmony, report: @escaping @Sendable (String) -> Void) {
    parser = Mutex(HarmonyParser(harmony))
    self.report = report
  }

  func read(_ tokens: [TokenID]) {
    let text = parser.withLock { parser -> String in
      var text = ""
      for token in tokens where parser != nil {
        // What is shown is not what is judged: a completion that is no harmony just ends the showing.
        do { try parser?.push(token) } catch { parser = nil }
        if parser?.channel == "analysis", let delta = parser?.delta { text += delta }
      }
      return text
    }
    if !text.isEmpty { report(text) }
  }
}

/// The answer formats as constraints of the native decoder.
package enum AnswerGrammar {
  /// Nil where the answer is a report in free form, or one to so many policies with so many rules that the decoder could not hold it to all of them.
  static func constraint(for prompt: SafeguardPrompt) -> AnswerConstraint? {
    guard prompt.formats.count > 1 else { return single(prompt.formats[0], rules: prompt.policies[0].ruleIDs) }
    let constraint = AnswerConstraint.json(zip(prompt.policies, prompt.formats).map(member))
    return constraint.isCompact ? constraint : nil
  }

  /// One policy's part of an answer to several, as ``SystemText`` asks for it.
  private static func member(_ policy: Policy, _ format: AnswerFormat) -> AnswerConstraint.Field {
    switch format.shape {
    case .json(let shape): .object(policy.id, fields(shape, format.askedLabels, policy.ruleIDs.sorted()))
    case .flags(let flags): .object(policy.id, flags.map { decision($0.key, format.askedLabels) })
    case .bare, .tagged, .field, .list: decision(policy.id, format.askedLabels)
    }
  }

  /// The shortest answer that the decoder allows; nil where it leaves the answer free.
  package static func shortestAnswer(to prompt: SafeguardPrompt) throws -> String? { try constraint(for: prompt)?.shortest(from: "") }

  private static func single(_ format: AnswerFormat, rules: Set<String>) -> AnswerConstraint? {
    switch format.shape {
    case .bare: .labels(format.askedLabels.map(\.name))
    case .tagged(let tag): .labels(format.askedLabels.map { "<\(tag)>\($0.name)</\(tag)>" })
    case .json(let shape): .json(fields(shape, format.askedLabels, rules.sorted()))
    case .flags(let flags): .json(flags.map { decision($0.key, format.askedLabels) })
    case .field, .list: nil
    }
  }

  private static func decision(_ key: String, _ labels: [AnswerLabel]) -> AnswerConstraint.Field {
    let names = labels.map(\.name)
    return labels.allSatisfy(\.isJSONNumber) ? .literal(key, names) : .label(key, names)
  }

  private static func fields(_ shape: JSONAnswerShape, _ labels: [AnswerLabel], _ rules: [String]) -> [AnswerConstraint.Field] {
    var fields = [decision(shape.decision, labels)]
    if let key = shape.category { fields.append(.label(key, rules + ["none"])) }
    if let key = shape.ruleIDs, !rules.isEmpty { fields.append(.labels(key, rules)) }
    if let key = shape.confidence { fields.append(.label(key, ["low", "medium", "high"])) }
    if let key = shape.rationale { fields.append(.text(key)) }
    return fields
  }

  /// By label name, from the decision that carries the label; empty for several policies and flags.
  static func labelProbabilities(_ result: GenerationResult, prompt: SafeguardPrompt) -> [String: Double] {
    guard prompt.formats.count == 1 else { return [:] }
    let format = prompt.formats[0]
    switch format.shape {
    case .bare: return result.decisions.first?.probabilities ?? [:]
    case .json(let shape): return result.decisions.first { $0.name == shape.decision }?.probabilities ?? [:]
    case .tagged(let tag):
      guard let found = result.decisions.first?.probabilities else { return [:] }
      return Dictionary(
        format.askedLabels.compactMap { label in found["<\(tag)>\(label.name)</\(tag)>"].map { (label.name, $0) } }, uniquingKeysWith: { first, _ in first })
    case .flags, .field, .list: return [:]
    }
  }
}
