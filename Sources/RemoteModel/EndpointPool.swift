import Moderation

/// The endpoints of one client and how each of them fares. Not Sendable by itself: lives inside the client's lock.
struct EndpointPool: Sendable {
  struct Entry: Sendable {
    let endpoint: ChatEndpoint
    var inFlight = 0
    var breaker: CircuitBreaker
    /// Asked to be left alone until then (`Retry-After`).
    var pausedUntil: ContinuousClock.Instant?
    /// Parameters that this server refuses.
    var refused: Set<ChatRequest.OptionalParameter> = []

    func admits(at now: ContinuousClock.Instant) -> Bool { breaker.admits(at: now) && pausedUntil.map { now >= $0 } ?? true }
  }

  /// How much busier the endpoint with the warm prefix cache may be before another one is taken.
  static let stickinessSlack = 2

  var entries: [Entry]

  init(_ endpoints: [ChatEndpoint], breaker: CircuitBreaker.Settings) {
    entries = endpoints.map { Entry(endpoint: $0, breaker: CircuitBreaker(breaker)) }
  }

  /// Picks by two choices: the endpoint that the key prefers, and a random other one; the less busy wins, ties to the preferred.
  /// - Parameter avoiding: the endpoint that has just failed; taken again only when no other admits calls.
  /// - Returns: nil when none admits calls.
  func pick(stickiness: UInt64, avoiding: Int?, now: ContinuousClock.Instant, random: Double) -> Int? {
    var open = entries.indices.filter { entries[$0].admits(at: now) }
    if open.count > 1, let avoiding { open.removeAll { $0 == avoiding } }
    guard let preferred = open.max(by: { weight($0, stickiness) < weight($1, stickiness) }) else { return nil }
    let others = open.filter { $0 != preferred }
    guard !others.isEmpty else { return preferred }
    let other = others[min(others.count - 1, Int(random * Double(others.count)))]
    return entries[preferred].inFlight > entries[other].inFlight + Self.stickinessSlack ? other : preferred
  }

  /// The soonest time at which a paused endpoint takes calls again; nil when only open circuits are in the way.
  func soonestPauseEnd(now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    entries.filter { $0.breaker.admits(at: now) }.compactMap(\.pausedUntil).min()
  }

  /// Rendezvous hashing: each key ranks the endpoints in its own order, and losing one moves only its own keys.
  private func weight(_ index: Int, _ key: UInt64) -> UInt64 {
    var hash = key ^ 0xCBF2_9CE4_8422_2325
    for byte in entries[index].endpoint.url.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    hash ^= hash >> 32
    return hash &* 0x9E37_79B9_7F4A_7C15
  }
}
