import Moderation

/// The plots of one category of an evaluation.
struct CategoryPlots {
  var scope: ScopeReport
  /// Share of messages that the pipeline escalates.
  var escalated: Double

  private typealias Point = ScoreReport.CurvePoint

  var figures: [String] {
    var figures: [String] = []
    if let scores = scope.scores {
      if !scores.precisionRecall.isEmpty { figures.append(precisionRecall(scores)) }
      if !scores.roc.isEmpty { figures.append(roc(scores)) }
      if scores.scored > 0 {
        figures.append(reliability(scores.reliability))
        figures.append(histogram(scores))
      }
    }
    if !scope.f1Frontier.isEmpty || !scope.recallFrontier.isEmpty { figures.append(frontier()) }
    return figures
  }

  private var reasonerAlone: Baseline? { scope.baselines.first { $0.callShare == 1 } }

  private func operating(_ quality: Quality, _ point: (Confusion) -> Point?) -> [Point] { point(quality.confusion).map { [$0] } ?? [] }

  private func precisionRecall(_ scores: ScoreReport) -> String {
    func point(_ confusion: Confusion) -> Point? {
      confusion.recall.value.flatMap { recall in confusion.precision.value.map { Point(recall, $0) } }
    }
    let base = scope.quality.confusion.baseRate.value ?? 0
    var plot = Plot(
      title: "Precision and recall", description: "Average precision \(NumberText.fixed(scores.averagePrecision?.value ?? .nan, 3))",
      x: .init(label: "recall"), y: .init(label: "precision"),
      elements: [
        .dashed([Point(0, base), Point(1, base)]), .line(scores.precisionRecall, .main),
      ], legend: [("\(scores.stage) alone", .main, nil), ("this pipeline", .pos, .circle)],
      caption: "Dashed: the share of violating messages, \(NumberText.percent(base)), which is the precision of flagging everything.")
    if let reasoner = reasonerAlone {
      plot.elements.append(.marks(operating(reasoner.quality, point), .alt, .square))
      plot.legend.append(("reasoner alone", .alt, .square))
    }
    plot.elements.append(.marks(operating(scope.quality, point), .pos, .circle))
    return plot.figure()
  }

  private func roc(_ scores: ScoreReport) -> String {
    func point(_ confusion: Confusion) -> Point? {
      confusion.falsePositiveRate.value.flatMap { rate in confusion.recall.value.map { Point(rate, $0) } }
    }
    var plot = Plot(
      title: "ROC", description: "Area \(NumberText.fixed(scores.auroc?.value ?? .nan, 3))", x: .init(label: "false positive rate"),
      y: .init(label: "recall"),
      elements: [
        .dashed([Point(0, 0), Point(1, 1)]), .line(scores.roc, .main),
      ], legend: [("\(scores.stage) alone", .main, nil), ("this pipeline", .pos, .circle)])
    if let reasoner = reasonerAlone {
      plot.elements.append(.marks(operating(reasoner.quality, point), .alt, .square))
      plot.legend.append(("reasoner alone", .alt, .square))
    }
    plot.elements.append(.marks(operating(scope.quality, point), .pos, .circle))
    return plot.figure()
  }

  private func reliability(_ reliability: Reliability) -> String { Self.reliabilityPlot(reliability).figure() }

  static func reliabilityPlot(_ reliability: Reliability, title: String = "Reliability") -> Plot {
    let bins = reliability.bins.compactMap { bin in bin.meanScore.flatMap { mean in bin.positiveShare.estimate().map { (mean, $0) } } }
    return Plot(
      title: title, description: "Expected calibration error \(NumberText.fixed(reliability.expectedCalibrationError ?? .nan, 4))",
      x: .init(label: "mean score of the bin"), y: .init(label: "share that violates"),
      elements: [
        .dashed([Point(0, 0), Point(1, 1)]),
        .whiskers(bins.compactMap { mean, share in share.interval.map { (mean, $0.low, $0.high) } }, .main),
        .marks(bins.map { Point($0.0, $0.1.value) }, .main, .circle),
      ], caption: "\(Reliability.name): \(NumberText.fixed(reliability.expectedCalibrationError ?? .nan, 4)). Whiskers: 95% Wilson intervals.")
  }

  private func histogram(_ scores: ScoreReport) -> String { Self.histogramPlot(scores).figure() }

  /// Positives upwards, negatives downwards, each as shares of their class on a square-root scale, so that rare bins stay visible.
  static func histogramPlot(_ scores: ScoreReport, band: Band? = nil) -> Plot {
    let bins = scores.positiveScores.counts.count
    func bars(_ histogram: ScoreHistogram, sign: Double) -> [(x: ClosedRange<Double>, y: ClosedRange<Double>)] {
      histogram.counts.enumerated().compactMap { bin, count in
        guard count > 0 else { return nil }
        let height = (Double(count) / Double(histogram.total)).squareRoot()
        let x = Double(bin) / Double(bins)...Double(bin + 1) / Double(bins)
        return (x, sign > 0 ? 0...height : -height...0)
      }
    }
    let ticks = [0.5, 0.1, 0.02].flatMap { share in [(share.squareRoot(), share), (-share.squareRoot(), share)] }
      .map { (place: $0.0, text: NumberText.percent($0.1, 0)) } + [(place: 0.0, text: "0")]
    let zones = (band ?? scores.band).map { band -> [Plot.Element] in
      let (low, high) = (min(max(band.allowBelow, 0), 1), min(max(band.blockAbove, 0), 1))
      return [
        .zone(0...low, fill: "f-allow", label: "allow"), .zone(low...max(low, high), fill: "f-open", label: "uncertain"),
        .zone(max(low, high)...1, fill: "f-block", label: "block"),
      ]
    } ?? []
    return Plot(
      title: "Scores and bands", description: "Share of violating and of harmless messages by score", x: .init(label: "score"),
      y: .init(label: "share of the class (√ scale)", range: -1...1, ticks: ticks),
      elements: zones + [.bars(bars(scores.positiveScores, sign: 1), .pos), .bars(bars(scores.negativeScores, sign: -1), .neg)],
      legend: [("violating", .pos, .square), ("harmless", .neg, .square)],
      caption: (band ?? scores.band).map { "Allowed up to \(NumberText.threshold($0.allowBelow)), blocked from \(NumberText.threshold($0.blockAbove))." } ?? "")
  }

  private func frontier() -> String {
    var plot = Plot(
      title: "What escalations buy", description: "Best recall and best F1 by share of messages escalated", x: .share("share of messages escalated"),
      y: .init(label: "recall, F1"),
      elements: [.line(scope.recallFrontier, .main), .line(scope.f1Frontier, .third)],
      legend: [("recall, moving allow_below", .main, nil), ("F1, moving both", .third, nil)],
      caption: "Descriptive: the best thresholds on these very messages. `winnow tune` chooses and proves on separate parts.")
    func add(_ name: String, _ quality: Quality, _ share: Double, _ shape: Plot.Shape) {
      if let recall = quality.recall { plot.elements.append(.marks([Point(share, recall.value)], .main, shape)) }
      if let f1 = quality.f1 { plot.elements.append(.marks([Point(share, f1.value)], .third, shape)) }
      plot.legend.append((name, .neg, shape))
    }
    add("this pipeline", scope.quality, escalated, .circle)
    if let reasoner = reasonerAlone { add("reasoner alone", reasoner.quality, 1, .square) }
    if let classifier = scope.baselines.last(where: { $0.callShare == 0 }) { add("classifier alone", classifier.quality, 0, .diamond) }
    return plot.figure()
  }
}
