import AuditLog
import Moderation
import Pipeline

/// What a run did, gathered from its audit records one by one: layers, verdicts, scores and the messages that explain them best.
/// Memory does not grow with the number of records.
public struct RunDigest: Sendable {
  /// One stage of the pipeline, and what came of the messages that it was asked about.
  public struct Layer: Sendable {
    public var id: String
    public var type: String
    /// enforce, shadow or off.
    public var mode: String
    public var thresholds: [String: AuditStage.Thresholds]
    public var asked = 0
    public var allowed = 0
    public var reviewed = 0
    public var blocked = 0
    public var abstained = 0
    public var failed = 0
    /// Messages in which a rule or phrase was found.
    public var withHits = 0
    public var latency = LatencyHistogram()
    public var time: Duration = .zero
    public var calls = 0
    public var tokens = 0
    /// By category, how many messages had a score in each of ``scoreBins`` equal parts of 0...1.
    public var scores: [String: [Int]] = [:]

    public var passedOn: Int { asked - allowed - reviewed - blocked }
    public var isReasoner: Bool { type == "safeguard" }
  }
  public static let scoreBins = 40
  /// Parts of the stream, in which verdicts are counted one by one.
  public static let slices = 48

  public let run: AuditRun
  public private(set) var layers: [Layer]
  public private(set) var messages = 0
  public private(set) var verdicts: [String: Int] = [:]
  /// Messages of each category that were not allowed, by verdict.
  public private(set) var categories: [String: [String: Int]] = [:]
  public private(set) var degraded: [String: Int] = [:]
  /// Messages that a reasoner was asked to decide.
  public private(set) var escalated = 0
  public private(set) var audited = 0
  public private(set) var stream: StreamTally
  public private(set) var examples = ExampleChoice()
  private let layerIndex: [String: Int]

  /// - Parameter run: must name its stages as this version of Winnow writes them.
  public init(run: AuditRun) throws(RunReportError) {
    guard let stages = run.stageList else { throw RunReportError("run `\(run.id)` does not name its stages as this version of winnow does") }
    self.run = run
    layers = stages.map { Layer(id: $0.id, type: $0.type, mode: $0.mode, thresholds: $0.bands) }
    layerIndex = Dictionary(uniqueKeysWithValues: stages.enumerated().map { ($1.id, $0) })
    stream = StreamTally(slices: Self.slices)
  }

  public func count(_ verdict: String) -> Int { verdicts[verdict] ?? 0 }
  /// Messages left open for which no reasoner was asked.
  private var leftOver = 0
  /// Of all messages, those settled without asking a reasoner.
  public var shareWithoutReasoner: Double { messages == 0 ? 0 : 1 - Double(escalated + leftOver) / Double(messages) }
  /// Whether a reasoner answered at all in this run.
  public var hasReasoner: Bool { layers.contains { $0.isReasoner && $0.calls > 0 } }

  public mutating func add(_ record: AuditRecord) {
    messages += 1
    verdicts[record.verdict, default: 0] += 1
    if let category = record.category, record.verdict != "allow" { categories[category, default: [:]][record.verdict, default: 0] += 1 }
    if let cause = record.degraded { degraded[cause, default: 0] += 1 }
    if record.audited { audited += 1 }
    stream.add(record.verdict, position: record.position)
    if let stage = record.stage, let index = layerIndex[stage] { layers[index].decide(record.verdict) }
    let stages = record.stages ?? []
    var isEscalated = false
    for stage in stages {
      guard let index = layerIndex[stage.stage] else { continue }
      layers[index].add(stage)
      if layers[index].isReasoner, stage.mode == nil, stage.purpose == "decide" { isEscalated = true }
    }
    if isEscalated { escalated += 1 } else if isLeftOpen(record) { leftOver += 1 }
    if let decided = record.stage.flatMap({ layerIndex[$0] }) { examples.consider(record, stages, decidedBy: layers[decided].type) }
  }
}

extension RunDigest {
  private func isLeftOpen(_ record: AuditRecord) -> Bool {
    if record.reason == DecisionReason.unsettled.name { return true }
    return record.isFailureMode && record.stage.flatMap { layerIndex[$0] }.map { layers[$0].isReasoner } ?? false
  }
}

extension RunDigest.Layer {
  fileprivate mutating func decide(_ verdict: String) {
    switch verdict {
    case "allow": allowed += 1
    case "block": blocked += 1
    default: reviewed += 1
    }
  }

  fileprivate mutating func add(_ stage: StageTrace) {
    // What was drawn for the audit is decided already.
    if stage.purpose != "audit" {
      asked += 1
      switch stage.status {
      case "ok": break
      case "abstain": abstained += 1
      default: failed += 1
      }
    }
    if let hits = stage.hits, !hits.isEmpty { withHits += 1 }
    if let spent = stage.latency {
      latency.record(spent)
      time += spent
    }
    calls += stage.calls ?? 0
    tokens += (stage.promptTokens ?? 0) + (stage.completionTokens ?? 0)
    for (category, score) in stage.scores ?? [:] {
      guard let score, score.isFinite else { continue }
      let bin = min(RunDigest.scoreBins - 1, max(0, Int(score * Double(RunDigest.scoreBins))))
      scores[category, default: Array(repeating: 0, count: RunDigest.scoreBins)][bin] += 1
    }
  }
}

/// A run cannot be reported on.
public struct RunReportError: Error, CustomStringConvertible {
  public var description: String
  init(_ description: String) { self.description = description }
}
