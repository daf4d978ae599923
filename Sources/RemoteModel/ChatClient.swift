import Moderation
import Synchronization

/// Asks chat endpoints for completions; see ``RemoteModel`` for what it promises.
public final class ChatClient: Sendable {
  public struct Configuration: Sendable {
    public var endpoints: [ChatEndpoint]
    public var key: Secret?
    /// Calls at once over all endpoints.
    public var concurrency: Int
    public var retry: RetryPolicy
    public var maximumReplyBytes: Int
    public init(
      endpoints: [ChatEndpoint], key: Secret? = nil, concurrency: Int = 8, retry: RetryPolicy = .init(), maximumReplyBytes: Int = 8 << 20
    ) {
      self.endpoints = endpoints
      self.key = key
      self.concurrency = concurrency
      self.retry = retry
      self.maximumReplyBytes = maximumReplyBytes
    }
  }

  /// A completion, and what it took.
  public struct Answer: Sendable {
    public var completion: ChatCompletion
    public var attempts: Int
    public var latency: Duration
    public var endpoint: ChatEndpoint
  }

  private struct State {
    var pool: EndpointPool
    var budget: RetryBudget
  }

  private let configuration: Configuration
  private let transport: any HTTPTransport
  private let clock: ChatClock
  private let limiter: CallLimiter
  private let state: Mutex<State>

  /// - Precondition: at least one endpoint.
  public init(_ configuration: Configuration, transport: (any HTTPTransport)? = nil, clock: ChatClock = .system) {
    precondition(!configuration.endpoints.isEmpty, "a chat client needs an endpoint")
    self.configuration = configuration
    self.transport = transport ?? NetworkTransport(connections: configuration.concurrency)
    self.clock = clock
    limiter = CallLimiter(configuration.concurrency)
    state = Mutex(State(pool: EndpointPool(configuration.endpoints, breaker: .init()), budget: RetryBudget(configuration.retry)))
  }

  public func shutdown() async { await transport.shutdown() }

  /// A whole completion, or the failure of the last attempt. Returns or throws by `deadline`.
  public func complete(_ request: ChatRequest, deadline: ContinuousClock.Instant) async throws(ChatFailure) -> Answer {
    let whole = deadline - clock.now()
    guard await place(until: deadline) else { throw ChatFailure(Task.isCancelled ? .cancelled : .timeout) }
    defer { limiter.release() }
    state.withLock { $0.budget.earn() }
    let started = clock.now()
    var attempts = 0
    var lastFailed: Int?
    while true {
      let index = try await endpoint(for: request, avoiding: lastFailed, deadline: deadline, attempts: attempts)
      attempts += 1
      let outcome = await attempt(request, at: index, deadline: deadline, whole: whole)
      switch outcome {
      case .success(let completion):
        let endpoint = state.withLock { $0.pool.entries[index].endpoint }
        return Answer(completion: completion, attempts: attempts, latency: clock.now() - started, endpoint: endpoint)
      case .failure(var failure):
        failure.attempts = attempts
        lastFailed = index
        try await prepareRetry(after: failure, at: index, deadline: deadline)
      }
    }
  }

  /// A place among the calls at once, unless the deadline comes first.
  private func place(until deadline: ContinuousClock.Instant) async -> Bool {
    let remaining = deadline - clock.now()
    guard remaining > .zero else { return false }
    if limiter.tryAcquire() { return true }
    return await withTaskGroup(of: Bool.self) { group in
      group.addTask { [limiter] in await limiter.acquire() }
      group.addTask { [clock] in
        try? await clock.sleep(remaining)
        return false
      }
      let first = await group.next() ?? false
      group.cancelAll()
      // The waiter may have got its place in the same moment: then it is taken all the same.
      for await late in group where late && !first { limiter.release() }
      return first
    }
  }

  private func endpoint(for request: ChatRequest, avoiding: Int?, deadline: ContinuousClock.Instant, attempts: Int) async throws(ChatFailure) -> Int {
    while true {
      let now = clock.now()
      guard now < deadline else { throw ChatFailure(.timeout, attempts: attempts) }
      let random = clock.random()
      let (picked, pauseEnd) = state.withLock { state -> (Int?, ContinuousClock.Instant?) in
        guard let index = state.pool.pick(stickiness: request.stickiness, avoiding: avoiding, now: now, random: random) else {
          return (nil, state.pool.soonestPauseEnd(now: now))
        }
        state.pool.entries[index].breaker.begin()
        state.pool.entries[index].inFlight += 1
        return (index, nil)
      }
      if let picked { return picked }
      guard let pauseEnd else { throw ChatFailure(.circuitOpen, attempts: attempts) }
      guard pauseEnd < deadline else { throw ChatFailure(.rateLimited, retryAfter: pauseEnd - now, attempts: attempts) }
      try await sleep(pauseEnd - now, attempts: attempts)
    }
  }

  /// One exchange with one endpoint; a refused optional parameter is left out and the exchange made again.
  ///
  /// - Parameter whole: the time that the call had when it came; what it has left after waiting for its place may be too short for any endpoint.
  private func attempt(_ request: ChatRequest, at index: Int, deadline: ContinuousClock.Instant, whole: Duration) async -> Result<ChatCompletion, ChatFailure> {
    while true {
      let (endpoint, refused) = state.withLock { ($0.pool.entries[index].endpoint, $0.pool.entries[index].refused) }
      let remaining = deadline - clock.now()
      guard remaining > .zero else { return settle(index, .failure(ChatFailure(.timeout)), hadTime: false) }
      let result: Result<ChatCompletion, ChatFailure>
      do {
        let reply = try await transport.send(call(endpoint, body: request.body(without: refused), timeout: remaining))
        if let parameter = ReplyReading.refusedParameter(reply), !refused.contains(parameter) {
          state.withLock { _ = $0.pool.entries[index].refused.insert(parameter) }
          continue
        }
        result = ReplyReading.read(reply, now: clock.wallSeconds())
      } catch {
        result = .failure(Self.failure(error))
      }
      return settle(index, result, hadTime: remaining * 2 >= whole)
    }
  }

  private static func failure(_ failure: TransportFailure) -> ChatFailure {
    switch failure {
    case .connection: ChatFailure(.connection)
    case .timeout: ChatFailure(.timeout)
    case .replyTooLarge: ChatFailure(.bodyTooLarge)
    case .cancelled: ChatFailure(.cancelled)
    }
  }

  private func call(_ endpoint: ChatEndpoint, body: [UInt8], timeout: Duration) -> HTTPCall {
    var headers = [
      (name: "Content-Type", value: "application/json"), (name: "Accept", value: "application/json"), (name: "User-Agent", value: RemoteModel.userAgent),
    ]
    if let key = configuration.key { headers.append((name: "Authorization", value: "Bearer " + key.reveal())) }
    return HTTPCall(url: endpoint.url, headers: headers, body: body, timeout: timeout, maximumReplyBytes: configuration.maximumReplyBytes)
  }

  /// Books the outcome on the endpoint. A timeout says something of it only when the call had time enough.
  private func settle(_ index: Int, _ result: Result<ChatCompletion, ChatFailure>, hadTime: Bool) -> Result<ChatCompletion, ChatFailure> {
    let now = clock.now()
    state.withLock { state in
      state.pool.entries[index].inFlight -= 1
      switch result {
      case .success: state.pool.entries[index].breaker.succeed()
      case .failure(let failure) where failure.kind == .cancelled || failure.kind == .timeout && !hadTime: state.pool.entries[index].breaker.abandon(at: now)
      case .failure(let failure) where failure.blamesEndpoint: state.pool.entries[index].breaker.fail(at: now)
      case .failure: state.pool.entries[index].breaker.succeed()
      }
      if case .failure(let failure) = result, let wait = failure.retryAfter { state.pool.entries[index].pausedUntil = now + wait }
    }
    return result
  }

  /// Waits for the next attempt, or throws when there is none.
  private func prepareRetry(after failure: ChatFailure, at index: Int, deadline: ContinuousClock.Instant) async throws(ChatFailure) {
    let retry = configuration.retry
    guard failure.isRetryable, failure.attempts <= retry.maximumRetries, !Task.isCancelled else { throw failure }
    let now = clock.now()
    let random = clock.random()
    let elsewhere = state.withLock { state in state.pool.entries.indices.contains { $0 != index && state.pool.entries[$0].admits(at: now) } }
    let jitter = retry.delay(afterAttempt: failure.attempts - 1, random: random)
    let delay = elsewhere ? .zero : max(jitter, failure.retryAfter ?? .zero)
    guard now + delay < deadline, state.withLock({ $0.budget.spend() }) else { throw failure }
    if delay > .zero { try await sleep(delay, attempts: failure.attempts) }
  }

  private func sleep(_ duration: Duration, attempts: Int) async throws(ChatFailure) {
    do { try await clock.sleep(duration) } catch { throw ChatFailure(.cancelled, attempts: attempts) }
  }
}
