import Moderation

extension EvaluationReport {
  /// Tables for a terminal.
  public var text: String {
    var text = headline + "\n"
    for warning in summary.warnings { text += "  ! \(warning)\n" }
    text += "\nQuality (\(intervalNote))\n" + qualityTable
    text += section("What the cheap stages settle", coverageTable) + section("Scores", scoreTable) + section("Against simpler systems", baselineTable) + section("Stages", stageTable)
    text += errorLines + section("Latency by where a message was decided", latencyTable) + usageLines
    text += section("Slices", sliceTable) + costLines
    return text
  }

  var headline: String {
    let name = pipeline.isEmpty ? "Evaluation" : "Evaluation of \(pipeline)"
    let shares = [Verdict.allow, .review, .block].map { "\(NumberText.percent(Proportion(verdicts[$0] ?? 0, of: summary.messages).value ?? .nan)) \($0.name)" }
    return "\(name): \(counted(summary.messages, "message")), \(shares.joined(separator: ", "))"
  }

  /// How intervals were made and reviews counted: stands with every table of the report.
  var intervalNote: String {
    "\(NumberText.short(confidence * 100))% intervals: Wilson, and a Poisson bootstrap for F1, AUROC and AP; a review counts as \(reviewCounts.rawValue)"
  }

  private func section(_ title: String, _ table: String) -> String { table.isEmpty ? "" : "\n\(title)\n\(table)" }

  var scopes: [ScopeReport] { categories.count == 1 ? categories : [overall] + categories }

  private var qualityTable: String {
    let live = baseRate.map { [TextTable.Column("precision at \(NumberText.percent($0))", .right)] } ?? []
    var table = TextTable(
      [.init("category"), .init("positives", .right), .init("precision", .right)] + live + [
        .init("recall", .right), .init("F1", .right), .init("FPR", .right),
      ])
    for scope in scopes {
      let quality = scope.quality
      let liveCell = baseRate == nil ? [] : [NumberText.estimate(quality.livePrecision)]
      table.add(
        [scope.category ?? "any", "\(quality.confusion.positives) of \(scope.labelled)", NumberText.estimate(quality.precision)] + liveCell + [
          NumberText.estimate(quality.recall), NumberText.estimate(quality.f1), NumberText.estimate(quality.falsePositiveRate),
        ])
    }
    return table.render()
  }

  private var coverageTable: String {
    var table = TextTable([.init("category"), .init("settled cheaply", .right), .init("of those wrong", .right), .init("recall ceiling", .right)])
    for scope in scopes {
      table.add(
        scope.category ?? "any", GoalResult.percent(scope.coverage), GoalResult.percent(scope.selectiveRisk), NumberText.percent(scope.recallCeiling ?? .nan))
    }
    return table.render()
  }

  private var scoreTable: String {
    var table = TextTable([
      .init("category"), .init("stage"), .init("scored", .right), .init("AUROC", .right), .init("AP", .right), .init("Brier", .right),
      .init("ECE", .right), .init("bands"),
    ])
    for scope in categories {
      guard let scores = scope.scores else { continue }
      let band = scores.band.map { "allow ≤ \(NumberText.threshold($0.allowBelow)), block ≥ \(NumberText.threshold($0.blockAbove))" } ?? "none"
      table.add(
        scope.category ?? "", scores.stage, grouped(scores.scored), NumberText.estimate(scores.auroc), NumberText.estimate(scores.averagePrecision),
        NumberText.fixed(scores.reliability.brier ?? .nan, 4), NumberText.fixed(scores.reliability.expectedCalibrationError ?? .nan, 4), band)
    }
    return table.render() + (table.rows.isEmpty ? "" : "  \(Reliability.name)\n")
  }

  private var baselineTable: String {
    var table = TextTable([
      .init("category"), .init("system"), .init("known", .right), .init("precision", .right), .init("recall", .right), .init("F1", .right),
      .init("pipeline's F1 there", .right), .init("calls", .right),
    ])
    for scope in scopes {
      for baseline in scope.baselines {
        table.add(
          scope.category ?? "any", baseline.name, grouped(baseline.known), NumberText.estimate(baseline.quality.precision),
          NumberText.estimate(baseline.quality.recall), NumberText.estimate(baseline.quality.f1), NumberText.estimate(baseline.pipelineOnSame.f1),
          NumberText.percent(baseline.callShare, 0))
      }
    }
    let notes = Set(scopes.flatMap(\.baselines).compactMap { baseline in baseline.note.map { "  \(baseline.name): \($0)\n" } })
    return table.render() + notes.sorted().joined()
  }

  private var stageTable: String {
    var table = TextTable([
      .init("stage"), .init("reached", .right), .init("allowed", .right), .init("reviewed", .right), .init("blocked", .right), .init("passed on", .right),
      .init("failed", .right), .init("missed", .right), .init("wrongly flagged", .right),
    ])
    for stage in stages {
      let failed = [StageStatus.timeout, .error, .abstain, .overload].reduce(0) { $0 + (stage.statuses[$1] ?? 0) }
      table.add(
        stage.id, grouped(stage.reached), grouped(stage.allowed), grouped(stage.reviewed), grouped(stage.blocked),
        NumberText.percent(stage.escalation.value ?? .nan), grouped(failed), grouped(stage.missed.count), grouped(stage.wronglyFlagged.count))
    }
    let rates = "  escalated \(NumberText.percent(escalated.value ?? .nan)), review \(NumberText.percent(reviewed.value ?? .nan)), "
      + "abstained \(NumberText.percent(abstained.value ?? .nan)) of asked, failed \(NumberText.percent(failed.value ?? .nan))\n"
    return table.render() + rates
  }

  private var errorLines: String {
    let lines = stages.flatMap { stage -> [String] in
      [("missed", stage.missed), ("wrongly flagged", stage.wronglyFlagged)].compactMap { name, errors in
        errors.examples.isEmpty ? nil : "  \(stage.id), \(name): \(errors.examples.map(TextTable.printable).joined(separator: ", "))\n"
      }
    }
    return lines.isEmpty ? "" : "\nErrors by the stage that made them, for example\n" + lines.joined()
  }

  private var latencyTable: String {
    var table = TextTable([
      .init("path"), .init("messages", .right), .init("p50", .right), .init("p95", .right), .init("p99", .right), .init("max", .right),
    ])
    for path in paths {
      guard let latency = path.latency else { continue }
      table.add(
        path.path, grouped(path.messages), NumberText.seconds(latency.p50), NumberText.seconds(latency.p95), NumberText.seconds(latency.p99),
        NumberText.seconds(latency.max))
    }
    return table.render()
  }

  private var usageLines: String {
    "\nPer 1,000 messages\n  \(NumberText.short(usage.calls, 1)) reasoner calls, \(grouped(Int(usage.promptTokens.rounded()))) prompt tokens "
      + "(\(grouped(Int(usage.cachedPromptTokens.rounded()))) cached), \(grouped(Int(usage.completionTokens.rounded()))) completion tokens\n"
  }

  private var sliceTable: String {
    var table = TextTable([
      .init("slice"), .init("value"), .init("messages", .right), .init("positives", .right), .init("precision", .right), .init("recall", .right),
      .init("F1", .right), .init("escalated", .right),
    ])
    for slice in slices {
      table.add(
        slice.slice, TextTable.printable(slice.value), grouped(slice.messages), grouped(slice.quality.confusion.positives),
        NumberText.estimate(slice.quality.precision), NumberText.estimate(slice.quality.recall), NumberText.estimate(slice.quality.f1),
        NumberText.percent(slice.escalated.value ?? .nan))
    }
    return table.render()
  }

  private var costLines: String { cost.map { "\nCost\n" + $0.lines.map { "  \($0)\n" }.joined() } ?? "" }
}

extension CostReport {
  /// Both bounds of a cascade in words: what it may cost, and what it can reach.
  var lines: [String] {
    let total = "expected cost of a message: \(NumberText.short(expected, 6)) = \(NumberText.short(model.prefilter, 6)) + "
      + "\(NumberText.short(reachingClassifier, 4)) × \(NumberText.short(model.classifier, 6)) + \(NumberText.short(reasonerCalls, 4)) × \(NumberText.short(model.reasoner, 6))"
    let pay = "the cascade pays below \(NumberText.percent(breakEven)) escalated; here it is \(NumberText.percent(escalation)): it \(pays ? "pays" : "does not pay")"
    let ceiling = recallCeiling.map { "no reasoner lifts recall above \(NumberText.percent($0)): the cheap stages allow the rest" }
    return [total, pay] + (ceiling.map { [$0] } ?? [])
  }
}
