import ArgumentParser
import AuditLog
import FoundationEssentials
import Moderation
import Tuning

struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Read what `run --audit` kept.", subcommands: [Show.self, Export.self, Runs.self, AuditEstimateCommand.self])

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Tell how a message came to its verdict, in every run that saw it.")
    @Argument(help: "The audit file.") var file: String
    @Argument(help: "The message's id.") var id: String
    @Flag(help: "Show the reasoner's reasoning too; it is restricted, never for end users.") var showReasoning = false
    @Flag(help: "As JSON.") var json = false

    func run() async throws {
      try await reportingFailures {
        let reader = try AuditReader(path: existing(file))
        let records = try reader.records(messageID: id)
        if records.isEmpty { throw CommandFailure("no message with id `\(id)` in \(file)") }
        for record in records {
          if json { Terminal.output(try AuditCommand.line(record) + "\n") } else { Terminal.output(try story(record, reader)) }
        }
      }
    }

    private func story(_ record: AuditRecord, _ reader: AuditReader) throws -> String {
      var lines = ["message \(record.messageID) in run \(record.run), record \(record.position)"]
      var verdict = "  verdict   \(record.verdict)"
      if let category = record.category { verdict += " · \(category)" }
      verdict += " · \(record.reason)"
      if let stage = record.stage { verdict += " by \(stage)" }
      if let score = record.score { verdict += " · score \(score.formatted(decimals: 4))" }
      lines.append(verdict)
      if let degraded = record.degraded { lines.append("  degraded  \(degraded)") }
      lines.append("  time      \(record.time)")
      lines.append("  text      sha256 \(record.textHash.prefix(16))…\(record.text.map { " · \($0)" } ?? "")")
      lines += AuditStory.stages(record)
      for rationale in try reader.rationales(run: record.run, position: record.position) {
        if let text = rationale.rationale { lines.append("  rationale \(rationale.stage)/\(rationale.category): \(text)") }
        if showReasoning, let text = rationale.reasoning { lines.append("  reasoning \(rationale.stage)/\(rationale.category): \(text)") }
      }
      // Texts and rationales are somebody else's: nothing in them may move the cursor or begin a line.
      return lines.map { Tuning.TextTable.printable($0) + "\n" }.joined()
    }
  }

  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Write records as JSON Lines.")
    @Argument(help: "The audit file.") var file: String
    @Option(help: "Only this run.") var run: String?
    @Option(help: "Only this verdict: allow, review or block.") var verdict: String?

    func validate() throws {
      if let verdict, Verdict(name: verdict) == nil { throw ValidationError("`--verdict` is allow, review or block") }
    }

    func run() async throws {
      try await reportingFailures {
        let run = run
        let reader = try AuditReader(path: existing(file))
        if let run { try reader.require(run: run, in: file) }
        try reader.forEach(run: run, verdict: verdict) { Terminal.output(try AuditCommand.line($0) + "\n") }
      }
    }
  }

  struct Runs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the runs in an audit file.")
    @Argument(help: "The audit file.") var file: String

    func run() async throws {
      try await reportingFailures {
        var table = TextTable(["run", "started", "finished", "pipeline", "hash"], right: [])
        for run in try AuditReader(path: existing(file)).runs() {
          table.add([run.id, run.started, run.finished ?? "(not finished)", run.pipeline, String(run.pipelineHash.prefix(12))])
        }
        Terminal.output(table.rendered())
      }
    }
  }

  static func line(_ record: AuditRecord) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var line = String(decoding: try encoder.encode(record), as: UTF8.self)
    // The trace is JSON already: write it as such, not as a string.
    if let range = line.firstRange(of: "\"trace\":\(JSONText.quoted(record.trace))") { line.replaceSubrange(range, with: "\"trace\":\(record.trace)") }
    return line
  }
}

/// A reader of an audit file must not make one.
private func existing(_ path: String) throws -> String {
  guard FileManager.default.fileExists(atPath: path) else { throw CommandFailure("there is no audit file \(path)") }
  return path
}

extension AuditReader {
  /// Throws when the file holds no run of this name.
  func require(run: String, in file: String) throws {
    let known = try runs().map(\.id)
    guard !known.contains(run) else { return }
    let hint = nearestSpelling(to: run, in: known).map { "did you mean `\($0)`?" } ?? "`winnow audit runs` lists them"
    throw CommandFailure("\(file) holds no run `\(run)`; \(hint)")
  }
}

/// The stages of a record, a line each.
enum AuditStory {
  static func stages(_ record: AuditRecord) -> [String] {
    guard let stages = record.stages else { return ["  trace     \(record.trace)"] }
    return stages.flatMap { stage -> [String] in
      var head = "  stage     \(stage.stage): \(stage.status)"
      if let mode = stage.mode { head += " (\(mode))" }
      if let purpose = stage.purpose, purpose != "decide" { head += " (\(purpose))" }
      if let latency = stage.latency { head += ", \(latency.readable)" }
      if let detail = stage.detail { head += ", \(detail)" }
      var lines = [head]
      for hit in stage.hits ?? [] { lines.append("              \(hit.effect) \(hit.category): rule \(hit.rule) at bytes \(hit.span[0])–\(hit.span[1])") }
      let scores = (stage.scores ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.map { $0.formatted(decimals: 4) } ?? "-")" }
      if !scores.isEmpty { lines.append("              \(scores.joined(separator: ", "))") }
      for finding in stage.findings ?? [] {
        var line = "              \(finding.category): \(finding.outcome) under \(finding.policy)"
        if let label = finding.label { line += ", label \(label)" }
        if let score = finding.score { line += ", score \(score.formatted(decimals: 4))" }
        if let rules = finding.rules { line += ", rules \(rules.joined(separator: " "))" }
        if let detail = finding.detail { line += ", \(detail)" }
        lines.append(line)
      }
      return lines
    }
  }
}
