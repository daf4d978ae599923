import AuditLog
import Moderation
import Pipeline
import Tuning

extension RunReport {
  /// The report as one page that refers to nothing outside.
  /// - Parameter tool: name and version of the program, for the footer.
  public func html(tool: String) -> String {
    HTML.page(
      title: "\(digest.run.pipeline): what a run decided",
      subtitle: "Run `\(digest.run.id)`, \(digest.run.started)\(digest.run.finished == nil ? ", not finished" : "") · \(grouped(digest.messages)) messages",
      style: ReportStyle.sheet,
      body: HTML.notes(notes, kind: "info") + cards + layers + explainedHTML + plots + conversationsHTML,
      footer: "Written by \(tool) from the audit file. Pipeline file `\(digest.run.pipelinePath)`, SHA-256 `\(digest.run.pipelineHash.prefix(16))…`.")
  }

  private func share(_ count: Int) -> String { digest.messages == 0 ? "—" : NumberText.percent(Double(count) / Double(digest.messages)) }

  private var cards: String {
    let degraded = digest.degraded.values.reduce(0, +)
    return HTML.cards([
      .init(title: "allowed", value: share(digest.count("allow")), detail: "\(grouped(digest.count("allow"))) messages"),
      .init(title: "to people (review)", value: share(digest.count("review")), detail: "\(grouped(digest.count("review"))) messages"),
      .init(title: "blocked", value: share(digest.count("block")), detail: "\(grouped(digest.count("block"))) messages"),
      .init(title: "settled without the reasoner", value: NumberText.percent(digest.shareWithoutReasoner), detail: "\(grouped(digest.escalated)) escalated"),
      .init(title: "not decided as planned", value: grouped(degraded), detail: degraded == 0 ? "nothing failed" : digest.degraded.keys.sorted().joined(separator: ", ")),
    ])
  }

  private var layers: String {
    let columns: [HTML.Column] = [
      .init("layer", number: false), .init("reads", number: false), .init("asked"), .init("allowed"), .init("review"), .init("blocked"), .init("passed on"),
      .init("errors"), .init("a message, median"), .init("p95"), .init("in all"),
    ]
    let rows = digest.layers.map { layer in
      [
        "<code>\(HTML.escaped(layer.id))</code>\(layer.mode == "enforce" ? "" : " <small>\(HTML.escaped(layer.mode))</small>")", HTML.escaped(Self.reads(layer.type)),
        grouped(layer.asked), grouped(layer.allowed), grouped(layer.reviewed), grouped(layer.blocked), grouped(layer.passedOn), grouped(layer.failed),
        layer.latency.quantile(0.5).map(readable) ?? "—", layer.latency.quantile(0.95).map(readable) ?? "—", readable(layer.time),
      ]
    }
    return "<h2>What each layer decided</h2>\n" + LayerFlow(digest).svg
      + HTML.table(columns, rows, caption: "A layer is asked what the layers before it passed on. `passed on` behind the last layer is settled by the pipeline's defaults.")
  }

  private var explainedHTML: String {
    let items = examples.map { example -> String in
      let story = VerdictStory(self, example)
      let type = digest.layers.first { $0.id == example.record.stage }?.type ?? ""
      var text = "<article class=\"case\"><h3>\(HTML.escaped(Self.heading(type, example.record)))</h3>\n"
      text += "<blockquote>\(story.text.map { Marked.html($0, story.marks) } ?? "message \(HTML.escaped(example.record.messageID))")</blockquote>\n"
      text += "<p>\(Chip.html(example.record)) \(HTML.prose(story.reason))</p>\n"
      if !story.features.isEmpty { text += FeatureBars.html(Array(story.features.prefix(6))) }
      for words in [story.reasoning, story.rationale].compactMap({ $0 }) { text += "<p class=\"said\">“\(HTML.escaped(words))”</p>\n" }
      return text + "</article>\n"
    }
    return items.isEmpty ? "" : "<h2>Verdicts, explained</h2>\n<div class=\"cases\">\(items.joined())</div>\n"
  }

  private var plots: String {
    let figures = RunPlots(digest).figures
    return figures.isEmpty ? "" : "<h2>The run in pictures</h2>\n<div class=\"plots\">\(figures.joined())</div>\n"
  }

  private var conversationsHTML: String {
    guard !conversations.isEmpty else { return "" }
    let intro = texts.isEmpty
      ? "<p>The audit file holds no texts (<code>--audit-text</code> keeps them); give the log with <code>--messages</code> to read the conversations here.</p>\n"
      : "<p>Those with the most flagged messages. A flagged message unfolds to say why.</p>\n"
    return "<h2>Conversations</h2>\n\(intro)" + conversations.map { ConversationHTML(report: self, view: $0).html }.joined()
  }
}

/// A verdict as a coloured word.
enum Chip {
  static func html(_ record: AuditRecord) -> String {
    let category = record.verdict == "allow" ? "" : record.category.map { " · " + HTML.escaped($0) } ?? ""
    return "<span class=\"chip \(HTML.escaped(record.verdict))\">\(HTML.escaped(record.verdict))\(category)</span>"
  }
}

/// A text with marked byte ranges.
enum Marked {
  /// - Parameter marks: rising, apart, inside the text.
  static func html(_ text: String, _ marks: [Range<Int>]) -> String {
    let bytes = Array(text.utf8)
    var result = ""
    var at = 0
    func part(_ range: Range<Int>) -> String { HTML.escaped(String(decoding: bytes[range], as: UTF8.self)) }
    for mark in marks {
      result += part(at..<mark.lowerBound) + "<mark>\(part(mark))</mark>"
      at = mark.upperBound
    }
    return result + part(at..<bytes.count)
  }
}

/// What features added to a score, as bars to the left and right of nothing.
enum FeatureBars {
  static func html(_ features: [ScoreFeature]) -> String {
    let most = max(features.map { abs($0.logOdds) }.max() ?? 1, 0.01)
    let rows = features.map { feature in
      let width = NumberText.short(abs(feature.logOdds) / most * 100, 1)
      let side = feature.logOdds >= 0 ? "for" : "against"
      return "<tr><td><code>\(HTML.escaped(feature.text))</code></td><td class=\"n\">\(signed(feature.logOdds))</td>"
        + "<td class=\"barcell\"><span class=\"bar \(side)\" style=\"width:\(width)%\"></span></td></tr>"
    }
    return "<table class=\"features\"><caption>What made the score (log-odds)</caption><tbody>\(rows.joined())</tbody></table>\n"
  }
}
