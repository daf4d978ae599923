import Moderation

/// Judges a policy's own examples before the first message, and refuses to run when the answers are constant or inverted.
///
/// A wrong model name, a chat template without a developer message, swapped labels: all of them answer every request, and all of them
/// show here, at the cost of at most eight short calls a policy.
struct Probe: Sendable {
  /// Examples of each side that are asked at most.
  static let perSide = 4
  static let patience = Duration.seconds(60)
  /// Shortest time for an answer, whatever the stage's `timeout`. A model in this process reads the policy for the first time, and writes up to eight
  /// answers at once: some 43 s with the 20b model by the figures of docs/native-model.md, and several times that on a busy or older machine.
  static let remoteTime = Duration.seconds(30), localTime = Duration.seconds(600)

  let reasoner: SafeguardReasoner
  let backend: any ModelBackend

  private struct Outcome: Sendable {
    var expected: LabelMeaning
    var answered: LabelMeaning?
  }

  func run() async throws {
    var diagnostics = Diagnostics()
    for use in reasoner.uses {
      let examples = Self.chosen(use.policy.examples)
      guard !examples.isEmpty else { continue }
      report(use, try await outcomes(use.policy, examples), &diagnostics)
    }
    if diagnostics.hasErrors { throw DiagnosticsError(diagnostics) }
  }

  /// The first examples of each side; none when the policy has only one side.
  static func chosen(_ examples: [PolicyExample]) -> [PolicyExample] {
    let violating = examples.filter { $0.label.meaning == .violates }.prefix(perSide)
    let safe = examples.filter { $0.label.meaning == .safe }.prefix(perSide)
    return violating.isEmpty || safe.isEmpty ? [] : Array(violating) + Array(safe)
  }

  private func outcomes(_ policy: Policy, _ examples: [PolicyExample]) async throws -> [Outcome] {
    try await withThrowingTaskGroup(of: Outcome.self) { group in
      for example in examples { group.addTask { try await outcome(policy, example) } }
      var outcomes: [Outcome] = []
      for try await outcome in group { outcomes.append(outcome) }
      return outcomes
    }
  }

  private func outcome(_ policy: Policy, _ example: PolicyExample) async throws -> Outcome {
    let prompt = try reasoner.builder.prompt(policies: [policy], item: .message(example.content), context: [])
    let answer = try await self.answer(to: prompt)
    return Outcome(expected: example.label.meaning, answered: PolicyAnswer.read(answer, prompt: prompt)[0].reading.label?.meaning)
  }

  /// A server that is still loading its model says that it is overloaded: it gets a minute.
  private func answer(to prompt: SafeguardPrompt) async throws -> ModelAnswer {
    let patience = ContinuousClock.now + Self.patience
    while true {
      do throws(ReasonerError) {
        let deadline = ContinuousClock.now + max(reasoner.settings.timeout, backend.isLocal ? Self.localTime : Self.remoteTime)
        return try await backend.complete(prompt, sampling: Sampling(maxTokens: reasoner.settings.maxTokens), deadline: deadline)
      } catch {
        guard error.cause == .overload, ContinuousClock.now < patience else { throw error }
      }
      try await Task.sleep(for: .milliseconds(500))
    }
  }

  private func report(_ use: SafeguardReasoner.Use, _ outcomes: [Outcome], _ diagnostics: inout Diagnostics) {
    let span = SourceSpan(file: use.file, line: 1, column: 1)
    let readable = outcomes.filter { $0.answered != nil }
    let name = use.policy.id
    let hint = "check the model, its chat template and the policy's output format, or set `probe: false`"
    guard !readable.isEmpty else {
      return diagnostics.error(
        "probe-unreadable", "the model answers none of the \(outcomes.count) examples of policy `\(name)` in the policy's format", at: span, hint: hint)
    }
    let right = readable.filter { $0.answered == $0.expected }.count
    let bothExpected = Set(readable.map(\.expected)).count > 1
    if bothExpected, Set(readable.map(\.answered)).count == 1 {
      diagnostics.error("probe-constant", "the model gives the same answer to all \(readable.count) examples of policy `\(name)`", at: span, hint: hint)
    } else if readable.count > 1, right * 2 < readable.count {
      diagnostics.error(
        "probe-inverted", "the model answers \(readable.count - right) of \(readable.count) examples of policy `\(name)` the wrong way round", at: span,
        hint: hint)
    }
  }
}
