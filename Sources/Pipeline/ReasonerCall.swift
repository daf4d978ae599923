import Moderation

/// One request to a reasoner: waits for a place, holds the message's deadline, and turns whatever happens into a recorded result.
struct ReasonerCall: Sendable {
  let reasoner: any Reasoner
  let gate: Gate
  let deadline: Duration
  /// Set for live input: the deadline runs from here.
  let liveArrival: ContinuousClock.Instant?
  let purpose: JudgedMessage.Purpose

  func judge(_ prepared: PreparedBatch, message: Int, categories: CategorySet) async -> JudgedMessage {
    let liveDeadline = liveArrival.map { $0 + deadline }
    guard await enter(by: liveDeadline) else { return failed(categories, .init(.deadline, "the deadline passed while the message waited for the reasoner"), .zero) }
    defer { gate.leave() }
    let start = ContinuousClock.now
    let request = JudgeRequest(
      messageID: prepared.batch.string(prepared.batch.messages[message].id), item: prepared.batch.item(at: message),
      context: Array(prepared.context(of: message).suffix(reasoner.contextMessages)), categories: categories, deadline: liveDeadline ?? start + deadline)
    let result = await ask(request)
    return JudgedMessage(purpose: purpose, asked: categories, result: result, latency: ContinuousClock.now - start)
  }

  private func failed(_ categories: CategorySet, _ error: ReasonerError, _ latency: Duration) -> JudgedMessage {
    JudgedMessage(purpose: purpose, asked: categories, result: .failure(error), latency: latency)
  }

  private func enter(by deadline: ContinuousClock.Instant?) async -> Bool {
    guard let deadline else { return await gate.enter() }
    return await withTaskGroup(of: Bool?.self) { group in
      group.addTask { await gate.enter() }
      group.addTask {
        try? await Task.sleep(until: deadline, clock: .continuous)
        return nil
      }
      var entered = false
      // The gate's own answer counts, also when it comes as the deadline passes: a place that was got is not lost.
      for await answer in group {
        group.cancelAll()
        if let answer { entered = answer }
      }
      return entered
    }
  }

  /// The reasoner is cancelled when the deadline passes; a reasoner heeds cancellation by contract.
  private func ask(_ request: JudgeRequest) async -> Result<Judgement, ReasonerError> {
    await withTaskGroup(of: Result<Judgement, ReasonerError>?.self) { group in
      group.addTask {
        do throws(ReasonerError) { return .success(try await reasoner.judge(request)) } catch { return .failure(error) }
      }
      group.addTask {
        try? await Task.sleep(until: request.deadline, clock: .continuous)
        return nil
      }
      var result: Result<Judgement, ReasonerError>?
      for await answer in group {
        group.cancelAll()
        if let answer, result == nil { result = answer }
      }
      guard let result else { return .failure(ReasonerError(.deadline, "the message's deadline passed")) }
      if case .failure(let error) = result, ContinuousClock.now >= request.deadline, error.cause == .error {
        return .failure(ReasonerError(.deadline, "the message's deadline passed", usage: error.usage, reviews: error.reviews))
      }
      return result
    }
  }
}
