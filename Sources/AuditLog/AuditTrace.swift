import Moderation
import Pipeline

/// The JSON in an audit record: enough to replay everything but the reasoner bit for bit.
struct AuditTrace: Sendable {
  private let pipeline: ModerationPipeline
  init(pipeline: ModerationPipeline) { self.pipeline = pipeline }

  /// Each stage's identity and the thresholds in force, for the run's row.
  static func stagesJSON(_ pipeline: ModerationPipeline) -> String {
    let definition = pipeline.definition
    let stages = zip(definition.stages, pipeline.stages).map { stage, built -> String in
      let fingerprint =
        switch built {
        case .screen(let screen): screen.fingerprint
        case .reasoner(let reasoner): reasoner.fingerprint
        }
      let bands = stage.bands.sorted { $0.key < $1.key }.map { category, band in
        "\(JSONText.quoted(definition.categories[category].name)):{\"allow_below\":\(band.allowBelow),\"block_above\":\(band.blockAbove)}"
      }
      return
        #"{"id":\#(JSONText.quoted(stage.id)),"type":"\#(stage.spec.type)","mode":"\#(stage.mode.rawValue)","fingerprint":"\#(fingerprint)","bands":{\#(bands.joined(separator: ","))}}"#
    }
    return "[\(stages.joined(separator: ","))]"
  }

  func json(_ outcome: BatchOutcome, _ message: Int) -> String {
    let stages = pipeline.stages.indices.compactMap { index -> String? in
      let status = outcome.status(of: message, in: index)
      return status == .skipped ? nil : stageJSON(outcome, message, index, status)
    }
    return "[\(stages.joined(separator: ","))]"
  }

  private func stageJSON(_ outcome: BatchOutcome, _ message: Int, _ index: Int, _ status: StageStatus) -> String {
    let definition = pipeline.definition.stages[index]
    var fields = [#""stage":\#(JSONText.quoted(definition.id))"#, #""status":"\#(status.rawValue)""#]
    if definition.mode != .enforce { fields.append(#""mode":"\#(definition.mode.rawValue)""#) }
    switch pipeline.stages[index] {
    case .screen(let screen): fields += screenFields(outcome, message, index, screen)
    case .reasoner: if let judged = outcome.stages[index].judged[Int32(message)] { fields += judgedFields(judged) }
    }
    return "{\(fields.joined(separator: ","))}"
  }

  private func screenFields(_ outcome: BatchOutcome, _ message: Int, _ index: Int, _ screen: any Screen) -> [String] {
    var fields: [String] = []
    let hits = outcome.hits(of: message, in: index)
    if !hits.isEmpty {
      let items = hits.map { hit in
        #"{"rule":\#(JSONText.quoted(screen.describe(source: hit.source).rule)),"category":\#(name(hit.category)),"effect":"\#(hit.effect.name)","span":[\#(hit.span.start),\#(hit.span.end)]}"#
      }
      fields.append(#""hits":[\#(items.joined(separator: ","))]"#)
    }
    let scored = screen.scoredCategories
    if !scored.isEmpty, let row = outcome.row(of: message, in: index) {
      let items = scored.enumerated().map { column, category in
        "\(name(category)):\(number(outcome.stages[index].output.probabilities[row * scored.count + column]))"
      }
      fields.append(#""scores":{\#(items.joined(separator: ","))}"#)
    }
    if let failure = outcome.failure(of: message, in: index) { fields.append(#""detail":\#(JSONText.quoted(failure.detail))"#) }
    // A screen judges a batch at once: its share of the time is what one message cost.
    let asked = max(1, outcome.stages[index].asked.count)
    fields.append(#""latency_us":\#((outcome.stages[index].time.inSeconds * 1e8 / Double(asked)).rounded() / 100)"#)
    return fields
  }

  private func judgedFields(_ judged: JudgedMessage) -> [String] {
    var fields = [#""purpose":"\#(judged.purpose.rawValue)""#, #""latency_us":\#(Int(judged.latency.inSeconds * 1e6))"#]
    switch judged.result {
    case .failure(let error):
      fields.append(#""detail":\#(JSONText.quoted(error.detail))"#)
      if error.reviews.isEmpty { return fields }
    case .success(let judgement):
      fields.append(#""model":\#(JSONText.quoted(judgement.model))"#)
      fields.append(#""calls":\#(judgement.usage.calls),"prompt_tokens":\#(judgement.usage.promptTokens),"completion_tokens":\#(judgement.usage.completionTokens),"cached_prompt_tokens":\#(judgement.usage.cachedPromptTokens)"#)
    }
    fields.append(#""findings":[\#(judged.findings.map(findingJSON).joined(separator: ","))]"#)
    return fields
  }

  private func findingJSON(_ finding: Finding) -> String {
    var fields = [#""category":\#(name(finding.category))"#, #""outcome":"\#(finding.outcome.name)""#, #""policy":\#(JSONText.quoted(finding.policy))"#]
    if case .abstain(let why) = finding.outcome { fields.append(#""detail":\#(JSONText.quoted(why))"#) }
    if let label = finding.label { fields.append(#""label":\#(JSONText.quoted(label))"#) }
    if let score = finding.score { fields.append(#""score":\#(number(Float(score)))"#) }
    if !finding.ruleIDs.isEmpty { fields.append(#""rules":[\#(finding.ruleIDs.map(JSONText.quoted).joined(separator: ","))]"#) }
    return "{\(fields.joined(separator: ","))}"
  }

  private func name(_ category: CategoryIndex) -> String { JSONText.quoted(pipeline.definition.categories[category].name) }

  /// All digits of a float, so that a replay can be compared bit for bit.
  private func number(_ value: Float) -> String { value.isNaN ? "null" : value.isInfinite ? "null" : "\(value)" }
}
