/// What Winnow says of a message. What the platform then does (hide, warn, ban) is its own action.
public enum Verdict: UInt8, Sendable, CaseIterable, Codable {
  case allow, review, block

  /// The word in files and output.
  public var name: String {
    switch self {
    case .allow: "allow"
    case .review: "review"
    case .block: "block"
    }
  }
  public init?(name: String) {
    guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }
}

/// Why a verdict was made with less than the pipeline promises. Written as `degraded: <name>`.
public enum DegradedCause: String, Sendable, CaseIterable, Codable {
  case error, timeout, abstain, overload
  /// The message's own deadline passed while it waited.
  case deadline
  /// The escalation budget was spent, so the message was not shown to the reasoner.
  case budget
}

/// How one stage came out for one message. A stage status is not a verdict.
public enum StageStatus: String, Sendable, CaseIterable, Codable {
  case ok, skipped, timeout, error, abstain, overload
}

/// What to do with a message when a stage fails for it.
public enum FailureAction: String, Sendable, CaseIterable, Codable {
  /// As if the stage were not there: the open categories stay open for the next stage, and for review after the last.
  case next
  case review, block
  /// Only when the pipeline file says so in writing; the verdict then carries `degraded`.
  case allow
}

/// The failure actions of one stage. Defaults: screens `next`, reasoners `review`.
public struct FailureModes: Sendable, Hashable {
  public var onError: FailureAction
  public var onTimeout: FailureAction
  public var onAbstain: FailureAction
  public var onOverload: FailureAction

  public init(onError: FailureAction, onTimeout: FailureAction, onAbstain: FailureAction, onOverload: FailureAction) {
    self.onError = onError
    self.onTimeout = onTimeout
    self.onAbstain = onAbstain
    self.onOverload = onOverload
  }
  public init(all action: FailureAction) { self.init(onError: action, onTimeout: action, onAbstain: action, onOverload: action) }
  public static let screen = FailureModes(all: .next)
  public static let reasoner = FailureModes(all: .review)

  public func action(for cause: DegradedCause) -> FailureAction {
    switch cause {
    case .error: onError
    case .timeout, .deadline: onTimeout
    case .abstain: onAbstain
    case .overload, .budget: onOverload
    }
  }
}

/// Whether a stage decides.
public enum StageMode: String, Sendable, CaseIterable, Codable {
  case enforce
  /// Computed and logged, decides nothing.
  case shadow
  case off
}

/// Two thresholds on a calibrated probability p: `p <= allowBelow` allows, `p >= blockAbove` blocks, between stays open.
public struct Band: Sendable, Hashable {
  public var allowBelow: Double
  public var blockAbove: Double
  public init(allowBelow: Double, blockAbove: Double) { (self.allowBelow, self.blockAbove) = (allowBelow, blockAbove) }

  public enum Outcome: UInt8, Sendable { case allow, uncertain, block }

  /// Halfway between the thresholds, where nothing is known; one that is left out lies outside 0...1 and counts as the end of that range.
  public var middle: Double { (max(0, allowBelow) + min(1, blockAbove)) / 2 }

  /// A missing probability (NaN) is uncertain, whatever the thresholds.
  @inlinable public func outcome(_ probability: Float) -> Outcome {
    // Compared as floats, so that a probability that prints like the threshold is at the threshold.
    if probability >= Float(blockAbove) { return .block }
    if probability <= Float(allowBelow) { return .allow }
    return .uncertain
  }
}
