import Moderation

extension TuningResult {
  /// Tables for a terminal.
  public var text: String {
    var text = partLine + "\n"
    for goal in goals { text += "\n" + goal.text(stage: stage) }
    if !budgets.isEmpty { text += "\nBudgets of the whole pipeline, on the choosing part\n" + budgets.map { "  \($0.text)\n" }.joined() }
    text += calibrationText + changeText
    if flips.flipped > 0 { text += "\nVerdicts that change, on the reporting part\n" + flips.flipTable }
    if let supposed { text += "\n  ! \(supposed)\n" }
    return text
  }

  /// How many answers were supposed, and to be what; nil for none.
  var supposed: String? {
    guard !unasked.isEmpty else { return nil }
    return "\(counted(unasked.count, "message")) of uncertain score without an answer of the reasoner: \(unknown.words)"
  }

  var partLine: String {
    let counts = GroupedSplit.Part.allCases.map { split.messages(of: $0).count }
    let apart = split.textsLeftApart == 0 ? "" : " (but for \(counted(split.textsLeftApart, "text")) that most conversations share)"
    return "Stage `\(stage)`: \(grouped(counts[0])) messages to order on, \(grouped(counts[1])) to choose on, \(grouped(counts[2])) to report on; "
      + "conversations and equal texts stay together\(apart), \(counted(split.groupCount, "group"))"
  }

  private var calibrationText: String {
    var table = TextTable([
      .init("category"), .init("fit"), .init("Brier before", .right), .init("after", .right), .init("ECE before", .right), .init("after", .right),
    ])
    for result in calibrations {
      table.add(
        result.category, result.calibrator.name, NumberText.fixed(result.before.brier ?? .nan, 4), NumberText.fixed(result.after.brier ?? .nan, 4),
        NumberText.fixed(result.before.expectedCalibrationError ?? .nan, 4), NumberText.fixed(result.after.expectedCalibrationError ?? .nan, 4))
    }
    return table.rows.isEmpty ? "" : "\nWhat calibrating the scores anew would change, on the reporting part\n" + table.render()
  }

  private var changeText: String {
    guard !changes.isEmpty else { return "\nNo threshold changes.\n" }
    return "\nThresholds\n" + changes.map { change in
      "  \(change.category): allow_below \(NumberText.threshold(change.band.allowBelow)), block_above \(NumberText.threshold(change.band.blockAbove))\n"
    }.joined()
  }
}

extension BudgetCheck {
  var text: String {
    let value = budget.metric.percentile == nil
      ? NumberText.value(measured, of: budget.metric) : "\(NumberText.percent(measured, 2)) of messages slower"
    return "\(budget.text): \(value), \(holds ? "kept" : "broken")"
  }
}

extension GoalResult {
  /// What was asked, what came of it, and the proof or the reason.
  func text(stage: String) -> String {
    var text = "\(goal.text)\n"
    text += statusLines.map { "  \($0)\n" }.joined() + notes.map { "  · \($0)\n" }.joined() + "\n" + pointTable
    if !frontier.isEmpty { text += "\n  What escalations buy (choosing part)\n" + frontierTable }
    return text
  }

  /// One line for each thing that must be known.
  public var statusLines: [String] {
    switch status {
    case .met: return isProved ? certificates.map(\.text) + restated.map(\.text) : ["met as measured on the choosing part; nothing in it is guaranteed"]
    case .refused(let needs): return ["refused: too few labels"] + needs.map(\.text)
    case .infeasible(let reason, let needs): return ["not met: \(reason)"] + needs.map(\.text)
    }
  }

  static let columns: [(metric: Metric, title: String)] = [
    (.recall, "recall"), (.precision, "precision"), (.f1, "F1"), (.escalationRate, "escalated"), (.reviewRate, "review"), (.selectiveRisk, "settled wrong"),
  ]

  private var pointTable: String {
    var table = TextTable([.init("thresholds"), .init("part")] + Self.columns.map { TextTable.Column($0.title, .right) })
    for row in rows {
      let cells = Self.columns.map { metric, _ in
        let estimate = row.withIntervals ? row.point.estimate(metric) : row.point.value(metric).map { Estimate($0) }
        return metric.unit == .share && metric != .f1 ? Self.percent(estimate) : NumberText.estimate(estimate)
      }
      table.add([row.name + ": " + bandText(row.point), row.part] + cells)
    }
    return table.render()
  }

  static func percent(_ estimate: Estimate?) -> String {
    guard let estimate else { return "—" }
    guard let interval = estimate.interval else { return NumberText.percent(estimate.value) }
    return "\(NumberText.percent(estimate.value)) [\(NumberText.fixed(interval.low * 100, 1)), \(NumberText.fixed(interval.high * 100, 1))]"
  }

  struct Row {
    var name: String
    var part: String
    var point: OperatingPoint
    var withIntervals: Bool
  }
  var rows: [Row] {
    var rows = [Row(name: "now", part: "choosing", point: current, withIntervals: false)]
    if let chosen { rows.append(Row(name: "chosen", part: "choosing", point: chosen, withIntervals: false)) }
    rows.append(Row(name: "now", part: "reporting", point: reportedCurrent, withIntervals: true))
    if let reported { rows.append(Row(name: "chosen", part: "reporting", point: reported, withIntervals: true)) }
    rows += simpler.map { Row(name: $0.name, part: "reporting", point: $0.reported, withIntervals: true) }
    return rows + nearest.map { Row(name: $0.text, part: "choosing", point: $0.point, withIntervals: false) }
  }

  /// The bands of the categories that the goal moves.
  func bandText(_ point: OperatingPoint) -> String {
    let bands = categoryPlaces.map { place in
      point.bands[place].map { $0 == Band(allowBelow: -1, blockAbove: 2) ? "none" : "\(NumberText.threshold($0.allowBelow, digits: 9))…\(NumberText.threshold($0.blockAbove, digits: 9))" } ?? "none"
    }
    return bands.joined(separator: ", ")
  }

  private var frontierTable: String {
    let metrics = [.escalationRate, frontierMetric] + [Metric.recall, .precision, .f1].filter { $0 != frontierMetric }
    var table = TextTable(metrics.map { metric in TextTable.Column(Self.columns.first { $0.metric == metric }?.title ?? metric.name, .right) } + [.init("thresholds")])
    for point in frontier { table.add(metrics.map { NumberText.value(point.value($0) ?? .nan, of: $0) } + [bandText(point)]) }
    return table.render()
  }
}

extension UnknownAnswer {
  /// What was supposed, of several answers.
  var words: String {
    switch self {
    case .correct: "supposed to be right"
    case .wrong: "counted as wrong, so that nothing is proved on what nobody said"
    case .abstain: "counted as abstentions"
    }
  }
}

extension Certificate {
  public var text: String {
    let what: String =
      switch bound.metric {
      case .recall, .missRate: "violating messages missed"
      case .precision: "flagged messages harmless"
      case .falsePositiveRate: "harmless messages flagged"
      default: "cheaply settled messages wrong"
      }
    let proof = "proved: \(bound.text) at \(NumberText.short(confidence * 100))% confidence: \(grouped(bad)) of \(grouped(trials)) \(what), "
    if let future { return proof + "so a further \(grouped(future)) will keep it as measured (hypergeometric; \(method.text))" }
    return proof + "taken alone at most \(NumberText.percent(riskAtMost, 2)) of all messages like these (Clopper–Pearson; \(method.text)); "
      + "a small sample may measure more by chance"
  }
}
