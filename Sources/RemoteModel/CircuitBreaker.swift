import Moderation

/// Leaves an ill endpoint alone: closed (calls pass) → open after failures in a row (none pass) → half open (one call tries) → closed, or
/// open again for twice as long.
struct CircuitBreaker: Sendable {
  struct Settings: Sendable, Hashable {
    var failuresToOpen = 5
    var firstPause = Duration.seconds(5)
    var longestPause = Duration.seconds(60)
  }

  private enum State: Sendable {
    case closed(failures: Int)
    case open(until: ContinuousClock.Instant)
    case halfOpen
  }

  private let settings: Settings
  private var state: State = .closed(failures: 0)
  private var pause: Duration

  init(_ settings: Settings = .init()) {
    self.settings = settings
    pause = settings.firstPause
  }

  /// Whether a call may go now. In half open there is one on its way already.
  func admits(at now: ContinuousClock.Instant) -> Bool {
    switch state {
    case .closed: true
    case .open(let until): now >= until
    case .halfOpen: false
    }
  }

  var isOpen: Bool { if case .closed = state { false } else { true } }

  /// A call goes: after the pause it is the probe.
  mutating func begin() { if case .open = state { state = .halfOpen } }

  mutating func succeed() {
    state = .closed(failures: 0)
    pause = settings.firstPause
  }

  mutating func fail(at now: ContinuousClock.Instant) {
    switch state {
    case .closed(let failures) where failures + 1 < settings.failuresToOpen: state = .closed(failures: failures + 1)
    case .closed: state = .open(until: now + pause)
    case .halfOpen:
      pause = min(pause * 2, settings.longestPause)
      state = .open(until: now + pause)
    case .open: break
    }
  }

  /// The call ended without a word on the endpoint's health (cancelled, or the request's own fault).
  mutating func abandon(at now: ContinuousClock.Instant) { if case .halfOpen = state { state = .open(until: now) } }
}
