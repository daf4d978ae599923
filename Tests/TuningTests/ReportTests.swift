import Foundation
import Moderation
import Testing
import Tuning

@Suite struct Reports {
  /// A pipeline run of 400 messages with every kind of outcome, and a hostile id and slice.
  static func sample(count: Int = 400) throws -> EvaluationSample {
    var generator = SeededGenerator(seed: 31)
    let population = Population(sensitivity: 0.9, specificity: 0.95)
    var sample = EvaluationSample(categories: Synthetic.table(["toxic"]), stages: Synthetic.stages(categories: 1), sliceNames: ["language"])
    for number in 0..<count {
      let draw = population.draw(&generator)
      let outcome = Band(allowBelow: 0.05, blockAbove: 0.95).outcome(draw.score)
      let asked = outcome == .uncertain
      let finding: ReasonerOutcome = number % 50 == 7 ? .abstain : draw.finding
      let verdict: Verdict = outcome == .block ? .block : !asked ? .allow : finding == .violates ? .block : finding == .abstain ? .review : .allow
      var row = Synthetic.row(
        number == 3 ? "<b>&\"3" : "m\(number)", scores: [draw.score], labels: [Label(draw.positive)], findings: [asked ? finding : .notAsked],
        slices: [number % 4 == 0 ? "<script>alert(1)</script>" : "en"], reasoner: asked ? .ok : .skipped)
      row.verdict = verdict
      row.decidingStage = asked ? 2 : 1
      row.decidingCategory = CategoryIndex(0)
      if !asked {
        row.usage = ReasonerUsage()
        row.stages[2].latency = .nan
      }
      try sample.append(row)
    }
    return sample
  }

  static func report() throws -> EvaluationReport {
    var options = EvaluationOptions()
    options.baseRate = 0.05
    options.bootstrapDraws = 200
    options.cost = CostModel(prefilter: 0.001, classifier: 0.01, reasoner: 10)
    return try EvaluationReport(try sample(), pipeline: "chat <safety>", options: options)
  }

  @Test func evaluationAsText() throws { try expectGolden(try Self.report().text, "evaluation.txt") }

  @Test func tuningAsText() throws {
    var options = TuningOptions()
    options.frontierPoints = 6
    let result = try Tuner(try Synthetic.sample(Population(), count: 2000, seed: 5), goals: [goal("minimum escalation_rate @ recall >= 0.9")], options: options).run()
    try expectGolden(result.text, "tuning.txt")
  }

  @Test func numbersOfTheReportAreThoseOfTheRun() throws {
    let sample = try Self.sample()
    let report = try Self.report()
    let flagged = (0..<sample.count).count { sample.verdicts[$0] != .allow }
    #expect(report.overall.quality.confusion.flagged == flagged && report.overall.quality.confusion.total == 400)
    #expect(report.escalated.successes == sample.statuses[2].count { $0 == .ok })
    #expect(report.usage.calls == Double(report.escalated.successes) / 400 * 1000)
    #expect(report.stages[1].decided + report.stages[2].decided == 400 && report.stages[0].decided == 0)
    let errors = report.stages.reduce(0) { $0 + $1.missed.count + $1.wronglyFlagged.count }
    #expect(errors == report.overall.quality.confusion.falseNegatives + report.overall.quality.confusion.falsePositives)
    #expect(report.paths.last?.messages == 400 && report.slices.map(\.messages).reduce(0, +) == 400)
    #expect(close(report.overall.coverage?.value ?? 0, 1 - (report.escalated.value ?? 0)))
  }

  @Test func pagesStandAlone() throws {
    let tuned = try Tuner(try Self.sample(), goals: [goal("maximum f1 @ llm_calls <= 30%")]).run()
    for page in [try Self.report().html, tuned.html(pipeline: "chat <safety>"), tuned.flips.html] {
      #expect(page.hasPrefix("<!doctype html>") && page.contains("prefers-color-scheme: dark") && page.contains("@media print"))
      for outside in ["http:", "https:", "src=", "url(", "@import", "<script", "<link"] { #expect(!page.contains(outside), "\(outside)") }
      #expect(!page.contains("<safety>") && !page.contains("NaN") && !page.contains("nan") && !page.contains("inf\""))
    }
  }

  @Test func whatComesFromDataIsEscaped() throws {
    let page = try Self.report().html
    #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && page.contains("chat &lt;safety&gt;"))
  }

  @Test func tagsOfAPageAreBalanced() throws {
    let page = try Self.report().html
    for tag in ["table", "tr", "td", "th", "figure", "svg", "ul", "li", "div", "details", "main", "text", "p", "h2"] {
      let opened = page.components(separatedBy: "<\(tag)>").count + page.components(separatedBy: "<\(tag) ").count - 2
      #expect(opened == page.components(separatedBy: "</\(tag)>").count - 1, "\(tag)")
    }
  }

  @Test func jsonIsJSON() throws {
    let tuned = try Tuner(try Self.sample(), goals: [goal("maximum f1 @ llm_calls <= 30%")]).run()
    let audit = AuditEstimate([AuditedMessage(verdict: .allow, inclusion: 0.1, findings: [.safe])], categories: ["toxic"])
    let drift = try #require(Drift(reference: ScoreHistogram([0.1, 0.2]), current: ScoreHistogram([0.3])))
    for value in [try Self.report().json, tuned.json, tuned.flips.json, audit.json(drift: ["toxic": drift])] {
      let parsed = try JSONSerialization.jsonObject(with: Data(value.text.utf8))
      #expect(parsed is [String: Any])
    }
    let report = try #require(try JSONSerialization.jsonObject(with: Data(try Self.report().json.text.utf8)) as? [String: Any])
    #expect(report["messages"] as? Int == 400)
  }

  @Test func gatesPassAndFail() throws {
    var diagnostics = Diagnostics()
    let gates = [("recall=0.2", Bound.Relation.atLeast), ("toxic:precision=99%", .atLeast), ("escalation_rate=1", .atMost)].compactMap {
      Gate(written: $0.0, relation: $0.1, categories: ["toxic"], &diagnostics)
    }
    #expect(gates.count == 3 && diagnostics.isEmpty)
    let results = try Self.report().check(gates)
    #expect(results.map(\.passes) == [true, false, true])
    let junit = GateResult.junit(results, suite: "chat <safety>")
    #expect(junit.contains("tests=\"3\" failures=\"1\"") && junit.contains("<failure message=") && junit.contains("chat &lt;safety&gt;"))
    try expectGolden(junit, "gates.xml")
  }

  @Test func mistakesInGatesAreShown() {
    var lines: [String] = []
    for text in ["recall", "recal=0.9", "toxik:recall=0.9", "recall=95", "toxic: p95_latency=2s", "escalation_rate=0.5"] {
      var diagnostics = Diagnostics()
      _ = Gate(written: text, relation: .atLeast, categories: ["toxic"], &diagnostics)
      for diagnostic in diagnostics.all {
        lines.append("\(text) | \(diagnostic.span?.column ?? 0): \(diagnostic.message)" + (diagnostic.hint.map { " (\($0))" } ?? ""))
      }
      #expect(!diagnostics.isEmpty, "\(text)")
    }
    #expect(lines.contains("recal=0.9 | 1: unknown metric `recal` (did you mean `recall`?)"))
    #expect(lines.contains("toxik:recall=0.9 | 1: the pipeline has no category `toxik` (did you mean `toxic`?)"))
    #expect(lines.contains { $0.hasPrefix("recall=95 | 8:") })
  }

  @Test func tablesAlignWideCharacters() {
    var table = TextTable([.init("name"), .init("count", .right)])
    table.add("日本語", "1")
    table.add("e\u{301}te\u{301}", "20")
    table.add("👍🏽", "300")
    #expect(table.render(indent: 0) == "name    count\n──────  ─────\n日本語      1\ne\u{301}te\u{301}        20\n👍🏽        300\n")
  }

  @Test(arguments: [(0.5, 0, "1"), (-0.0004, 3, "0.000"), (1234.5678, 2, "1234.57"), (-1.005, 1, "-1.0"), (.nan, 2, "—"), (.infinity, 2, "∞")])
  func fixedNumbers(_ value: Double, _ digits: Int, _ text: String) { #expect(NumberText.fixed(value, digits) == text) }

  @Test func anEmptyOrUnlabelledRunIsAClearError() throws {
    let empty = EvaluationSample(categories: Synthetic.table(["toxic"]), stages: Synthetic.stages(categories: 1))
    #expect(throws: TuningError.emptySample) { try EvaluationReport(empty) }
    var unlabelled = empty
    try unlabelled.append(Synthetic.row("a", scores: [0.5], labels: [.unknown], findings: [.safe]))
    #expect(throws: TuningError.noLabels(category: nil)) { try EvaluationReport(unlabelled) }
  }

  @Test func degenerateRunsStillMakeAReport() throws {
    var sample = EvaluationSample(categories: Synthetic.table(["toxic"]), stages: Synthetic.stages(categories: 1))
    for number in 0..<3 { try sample.append(Synthetic.row("m\(number)", scores: [.nan], labels: [.positive], findings: [.notAsked], reasoner: .error)) }
    let report = try EvaluationReport(sample)
    #expect(report.text.contains("one class only") && report.html.contains("</html>") && report.failed.value == 1)
    _ = try JSONSerialization.jsonObject(with: Data(report.json.text.utf8))
  }
}

@Suite struct Resplits {
  @Test func theMachineryCountsWhatItSays() throws {
    let sample = try Synthetic.sample(Population(), count: 1500, seed: 41)
    let study = try ResplitStudy(sample, goals: [goal("minimum escalation_rate @ recall >= 0.85")], options: TuningOptions(), resplits: 40)
    let outcome = try #require(study.outcomes.first)
    #expect(outcome.found + outcome.withoutThresholds == 40 && outcome.found > 30)
    #expect(outcome.measuredKept + outcome.refuted <= outcome.found && outcome.refuted <= 4)
    #expect(outcome.meanValue > 0.85 && outcome.brokenShare.successes <= 5)
    let truth = try ResplitStudy(
      sample, goals: [goal("minimum escalation_rate @ recall >= 0.85")], options: TuningOptions(), resplits: 40, promise: .trueShare)
    #expect(truth.outcomes[0].meanEscalation < outcome.meanEscalation)
    let tuned = try Tuner(sample, goals: [goal("minimum escalation_rate @ recall >= 0.85")]).run()
    let parsed = try JSONSerialization.jsonObject(with: Data(tuned.json(resplits: truth).text.utf8)) as? [String: Any]
    #expect((parsed?["resplits"] as? [String: Any])?["resplits"] as? Int == 40 && parsed?["goals"] != nil)
  }
}
