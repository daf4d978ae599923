#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#endif

/// Time and chance, so that tests can make both.
public struct ChatClock: Sendable {
  public var now: @Sendable () -> ContinuousClock.Instant
  public var sleep: @Sendable (Duration) async throws -> Void
  /// 0 ..< 1.
  public var random: @Sendable () -> Double
  /// Unix time in seconds; only HTTP dates need it.
  public var wallSeconds: @Sendable () -> Int

  public init(
    now: @escaping @Sendable () -> ContinuousClock.Instant, sleep: @escaping @Sendable (Duration) async throws -> Void,
    random: @escaping @Sendable () -> Double, wallSeconds: @escaping @Sendable () -> Int
  ) {
    self.now = now
    self.sleep = sleep
    self.random = random
    self.wallSeconds = wallSeconds
  }

  public static let system = ChatClock(
    now: { ContinuousClock.now }, sleep: { try await Task.sleep(for: $0) }, random: { Double.random(in: 0..<1) }, wallSeconds: { time(nil) })
}
