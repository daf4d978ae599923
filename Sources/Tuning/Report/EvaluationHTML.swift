import Moderation

extension EvaluationReport {
  /// One page that needs nothing else: tables and plots, for reading, mailing and printing.
  public var html: String {
    let body = HTML.cards(cards) + HTML.notes(summary.warnings) + qualitySection + categories.map(categorySection).joined() + stageSection
      + latencySection + sliceSection + costSection
    return HTML.page(
      title: pipeline.isEmpty ? "Evaluation" : "Evaluation of \(pipeline)",
      subtitle: "\(counted(summary.messages, "message")), \(counted(summary.distinctTexts, "distinct text")), \(counted(summary.conversations, "conversation"))",
      body: body, footer: intervalNote + ". \(Reliability.name). AP is average precision, Σ (Rₙ − Rₙ₋₁)·Pₙ.")
  }

  private var cards: [HTML.Card] {
    func card(_ title: String, _ estimate: Estimate?) -> HTML.Card {
      let range = estimate?.interval.map { "\(NumberText.fixed($0.low, 3))–\(NumberText.fixed($0.high, 3))" } ?? ""
      return HTML.Card(title: title, value: NumberText.fixed(estimate?.value ?? .nan, 3), detail: range)
    }
    let quality = scopes[0].quality
    let precision = baseRate.map { card("Precision at \(NumberText.percent($0)) violating", quality.livePrecision) } ?? card("Precision", quality.precision)
    return [
      card("Recall", quality.recall), precision, card("F1", quality.f1),
      HTML.Card(title: "Escalated", value: NumberText.percent(escalated.value ?? .nan), detail: "\(grouped(escalated.successes)) messages"),
      HTML.Card(title: "Sent to review", value: NumberText.percent(reviewed.value ?? .nan), detail: "\(grouped(reviewed.successes)) messages"),
      HTML.Card(
        title: "Reasoner calls", value: NumberText.short(usage.calls, 1),
        detail: "per 1,000 messages"),
    ]
  }

  private var qualitySection: String {
    let live = baseRate.map { [HTML.Column("Precision at \(NumberText.percent($0))")] } ?? []
    let columns =
      [HTML.Column("Category", number: false), HTML.Column("Positives"), HTML.Column("Precision")] + live + [
        HTML.Column("Recall"), HTML.Column("F1"), HTML.Column("FPR"),
      ]
    let rows = scopes.map { scope in
      [HTML.escaped(scope.category ?? "any category"), "\(grouped(scope.quality.confusion.positives)) <small>of \(grouped(scope.labelled))</small>",
       HTML.estimate(scope.quality.precision)] + (baseRate == nil ? [] : [HTML.estimate(scope.quality.livePrecision)]) + [
        HTML.estimate(scope.quality.recall), HTML.estimate(scope.quality.f1), HTML.estimate(scope.quality.falsePositiveRate, digits: 4),
      ]
    }
    return "<h2>Quality</h2>\n" + HTML.table(columns, rows) + coverageTable
  }

  private var coverageTable: String {
    let columns = [HTML.Column("Category", number: false), HTML.Column("Settled by the cheap stages"), HTML.Column("Of those wrong"), HTML.Column("Recall ceiling")]
    let rows = scopes.map { scope in
      [
        HTML.escaped(scope.category ?? "any category"), HTML.percent(scope.coverage), HTML.percent(scope.selectiveRisk),
        NumberText.percent(scope.recallCeiling ?? .nan),
      ]
    }
    return "<h3>What the cheap stages settle</h3>\n" + HTML.table(columns, rows)
  }

  private func categorySection(_ scope: ScopeReport) -> String {
    let plots = CategoryPlots(scope: scope, escalated: escalated.value ?? 0).figures
    let heading = "<h2>\(HTML.escaped(scope.category ?? ""))</h2>\n"
    let elsewhere = scope.settledElsewhere > 0
      ? HTML.notes(["\(counted(scope.settledElsewhere, "labelled message")) already settled by another category: left out here"], kind: "info") : ""
    let ceiling = scope.recallCeiling.map {
      "<p>The cheap stages leave \(NumberText.percent($0)) of the violating messages to be caught: no reasoner lifts recall above that.</p>\n"
    } ?? ""
    return heading + elsewhere + ceiling + scoreLine(scope) + "<div class=\"plots\">\n\(plots.joined())</div>\n" + baselineTable(scope)
  }

  private func scoreLine(_ scope: ScopeReport) -> String {
    guard let scores = scope.scores else { return "" }
    let band = scores.band.map { ", bands: allow up to \(NumberText.threshold($0.allowBelow)), block from \(NumberText.threshold($0.blockAbove))" } ?? ""
    let missing = scores.missing > 0 ? ", \(counted(scores.missing, "labelled message")) without a score" : ""
    return "<p>Stage <code>\(HTML.escaped(scores.stage))</code>: AUROC \(HTML.estimate(scores.auroc)), AP \(HTML.estimate(scores.averagePrecision)), "
      + "Brier \(NumberText.fixed(scores.reliability.brier ?? .nan, 4)), ECE \(NumberText.fixed(scores.reliability.expectedCalibrationError ?? .nan, 4))"
      + "\(band)\(missing).</p>\n"
  }

  private func baselineTable(_ scope: ScopeReport) -> String {
    let columns = [
      HTML.Column("System", number: false), HTML.Column("Known"), HTML.Column("Precision"), HTML.Column("Recall"), HTML.Column("F1"),
      HTML.Column("Pipeline’s F1 there"), HTML.Column("Calls"),
    ]
    let rows = scope.baselines.map { baseline in
      [
        HTML.prose(baseline.name) + (baseline.note.map { "<br><small>\(HTML.escaped($0))</small>" } ?? ""), grouped(baseline.known),
        HTML.estimate(baseline.quality.precision), HTML.estimate(baseline.quality.recall), HTML.estimate(baseline.quality.f1),
        HTML.estimate(baseline.pipelineOnSame.f1), NumberText.percent(baseline.callShare, 0),
      ]
    }
    return rows.isEmpty ? "" : "<h3>Against simpler systems</h3>\n" + HTML.table(columns, rows)
  }

  private var stageSection: String {
    let columns = [
      HTML.Column("Stage", number: false), HTML.Column("Reached"), HTML.Column("Allowed"), HTML.Column("Reviewed"), HTML.Column("Blocked"),
      HTML.Column("Passed on"), HTML.Column("Failed"), HTML.Column("Missed"), HTML.Column("Wrongly flagged"),
    ]
    let rows = stages.map { stage in
      let failed = [StageStatus.timeout, .error, .abstain, .overload].reduce(0) { $0 + (stage.statuses[$1] ?? 0) }
      return [
        "<code>\(HTML.escaped(stage.id))</code>", grouped(stage.reached), grouped(stage.allowed), grouped(stage.reviewed), grouped(stage.blocked),
        NumberText.percent(stage.escalation.value ?? .nan), grouped(failed), grouped(stage.missed.count), grouped(stage.wronglyFlagged.count),
      ]
    }
    return "<h2>Stages</h2>\n" + HTML.table(columns, rows)
      + "<p>Abstained: \(NumberText.percent(abstained.value ?? .nan)) of the messages asked about. Any stage failed: \(NumberText.percent(failed.value ?? .nan)) of all.</p>\n"
      + stages.map(errorDetails).joined()
  }

  private func errorDetails(_ stage: StageReport) -> String {
    [("missed", stage.missed), ("wrongly flagged", stage.wronglyFlagged)].map { name, errors in
      guard !errors.examples.isEmpty else { return "" }
      let ids = errors.examples.map { "<code>\(HTML.escaped($0))</code>" }.joined()
      return "<details><summary>\(HTML.escaped(stage.id)): \(grouped(errors.count)) \(name), for example</summary>\(ids)</details>\n"
    }.joined()
  }

  private var latencySection: String {
    let columns = [
      HTML.Column("Decided at", number: false), HTML.Column("Messages"), HTML.Column("p50"), HTML.Column("p95"), HTML.Column("p99"), HTML.Column("max"),
    ]
    let rows = paths.compactMap { path in
      path.latency.map { latency in
        [HTML.escaped(path.path), grouped(path.messages)] + [latency.p50, latency.p95, latency.p99, latency.max].map(NumberText.seconds)
      }
    }
    let tokens = "<p>Per 1,000 messages: \(NumberText.short(usage.calls, 1)) reasoner calls, \(grouped(Int(usage.promptTokens.rounded()))) prompt tokens "
      + "(\(grouped(Int(usage.cachedPromptTokens.rounded()))) cached), \(grouped(Int(usage.completionTokens.rounded()))) completion tokens.</p>\n"
    return "<h2>Latency and calls</h2>\n" + HTML.table(columns, rows) + tokens
  }

  private var sliceSection: String {
    let columns = [
      HTML.Column("Slice", number: false), HTML.Column("Value", number: false), HTML.Column("Messages"), HTML.Column("Positives"),
      HTML.Column("Precision"), HTML.Column("Recall"), HTML.Column("F1"), HTML.Column("Escalated"),
    ]
    let rows = slices.map { slice in
      [
        HTML.escaped(slice.slice), HTML.escaped(slice.value), grouped(slice.messages), grouped(slice.quality.confusion.positives),
        HTML.estimate(slice.quality.precision), HTML.estimate(slice.quality.recall), HTML.estimate(slice.quality.f1),
        NumberText.percent(slice.escalated.value ?? .nan),
      ]
    }
    return rows.isEmpty ? "" : "<h2>Slices</h2>\n" + HTML.table(columns, rows)
  }

  private var costSection: String {
    cost.map { "<h2>Cost</h2>\n" + $0.lines.map { "<p>\(HTML.prose($0)).</p>\n" }.joined() } ?? ""
  }
}
