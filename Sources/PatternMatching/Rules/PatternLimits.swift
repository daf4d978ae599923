/// What one rule may cost on one message. Reaching a limit is a stage error, never "no match".
public struct PatternLimits: Sendable, Hashable {
  /// PCRE2's match limit: internal steps from one start position. Where the shape of a pattern and the length of a text let the worst
  /// be feared, the steps of all start positions are counted together instead, up to ``meterFactor`` times this.
  public var match: Int
  /// PCRE2's depth limit: nested backtracking. The just-in-time compiled code does without; its stack is bounded by ``heap``.
  public var depth: Int
  /// Bytes of backtracking memory.
  public var heap: Int
  public init(match: Int = 100_000, depth: Int = 10_000, heap: Int = 4 << 20) { (self.match, self.depth, self.heap) = (match, depth, heap) }

  static let meterFactor = 50
}
