import Moderation

/// One message that the cheap stages decided and the reasoner looked at as well, because it was drawn for the audit.
public struct AuditedMessage: Sendable {
  /// What the cheap stages decided: allow or block (a review is seen by a person anyway and is not audited).
  public var verdict: Verdict
  /// Chance with which a message like this was drawn: `audit_sample.allowed` or `.blocked` when it was decided. Above 0, at most 1.
  public var inclusion: Double
  /// One per category: what the reasoner said.
  public var findings: [ReasonerOutcome]
  /// In which category it was blocked, where that is known.
  public var blockedIn: BlockingCategory?

  public enum BlockingCategory: Sendable, Hashable {
    case place(Int)
    /// One that the reasoner has no policy for: it cannot say whether the block was right.
    case unjudged
  }

  public init(verdict: Verdict, inclusion: Double, findings: [ReasonerOutcome], blockedIn: BlockingCategory? = nil) {
    (self.verdict, self.inclusion, self.findings, self.blockedIn) = (verdict, inclusion, findings, blockedIn)
  }
}

/// How much the cheap stages miss and wrongly block, estimated from the random audit sample of decided messages.
///
/// The reasoner stands in for the truth: the estimates are of disagreement with it. Each drawn message stands for
/// 1 / inclusion messages (Horvitz and Thompson 1952), divided by the estimated number of messages (Hájek's ratio), so that
/// samples drawn at different rates over time may be mixed.
public struct AuditEstimate: Sendable {
  public struct Category: Sendable {
    public var name: String
    /// Share of messages allowed by the cheap stages that the reasoner finds violating.
    public var missedAmongAllowed: Estimate?
    /// Share of messages blocked by the cheap stages in this category that the reasoner finds safe in it.
    public var wrongAmongBlocked: Estimate?
    /// Share of all violating messages that the cheap stages allow, the reasoner's own findings on escalated messages included.
    public var missRate: Estimate?
    public var audited: Int
    /// Audited messages without a usable answer: left out.
    public var unanswered: Int
  }
  public var categories: [Category]
  /// Any category violating: for messages as a whole.
  public var overall: Category
  public var audited: Int
  /// Entries with an impossible inclusion chance or number of findings: left out.
  public var rejected: Int

  /// - Parameters:
  ///   - decided: how many messages the cheap stages allowed and blocked in all, when known; the estimate of the miss rate needs it.
  ///   - violatingElsewhere: for each category and then for messages as a whole, how many violating messages were found
  ///     among those not allowed by the cheap stages (escalated and found violating, or rightly blocked); nil leaves miss rates out.
  public init(
    _ messages: [AuditedMessage], categories names: [String], allowedInAll: Int? = nil, violatingElsewhere: [Int]? = nil, confidence: Double = 0.95
  ) {
    let usable = messages.filter { $0.inclusion > 0 && $0.inclusion <= 1 && $0.findings.count == names.count }
    audited = usable.count
    rejected = messages.count - usable.count
    let elsewhere = violatingElsewhere.flatMap { $0.count == names.count + 1 ? $0 : nil }
    func category(_ name: String, _ place: Int, _ outcome: (AuditedMessage) -> Bool?) -> Category {
      Self.category(
        name, usable, place < names.count ? place : nil, outcome, allowedInAll: allowedInAll, elsewhere: elsewhere.map { Double($0[place]) }, confidence: confidence)
    }
    categories = names.enumerated().map { place, name in category(name, place) { Self.violates($0.findings[place]) } }
    overall = category("any", names.count) { message in
      if message.findings.contains(.violates) { return true }
      return message.findings.allSatisfy { $0 == .safe } ? false : nil
    }
  }

  private static func violates(_ outcome: ReasonerOutcome) -> Bool? {
    switch outcome {
    case .violates: true
    case .safe: false
    case .review, .abstain, .failed, .notAsked: nil
    }
  }

  private static func category(
    _ name: String, _ messages: [AuditedMessage], _ place: Int?, _ outcome: (AuditedMessage) -> Bool?, allowedInAll: Int?, elsewhere: Double?, confidence: Double
  ) -> Category {
    var (allowed, blocked): ([Weighted], [Weighted]) = ([], [])
    var unanswered = 0
    for message in messages where message.verdict != .review {
      if message.verdict == .block, let made = message.blockedIn {
        if let place, made != .place(place) { continue }
        if made == .unjudged {
          unanswered += 1
          continue
        }
      }
      guard let violates = outcome(message) else {
        unanswered += 1
        continue
      }
      let weight = 1 / message.inclusion
      if message.verdict == .allow { allowed.append(Weighted(weight: weight, hit: violates)) } else { blocked.append(Weighted(weight: weight, hit: !violates)) }
    }
    let missed = Weighted.share(allowed, confidence)
    return Category(
      name: name, missedAmongAllowed: missed, wrongAmongBlocked: Weighted.share(blocked, confidence),
      missRate: missRate(missed, allowedInAll, elsewhere, confidence), audited: allowed.count + blocked.count, unanswered: unanswered)
  }

  /// Missed / (missed + found elsewhere): rises with the missed share, so its interval is that of the share, carried over.
  private static func missRate(_ missed: Estimate?, _ allowedInAll: Int?, _ elsewhere: Double?, _ confidence: Double) -> Estimate? {
    guard let missed, let allowedInAll, let elsewhere else { return nil }
    func rate(_ share: Double) -> Double {
      let lost = share * Double(allowedInAll)
      return lost + elsewhere > 0 ? lost / (lost + elsewhere) : 0
    }
    let interval = missed.interval.map { Interval(low: rate($0.low), high: rate($0.high), confidence: confidence, method: $0.method) }
    return Estimate(rate(missed.value), interval)
  }
}

/// A drawn message with what it stands for.
private struct Weighted {
  var weight: Double
  var hit: Bool

  /// Hájek's ratio estimate of the share of hits. Equal weights are a plain binomial sample and get the exact interval; unequal
  /// ones the Clopper–Pearson interval at Kish's effective sample size, which stays honest where nothing was hit.
  static func share(_ sample: [Weighted], _ confidence: Double) -> Estimate? {
    guard let first = sample.first else { return nil }
    let total = sample.reduce(0) { $0 + $1.weight }
    let value = sample.reduce(0) { $0 + ($1.hit ? $1.weight : 0) } / total
    if sample.allSatisfy({ $0.weight == first.weight }) {
      return Estimate(value, Proportion(sample.count { $0.hit }, of: sample.count).clopperPearson(confidence: confidence))
    }
    let effective = total * total / sample.reduce(0) { $0 + $1.weight * $1.weight }
    let (hits, misses) = (value * effective, (1 - value) * effective)
    let tail = (1 - confidence) / 2
    let low = hits <= 0 ? 0 : SpecialFunctions.inverseIncompleteBeta(hits, misses + 1, tail)
    let high = misses <= 0 ? 1 : SpecialFunctions.inverseIncompleteBeta(hits + 1, misses, 1 - tail)
    return Estimate(value, Interval(low: low, high: high, confidence: confidence, method: .horvitzThompson))
  }
}
