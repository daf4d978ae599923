/// What one rule may cost on one message. Reaching a limit is a stage error, never "no match".
public struct PatternLimits: Sendable, Hashable {
  /// PCRE2's match limit: internal steps from one start position. For messages over ``shortText`` the steps of all start
  /// positions are counted together, up to ``longTextFactor`` times this.
  public var match: Int
  /// PCRE2's depth limit: nested backtracking. The just-in-time compiled code does without; its stack is bounded by ``heap``.
  public var depth: Int
  /// Bytes of backtracking memory.
  public var heap: Int
  public init(match: Int = 100_000, depth: Int = 10_000, heap: Int = 4 << 20) { (self.match, self.depth, self.heap) = (match, depth, heap) }

  /// PCRE2 counts steps anew at every start position, so a bad pattern can cost length × limit. Up to this many bytes that is bearable.
  static let shortText = 512
  static let longTextFactor = 50
}
