import FoundationEssentials
import Moderation
import Pipeline
import RecordIO
import Synchronization

/// Records in, verdicts out: reader, pipeline, output file, dead letters, checkpoint.
///
/// Guarantee: every record of the input gets exactly one output line or one dead letter, in input order. With a checkpoint that also holds across
/// `kill -9` and restart, and the output is byte for byte what an unbroken run writes (as far as the reasoner answers the same).
public struct StreamRun: Sendable {
  public struct Options: Sendable {
    public var inputs: [String]
    public var output = "-"
    /// Written anew with an output that is a file; behind what stands there when the output goes on to somebody else (standard output, a pipe, a device).
    public var deadLetters: String
    public var checkpoint: String?
    public var follow = false
    public var limits = ReadLimits()
    public var shape = OutputShape.records
    public var trace = TraceDetail.deciding
    /// Batches on the way at once.
    public var window = 8
    /// How often a checkpoint is written.
    public var checkpointInterval = Duration.seconds(1)
    public init(inputs: [String], deadLetters: String = "dead-letters.jsonl") {
      self.inputs = inputs
      self.deadLetters = deadLetters
    }
  }

  /// Told after each batch, in order: for the audit log and progress.
  public typealias Observer = @Sendable (BatchOutcome, Progress) async throws -> Void

  public struct Progress: Sendable {
    public var statistics: RunStatistics
    public var position: StreamPosition
    /// Of the current input file.
    public var bytesRead: Int
  }

  let pipeline: ModerationPipeline
  let options: Options
  let stop: StopFlag
  let runID: String

  public init(pipeline: ModerationPipeline, options: Options, stop: StopFlag = StopFlag(), runID: String) {
    self.pipeline = pipeline
    self.options = options
    self.stop = stop
    self.runID = runID
  }

  /// Runs to the end of the input, or until the stop flag is set (then everything that was read is finished first).
  public func run(resuming checkpoint: Checkpoint? = nil, observe: Observer? = nil) async throws -> RunStatistics {
    let outputs = [("the output", options.output), ("the dead letters", options.deadLetters)] + (options.checkpoint.map { [("the checkpoint", $0)] } ?? [])
    try refuseSharedFiles(outputs: outputs, inputs: options.inputs)
    let start = checkpoint?.position ?? StreamPosition()
    try refuseUnreadable(options.inputs.dropFirst(start.file))
    if let tokens = checkpoint?.budgetTokens { pipeline.resumeBudget(tokens) }
    try await rememberConversations(until: start)
    let reader = ReaderThread(
      try RecordReader(
        inputs: options.inputs, mapping: pipeline.definition.input, limits: options.limits, follow: options.follow, from: start,
        isStopped: { [stop] in stop.isSet }))
    let emitter = try Emitter(self, resuming: checkpoint, observe: observe)
    struct Tag: Sendable {
      var deadLetters: [DeadLetter]
      var end: StreamPosition
      var bytesRead: Int
    }
    try await StreamRunner(pipeline: pipeline, window: options.window).run {
      guard let (read, bytes) = try await reader.next() else { return nil }
      return (read.batch, Tag(deadLetters: read.deadLetters, end: read.end, bytesRead: bytes))
    } emit: { (outcome: BatchOutcome, tag: Tag) in
      do {
        try await emitter.emit(outcome, deadLetters: tag.deadLetters, end: tag.end, bytesRead: tag.bytesRead)
      } catch {
        // The reader may be waiting for input that does not come.
        stop.set()
        throw error
      }
    }
    return try await emitter.finish()
  }

  /// A resumed run must know what was said before it went down: the conversations are read again, nothing is judged.
  private func rememberConversations(until start: StreamPosition) async throws {
    guard start.record > 0, pipeline.remembersConversations else { return }
    if options.inputs.contains("-") {
      throw RecordIOError(
        .checkpoint, path: "<stdin>", detail: "standard input cannot be read twice, and the conversations before the checkpoint are needed; name the file")
    }
    let reader = ReaderThread(
      try RecordReader(inputs: options.inputs, mapping: pipeline.definition.input, limits: options.limits, stopAt: start))
    while let (read, _) = try await reader.next() { _ = pipeline.prepare(read.batch) }
  }

  /// Hash of the pipeline file, of what variables gave to it, and of what its stages were built from.
  public static func fingerprint(of pipeline: ModerationPipeline) -> String {
    let parts = pipeline.stages.map { stage in
      switch stage {
      case .screen(let screen): screen.fingerprint
      case .reasoner(let reasoner): reasoner.fingerprint
      }
    }
    return ([pipeline.definition.fingerprint, pipeline.definition.variables] + parts).joined(separator: "-")
  }

  /// What else decides about the bytes that are written.
  static func form(_ options: Options) -> String {
    [options.shape.rawValue, options.trace.rawValue, "\(options.limits.recordBytes)", options.deadLetters].joined(separator: "-")
  }
}

/// Writes outcomes as they come out of the pipeline, in order.
private actor Emitter {
  private let run: StreamRun
  private let writer: VerdictWriter
  private var output: OutputFile
  private var deadLetters: DeadLetterWriter
  private var statistics: RunStatistics
  private var buffer: [UInt8] = []
  private var position: StreamPosition
  private var lastCheckpoint = ContinuousClock.now
  private var budgetTokens: Int?
  private let observe: StreamRun.Observer?
  private let fingerprint: String

  init(_ run: StreamRun, resuming checkpoint: Checkpoint?, observe: StreamRun.Observer?) throws {
    self.run = run
    self.observe = observe
    writer = VerdictWriter(pipeline: run.pipeline, shape: run.options.shape, trace: run.options.trace)
    fingerprint = StreamRun.fingerprint(of: run.pipeline)
    output = try OutputFile(path: run.options.output, cutLaterTo: checkpoint?.outputLength ?? 0)
    deadLetters = try DeadLetterWriter(
      path: run.options.deadLetters, keeping: checkpoint?.deadLetterLength ?? 0, appends: run.options.checkpoint == nil && isPassedOn(run.options.output))
    statistics = checkpoint?.statistics ?? RunStatistics(run.pipeline.definition)
    position = checkpoint?.position ?? StreamPosition()
    budgetTokens = checkpoint?.budgetTokens
  }

  func emit(_ outcome: BatchOutcome, deadLetters letters: [DeadLetter], end: StreamPosition, bytesRead: Int) async throws {
    buffer.removeAll(keepingCapacity: true)
    writer.append(outcome, to: &buffer)
    try begin()
    try deadLetters.write(letters)
    try output.write(buffer)
    for letter in letters { statistics.deadLetters[letter.reason.rawValue, default: 0] += 1 }
    statistics.add(outcome, run.pipeline.definition)
    position = end
    budgetTokens = outcome.budgetTokens ?? budgetTokens
    try await observe?(outcome, StreamRun.Progress(statistics: statistics, position: position, bytesRead: bytesRead))
    if ContinuousClock.now - lastCheckpoint >= run.options.checkpointInterval { try saveCheckpoint() }
  }

  func finish() throws -> RunStatistics {
    try begin()
    try saveCheckpoint()
    return statistics
  }

  /// There is something to write, or the input came to its end: what an earlier run wrote makes room.
  private func begin() throws {
    try output.cut()
    try deadLetters.begin()
  }

  private func saveCheckpoint() throws {
    guard let path = run.options.checkpoint else { return }
    try output.synchronize()
    try deadLetters.synchronize()
    try Checkpoint(
      pipeline: fingerprint, form: StreamRun.form(run.options), inputs: run.options.inputs, output: run.options.output, position: position, outputLength: output.length,
      deadLetterLength: deadLetters.length, statistics: statistics, runID: run.runID, budgetTokens: budgetTokens
    ).save(path: path)
    lastCheckpoint = .now
  }
}

extension Checkpoint {
  /// The checkpoint to go on from, checked against this run; nil to begin.
  public static func resume(path: String, pipeline: ModerationPipeline, options: StreamRun.Options) throws(RecordIOError) -> Checkpoint? {
    guard let checkpoint = try load(path: path) else { return nil }
    try checkpoint.check(
      path: path, pipeline: StreamRun.fingerprint(of: pipeline), form: StreamRun.form(options), inputs: options.inputs, output: options.output)
    return checkpoint
  }
}
