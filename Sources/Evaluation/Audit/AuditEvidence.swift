import AuditLog
import Moderation
import Tuning

/// What the audit file of live runs tells of the cheap stages: the drawn messages that the reasoner looked at too, how many messages
/// there were around them, and where the scores lay.
public struct AuditEvidence: Sendable {
  /// Scores of one category by one stage.
  public struct ScoreKey: Sendable, Hashable {
    public var stage: String
    public var category: String
  }
  public private(set) var records = 0
  /// Traces that could not be read.
  public private(set) var unreadable = 0
  /// Names of the categories that the reasoner spoke of, in order of appearance.
  public private(set) var categories: [String] = []
  public private(set) var scores: [ScoreKey: ScoreHistogram] = [:]
  private var drawn: [(verdict: Verdict, inclusion: Double, category: String?, outcomes: [String: ReasonerOutcome])] = []
  private var allowed = 0
  private var cheaplyBlocked: [String: Int] = [:]
  private var blockedInAll = 0
  private var foundViolating: [String: Int] = [:]
  private var foundInAll = 0
  /// Decided by a failure or by the budget: never drawn, so that the estimate does not speak of them.
  public private(set) var uncovered = 0
  /// Sent to people by the cheap stages: never drawn either, and violating in a share that nothing tells.
  public private(set) var cheaplyReviewed = 0

  public init() {}

  public mutating func add(_ record: AuditRecord) {
    records += 1
    guard let stages = record.stages else { return unreadable += 1 }
    for stage in stages where stage.mode == nil { addScores(stage) }
    guard let verdict = Verdict(name: record.verdict) else { return }
    let decided = stages.filter { $0.purpose == "decide" }
    if let audit = stages.first(where: { $0.purpose == "audit" }) {
      drawn.append((verdict, record.sampling ?? 0, record.category, outcomes(audit)))
    }
    if decided.isEmpty, record.degraded != nil {
      uncovered += 1
    } else if decided.isEmpty {
      countCheap(verdict, record.category)
    } else {
      let violating = Set(decided.flatMap { $0.findings ?? [] }.filter { $0.outcome == "violates" }.map(\.category))
      for category in violating { foundViolating[category, default: 0] += 1 }
      if !violating.isEmpty { foundInAll += 1 }
    }
  }

  private mutating func countCheap(_ verdict: Verdict, _ category: String?) {
    switch verdict {
    case .allow: allowed += 1
    case .block:
      blockedInAll += 1
      if let category { cheaplyBlocked[category, default: 0] += 1 }
    case .review: cheaplyReviewed += 1
    }
  }

  private mutating func addScores(_ stage: StageTrace) {
    for (category, score) in stage.scores ?? [:] {
      let key = ScoreKey(stage: stage.stage, category: category)
      scores[key, default: ScoreHistogram()].add(score.map { Float($0) } ?? .nan)
    }
  }

  private mutating func outcomes(_ stage: StageTrace) -> [String: ReasonerOutcome] {
    var outcomes: [String: ReasonerOutcome] = [:]
    for finding in stage.findings ?? [] {
      if !categories.contains(finding.category) { categories.append(finding.category) }
      outcomes[finding.category] = ReasonerOutcome(written: finding.outcome)
    }
    return outcomes
  }

  /// The estimate from all records so far. Blocks of the cheap stages count as right in the share that the audit found right, or all of
  /// them where no block was drawn.
  public func estimate(confidence: Double = 0.95) -> AuditEstimate {
    let messages = drawn.map { entry in
      AuditedMessage(
        verdict: entry.verdict, inclusion: entry.inclusion, findings: categories.map { entry.outcomes[$0] ?? .failed },
        blockedIn: entry.category.map { name in categories.firstIndex(of: name).map { .place($0) } ?? .unjudged })
    }
    let first = AuditEstimate(messages, categories: categories, confidence: confidence)
    func rightly(_ blocked: Int, _ wrong: Estimate?) -> Int { Int((Double(blocked) * (1 - (wrong?.value ?? 0))).rounded()) }
    let elsewhere = zip(categories, first.categories).map { name, estimate in
      foundViolating[name, default: 0] + rightly(cheaplyBlocked[name, default: 0], estimate.wrongAmongBlocked)
    }
    let any = foundInAll + rightly(blockedInAll, first.overall.wrongAmongBlocked)
    return AuditEstimate(messages, categories: categories, allowedInAll: allowed, violatingElsewhere: elsewhere + [any], confidence: confidence)
  }

  /// Scores of every scoring stage over a sample, as a reference for ``drift(from:)``.
  public static func scores(of sample: EvaluationSample) -> [ScoreKey: ScoreHistogram] {
    var scores: [ScoreKey: ScoreHistogram] = [:]
    for (place, stage) in sample.stages.enumerated() {
      for (category, column) in zip(sample.categories.categories, sample.probabilities[place]) {
        // Live traffic has scores only of messages that came so far.
        let reached = column.indices.filter { sample.statuses[place][$0] != .skipped }.map { column[$0] }
        if reached.contains(where: { !$0.isNaN }) { scores[ScoreKey(stage: stage.id, category: category.name)] = ScoreHistogram(reached) }
      }
    }
    return scores
  }

  /// How far scores have moved from those of `reference`, by `stage/category`.
  public func drift(from reference: [ScoreKey: ScoreHistogram]) -> [ScoreKey: Drift] {
    var drifts: [ScoreKey: Drift] = [:]
    for (key, histogram) in scores { drifts[key] = reference[key].flatMap { Drift(reference: $0, current: histogram) } }
    return drifts
  }
}

extension ReasonerOutcome {
  /// As the audit file writes a finding's outcome.
  init(written word: String) {
    switch word {
    case "violates": self = .violates
    case "safe": self = .safe
    case "review": self = .review
    default: self = .abstain
    }
  }
}
