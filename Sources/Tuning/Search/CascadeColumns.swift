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
  init(_ action: FailureAction) {
    self =
      switch action {
      case .next: .open
      case .review: .review
      case .block: .block
      case .allow: .allow
      }
  }
}

/// What to suppose of the reasoner where it was never asked.
public enum UnknownAnswer: String, Sendable, CaseIterable {
  /// That it agrees with the label: the best case, which tells what is still worth asking.
  case correct
  /// That it contradicts the label: the worst case.
  case wrong
  /// That the message ends in review.
  case review
}

/// One category of all messages, reduced to what thresholds of one stage can still change: below, between and above them.
struct CascadeColumns: Sendable {
  /// The score that the thresholds are compared with; NaN where they do not matter.
  private(set) var scores: [Float]
  /// Three states of two bits each: below, between, above.
  private var states: [UInt8]
  /// What the reasoner makes of the category when it is open.
  private(set) var resolutions: [Verdict]
  /// Open messages of this category would be asked, but no answer is known.
  private(set) var unasked: [Bool]

  init(_ sample: EvaluationSample, stage: Int, category: Int, unknown: UnknownAnswer) {
    let resolver = Resolver(sample, category: category, unknown: unknown)
    let walker = StageWalker(sample, stage: stage, category: category)
    scores = Array(repeating: .nan, count: sample.count)
    states = Array(repeating: 0, count: sample.count)
    resolutions = (0..<sample.count).map(resolver.verdict)
    unasked = (0..<sample.count).map(resolver.isUnasked)
    for message in 0..<sample.count {
      let (low, middle, high, score) = walker.states(message)
      scores[message] = score
      states[message] = low.rawValue | middle.rawValue << 2 | high.rawValue << 4
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
    state(message, band?.outcome(scores[message]) ?? .uncertain)
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

  init(_ sample: EvaluationSample, category: Int, unknown: UnknownAnswer) {
    findings = sample.findings[category]
    labels = sample.labels[category]
    let stage = sample.reasonerStage
    statuses = stage.map { sample.statuses[$0] }
    failure = stage.map { sample.stages[$0].failure } ?? .reasoner
    violation = sample.categories.categories[category].autoBlock ? .block : .review
    self.unknown = unknown
  }

  func isUnasked(_ message: Int) -> Bool {
    guard let statuses, findings[message] == .notAsked else { return false }
    return statuses[message] == .ok || statuses[message] == .skipped
  }

  func verdict(_ message: Int) -> Verdict {
    guard let statuses else { return .review }
    switch findings[message] {
    case .violates: return violation
    case .safe: return .allow
    case .review: return .review
    case .abstain: return verdict(failure.onAbstain)
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
    case .block: violation
    case .allow: .allow
    }
  }

  private func supposed(_ label: Label) -> Verdict {
    guard label != .unknown, unknown != .review else { return .review }
    return (label == .positive) == (unknown == .correct) ? violation : .allow
  }
}

/// Walks a message through the cheap stages, in the three ways that the tuned stage can send it.
private struct StageWalker {
  private let sample: EvaluationSample
  private let stage: Int
  private let category: Int
  private let screens: [Int]
  private let blocked: CheapState
  private let alwaysEscalate: Bool

  init(_ sample: EvaluationSample, stage: Int, category: Int) {
    self.sample = sample
    self.stage = stage
    self.category = category
    screens = sample.stages.indices.filter { sample.stages[$0].kind == .screen && sample.stages[$0].mode == .enforce }
    blocked = sample.categories.categories[category].autoBlock ? .block : .review
    alwaysEscalate = sample.categories.categories[category].alwaysEscalate
  }

  func states(_ message: Int) -> (low: CheapState, middle: CheapState, high: CheapState, score: Float) {
    let index = CategoryIndex(category)
    if alwaysEscalate { return (.open, .open, .open, .nan) }
    if sample.blockHits[message].contains(index) { return (blocked, blocked, blocked, .nan) }
    let escalates = sample.escalateHits[message].contains(index)
    for screen in screens where screen < stage {
      let state = step(message, screen, escalates)
      if state != .open { return (state, state, state, .nan) }
    }
    let after = screens.lazy.filter { $0 > stage }.map { step(message, $0, escalates) }.first { $0 != .open } ?? .open
    if let failed = failure(message, stage) {
      let state = failed == .open ? after : failed
      return (state, state, state, .nan)
    }
    return (escalates ? after : .allow, after, blocked, sample.probabilities[stage][category][message])
  }

  /// One stage at the thresholds that stand in the file.
  private func step(_ message: Int, _ screen: Int, _ escalates: Bool) -> CheapState {
    if let failed = failure(message, screen) { return failed }
    guard sample.stages[screen].scores, let band = sample.stages[screen].bands[category] else { return .open }
    switch band.outcome(sample.probabilities[screen][category][message]) {
    case .allow: return escalates ? .open : .allow
    case .uncertain: return .open
    case .block: return blocked
    }
  }

  /// What the stage's failure makes of the message; nil when it did not fail.
  private func failure(_ message: Int, _ screen: Int) -> CheapState? {
    let modes = sample.stages[screen].failure
    let state: CheapState
    switch sample.statuses[screen][message] {
    case .ok, .skipped: return nil
    case .timeout: state = CheapState(modes.onTimeout)
    case .error: state = CheapState(modes.onError)
    case .abstain: state = CheapState(modes.onAbstain)
    case .overload: state = CheapState(modes.onOverload)
    }
    return state == .block ? blocked : state
  }
}
