import AuditLog
import Moderation
import Pipeline
import Tuning

/// Sentences that say how a message came to its verdict, the same on the page and in the terminal.
struct VerdictStory {
  let report: RunReport
  let record: AuditRecord
  let stages: [StageTrace]

  init(_ report: RunReport, _ example: ExampleChoice.Example) { (self.report, record, stages) = (report, example.record, example.stages) }
  init(_ report: RunReport, _ line: ConversationView.Line) { (self.report, record, stages) = (report, line.record, line.stages) }

  var text: String? { report.texts[record.position]?.text }
  private var layer: RunDigest.Layer? { report.digest.layers.first { $0.id == record.stage } }

  /// `block · spam`.
  var verdict: String { ([record.verdict] + (record.verdict == "allow" ? [] : [record.category].compactMap { $0 })).joined(separator: " · ") }

  /// Why, in one sentence.
  var reason: String {
    guard let layer else { return "No layer settled it." }
    let trace = stages.last { $0.stage == layer.id }
    if record.isFailureMode, let degraded = record.degraded { return degradedReason(layer, degraded, trace) }
    switch layer.type {
    case "prefilter": return ruleReason(layer, trace)
    case "classifier": return scoreReason(layer, trace)
    case "safeguard": return judgementReason(layer, trace)
    default: return "Settled by `\(layer.id)`."
    }
  }

  private func ruleReason(_ layer: RunDigest.Layer, _ trace: StageTrace?) -> String {
    guard let hit = decisiveHit(trace) else { return "`\(layer.id)` found nothing." }
    return "`\(layer.id)` found rule `\(hit.rule)`\(quoted(hit).map { " in “\($0)”" } ?? "")."
  }

  private func decisiveHit(_ trace: StageTrace?) -> StageTrace.Hit? {
    let hits = trace?.hits ?? []
    return hits.first { $0.effect == "block" && record.verdict == "block" } ?? hits.first { $0.category == record.category } ?? hits.first
  }

  /// The words of the text under a hit.
  private func quoted(_ hit: StageTrace.Hit) -> String? {
    guard let text, hit.span.count == 2, hit.span[0] >= 0, hit.span[0] < hit.span[1], hit.span[1] <= text.utf8.count else { return nil }
    return String(decoding: Array(text.utf8)[hit.span[0]..<hit.span[1]], as: UTF8.self)
  }

  private func scoreReason(_ layer: RunDigest.Layer, _ trace: StageTrace?) -> String {
    let scores = (trace?.scores ?? [:]).compactMapValues { $0 }
    if record.verdict == "allow" {
      guard let top = scores.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { return "`\(layer.id)` saw no reason for concern." }
      return "`\(layer.id)` is sure of it in every category; the highest is \(top.key) with \(NumberText.fixed(top.value, 4))."
    }
    guard let category = record.category, let score = scores[category] else { return "`\(layer.id)` is sure of it." }
    let limit = layer.thresholds[category].map { "; it blocks above \(NumberText.short($0.blockAbove))" } ?? ""
    return "`\(layer.id)` gives \(category) \(NumberText.fixed(score, 4))\(limit)."
  }

  private func judgementReason(_ layer: RunDigest.Layer, _ trace: StageTrace?) -> String {
    let findings = trace?.findings ?? []
    let own = findings.filter { $0.category == record.category }
    guard let finding = own.first(where: { $0.outcome == "violates" }) ?? own.first ?? findings.first else {
      return "Settled by `\(layer.id)`."
    }
    let rules = (finding.rules ?? []).isEmpty ? "" : ", rule \((finding.rules ?? []).joined(separator: ", "))"
    switch finding.outcome {
    case "violates": return "`\(layer.id)` read it under policy \(finding.policy)\(rules), and finds it violated."
    case "review": return "`\(layer.id)` read it under policy \(finding.policy)\(rules), and leaves it to a person."
    case "safe": return "`\(layer.id)` read it under policy \(findings.map(\.policy).joined(separator: ", ")), and finds nothing violated."
    default: return "`\(layer.id)` came to no answer\(finding.detail.map { ": \($0)" } ?? "")."
    }
  }

  private func degradedReason(_ layer: RunDigest.Layer, _ cause: String, _ trace: StageTrace?) -> String {
    let detail = trace?.detail ?? trace?.findings?.compactMap(\.detail).first
    return "`\(layer.id)` did not answer (\(cause)\(detail.map { ": \($0)" } ?? "")), so the pipeline file's rule for that case holds: \(record.verdict)."
  }

  /// What the reasoner said of the deciding category.
  var rationale: String? { said?.rationale }

  /// The beginning of what it thought before, where the audit file has it.
  var reasoning: String? {
    guard let words = said?.reasoning?.split(whereSeparator: \.isWhitespace), !words.isEmpty else { return nil }
    let text = words.joined(separator: " ")
    return text.count <= Self.longest ? text : text.prefix(Self.longest) + "…"
  }
  private static let longest = 240

  private var said: AuditRationale? {
    let all = report.rationales[record.position] ?? []
    return all.first { $0.category == record.category && $0.stage == record.stage } ?? all.first
  }

  /// The strongest features, when this is the classifier's example.
  var features: [ScoreFeature] {
    report.digest.examples["classifier"]?.record.position == record.position && layer?.type == "classifier" ? report.features : []
  }

  /// Byte ranges of the text to mark: what rules found, and words that the rationale quotes.
  var marks: [Range<Int>] {
    guard let text else { return [] }
    let bytes = Array(text.utf8)
    var marks = stages.flatMap { $0.hits ?? [] }.compactMap { hit -> Range<Int>? in
      guard hit.span.count == 2, hit.span[0] >= 0, hit.span[0] < hit.span[1], hit.span[1] <= bytes.count else { return nil }
      return hit.span[0]..<hit.span[1]
    }
    for words in rationale.map(QuotedWords.all) ?? [] { marks += QuotedWords.ranges(of: words, in: bytes) }
    return Self.merged(marks)
  }

  private static func merged(_ ranges: [Range<Int>]) -> [Range<Int>] {
    var result: [Range<Int>] = []
    for range in ranges.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
      if let last = result.last, range.lowerBound <= last.upperBound {
        result[result.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        result.append(range)
      }
    }
    return result
  }
}

extension AuditRecord {
  /// Whether the deciding layer failed and the pipeline file's rule for that holds. A failure on the way may have decided nothing.
  var isFailureMode: Bool { reason == DecisionReason.failureMode.name }
}

/// Words that a rationale puts between quotation marks.
enum QuotedWords {
  private static let pairs: [Character: Character] = ["\"": "\"", "“": "”", "‘": "’", "«": "»", "„": "“"]

  static func all(in text: String) -> [String] {
    var found: [String] = []
    var open: (end: Character, words: String)?
    for character in text {
      if let (end, words) = open {
        if character == end {
          if !words.isEmpty { found.append(words) }
          open = nil
        } else {
          open = (end, words + String(character))
        }
      } else if let end = pairs[character] {
        open = (end, "")
      }
    }
    return found
  }

  /// Where `words` stand in `text`, without regard to ASCII case.
  static func ranges(of words: String, in text: [UInt8]) -> [Range<Int>] {
    func fold(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte | 32 : byte }
    let needle = words.utf8.map(fold)
    guard !needle.isEmpty, needle.count <= text.count else { return [] }
    return (0...text.count - needle.count).compactMap { start in
      needle.indices.allSatisfy { fold(text[start + $0]) == needle[$0] } ? start..<start + needle.count : nil
    }
  }
}
