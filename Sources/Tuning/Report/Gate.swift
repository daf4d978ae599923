import Moderation

/// A bound that a run must keep for a build to pass: `--min recall=0.95`, `--max threats:false_positive_rate=0.01`.
public struct Gate: Sendable, Hashable {
  /// nil: messages as a whole.
  public var category: String?
  public var bound: Bound
  public init(category: String? = nil, bound: Bound) { (self.category, self.bound) = (category, bound) }

  public var name: String { (category.map { $0 + ": " } ?? "") + bound.text }

  /// Metrics that an evaluation measures and a gate may bound.
  static let metrics: [Metric] = [
    .recall, .missRate, .precision, .falsePositiveRate, .f1, .coverage, .selectiveRisk, .escalationRate, .reviewRate, .blockRate, .llmCalls,
  ]

  /// Reads `[category:]metric=value` after `--min` or `--max`; nil when there is any error, all of them added to `diagnostics`.
  public init?(written text: String, relation: Bound.Relation, categories: [String], _ diagnostics: inout Diagnostics) {
    let option = relation == .atLeast ? "--min" : "--max"
    guard let equals = text.lastIndex(of: "=") else {
      Self.report("expected `metric=value`, found `\(text)`", 1, text.unicodeScalars.count, option, "write for example `\(option) recall=0.95`", &diagnostics)
      return nil
    }
    let left = text[..<equals]
    let colon = left.lastIndex(of: ":")
    category = colon.map { String(left[..<$0]).trimmingSpaces }
    let word = (colon.map { String(left[left.index(after: $0)...]) } ?? String(left)).trimmingSpaces
    let symbol = relation.rawValue
    // The grammar of bounds is that of goals, so the goal parser reads the rest.
    var found = Diagnostics()
    let value = text[text.index(after: equals)...]
    let bounds = GoalParser(source: option).budget("\(word) \(symbol) \(value)", &found)
    let wordColumn = colon.map { text[...$0].unicodeScalars.count + 1 } ?? 1
    for diagnostic in found.all {
      let inWord = (diagnostic.span?.column ?? 1) <= word.unicodeScalars.count
      let column = inWord ? wordColumn : text[...equals].unicodeScalars.count + 1
      Self.report(diagnostic.message, column, diagnostic.span?.length ?? 1, option, diagnostic.hint, &diagnostics)
    }
    if let category, !categories.isEmpty, !categories.contains(category) {
      let hint = nearestSpelling(to: category, in: categories).map { "did you mean `\($0)`?" }
      Self.report("the pipeline has no category `\(category)`", 1, category.unicodeScalars.count, option, hint, &diagnostics)
      return nil
    }
    guard let bounds, let bound = bounds.first else { return nil }
    guard bounds.count == 1 else {
      let hint = "repeat the option for each bound"
      Self.report("`\(text)` holds several bounds, and \(option) takes one", 1, text.unicodeScalars.count, option, hint, &diagnostics)
      return nil
    }
    guard Self.metrics.contains(bound.metric) else {
      Self.report("`\(bound.metric.name)` cannot be gated", wordColumn, word.unicodeScalars.count, option, nil, &diagnostics)
      return nil
    }
    if category != nil, Self.ofWholeMessages.contains(bound.metric) {
      let hint = "leave out `\(category ?? ""):`"
      Self.report("`\(bound.metric.name)` is measured of messages as a whole, not of a category", 1, text.unicodeScalars.count, option, hint, &diagnostics)
      return nil
    }
    self.bound = bound
  }

  private static let ofWholeMessages: [Metric] = [.escalationRate, .reviewRate, .blockRate, .llmCalls]

  private static func report(_ message: String, _ column: Int, _ length: Int, _ option: String, _ hint: String?, _ diagnostics: inout Diagnostics) {
    diagnostics.error("gate-syntax", message, at: SourceSpan(file: option, line: 1, column: column, length: max(1, length)), hint: hint)
  }
}

/// A gate against a report.
public struct GateResult: Sendable {
  public var gate: Gate
  /// nil where the report has no such number: the gate fails then.
  public var measured: Estimate?
  public var passes: Bool { measured.map { gate.bound.holds($0.value) } ?? false }

  /// One line: what was measured, and what was asked.
  public var text: String {
    guard let measured else { return "\(gate.name): not measured" }
    return "\(gate.name): measured \(NumberText.estimate(measured))"
  }

  /// The results as a JUnit file, one test case for each gate, for build servers.
  public static func junit(_ results: [GateResult], suite: String) -> String {
    let failures = results.count { !$0.passes }
    var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>"]
    lines.append("<testsuites tests=\"\(results.count)\" failures=\"\(failures)\">")
    lines.append("  <testsuite name=\"\(HTML.escaped(suite))\" tests=\"\(results.count)\" failures=\"\(failures)\">")
    for result in results {
      let name = "    <testcase classname=\"\(HTML.escaped(suite))\" name=\"\(HTML.escaped(result.gate.name))\""
      if result.passes {
        lines.append(name + "/>")
      } else {
        lines.append(name + ">")
        lines.append("      <failure message=\"\(HTML.escaped(result.text))\"/>")
        lines.append("    </testcase>")
      }
    }
    return (lines + ["  </testsuite>", "</testsuites>", ""]).joined(separator: "\n")
  }
}

extension EvaluationReport {
  public func check(_ gates: [Gate]) -> [GateResult] {
    gates.map { gate in
      let scope = gate.category.map { name in categories.first { $0.category == name } } ?? overall
      return GateResult(gate: gate, measured: scope.flatMap { measured(gate.bound.metric, $0) })
    }
  }

  private func measured(_ metric: Metric, _ scope: ScopeReport) -> Estimate? {
    switch metric {
    case .recall: scope.quality.recall
    case .missRate: scope.quality.recall.map { Estimate(1 - $0.value) }
    case .precision: baseRate == nil ? scope.quality.precision : scope.quality.livePrecision
    case .falsePositiveRate: scope.quality.falsePositiveRate
    case .f1: scope.quality.f1
    case .coverage: scope.coverage
    case .selectiveRisk: scope.selectiveRisk
    case .escalationRate: escalated.estimate(confidence: confidence)
    case .reviewRate: reviewed.estimate(confidence: confidence)
    case .blockRate: Proportion(verdicts[.block] ?? 0, of: summary.messages).estimate(confidence: confidence)
    case .llmCalls: Estimate(usage.calls / 1000)
    case .cost, .p50Latency, .p90Latency, .p95Latency, .p99Latency: nil
    }
  }
}
