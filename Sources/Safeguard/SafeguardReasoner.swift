import Moderation
import RemoteModel

/// The safeguard stage at work: asks a policy-reasoning model about the categories that are still open.
///
/// Everything is read and checked before the first message; a request only builds prompts, waits for answers and reads them.
public struct SafeguardReasoner: Reasoner {
  /// A policy and the categories that it judges in this pipeline.
  struct Use: Sendable {
    var policy: Policy
    var file: String
    var categories: CategorySet
  }

  let stageID: String
  /// Where the pipeline file names the model.
  let span: SourceSpan?
  let uses: [Use]
  let categories: CategoryTable
  let settings: SafeguardSettings
  let builder: PromptBuilder
  let backend: any ModelBackend
  /// What the probe asks: the model itself, no recording in between; nil where there is nothing to probe.
  let probed: (any ModelBackend)?
  public let fingerprint: String
  public let notice: String?
  public var hasModel: Bool { !(backend is NoModelBackend) }

  public var concurrency: Int { settings.concurrency }
  public var contextMessages: Int { settings.contextMessages }
  public var judgedCategories: CategorySet { uses.reduce(CategorySet()) { $0.union($1.categories) } }

  public func start() async throws {
    try await backend.start()
    guard let probed else { return }
    do { try await Probe(reasoner: self, backend: probed).run() } catch let error as ReasonerError {
      var diagnostics = Diagnostics()
      let (message, hint) = explanation(of: error)
      diagnostics.error("probe-unanswered", "stage `\(stageID)` got \(message)", at: span, hint: hint)
      throw DiagnosticsError(diagnostics)
    }
  }

  /// Why no answer came, for a person who waits for one: from where, and what to try; in the grammar of diagnostics.
  public func explanation(of error: ReasonerError) -> (message: String, hint: String?) {
    guard case .remote(let endpoints, let name) = settings.model, let first = endpoints.first else {
      let isLate = backend.isLocal && (error.cause == .timeout || error.cause == .deadline)
      return ("no answer: \(error.detail)", isLate ? Self.localHint : nil)
    }
    let places = endpoints.map { "`\($0.name)`" }.joined(separator: ", ")
    return ("no answer from \(places): \(error.detail)", "is the server running? `curl \(first.modelsURL)` should list `\(name)`")
  }

  private static let localHint = "this machine may need longer: raise `timeout:`, or ask for less with `reasoning_budget:` or `answer: label`"

  public func shutdown() async { await backend.shutdown() }

  public func judge(_ request: JudgeRequest) async throws(ReasonerError) -> Judgement { try await judge(request, onReasoning: nil) }

  /// The same, and tells `onReasoning` of the model's analysis as it comes. For one policy and one vote; of several they would be mixed.
  public func judge(_ request: JudgeRequest, onReasoning: (@Sendable (String) -> Void)?) async throws(ReasonerError) -> Judgement {
    let open = uses.filter { !$0.categories.intersection(request.categories).isEmpty }
    let groups = stride(from: 0, to: open.count, by: settings.policiesPerCall).map { Array(open[$0..<min($0 + settings.policiesPerCall, open.count)]) }
    var calls: [Call] = []
    for group in groups {
      calls.append(Call(uses: group, prompt: try builder.prompt(policies: group.map(\.policy), item: request.item, context: request.context)))
    }
    let deadline = min(request.deadline, ContinuousClock.now + settings.timeout)
    let results = await answers(to: calls, deadline: deadline, onReasoning)
    return try judgement(request, calls, results)
  }

  struct Call: Sendable {
    var uses: [Use]
    var prompt: SafeguardPrompt
  }

  /// What one call brought: an answer for each policy of its prompt.
  struct CallResult: Sendable {
    var answers: [PolicyAnswer]
    var usage: ReasonerUsage
    var model: String
    /// Of all votes; zero where unknown.
    var latency: Duration
  }

  // MARK: Asking

  private func answers(
    to calls: [Call], deadline: ContinuousClock.Instant, _ onReasoning: (@Sendable (String) -> Void)?
  ) async -> [Result<CallResult, ReasonerError>] {
    if calls.count == 1 { return [await answer(to: calls[0], deadline: deadline, onReasoning)] }
    return await withTaskGroup(of: (Int, Result<CallResult, ReasonerError>).self) { group in
      for (index, call) in calls.enumerated() {
        group.addTask { (index, await answer(to: call, deadline: deadline, onReasoning)) }
      }
      var results: [(Int, Result<CallResult, ReasonerError>)] = []
      for await result in group { results.append(result) }
      return results.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  private func answer(
    to call: Call, deadline: ContinuousClock.Instant, _ onReasoning: (@Sendable (String) -> Void)?
  ) async -> Result<CallResult, ReasonerError> {
    var votes: [[PolicyAnswer]] = []
    var usage = ReasonerUsage()
    var model = ""
    var latency = Duration.zero
    for vote in 0..<settings.votes {
      let seed = settings.seed.map { $0 &+ vote } ?? (settings.votes > 1 ? vote : nil)
      do throws(ReasonerError) {
        let answer = try await backend.complete(
          call.prompt, sampling: Sampling(maxTokens: settings.maxTokens, temperature: settings.samplingTemperature, seed: seed, vote: vote),
          deadline: deadline,
          onReasoning: onReasoning)
        votes.append(PolicyAnswer.read(answer, prompt: call.prompt))
        usage = usage + answer.usage
        model = answer.model
        latency += answer.latency
      } catch {
        return .failure(ReasonerError(error.cause, error.detail, usage: usage + error.usage))
      }
    }
    let answers = call.uses.indices.map { index in PolicyAnswer.majority(votes.map { $0[index] }) }
    return .success(CallResult(answers: answers, usage: usage, model: model, latency: latency))
  }

  // MARK: Findings

  private func judgement(_ request: JudgeRequest, _ calls: [Call], _ results: [Result<CallResult, ReasonerError>]) throws(ReasonerError) -> Judgement {
    var judgement = Judgement(findings: [])
    var firstError: ReasonerError?
    for (call, result) in zip(calls, results) {
      switch result {
      case .success(let result):
        judgement.usage = judgement.usage + result.usage
        judgement.model = result.model
        // Calls run side by side: the longest is what the message waited for.
        if result.latency > .zero { judgement.modelLatency = max(judgement.modelLatency ?? .zero, result.latency) }
        for (use, answer) in zip(call.uses, result.answers) { judgement.findings += findings(use, answer, request, call.prompt) }
      case .failure(let error):
        judgement.usage = judgement.usage + error.usage
        firstError = firstError ?? error
        judgement.findings += abstentions(call.uses.reduce(CategorySet()) { $0.union($1.categories) }, request, .callFailed, call.uses)
      }
    }
    // A violation found by one policy stands, whatever became of the other calls.
    if let firstError, !judgement.findings.contains(where: { $0.outcome == .violates }) {
      let passed = ContinuousClock.now >= request.deadline && firstError.cause == .timeout
      let reviews = judgement.findings.filter { $0.outcome == .review }
      throw ReasonerError(passed ? .deadline : firstError.cause, firstError.detail, usage: judgement.usage, reviews: reviews)
    }
    judgement.findings += abstentions(request.categories.subtracting(judgedCategories), request, .noPolicy, [])
    judgement.findings.sort { $0.category < $1.category }
    judgement.notes = notes(calls)
    return judgement
  }

  private func findings(_ use: Use, _ answer: PolicyAnswer, _ request: JudgeRequest, _ prompt: SafeguardPrompt) -> [Finding] {
    use.categories.intersection(request.categories).map { index in
      answer.finding(for: index, named: categories[index].name, policy: use.policy, isTruncated: prompt.isTruncated)
    }
  }

  private func abstentions(_ set: CategorySet, _ request: JudgeRequest, _ reason: AbstainReason, _ uses: [Use]) -> [Finding] {
    set.intersection(request.categories).filter { $0.index < categories.count }.map { index in
      let policy = uses.first { $0.categories.contains(index) }?.policy.reference ?? ""
      return Finding(category: index, outcome: .abstain(reason.rawValue), policy: policy)
    }
  }

  private func notes(_ calls: [Call]) -> [String] {
    var notes: [String] = []
    if calls.contains(where: \.prompt.isTruncated) { notes.append("content cut short") }
    if let broken = calls.first?.prompt.neutralisedTokens, broken > 0 { notes.append("special-token text broken: \(broken)") }
    return notes
  }
}

/// Stands where a model should: the stage can be built, checked and explained, and abstains from every message.
struct NoModelBackend: ModelBackend {
  var identity: String { "none" }
  func complete(_ prompt: SafeguardPrompt, sampling: Sampling, deadline: ContinuousClock.Instant) async throws(ReasonerError) -> ModelAnswer {
    ModelAnswer(final: nil, finish: .noModel, model: "none")
  }
}
