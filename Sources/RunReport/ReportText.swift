import AuditLog
import Moderation
import Pipeline
import Tuning

extension RunReport {
  /// The report for a terminal: layers, one explained verdict of each kind, what was left to people.
  public var text: String { ([headline, layerTable] + explained + [degradedText]).filter { !$0.isEmpty }.joined(separator: "\n") }

  private var headline: String {
    let settled = NumberText.percent(digest.shareWithoutReasoner)
    var lines = [
      "\(digest.run.pipeline): \(grouped(digest.messages)) messages · allow \(grouped(digest.count("allow"))) · review \(grouped(digest.count("review"))) · block \(grouped(digest.count("block")))",
      "The cheap layers settled \(settled) by themselves; \(grouped(digest.escalated)) messages went to the reasoner.",
    ]
    lines += notes.map { "note: \($0)" }
    return lines.joined(separator: "\n") + "\n"
  }

  private var layerTable: String {
    var table = TextTable([
      .init("layer"), .init("reads"), .init("asked", .right), .init("allowed", .right), .init("review", .right), .init("blocked", .right),
      .init("passed on", .right), .init("a message", .right), .init("in all", .right),
    ])
    for layer in digest.layers {
      table.add(
        layer.id + (layer.mode == "enforce" ? "" : " (\(layer.mode))"), Self.reads(layer.type), grouped(layer.asked), grouped(layer.allowed),
        grouped(layer.reviewed), grouped(layer.blocked), grouped(layer.passedOn), layer.latency.quantile(0.5).map { readable($0) } ?? "—", readable(layer.time))
    }
    return table.render()
  }

  static func reads(_ type: String) -> String {
    switch type {
    case "prefilter": "phrases, rules"
    case "classifier": "word weights"
    case "safeguard": "your policy"
    default: type
    }
  }

  private var explained: [String] {
    examples.map { example in
      let story = VerdictStory(self, example)
      var lines = ["\(Self.heading(digest.layers.first { $0.id == example.record.stage }?.type ?? "", example.record))"]
      lines.append("  \(story.text.map { "“\(TextTable.printable($0))”" } ?? "message \(TextTable.printable(example.record.messageID))")")
      lines.append("  \(story.verdict): \(TextTable.printable(story.reason))")
      if !story.features.isEmpty {
        lines.append("  what made the score: " + story.features.prefix(5).map { "“\(TextTable.printable($0.text))” \(signed($0.logOdds))" }.joined(separator: ", "))
      }
      if let reasoning = story.reasoning { lines.append("  it thinks: “\(TextTable.printable(reasoning))”") }
      if let rationale = story.rationale { lines.append("  it says: “\(TextTable.printable(rationale))”") }
      return lines.joined(separator: "\n") + "\n"
    }
  }

  static func heading(_ type: String, _ record: AuditRecord) -> String {
    switch type {
    case "prefilter": "A rule settles it"
    case "classifier": "The classifier settles it"
    case "safeguard": record.isFailureMode ? "Unclear, and no reasoner answered" : "Unclear, so the reasoner reads it under the policy"
    default: "Settled by \(type)"
    }
  }

  private var degradedText: String {
    guard !digest.degraded.isEmpty else { return "" }
    let causes = digest.degraded.sorted { $0.key < $1.key }.map { "\($0.key) \(grouped($0.value))" }.joined(separator: ", ")
    return "Not decided as planned (nothing of it was silently allowed): \(causes)\n"
  }
}

func grouped(_ number: Int) -> String {
  let digits = Array(String(number.magnitude))
  var text = number < 0 ? "-" : ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { text += "," }
    text.append(digit)
  }
  return text
}

func readable(_ duration: Duration) -> String { NumberText.seconds(duration.inSeconds) }
func signed(_ value: Double) -> String { (value >= 0 ? "+" : "") + NumberText.fixed(value, 2) }
