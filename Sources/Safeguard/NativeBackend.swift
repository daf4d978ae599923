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
  /// Tokens of the final answer at most; the reasoning has its own budget.
  static let answerTokens = 256

  private let path: String
  private let options: NativeModel.Options
  private let reasoningBudget: Int?
  public let identity: String
  private let model = Mutex<NativeModel?>(nil)
  /// Rendered prefixes by effort and system text.
  private let prefixes = Mutex<[String: PromptPrefix]>([:])

  /// - Parameters:
  ///   - path: a checkpoint folder.
  ///   - reasoningBudget: tokens of analysis; 0 for none, nil for what `max_tokens` leaves.
  init(path: String, identity: String, threads: Int, sequences: Int, reasoningBudget: Int?) {
    self.path = path
    self.identity = identity
    self.reasoningBudget = reasoningBudget
    var options = NativeModel.Options()
    options.threads = max(1, threads)
    options.maxSequences = max(1, min(sequences, 32))
    // Beside the prepared weights: the next start begins with the policies' keys and values.
    options.prefixFolder = "\(path)/\(NativeModel.prefixFolderName)"
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
    loaded?.shutDown()
  }

  public func complete(_ prompt: SafeguardPrompt, sampling: Sampling, deadline: ContinuousClock.Instant) async throws(ReasonerError) -> ModelAnswer {
    guard let model = model.withLock({ $0 }) else { throw ReasonerError(.error, "the model is not loaded") }
    let started = ContinuousClock.now
    do {
      let harmony = try Harmony(model.tokenizer)
      let constraint = AnswerGrammar.constraint(for: prompt)
      let request = GenerationRequest(
        prefix: try prefix(prompt, harmony), tokens: try harmony.render([HarmonyMessage(.user, prompt.user)]), reasoning: reasoning(sampling),
        constraint: constraint, maxTokens: min(Self.answerTokens, sampling.maxTokens), temperature: Float(sampling.temperature),
        seed: UInt64(bitPattern: Int64(sampling.seed ?? 0)), deadline: deadline)
      let result = try await model.generate(request)
      return answer(result, model.tokenizer, prompt, isConstrained: constraint != nil, latency: ContinuousClock.now - started)
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

  private func reasoning(_ sampling: Sampling) -> ReasoningMode {
    let budget = reasoningBudget ?? max(1, sampling.maxTokens - Self.answerTokens)
    return budget == 0 ? .none : .budget(budget)
  }

  private func answer(_ result: GenerationResult, _ tokenizer: Tokenizer, _ prompt: SafeguardPrompt, isConstrained: Bool, latency: Duration) -> ModelAnswer {
    let analysis = tokenizer.decode(result.analysisTokens)
    return ModelAnswer(
      final: tokenizer.decode(result.finalTokens), reasoning: analysis.isEmpty ? nil : analysis,
      // A constrained answer is whole whatever ended it.
      finish: result.finishReason == .length && !isConstrained ? .length : .stop, labelProbabilities: AnswerGrammar.labelProbabilities(result, prompt: prompt),
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

/// The answer formats as constraints of the native decoder.
enum AnswerGrammar {
  /// Nil where the answer is a report in free form.
  static func constraint(for prompt: SafeguardPrompt) -> AnswerConstraint? {
    guard prompt.formats.count > 1 else { return single(prompt.formats[0], rules: prompt.policies[0].ruleIDs) }
    return .json(zip(prompt.policies, prompt.formats).map { policy, format in decision(policy.id, format.askedLabels) })
  }

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
    return labels.allSatisfy(\.isNumeric) ? .literal(key, names) : .label(key, names)
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
