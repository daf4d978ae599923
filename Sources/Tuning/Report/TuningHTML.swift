import Moderation

extension TuningResult {
  /// One page that needs nothing else: goals, proofs, frontiers, and what changes.
  public func html(pipeline: String) -> String {
    let body = HTML.cards(cards) + goals.map(section).joined() + budgetSection + changeSection + calibrationSection + flips.flipSection
      + HTML.notes(supposed.map { [$0] } ?? [])
    return HTML.page(
      title: pipeline.isEmpty ? "Tuning" : "Tuning of \(pipeline)", subtitle: partLine, body: body,
      footer: "Proofs: exact binomial tests (Clopper–Pearson) on the choosing part; candidates were ordered without its labels, and testing stops at the first "
        + "failure, so the confidence holds over all of them. Numbers of the reporting part were looked at once, after the choice. Intervals: 95%.")
  }

  private var cards: [HTML.Card] {
    let met = goals.count { $0.isMet }
    let first = goals.first { $0.isMet } ?? goals.first
    func change(_ title: String, _ metric: Metric) -> HTML.Card {
      let now = first?.reportedCurrent.value(metric) ?? .nan
      let then = first?.reported?.value(metric) ?? .nan
      return HTML.Card(title: title, value: NumberText.value(then.isNaN ? now : then, of: metric), detail: then.isNaN ? "as it is now" : "now \(NumberText.value(now, of: metric))")
    }
    return [
      HTML.Card(title: "Goals met", value: "\(met) of \(goals.count)", detail: goals.contains(where: \.isProved) ? "with proof" : ""),
      change("Recall", .recall), change("Precision", .precision), change("Escalated", .escalationRate), change("F1", .f1),
    ]
  }

  private func section(_ goal: GoalResult) -> String {
    let state = goal.isMet ? "good" : "bad"
    let lines = goal.statusLines.enumerated().map { place, line in
      "<p>" + (place == 0 ? "<span class=\"\(state)\">\(goal.isMet ? "✓" : "✗")</span> " : "") + HTML.prose(line) + ".</p>\n"
    }
    return "<h2><code>\(HTML.escaped(goal.goal.text))</code></h2>\n" + lines.joined() + HTML.notes(goal.notes, kind: "info") + pointTable(goal)
      + "<div class=\"plots\">\n\(figures(goal))</div>\n" + frontierTable(goal)
  }

  private func pointTable(_ goal: GoalResult) -> String {
    let columns = [HTML.Column("Thresholds", number: false), HTML.Column("Part", number: false)]
      + [.recall, .precision, .f1, .escalationRate, .reviewRate, .selectiveRisk].map { HTML.Column(Self.title($0)) }
    let rows = goal.rows.map { row in
      let cells = [Metric.recall, .precision, .f1, .escalationRate, .reviewRate, .selectiveRisk].map { metric in
        let estimate = row.withIntervals ? row.point.estimate(metric) : row.point.value(metric).map { Estimate($0) }
        return metric == .f1 ? HTML.estimate(estimate) : HTML.percent(estimate)
      }
      return ["\(HTML.prose(row.name)) <small>\(HTML.escaped(goal.bandText(row.point)))</small>", row.part] + cells
    }
    return HTML.table(columns, rows)
  }

  static func title(_ metric: Metric) -> String {
    switch metric {
    case .recall: "Recall"
    case .precision: "Precision"
    case .f1: "F1"
    case .missRate: "Missed"
    case .falsePositiveRate: "FPR"
    case .escalationRate: "Escalated"
    case .reviewRate: "Review"
    case .selectiveRisk: "Wrong of settled"
    default: metric.name
    }
  }

  private func figures(_ goal: GoalResult) -> String {
    var figures = ""
    if !goal.frontier.isEmpty { figures += frontierPlot(goal).figure() }
    for place in goal.categoryPlaces where place < scores.count && scores[place].scored > 0 {
      var plot = CategoryPlots.histogramPlot(scores[place], band: bands[place])
      if goal.categories.count > 1 { plot.title += ": \(goal.categories[goal.categoryPlaces.firstIndex(of: place) ?? 0])" }
      figures += plot.figure()
    }
    return figures
  }

  private func frontierPlot(_ goal: GoalResult) -> Plot {
    typealias Point = ScoreReport.CurvePoint
    func point(_ operating: OperatingPoint?) -> [Point] {
      guard let operating, let share = operating.value(.escalationRate), let value = operating.value(goal.frontierMetric) else { return [] }
      return [Point(share, value)]
    }
    let points = goal.frontier.flatMap { point($0) }
    let most = (points + point(goal.current) + point(goal.chosen)).map(\.x).max() ?? 1
    var plot = Plot(
      title: "What escalations buy", description: "\(goal.frontierMetric.name) by share of messages escalated", x: .share("share of messages escalated", upTo: most),
      y: .init(label: goal.frontierMetric == .f1 ? "F1" : goal.frontierMetric.name), elements: [.line(points, .main), .marks(point(goal.current), .neg, .circle)],
      legend: [("best on the choosing part", .main, nil), ("now", .neg, .circle)])
    if goal.chosen != nil {
      plot.elements.append(.marks(point(goal.chosen), .pos, .diamond))
      plot.legend.append(("chosen", .pos, .diamond))
    }
    for (system, shape) in zip(goal.simpler, [Plot.Shape.triangle, .square]) {
      let place = point(system.chosen)
      guard let first = place.first else { continue }
      let isInside = first.x <= plot.x.range.upperBound
      // A system that asks about everything lies far to the right: its height is what matters.
      plot.elements.append(isInside ? .marks(place, .alt, shape) : .dashed([Point(plot.x.range.lowerBound, first.y), Point(plot.x.range.upperBound, first.y)]))
      if isInside { plot.legend.append((system.name, .alt, shape)) } else { plot.caption += "Dashed: \(system.name), at \(NumberText.percent(first.x, 0)) escalated. " }
    }
    if let bound = goal.goal.bounds.first(where: { $0.metric == goal.frontierMetric }) {
      plot.elements.insert(.dashed([Point(plot.x.range.lowerBound, bound.value), Point(plot.x.range.upperBound, bound.value)]), at: 0)
      plot.caption += "Dashed: the bound `\(bound.text)`. The choice lies beyond it by what the proof needs."
    }
    return plot
  }

  private func frontierTable(_ goal: GoalResult) -> String {
    let metrics: [Metric] = [.escalationRate, .recall, .precision, .f1, .reviewRate]
    let rows = goal.frontier.map { point in
      metrics.map { NumberText.value(point.value($0) ?? .nan, of: $0) } + [HTML.escaped(goal.bandText(point))]
    }
    guard !rows.isEmpty else { return "" }
    return "<details><summary>The frontier in numbers (\(rows.count) points, choosing part)</summary>\n"
      + HTML.table(metrics.map { HTML.Column(Self.title($0)) } + [HTML.Column("Thresholds")], rows) + "</details>\n"
  }

  private var budgetSection: String {
    let rows = budgets.map { check in
      [
        "<code>\(HTML.escaped(check.budget.text))</code>", HTML.escaped(check.text.drop { $0 != ":" }.dropFirst().trimmingSpaces),
        "<span class=\"\(check.holds ? "good" : "bad")\">\(check.holds ? "kept" : "broken")</span>",
      ]
    }
    return rows.isEmpty ? "" : "<h2>Budgets</h2>\n" + HTML.table([.init("Budget", number: false), .init("Measured", number: false), .init("", number: false)], rows)
  }

  private var changeSection: String {
    let rows = changes.map { change in
      ["<code>\(HTML.escaped(change.category))</code>", NumberText.threshold(change.band.allowBelow), NumberText.threshold(change.band.blockAbove)]
    }
    guard !rows.isEmpty else { return "<h2>Thresholds</h2>\n<p>No threshold changes.</p>\n" }
    return "<h2>Thresholds of <code>\(HTML.escaped(stage))</code></h2>\n"
      + HTML.table([.init("Category", number: false), .init("allow_below"), .init("block_above")], rows)
  }

  private var calibrationSection: String {
    guard !calibrations.isEmpty else { return "" }
    let figures = calibrations.map { result in
      CategoryPlots.reliabilityPlot(result.before, title: "Reliability now: \(result.category)").figure()
        + CategoryPlots.reliabilityPlot(result.after, title: "With \(result.calibrator.name) fitted anew: \(result.category)").figure()
    }
    return "<h2>Calibration</h2>\n<p>On the reporting part. Calibrating keeps the order of scores, so it changes probabilities, not what thresholds can reach.</p>\n"
      + "<div class=\"plots\">\n\(figures.joined())</div>\n"
  }
}
