import Moderation

/// Answers from a recording; what it does not hold is asked of `fallback`, or missing.
public struct RecordedBackend: ModelBackend {
  private let answers: RecordedAnswers
  private let fallback: (any ModelBackend)?

  public init(_ answers: RecordedAnswers, fallback: (any ModelBackend)? = nil) {
    self.answers = answers
    self.fallback = fallback
  }

  public var identity: String { "recorded:\(answers.fingerprint.prefix(12))" + (fallback.map { "+\($0.identity)" } ?? "") }
  public var isLocal: Bool { fallback?.isLocal ?? false }
  public func start() async throws { try await fallback?.start() }
  public func shutdown() async { await fallback?.shutdown() }

  public func complete(_ prompt: SafeguardPrompt, sampling: Sampling, deadline: ContinuousClock.Instant) async throws(ReasonerError) -> ModelAnswer {
    if let answer = answers.answer(key: RecordKey.key(prompt.recordKey, vote: sampling.vote)) { return answer }
    guard let fallback else { return ModelAnswer(final: nil, finish: .missing, model: "recorded") }
    return try await fallback.complete(prompt, sampling: sampling, deadline: deadline)
  }
}

/// Writes down every answer of another backend.
public struct RecordingBackend: ModelBackend {
  private let inner: any ModelBackend
  private let recorder: AnswerRecorder

  public init(_ inner: any ModelBackend, recorder: AnswerRecorder) {
    self.inner = inner
    self.recorder = recorder
  }

  public var identity: String { inner.identity }
  public var isLocal: Bool { inner.isLocal }
  public func start() async throws { try await inner.start() }
  public func shutdown() async { await inner.shutdown() }

  public func complete(_ prompt: SafeguardPrompt, sampling: Sampling, deadline: ContinuousClock.Instant) async throws(ReasonerError) -> ModelAnswer {
    let answer = try await inner.complete(prompt, sampling: sampling, deadline: deadline)
    guard answer.finish != .missing, answer.finish != .noModel else { return answer }
    do { try recorder.record(answer, for: prompt, vote: sampling.vote) } catch {
      throw ReasonerError(.error, "the answer could not be recorded: \(error.reason)", usage: answer.usage)
    }
    return answer
  }
}

/// Gives answers from a table, by category; for the cases of pipeline tests.
public struct ScriptedBackend: ModelBackend {
  /// Final answers by policy id.
  private let finals: [String: String]

  public init(finals: [String: String]) { self.finals = finals }
  public var identity: String { "scripted" }

  public func complete(_ prompt: SafeguardPrompt, sampling: Sampling, deadline: ContinuousClock.Instant) async throws(ReasonerError) -> ModelAnswer {
    guard let policy = prompt.policies.first, let final = finals[policy.id] else { return ModelAnswer(final: nil, finish: .missing, model: identity) }
    return ModelAnswer(final: final, model: identity)
  }
}
