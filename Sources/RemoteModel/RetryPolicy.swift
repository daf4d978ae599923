import Moderation

/// How often and how soon a failed call is made again.
public struct RetryPolicy: Sendable, Hashable {
  /// Calls after the first.
  public var maximumRetries: Int
  public var base: Duration
  public var cap: Duration
  /// Retries per call, over all calls of a client: a sick server must not be sent more than this extra share.
  public var budgetShare: Double
  /// Retries that are free before the share counts, so that short runs may retry at all.
  public var budgetReserve: Double

  public init(
    maximumRetries: Int = 2, base: Duration = .milliseconds(250), cap: Duration = .seconds(10), budgetShare: Double = 0.2, budgetReserve: Double = 10
  ) {
    self.maximumRetries = maximumRetries
    self.base = base
    self.cap = cap
    self.budgetShare = budgetShare
    self.budgetReserve = budgetReserve
  }

  /// Full jitter: anywhere between nothing and the exponential step, capped.
  func delay(afterAttempt attempt: Int, random: Double) -> Duration {
    let step = base.inSeconds * Double(1 << min(attempt, 20))
    return .seconds(min(cap.inSeconds, step) * random)
  }
}

/// Tokens for retries: every first call earns a share of one, every retry costs one.
struct RetryBudget: Sendable {
  private var tokens: Double
  private let share: Double
  private let reserve: Double

  init(_ policy: RetryPolicy) {
    tokens = policy.budgetReserve
    share = policy.budgetShare
    reserve = policy.budgetReserve
  }

  mutating func earn() { tokens = min(tokens + share, max(reserve, 1)) }

  mutating func spend() -> Bool {
    guard tokens >= 1 else { return false }
    tokens -= 1
    return true
  }
}
