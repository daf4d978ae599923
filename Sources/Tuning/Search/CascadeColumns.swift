import Moderation

/// How a category of a message stands once the cheap stages are through. The first three have the raw values of `Verdict`.
public enum CheapState: UInt8, Sendable, CaseIterable {
  case allow, review, block
  /// Left to the reasoner, or to review where there is none.
  case open

  init(_ verdict: Verdict) {
    self =
      switch verdict {
      case .allow: .allow
      case .review: .review
      case .block: .block
      }
  }
}

/// What to suppose of the reasoner where it was never asked.
public enum UnknownAnswer: String, Sendable, CaseIterable {
  /// That it agrees with the label: the best case, which tells what is still worth asking.
  case correct
  /// That it contradicts the label: the worst case, on which a proof may rest.
  case wrong
  /// That it abstains, as a reasoner without a model does: `on_abstain` says what becomes of the message.
  case abstain
}

/// What to make of calls of the reasoner that failed.
public enum FailedAnswer: Sendable {
  /// What the pipeline makes of them.
  case asInARun
  /// That the answer would have contradicted the label: a failure that becomes a review catches every violation, and proves nothing of the model.
  case wrong
}

/// One category of all messages, reduced to what thresholds of one stage can still change: below, between and above them.
struct CascadeColumns: Sendable {
  /// The score that the thresholds are compared with; NaN where they do not matter.
  private(set) var scores: [Float]
  /// Four states of two bits each: below, between, above, and without thresholds.
  private var states: [UInt8]
  /// What the reasoner makes of the category when it is open.
  private(set) var resolutions: [Verdict]
  /// Open messages of this category would be asked, but no answer is known.
  private(set) var unasked: [Bool]

  /// - Parameter labels: what supposed answers go by; nil takes the category's own.
  init(_ sample: EvaluationSample, stage: Int, category: Int, unknown: UnknownAnswer, failed: FailedAnswer = .asInARun, labels: [Label]? = nil) {
    let resolver = Resolver(sample, category: category, unknown: unknown, failed: failed, labels: labels ?? sample.labels[category])
    let walker = StageWalker(sample, stage: stage, category: category)
    scores = sample.probabilities[stage][category]
    states = Array(repeating: 0, count: sample.count)
    resolutions = (0..<sample.count).map(resolver.verdict)
    unasked = (0..<sample.count).map(resolver.isUnasked)
    for message in 0..<sample.count {
      let middle = walker.state(message, .uncertain)
      let (low, high) = (walker.state(message, .allow), walker.state(message, .block))
      states[message] = low.rawValue | middle.rawValue << 2 | high.rawValue << 4 | walker.state(message, nil).rawValue << 6
      if low == middle, middle == high { scores[message] = .nan }
    }
  }

  func state(_ message: Int, _ outcome: Band.Outcome) -> CheapState {
    let shift: UInt8 =
      switch outcome {
      case .allow: 0
      case .uncertain: 2
      case .block: 4
      }
    return CheapState(rawValue: states[message] >> shift & 3) ?? .open
  }

  func state(_ message: Int, under band: Band?) -> CheapState {
    guard let band else { return CheapState(rawValue: states[message] >> 6) ?? .open }
    return state(message, band.outcome(scores[message]))
  }
}

/// What the reasoner's answer, or its failure, makes of an open category.
private struct Resolver {
  private let findings: [ReasonerOutcome]
  private let labels: [Label]
  private let statuses: [StageStatus]?
  private let failure: FailureModes
  private let violation: Verdict
  private let unknown: UnknownAnswer
  private let failed: FailedAnswer
  /// Whether the reasoner has a policy for the category.
  private let judges: Bool
  /// Messages of which another category has an answer or a failure of its own: the status then says nothing of this one.
  private let isPartlyKnown: [Bool]

  init(_ sample: EvaluationSample, category: Int, unknown: UnknownAnswer, failed: FailedAnswer, labels: [Label]) {
    findings = sample.findings[category]
    self.labels = labels
    let stage = sample.reasonerStage
    statuses = stage.map { sample.statuses[$0] }
    failure = stage.map { sample.stages[$0].failure } ?? .reasoner
    violation = sample.categories.categories[category].autoBlock ? .block : .review
    self.unknown = unknown
    self.failed = failed
    judges = stage.map { sample.stages[$0].judges?.contains(CategoryIndex(category)) ?? true } ?? false
    isPartlyKnown = (0..<sample.count).map { message in sample.findings.contains { $0[message] != .notAsked } }
  }

  func isUnasked(_ message: Int) -> Bool {
    guard judges, let statuses, findings[message] == .notAsked else { return false }
    return isPartlyKnown[message] || statuses[message] == .ok || statuses[message] == .skipped
  }

  func verdict(_ message: Int) -> Verdict {
    guard judges, let statuses else { return .review }
    switch findings[message] {
    case .violates: return violation
    case .safe: return .allow
    case .review: return .review
    case .abstain: return verdict(failure.onAbstain)
    case .failed where failed == .wrong && labels[message] != .unknown: return labels[message] == .positive ? .allow : violation
    case .failed: return verdict(failure.action(for: Self.cause(statuses[message])))
    case .notAsked: return isUnasked(message) ? supposed(labels[message]) : verdict(failure.action(for: Self.cause(statuses[message])))
    }
  }

  private static func cause(_ status: StageStatus) -> DegradedCause {
    switch status {
    case .timeout: .timeout
    case .abstain: .abstain
    case .overload: .overload
    case .ok, .skipped, .error: .error
    }
  }

  private func verdict(_ action: FailureAction) -> Verdict {
    switch action {
    case .next, .review: .review
    case .block: .block
    case .allow: .allow
    }
  }

  private func supposed(_ label: Label) -> Verdict {
    guard unknown != .abstain else { return verdict(failure.onAbstain) }
    guard label != .unknown else { return .review }
    return (label == .positive) == (unknown == .correct) ? violation : .allow
  }
}

/// Walks a message through the cheap stages by the rules of the pipeline, for one category and each way that the tuned stage
/// can send it. Hits count from the start: ``StageOrder`` finds the pipelines where that is not so.
private struct StageWalker {
  private struct Screen {
    var isTuned: Bool
    var failure: FailureModes
    var silenceAllows: Bool
    var band: Band?
    var statuses: [StageStatus]
    var probabilities: [Float]
  }
  private let screens: [Screen]
  private let anyHits: [CategorySet]
  private let escalateHits: [CategorySet]
  private let blockHits: [CategorySet]
  private let category: CategoryIndex
  private let blocked: CheapState
  private let alwaysEscalate: Bool
  /// Whether anything but the tuned stage can settle the category; else it holds no message up.
  private let settledElsewhere: Bool

  init(_ sample: EvaluationSample, stage: Int, category: Int) {
    let enforcing = sample.stages.indices.filter { sample.stages[$0].mode == .enforce }
    screens = enforcing.filter { sample.stages[$0].kind == .screen }.map { place in
      let screen = sample.stages[place]
      return Screen(
        isTuned: place == stage, failure: screen.failure, silenceAllows: screen.silenceAllows, band: screen.scores ? screen.bands[category] : nil,
        statuses: sample.statuses[place], probabilities: screen.scores ? sample.probabilities[place][category] : [])
    }
    (anyHits, escalateHits, blockHits) = (sample.anyHits, sample.escalateHits, sample.blockHits)
    self.category = CategoryIndex(category)
    blocked = sample.categories.categories[category].autoBlock ? .block : .review
    alwaysEscalate = sample.categories.categories[category].alwaysEscalate
    let judged = enforcing.contains { sample.stages[$0].kind == .reasoner && sample.stages[$0].judges?.contains(CategoryIndex(category)) ?? true }
    settledElsewhere = judged || screens.contains { $0.silenceAllows || ($0.band != nil && !$0.isTuned) }
  }

  /// `tuned` nil: the tuned stage has no band for the category.
  func state(_ message: Int, _ tuned: Band.Outcome?) -> CheapState {
    if blockHits[message].contains(category) { return blocked }
    let escalates = escalateHits[message].contains(category) || alwaysEscalate
    var open = escalates || settledElsewhere || tuned != nil
    // Once forced, no cheap stage's allow counts.
    var forced = escalates
    for screen in screens {
      if let action = Self.failure(screen, message) {
        switch action {
        case .next: (open, forced) = (true, true)
        case .review: return .review
        case .block: return .block
        case .allow: return .allow
        }
        continue
      }
      if screen.silenceAllows, !forced, !anyHits[message].contains(category) { return .allow }
      guard open, let outcome = screen.isTuned ? tuned : screen.band?.outcome(screen.probabilities[message]) else { continue }
      if outcome == .block, !alwaysEscalate { return blocked }
      if outcome == .allow, !forced { return .allow }
    }
    return open ? .open : .allow
  }

  /// What the stage's failure demands; nil when it did not fail.
  private static func failure(_ screen: Screen, _ message: Int) -> FailureAction? {
    switch screen.statuses[message] {
    case .ok, .skipped: nil
    case .timeout: screen.failure.onTimeout
    case .error: screen.failure.onError
    case .abstain: screen.failure.onAbstain
    case .overload: screen.failure.onOverload
    }
  }
}
