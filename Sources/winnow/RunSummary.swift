import FoundationEssentials
import Moderation
import Pipeline

/// What a run did, for people and for machines.
struct RunSummary {
  var statistics: RunStatistics
  var definition: PipelineDefinition
  var elapsed: Duration
  var deadLetterPath: String
  /// Messages that a run before this one had judged: part of the counts, and not of the rate.
  var resumedBehind = 0
  /// What a reader must know of the stages, such as that one has no model.
  var notices: [String] = []

  private var seconds: Double { Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18 }

  var text: String {
    var text = "\n\(definition.name): \(statistics.messages.grouped) messages in \(elapsed.readable)"
    if resumedBehind > 0 { text += ", \((statistics.messages - resumedBehind).grouped) of them in this run" }
    if seconds > 0.01 { text += " (\(Int(rate).grouped)/s)" }
    text += "\n\n" + verdicts + "\n" + stages
    if statistics.reasonerLatency.count > 0 || statistics.messages > 0 { text += "\n" + latency }
    text += notes
    return text
  }

  private var rate: Double { seconds > 0 ? Double(statistics.messages - resumedBehind) / seconds : 0 }

  private func share(_ count: Int) -> String { statistics.messages == 0 ? "-" : (Double(count) / Double(statistics.messages)).percent }

  private var verdicts: String {
    var table = TextTable(["  verdict", "messages", "share"], right: [1, 2])
    table.add(["  allow", statistics.allowed.grouped, share(statistics.allowed)])
    table.add(["  review", statistics.reviewed.grouped, share(statistics.reviewed)])
    table.add(["  block", statistics.blocked.grouped, share(statistics.blocked)])
    let top = statistics.categories.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.prefix(6)
    let categories = top.map { "\($0.key) \($0.value.grouped)" }.joined(separator: ", ")
    return table.rendered() + (categories.isEmpty ? "" : "  by category: \(categories)\n")
  }

  private var stages: String {
    var table = TextTable(
      ["  stage", "type", "in", "hits", "allow", "review", "block", "passed on", "errors", "abstained", "time"], right: [2, 3, 4, 5, 6, 7, 8, 9, 10])
    for stage in statistics.stages {
      let mode = stage.mode == .enforce ? "" : " (\(stage.mode.rawValue))"
      table.add([
        "  \(stage.id)\(mode)", stage.type, stage.asked.grouped, stage.messagesWithHits.grouped, stage.allowed.grouped, stage.reviewed.grouped,
        stage.blocked.grouped, stage.passedOn.grouped, (stage.errors + stage.timeouts + stage.overloads).grouped, stage.abstained.grouped,
        Duration.seconds(stage.seconds).readable,
      ])
    }
    return table.rendered()
  }

  private var latency: String {
    func line(_ name: String, _ histogram: LatencyHistogram) -> String? {
      guard let median = histogram.quantile(0.5), let p95 = histogram.quantile(0.95), let p99 = histogram.quantile(0.99) else { return nil }
      return "\(name) p50 \(median.readable), p95 \(p95.readable), p99 \(p99.readable)"
    }
    let lines = [line("screens", statistics.cheapLatency), line("reasoner", statistics.reasonerLatency)].compactMap { $0 }
    var text = "  decided without the reasoner: \(share(statistics.settledByScreens))"
    text += "   escalated: \(share(statistics.escalated))"
    if !lines.isEmpty { text += "\n  latency: \(lines.joined(separator: "; "))" }
    let usage = statistics.stages.map(\.usage).reduce(ReasonerUsage(), +)
    if usage.calls > 0 {
      text += "\n  reasoner: \(usage.calls.grouped) calls, \(usage.promptTokens.grouped) prompt tokens (\(usage.cachedPromptTokens.grouped) cached), "
      text += "\(usage.completionTokens.grouped) generated; per 1,000 messages "
      text += "\((Double(usage.calls) * 1000 / Double(max(1, statistics.messages))).formatted(decimals: 1)) calls"
      let seconds = statistics.stages.filter { $0.usage.calls > 0 }.reduce(0) { $0 + $1.seconds }
      text += "\n  a call costs \((usage.promptTokens / usage.calls).grouped) prompt tokens (\((usage.cachedPromptTokens / usage.calls).grouped) cached), "
      text += "\((usage.completionTokens / usage.calls).grouped) generated, \(Duration.seconds(seconds / Double(usage.calls)).readable) of the stage"
    }
    return text + "\n"
  }

  private var notes: String {
    var text = ""
    if !statistics.degraded.isEmpty {
      text += "  degraded: " + statistics.degraded.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.grouped)" }.joined(separator: ", ") + "\n"
    }
    if statistics.audited > 0 { text += "  audit sample: \(statistics.audited.grouped) decided messages shown to the reasoner\n" }
    if statistics.deadLetterCount > 0 {
      let reasons = statistics.deadLetters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.grouped)" }.joined(separator: ", ")
      text += "  dead letters: \(statistics.deadLetterCount.grouped) (\(reasons)), in \(deadLetterPath)\n"
    }
    return text
  }

  var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    struct Machine: Encodable {
      var pipeline: String
      var pipelineHash: String
      var seconds: Double
      var messagesPerSecond: Double
      var coverage: Double
      var escalationRate: Double
      var messages: Int
      var allow: Int
      var review: Int
      var block: Int
      var unsettled: Int
      var categories: [String: Int]
      var degraded: [String: Int]
      var deadLetters: [String: Int]
      var audited: Int
      var resumedBehind: Int
      var notices: [String]
      var latencyMilliseconds: [String: [String: Double]]
      var stages: [StageStatistics]
    }
    let machine = Machine(
      pipeline: definition.name, pipelineHash: definition.fingerprint, seconds: seconds, messagesPerSecond: rate,
      coverage: statistics.coverage, escalationRate: statistics.messages == 0 ? 0 : Double(statistics.escalated) / Double(statistics.messages),
      messages: statistics.messages, allow: statistics.allowed, review: statistics.reviewed, block: statistics.blocked, unsettled: statistics.unsettled,
      categories: statistics.categories, degraded: statistics.degraded, deadLetters: statistics.deadLetters, audited: statistics.audited,
      resumedBehind: resumedBehind, notices: notices,
      latencyMilliseconds: ["screens": quantiles(statistics.cheapLatency), "reasoner": quantiles(statistics.reasonerLatency)], stages: statistics.stages)
    guard let data = try? encoder.encode(machine) else { return "{}" }
    return String(decoding: data, as: UTF8.self)
  }

  private func quantiles(_ histogram: LatencyHistogram) -> [String: Double] {
    var values: [String: Double] = [:]
    for (name, q) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] { values[name] = histogram.quantile(q).map { $0.inSeconds * 1000 } }
    return values
  }
}
