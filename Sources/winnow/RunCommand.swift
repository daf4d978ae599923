import ArgumentParser
import AuditLog
import Crypto
import FoundationEssentials
import Moderation
import Pipeline
import PipelineFile
import RecordIO
import StandardStages
import Streaming
import Synchronization

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Send a chat log through a pipeline: a verdict for every message.",
    discussion: """
      Reads JSON Lines (plain, gzip or Zstandard) or CSV, from files or standard input, and writes one line for each record, in input order: the record
      with its verdict under `winnow`. Records that cannot be read go to the dead-letter file with line, byte offset and reason. A summary follows on
      standard error.

        winnow run pipelines/game-chat.yaml chat.jsonl -o verdicts.jsonl
        tail -F chat.log | winnow run pipelines/community-chat.yaml --verdicts-only
      """)

  @Argument(help: "The pipeline file.") var pipeline: String
  @Argument(help: "Files to read, in this order; `-` or nothing is standard input.") var files: [String] = []
  @Option(name: [.short, .customLong("output")], help: "Where verdicts go; `-` is standard output.") var output = "-"
  @Option(help: "Where unreadable records go. Default: OUTPUT.dead.jsonl; `dead-letters.jsonl` when verdicts go to standard output, a pipe or a device. There they are appended, else written anew with the output.") var deadLetters: String?
  @Flag(help: "Write only ids and verdicts, not the records.") var verdictsOnly = false
  @Option(help: "How much of a message's way to write: full, deciding or none.") var trace: TraceDetail = .deciding
  @Option(help: "Keep a checkpoint in this file, and go on from it after an interruption.") var checkpoint: String?
  @Option(help: "How often the checkpoint is written. Default: 1s.", transform: parseDuration) var checkpointInterval = Duration.seconds(1)
  @Flag(help: "Follow the last file as it grows and rotates, like tail -F; the others are read to their end first.") var follow = false
  @Option(help: "Messages in a batch at most.") var batchSize = 4096
  @Option(help: "Threads for the screens. Default: all cores.") var threads: Int?
  @Option(help: "Longest record in bytes; longer ones are dead letters.") var maxRecord = 1 << 20
  @Option(help: "Keep an audit record of every message in this SQLite file.") var audit: String?
  @Flag(help: "Keep the message text in the audit file too, not only its hash.") var auditText = false
  @Option(help: "Append every answer of the reasoner to this file, for replay.") var record: String?
  @Option(help: "Take the reasoner's answers from this file; ask no model.") var recorded: String?
  @Option(help: "Exit with 1 when there was any of these: block, review, dead-letter, degraded. Repeatable.") var failOn: [FailOn] = []
  @Flag(help: "Write the summary as JSON on standard error.") var json = false
  @Flag(help: "No summary and no progress.") var quiet = false

  enum FailOn: String, ExpressibleByArgument, CaseIterable {
    case block, review, degraded
    case deadLetter = "dead-letter"
  }

  func validate() throws {
    guard batchSize > 0, maxRecord > 0, threads ?? 1 > 0 else { throw ValidationError("--batch-size, --max-record and --threads must be positive") }
    guard batchSize <= 1 << 20, maxRecord <= 1 << 30, threads ?? 1 <= 1024 else {
      throw ValidationError("--batch-size may be 1048576 at most, --max-record 1073741824 bytes, --threads 1024")
    }
    if record != nil, recorded != nil { throw ValidationError("--recorded asks no model, so there is nothing to --record") }
    if checkpoint != nil, output == "-" { throw ValidationError("--checkpoint needs -o FILE: standard output cannot be taken up again") }
    if follow, checkpoint != nil { throw ValidationError("--follow cannot keep a --checkpoint: after a rotation the place in the file is gone") }
    if follow, files.isEmpty || files.contains("-") { throw ValidationError("--follow needs a file") }
  }

  func run() async throws { try await reportingFailures(runPipeline) }

  private func runPipeline() async throws {
    let inputs = files.isEmpty ? ["-"] : files
    try refuseSharedFiles(outputs: outputs, inputs: inputs + [pipeline] + (recorded.map { [$0] } ?? []))
    let definition = try PipelineLoading.load(pipeline, showWarnings: !json)
    if !json, inputs == ["-"], Terminal.inputIsTerminal { Terminal.error("reading records from the terminal; end with Ctrl-D\n") }
    let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    let isLive = follow || inputs.contains(where: comesLive)
    let built = try ModerationPipeline.build(
      definition, types: StandardStages.all, options: BuildOptions(recordPath: record, recordedPath: recorded, threads: threads), lanes: threads, isLive: isLive)
    try await built.start()
    // With --json standard error holds the summary and nothing else, unless the run fails.
    if !json { for notice in built.notices { Terminal.error("note: \(notice)\n") } }
    let started = ContinuousClock.now
    let (statistics, resumedBehind) = try await stream(built, inputs: inputs, threads: threads)
    await built.shutdown()
    var summary = RunSummary(statistics: statistics, definition: definition, elapsed: ContinuousClock.now - started, deadLetterPath: deadLetterPath)
    (summary.resumedBehind, summary.notices) = (resumedBehind, built.notices)
    report(summary)
    try checkFindings(statistics)
  }

  private func stream(_ built: ModerationPipeline, inputs: [String], threads: Int) async throws -> (RunStatistics, resumedBehind: Int) {
    var options = StreamRun.Options(inputs: inputs, deadLetters: deadLetterPath)
    options.output = output
    options.checkpoint = checkpoint
    options.checkpointInterval = checkpointInterval
    options.follow = follow
    options.limits.batchMessages = batchSize
    options.limits.recordBytes = maxRecord
    options.shape = verdictsOnly ? .verdicts : .records
    options.trace = trace
    options.window = threads + 3
    let resumed = try checkpoint.flatMap { try Checkpoint.resume(path: $0, pipeline: built, options: options) }
    if let resumed, !json { Terminal.error("resuming behind record \(resumed.position.record.grouped)\n") }
    let stop = StopFlag()
    let signals = Signals(stop: stop)
    defer { withExtendedLifetime(signals) {} }
    let runID = resumed?.runID ?? Self.makeRunID()
    let writer = try audit.map { try AuditWriter(path: $0, pipeline: built, runID: runID, version: WinnowVersion.current, keepText: auditText) }
    let progress = ProgressLine(inputs: inputs, isOn: Terminal.errorIsTerminal && !quiet && !json)
    do {
      let statistics = try await StreamRun(pipeline: built, options: options, stop: stop, runID: runID).run(resuming: resumed) { outcome, state in
        try writer?.append(outcome)
        progress.update(state)
      }
      progress.clear()
      if stop.isSet {
        let again = checkpoint == nil ? "" : "; run the same command again to go on"
        if !json { Terminal.error("stopped behind record \(statistics.messages + statistics.deadLetterCount)\(again)\n") }
      } else {
        try writer?.finish()
      }
      return (statistics, resumed?.statistics.messages ?? 0)
    } catch let error as RecordIOError where error.code == .brokenPipe && error.path == "<stdout>" {
      // As `| head` wants it: without a word, but not as a run that came to its end and found nothing.
      progress.clear()
      throw Exit.failed
    }
  }

  /// Every file that is written, under the name of its option.
  private var outputs: [(name: String, path: String)] {
    let named: [(name: String, path: String?)] = [
      ("--output", output), ("--dead-letters", deadLetterPath), ("--checkpoint", checkpoint), ("--audit", audit), ("--record", record),
    ]
    return named.compactMap { name, path in path.map { (name, $0) } }
  }

  private var deadLetterPath: String { deadLetters ?? (isPassedOn(output) ? "dead-letters.jsonl" : output + ".dead.jsonl") }

  private static func makeRunID() -> String {
    let time = Date().formatted(.iso8601).replacing(":", with: "").replacing("-", with: "")
    return "\(time)-\(String(UInt32.random(in: .min ... .max), radix: 36))"
  }

  private func report(_ summary: RunSummary) {
    if json { Terminal.error(summary.json + "\n") } else if !quiet { Terminal.error(summary.text) }
  }

  private func checkFindings(_ statistics: RunStatistics) throws {
    if statistics.messages == 0, statistics.deadLetterCount > 0 {
      throw CommandFailure("none of the \(statistics.deadLetterCount.grouped) records could be read; see \(deadLetterPath) for the reasons")
    }
    let found = failOn.contains { kind in
      switch kind {
      case .block: statistics.blocked > 0
      case .review: statistics.reviewed > 0
      case .degraded: !statistics.degraded.isEmpty
      case .deadLetter: statistics.deadLetterCount > 0
      }
    }
    if found { throw Exit.findings }
  }
}

extension TraceDetail: ExpressibleByArgument {}

/// `250ms`, `20s`, `5m` on the command line.
func parseDuration(_ text: String) throws -> Duration {
  guard let duration = Duration(written: text) else { throw ValidationError("`\(text)` is not a duration; write it like 250ms, 20s or 5m") }
  return duration
}
