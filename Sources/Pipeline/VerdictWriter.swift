import Moderation

/// How much of a message's way is written.
public enum TraceDetail: String, Sendable, CaseIterable, Codable {
  /// The verdict only.
  case none
  /// The stage that decided, with what it saw there.
  case deciding
  /// Every stage.
  case full
}

/// How a result line is made.
public enum OutputShape: String, Sendable, CaseIterable, Codable {
  /// The input record with all its fields, and the verdict under `winnow`.
  case records
  /// Only the id and the verdict.
  case verdicts
}

/// Writes verdicts as JSON Lines, byte for byte the same for the same decisions: no times, no order that hashes make.
public struct VerdictWriter: Sendable {
  private let shape: OutputShape
  private let trace: TraceDetail
  private let stages: [BuiltStage]
  private let definition: PipelineDefinition
  /// `"harassment"`, `"linear"` … as JSON literals, made once.
  private let categoryLiterals: [[UInt8]]
  private let stageLiterals: [[UInt8]]
  private let allowTail: [[UInt8]]

  public init(pipeline: ModerationPipeline, shape: OutputShape = .records, trace: TraceDetail = .deciding) {
    self.shape = shape
    self.trace = trace
    stages = pipeline.stages
    definition = pipeline.definition
    categoryLiterals = definition.categories.categories.map { Array(JSONText.quoted($0.name).utf8) }
    stageLiterals = definition.stages.map { Array(JSONText.quoted($0.id).utf8) }
    allowTail = stageLiterals.map { Array(#","reason":"all_allowed","stage":"#.utf8) + $0 }
  }

  /// Appends one line for each message of the batch.
  public func append(_ outcome: BatchOutcome, to bytes: inout [UInt8]) {
    bytes.reserveCapacity(bytes.count + outcome.batch.bytes.count + outcome.batch.count * 96)
    for message in 0..<outcome.batch.count { appendLine(outcome, message, to: &bytes) }
  }

  private func appendLine(_ outcome: BatchOutcome, _ message: Int, to bytes: inout [UInt8]) {
    let record = outcome.batch.messages[message]
    switch shape {
    case .records:
      // The record ends in `}`, perhaps behind blanks; an empty object takes no comma.
      var end = Int(record.record.end)
      while outcome.batch.bytes[end - 1] != UInt8(ascii: "}") { end -= 1 }
      bytes.append(contentsOf: outcome.batch.bytes[Int(record.record.start)..<(end - 1)])
      while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
      if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
      bytes.append(contentsOf: #""winnow":{"verdict":""#.utf8)
    case .verdicts:
      bytes.append(contentsOf: #"{"id":"#.utf8)
      bytes.append(contentsOf: outcome.batch.bytes[record.id.range])
      bytes.append(contentsOf: #","verdict":""#.utf8)
    }
    appendVerdict(outcome, message, to: &bytes)
    bytes.append(UInt8(ascii: "}"))
    if shape == .records { bytes.append(UInt8(ascii: "}")) }
    bytes.append(0x0A)
  }

  private func appendVerdict(_ outcome: BatchOutcome, _ message: Int, to bytes: inout [UInt8]) {
    let decision = outcome.decisions[message]
    bytes.append(contentsOf: decision.verdict.name.utf8)
    bytes.append(UInt8(ascii: "\""))
    if decision.reason == .allAllowed, let stage = decision.stage {
      bytes.append(contentsOf: allowTail[stage])
    } else {
      if let category = decision.category { appendField("category", literal: categoryLiterals[category.index], to: &bytes) }
      appendField("reason", string: decision.reason.name, to: &bytes)
      if let stage = decision.stage { appendField("stage", literal: stageLiterals[stage], to: &bytes) }
    }
    if !decision.score.isNaN {
      bytes.append(contentsOf: #","score":"#.utf8)
      JSONNumber.appendProbability(decision.score, to: &bytes)
    }
    if let stage = decision.stage { appendGrounds(outcome, message, stage: stage, decision, to: &bytes) }
    if let degraded = decision.degraded { appendField("degraded", string: degraded.rawValue, to: &bytes) }
    appendTrace(outcome, message, decision, to: &bytes)
  }

  /// Rules, policy and rationale of the deciding stage.
  private func appendGrounds(_ outcome: BatchOutcome, _ message: Int, stage: Int, _ decision: MessageDecision, to bytes: inout [UInt8]) {
    switch stages[stage] {
    case .screen(let screen):
      guard decision.reason == .rule else { return }
      let hits = outcome.hits(of: message, in: stage).filter { $0.effect == .block && $0.category == decision.category }
      appendStrings("rules", hits.map { screen.describe(source: $0.source).rule }, to: &bytes)
    case .reasoner:
      guard let judged = outcome.stages[stage].judged[Int32(message)] else { return }
      // What stands of other categories after a failure is no ground.
      let own = judged.findings.first { $0.category == decision.category }
      guard let finding = own ?? (try? judged.result.get())?.findings.first else { return }
      appendField("policy", string: finding.policy, to: &bytes)
      if !finding.ruleIDs.isEmpty { appendStrings("rules", finding.ruleIDs, to: &bytes) }
      if let rationale = finding.rationale { appendField("rationale", string: rationale, to: &bytes) }
    }
  }

  // MARK: - Trace

  private func appendTrace(_ outcome: BatchOutcome, _ message: Int, _ decision: MessageDecision, to bytes: inout [UInt8]) {
    switch trace {
    case .none: return
    case .deciding:
      guard let stage = decision.stage, decision.verdict != .allow else { return }
      bytes.append(contentsOf: #","trace":["#.utf8)
      appendStage(outcome, message, stage, to: &bytes)
    case .full:
      bytes.append(contentsOf: #","trace":["#.utf8)
      for stage in stages.indices {
        if stage > 0 { bytes.append(UInt8(ascii: ",")) }
        appendStage(outcome, message, stage, to: &bytes)
      }
    }
    bytes.append(UInt8(ascii: "]"))
  }

  private func appendStage(_ outcome: BatchOutcome, _ message: Int, _ stage: Int, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: #"{"stage":"#.utf8)
    bytes.append(contentsOf: stageLiterals[stage])
    if definition.stages[stage].mode != .enforce { appendField("mode", string: definition.stages[stage].mode.rawValue, to: &bytes) }
    appendField("status", string: outcome.status(of: message, in: stage).rawValue, to: &bytes)
    switch stages[stage] {
    case .screen(let screen):
      appendHits(outcome.hits(of: message, in: stage), screen, to: &bytes)
      appendScores(outcome, message, stage, screen, to: &bytes)
      if let failure = outcome.failure(of: message, in: stage) { appendField("detail", string: failure.detail, to: &bytes) }
    case .reasoner:
      if let judged = outcome.stages[stage].judged[Int32(message)] { appendJudged(judged, to: &bytes) }
    }
    bytes.append(UInt8(ascii: "}"))
  }

  private func appendHits(_ hits: ArraySlice<Hit>, _ screen: any Screen, to bytes: inout [UInt8]) {
    guard !hits.isEmpty else { return }
    bytes.append(contentsOf: #","hits":["#.utf8)
    for (index, hit) in hits.enumerated() {
      bytes.append(contentsOf: (index == 0 ? #"{"rule":"# : #",{"rule":"#).utf8)
      JSONText.appendQuoted(screen.describe(source: hit.source).rule.utf8, to: &bytes)
      bytes.append(contentsOf: #","category":"#.utf8)
      bytes.append(contentsOf: categoryLiterals[hit.category.index])
      appendField("effect", string: hit.effect.name, to: &bytes)
      bytes.append(contentsOf: #","span":["#.utf8)
      JSONNumber.append(Int(hit.span.start), to: &bytes)
      bytes.append(UInt8(ascii: ","))
      JSONNumber.append(Int(hit.span.end), to: &bytes)
      bytes.append(contentsOf: "]}".utf8)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  private func appendScores(_ outcome: BatchOutcome, _ message: Int, _ stage: Int, _ screen: any Screen, to bytes: inout [UInt8]) {
    let scored = screen.scoredCategories
    guard !scored.isEmpty, let row = outcome.row(of: message, in: stage) else { return }
    bytes.append(contentsOf: #","scores":{"#.utf8)
    for (column, category) in scored.enumerated() {
      if column > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes.append(contentsOf: categoryLiterals[category.index])
      bytes.append(UInt8(ascii: ":"))
      JSONNumber.appendProbability(outcome.stages[stage].output.probabilities[row * scored.count + column], to: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  private func appendJudged(_ judged: JudgedMessage, to bytes: inout [UInt8]) {
    if judged.purpose != .decide { appendField("purpose", string: judged.purpose.rawValue, to: &bytes) }
    switch judged.result {
    case .failure(let error):
      appendField("detail", string: error.detail, to: &bytes)
      if error.reviews.isEmpty { return }
    case .success(let judgement): if !judgement.model.isEmpty { appendField("model", string: judgement.model, to: &bytes) }
    }
    bytes.append(contentsOf: #","findings":["#.utf8)
    for (index, finding) in judged.findings.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      appendFinding(finding, to: &bytes)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  private func appendFinding(_ finding: Finding, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: #"{"category":"#.utf8)
    bytes.append(contentsOf: categoryLiterals[finding.category.index])
    appendField("outcome", string: finding.outcome.name, to: &bytes)
    if case .abstain(let why) = finding.outcome { appendField("detail", string: why, to: &bytes) }
    if let label = finding.label { appendField("label", string: label, to: &bytes) }
    if let score = finding.score {
      bytes.append(contentsOf: #","score":"#.utf8)
      JSONNumber.appendProbability(Float(score), to: &bytes)
    }
    appendField("policy", string: finding.policy, to: &bytes)
    if !finding.ruleIDs.isEmpty { appendStrings("rules", finding.ruleIDs, to: &bytes) }
    if let rationale = finding.rationale { appendField("rationale", string: rationale, to: &bytes) }
    bytes.append(UInt8(ascii: "}"))
  }

  // MARK: - Fields

  private func appendField(_ name: StaticString, string: String, to bytes: inout [UInt8]) {
    appendName(name, to: &bytes)
    JSONText.appendQuoted(string.utf8, to: &bytes)
  }

  private func appendField(_ name: StaticString, literal: [UInt8], to bytes: inout [UInt8]) {
    appendName(name, to: &bytes)
    bytes.append(contentsOf: literal)
  }

  private func appendName(_ name: StaticString, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: ",\"".utf8)
    bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    bytes.append(contentsOf: "\":".utf8)
  }

  private func appendStrings(_ name: StaticString, _ strings: [String], to bytes: inout [UInt8]) {
    appendName(name, to: &bytes)
    bytes.append(UInt8(ascii: "["))
    for (index, string) in strings.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      JSONText.appendQuoted(string.utf8, to: &bytes)
    }
    bytes.append(UInt8(ascii: "]"))
  }
}

extension Finding.Outcome {
  /// The word in files and output.
  public var name: String {
    switch self {
    case .violates: "violates"
    case .safe: "safe"
    case .review: "review"
    case .abstain: "abstain"
    }
  }
}

/// Numbers in JSON, the same on every platform.
public enum JSONNumber {
  public static func append(_ value: Int, to bytes: inout [UInt8]) { bytes.append(contentsOf: String(value).utf8) }

  /// Four decimals, rounded half up; `null` for NaN.
  public static func appendProbability(_ value: Float, to bytes: inout [UInt8]) {
    guard !value.isNaN else { return bytes.append(contentsOf: "null".utf8) }
    let scaled = Int((Double(min(max(value, 0), 1)) * 10_000 + 0.5).rounded(.down))
    if scaled >= 10_000 { return bytes.append(UInt8(ascii: "1")) }
    bytes.append(contentsOf: "0.".utf8)
    var divisor = 1000
    while divisor > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(scaled / divisor % 10))
      divisor /= 10
    }
  }
}
