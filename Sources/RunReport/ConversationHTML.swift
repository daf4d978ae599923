import AuditLog
import Tuning

/// A conversation as it was written, each message with its verdict and, unfolded, the way to it.
struct ConversationHTML {
  let report: RunReport
  let view: ConversationView

  var html: String {
    let name = view.lines.lazy.compactMap { report.texts[$0.record.position]?.conversation }.first ?? "conversation \(view.hash.prefix(8))"
    let summary = "<b>\(HTML.escaped(name))</b> <small>\(grouped(view.messages)) messages, \(grouped(view.flagged)) not allowed</small>"
    var lines = view.lines.map(line).joined()
    if view.omittedAtEnd > 0 { lines += gap(view.omittedAtEnd) }
    return "<details class=\"conversation\"\(view.flagged > 0 ? " open" : "")><summary>\(summary)</summary>\n<ol class=\"chat\">\n\(lines)</ol></details>\n"
  }

  private func gap(_ count: Int) -> String { "<li class=\"gap\">\(grouped(count)) more \(count == 1 ? "message" : "messages")</li>\n" }

  private func line(_ line: ConversationView.Line) -> String {
    let story = VerdictStory(report, line)
    let record = line.record
    let author = report.texts[record.position]?.author.map { "<span class=\"author\">\(HTML.escaped($0))</span> " } ?? ""
    let text = story.text.map { Marked.html($0, record.verdict == "allow" ? [] : story.marks) } ?? "<i>\(HTML.escaped(record.messageID))</i>"
    let gapBefore = line.omitted > 0 ? gap(line.omitted) : ""
    guard record.verdict != "allow" else { return gapBefore + "<li>\(author)<span class=\"text\">\(text)</span></li>\n" }
    var why = "<p>\(HTML.prose(story.reason))</p>"
    if let rationale = story.rationale { why += "<p class=\"said\">“\(HTML.escaped(rationale))”</p>" }
    why += "<p class=\"way\">\(line.stages.map { HTML.escaped(way($0)) }.joined(separator: " → "))</p>"
    return gapBefore + "<li class=\"flagged \(HTML.escaped(record.verdict))\"><details><summary>\(author)<span class=\"text\">\(text)</span> \(Chip.html(record))</summary>"
      + "<div class=\"why\">\(why)</div></details></li>\n"
  }

  /// A stage's part in a few words.
  private func way(_ stage: StageTrace) -> String {
    var text = stage.stage
    if let hit = stage.hits?.first { text += ": \(hit.effect) by \(hit.rule)\((stage.hits?.count ?? 0) > 1 ? " and \((stage.hits?.count ?? 1) - 1) more" : "")" }
    if let scores = stage.scores?.compactMapValues({ $0 }), let top = scores.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) {
      text += ": \(top.key) \(NumberText.fixed(top.value, 3))"
    }
    if let finding = stage.findings?.first(where: { $0.outcome == "violates" }) ?? stage.findings?.first {
      text += ": \(finding.outcome)\((finding.rules ?? []).isEmpty ? "" : " (\((finding.rules ?? []).joined(separator: ", ")))") under \(finding.policy)"
    }
    return text
  }
}
