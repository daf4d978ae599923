import Moderation

/// What one stage did with the messages that it saw.
public struct StageReport: Sendable {
  /// Wrong verdicts that a stage made.
  public struct Errors: Sendable {
    public var count = 0
    public var examples: [String] = []
    mutating func add(_ id: String, limit: Int) {
      count += 1
      if examples.count < limit { examples.append(id) }
    }
  }
  public var id: String
  public var kind: StageSpec.Kind
  /// Messages that it ran for, by how it came out.
  public var statuses: [StageStatus: Int]
  public var reached: Int
  /// Messages whose verdict it made.
  public var allowed = 0
  public var reviewed = 0
  public var blocked = 0
  /// Violating messages that it allowed, and harmless ones that it blocked or sent to review.
  public var missed = Errors()
  public var wronglyFlagged = Errors()
  public var latency: LatencySummary?

  public var decided: Int { allowed + reviewed + blocked }
  /// Share of the messages that reached it and went on to the next stage.
  public var escalation: Proportion { Proportion(max(0, reached - decided), of: reached) }
  public func share(of status: StageStatus) -> Proportion { Proportion(statuses[status] ?? 0, of: max(reached, statuses[status] ?? 0)) }

  static func reports(_ sample: EvaluationSample, anyLabels: [Label], options: EvaluationOptions) -> [StageReport] {
    var reports = sample.stages.indices.map { Self.empty($0, sample) }
    // What was left open after the last stage is review by nobody's decision; its errors belong to the last stage.
    let last = sample.stages.count - 1
    for message in 0..<sample.count {
      let stage = sample.decidingStages[message] < 0 ? last : Int(sample.decidingStages[message])
      guard reports.indices.contains(stage) else { continue }
      reports[stage].count(sample.verdicts[message], id: sample.ids[message], label: anyLabels[message], decided: sample.decidingStages[message] >= 0, options)
    }
    return reports
  }

  private static func empty(_ stage: Int, _ sample: EvaluationSample) -> StageReport {
    let statuses = Dictionary(sample.statuses[stage].map { ($0, 1) }, uniquingKeysWith: +)
    let reached = (0..<sample.count).count { message in
      sample.statuses[stage][message] != .skipped && sample.isOnPath(stage, message)
    }
    return StageReport(
      id: sample.stages[stage].id, kind: sample.stages[stage].kind, statuses: statuses, reached: reached,
      latency: LatencySummary(sample.latencies[stage]))
  }

  private mutating func count(_ verdict: Verdict, id: String, label: Label, decided: Bool, _ options: EvaluationOptions) {
    if decided {
      switch verdict {
      case .allow: allowed += 1
      case .review: reviewed += 1
      case .block: blocked += 1
      }
    }
    guard label != .unknown else { return }
    let flagged = verdict == .block || (verdict == .review && options.reviewCounts == .flagged)
    if label == .positive, !flagged { missed.add(id, limit: options.examples) }
    if label == .negative, flagged { wronglyFlagged.add(id, limit: options.examples) }
  }
}

/// Latency of messages that were decided in one place.
public struct PathReport: Sendable {
  /// `linear` for messages that it decided, `open after the last stage` for the rest.
  public var path: String
  public var messages: Int
  public var latency: LatencySummary?

  static func reports(_ sample: EvaluationSample) -> [PathReport] {
    var totals = [Float](repeating: 0, count: sample.count)
    var known = [Bool](repeating: false, count: sample.count)
    for (stage, latencies) in sample.latencies.enumerated() {
      for message in 0..<sample.count where !latencies[message].isNaN && sample.isOnPath(stage, message) {
        totals[message] += latencies[message]
        known[message] = true
      }
    }
    var paths = [[Float]](repeating: [], count: sample.stages.count + 1)
    for message in 0..<sample.count {
      let stage = sample.decidingStages[message] < 0 ? sample.stages.count : Int(sample.decidingStages[message])
      paths[stage].append(known[message] ? totals[message] : .nan)
    }
    let names = sample.stages.map(\.id) + ["open after the last stage"]
    let all = zip(totals, known).map { $1 ? $0 : Float.nan }
    let single = zip(names, paths).filter { !$1.isEmpty }.map { PathReport(path: $0, messages: $1.count, latency: LatencySummary($1)) }
    return single + [PathReport(path: "all messages", messages: sample.count, latency: LatencySummary(all))]
  }
}

extension EvaluationSample {
  /// Whether the message came to the stage. An evaluation may run stages beyond; their time is not the message's. A reasoner may be asked
  /// although a review of an earlier stage stands in the end, and what it was asked for comparison has the status `skipped`.
  fileprivate func isOnPath(_ stage: Int, _ message: Int) -> Bool {
    let deciding = Int(decidingStages[message])
    return deciding < 0 || stage <= deciding || (stages[stage].kind == .reasoner && statuses[stage][message] != .skipped)
  }
}

/// What the reasoner was asked, per 1,000 messages.
public struct UsageReport: Sendable, Hashable {
  public var calls: Double
  public var retries: Double
  public var promptTokens: Double
  public var cachedPromptTokens: Double
  public var completionTokens: Double

  init(_ sample: EvaluationSample) {
    let total = sample.usages.reduce(ReasonerUsage(), +)
    let per = 1000 / Double(max(1, sample.count))
    calls = Double(total.calls) * per
    retries = Double(total.retries) * per
    promptTokens = Double(total.promptTokens) * per
    cachedPromptTokens = Double(total.cachedPromptTokens) * per
    completionTokens = Double(total.completionTokens) * per
  }
}

/// The quality of a part of the messages.
public struct SliceReport: Sendable {
  public var slice: String
  public var value: String
  public var messages: Int
  public var quality: Quality
  public var escalated: Proportion
}
