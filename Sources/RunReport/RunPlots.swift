import AuditLog
import Tuning

/// For each layer a bar as long as what it was asked, cut into what it decided and what it passed on.
struct LayerFlow {
  private let digest: RunDigest
  init(_ digest: RunDigest) { self.digest = digest }

  private static let width = 960.0, row = 38.0, left = 150.0

  var svg: String {
    guard digest.messages > 0 else { return "" }
    let height = Double(digest.layers.count) * Self.row + 8
    let rows = digest.layers.enumerated().map { bar($1, y: 6 + Double($0) * Self.row) }.joined()
    let legend = [("allow", "allowed"), ("review", "review"), ("block", "blocked"), ("open", "passed on")]
      .map { "<li><span class=\"key \($0.0)\"></span>\($0.1)</li>" }.joined()
    return "<figure class=\"flow\"><svg viewBox=\"0 0 \(Int(Self.width)) \(Int(height))\" role=\"img\" aria-label=\"\(HTML.escaped(description))\">\n\(rows)</svg>"
      + "<ul class=\"legend\">\(legend)</ul></figure>\n"
  }

  private var description: String {
    digest.layers.map { "\($0.id): asked \($0.asked), allowed \($0.allowed), review \($0.reviewed), blocked \($0.blocked), passed on \($0.passedOn)" }
      .joined(separator: ". ")
  }

  private func bar(_ layer: RunDigest.Layer, y: Double) -> String {
    func f(_ value: Double) -> String { NumberText.short(value, 1) }
    let scale = (Self.width - Self.left - 70) / Double(digest.messages)
    var text = "<text x=\"\(f(Self.left - 12))\" y=\"\(f(y + 18))\" text-anchor=\"end\" class=\"name\">\(HTML.escaped(layer.id))</text>"
    var x = Self.left
    for (count, style) in [(layer.allowed, "allow"), (layer.reviewed, "review"), (layer.blocked, "block"), (layer.passedOn, "open")] where count > 0 {
      let width = max(1, Double(count) * scale)
      text += "<rect class=\"v-\(style)\" x=\"\(f(x))\" y=\"\(f(y))\" width=\"\(f(width))\" height=\"26\"><title>\(grouped(count))</title></rect>"
      if width > Double(grouped(count).count) * 8 + 8 { text += "<text class=\"on-\(style)\" x=\"\(f(x + width / 2))\" y=\"\(f(y + 17.5))\" text-anchor=\"middle\">\(grouped(count))</text>" }
      x += width
    }
    return text + "\n"
  }
}

/// The plots of a run.
struct RunPlots {
  private let digest: RunDigest
  init(_ digest: RunDigest) { self.digest = digest }

  var figures: [String] {
    guard digest.messages > 0 else { return [] }
    return [categories, stream].compactMap { $0 } + histograms
  }

  private static let mostCategories = 8, mostHistograms = 6

  /// What was not allowed, by category.
  private var categories: String? {
    let rows = digest.categories.map { (name: $0.key, review: $0.value["review"] ?? 0, block: $0.value["block"] ?? 0) }
      .sorted { ($0.review + $0.block, $1.name) > ($1.review + $1.block, $0.name) }.prefix(Self.mostCategories)
    guard let most = rows.first.map({ $0.review + $0.block }), most > 0 else { return nil }
    let height = Double(rows.count) * 28 + 10
    func f(_ value: Double) -> String { NumberText.short(value, 1) }
    let bars = rows.enumerated().map { index, row -> String in
      let y = 6 + Double(index) * 28
      let scale = 250.0 / Double(most)
      let (first, second) = (Double(row.block) * scale, Double(row.review) * scale)
      return "<text x=\"118\" y=\"\(f(y + 13))\" text-anchor=\"end\">\(HTML.escaped(row.name))</text>"
        + "<rect class=\"v-block\" x=\"126\" y=\"\(f(y))\" width=\"\(f(first))\" height=\"18\"/>"
        + "<rect class=\"v-review\" x=\"\(f(126 + first))\" y=\"\(f(y))\" width=\"\(f(second))\" height=\"18\"/>"
        + "<text x=\"\(f(132 + first + second))\" y=\"\(f(y + 13))\">\(grouped(row.review + row.block))</text>\n"
    }.joined()
    return "<figure><h4>What was not allowed</h4>\n<svg viewBox=\"0 0 440 \(Int(height))\" role=\"img\" aria-label=\"Messages not allowed, by category\">\n\(bars)</svg>"
      + "<ul class=\"legend\"><li><span class=\"key block\"></span>blocked</li><li><span class=\"key review\"></span>review</li></ul></figure>\n"
  }

  /// Shares of reviewed and blocked messages along the stream.
  private var stream: String? {
    let tally = digest.stream
    let slices = tally.slices.prefix(tally.used)
    guard slices.count >= 8 else { return nil }
    let shares = slices.map { slice -> (block: Double, flagged: Double) in
      let all = max(1, Double(slice.messages))
      return (Double(slice.blocked) / all, Double(slice.blocked + slice.reviewed) / all)
    }
    let top = shares.map(\.flagged).max() ?? 0
    guard top > 0 else { return nil }
    func x(_ index: Int) -> ClosedRange<Double> { Double(index) / Double(slices.count)...Double(index + 1) / Double(slices.count) }
    let end = slices.count * tally.width
    let ticks = [0.0, 0.5, 1].map { (place: $0, text: grouped(Int((Double(end) * $0).rounded()))) }
    return Plot(
      title: "Along the stream", description: "Share of messages not allowed, by place in the stream", x: .init(label: "message", ticks: ticks),
      y: .share("share of messages", upTo: top),
      elements: [
        .bars(shares.enumerated().map { (x($0), $1.block...$1.flagged) }.filter { $0.1.upperBound > $0.1.lowerBound }, .review),
        .bars(shares.enumerated().map { (x($0), 0...$1.block) }.filter { $0.1.upperBound > 0 }, .blocked),
      ], legend: [("review", .review, .square), ("blocked", .blocked, .square)],
      caption: "Each bar is \(grouped(tally.width)) \(tally.width == 1 ? "record" : "records").").figure()
  }

  /// Scores of each classifier with its bands.
  private var histograms: [String] {
    digest.layers.flatMap { layer in
      layer.scores.keys.sorted { open(layer, $0) != open(layer, $1) ? open(layer, $0) > open(layer, $1) : $0 < $1 }.prefix(Self.mostHistograms)
        .map { histogram(layer, $0) }
    }
  }

  /// Messages between the two thresholds, roughly: what makes a category worth a look.
  private func open(_ layer: RunDigest.Layer, _ category: String) -> Int {
    guard let band = layer.thresholds[category], let bins = layer.scores[category] else { return 0 }
    return bins.enumerated().reduce(0) { sum, bin in
      let middle = (Double(bin.offset) + 0.5) / Double(bins.count)
      return middle >= band.allowBelow && middle <= band.blockAbove ? sum + bin.element : sum
    }
  }

  private func histogram(_ layer: RunDigest.Layer, _ category: String) -> String {
    let bins = layer.scores[category] ?? []
    let total = max(1, Double(bins.reduce(0, +)))
    let bars = bins.enumerated().compactMap { bin, count -> (x: ClosedRange<Double>, y: ClosedRange<Double>)? in
      count == 0 ? nil : (Double(bin) / Double(bins.count)...Double(bin + 1) / Double(bins.count), 0...(Double(count) / total).squareRoot())
    }
    let zones = layer.thresholds[category].map { band -> [Plot.Element] in
      let (low, high) = (min(max(band.allowBelow, 0), 1), min(max(band.blockAbove, 0), 1))
      return [
        .zone(0...low, fill: "f-allow", label: "allow"), .zone(low...max(low, high), fill: "f-open", label: "uncertain"),
        .zone(max(low, high)...1, fill: "f-block", label: "block"),
      ]
    }
    let ticks = [0, 0.02, 0.1, 0.5, 1].map { (place: $0.squareRoot(), text: NumberText.short($0 * 100, 0) + "%") }
    return Plot(
      title: "\(layer.id): \(category)", description: "Messages by score, with the thresholds in force", x: .init(label: "score"),
      y: .init(label: "share of messages (√ scale)", ticks: ticks), elements: (zones ?? []) + [.bars(bars, .main)],
      caption: layer.thresholds[category].map { "Allowed up to \(NumberText.threshold($0.allowBelow)), blocked from \(NumberText.threshold($0.blockAbove))." } ?? "").figure()
  }
}
