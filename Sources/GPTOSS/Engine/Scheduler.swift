import CKernels
import Synchronization

/// The engine's thread: takes requests, runs forward passes over whatever is ready, answers.
///
/// Each step feeds every decoding sequence its next token together with a piece of the prompts that wait, so sequences join and leave at any step
/// and a long prompt never stops the others for longer than one piece. The forward pass makes each token's result independent of the
/// rest of the step, so neither order nor company changes an answer.
final class Scheduler: @unchecked Sendable {
  // `inbox` is shared under its lock; everything else belongs to the engine's thread once it runs.
  struct Limits: Sendable {
    var maxSequences: Int
    /// Most tokens of a step, and most prompt tokens of a step while others decode.
    var maxStep: Int
    var promptPiece: Int
    /// Bytes of keys and values of running sequences; nil for what the machine has.
    var sequenceBytes: Int?
  }

  private struct Inbox {
    var jobs: [Job] = []
    var cancelled: [UInt64] = []
    var commands: [@Sendable (Scheduler) -> Void] = []
    var isShutDown = false
  }

  let pass: ForwardPass
  let prefixes: PrefixStore
  private let limits: Limits
  let folder: PrefixFolder?
  private let inbox = Mutex(Inbox())
  private let wake: OpaquePointer
  private var waiting: [Job] = []
  private var active: [Job] = []

  /// Nil when out of memory.
  init?(_ pass: ForwardPass, limits: Limits, prefixBytes: Int, folder: PrefixFolder? = nil) {
    guard let wake = wk_event_create() else { return nil }
    (self.pass, self.limits, self.folder, self.wake) = (pass, limits, folder, wake)
    prefixes = PrefixStore(budget: prefixBytes)
  }

  deinit { wk_event_destroy(wake) }

  /// Starts the thread. It ends after `shutDown`.
  func start() throws(EngineError) {
    let context = Unmanaged.passRetained(self)
    let status = wk_thread_start({ Unmanaged<Scheduler>.fromOpaque($0!).takeRetainedValue().work() }, context.toOpaque())
    guard status == 0 else {
      context.release()
      throw .threadRefused(status)
    }
  }

  // MARK: from other threads

  func submit(_ job: Job) {
    let accepted = inbox.withLock { inbox in
      if !inbox.isShutDown { inbox.jobs.append(job) }
      return !inbox.isShutDown
    }
    guard accepted else { return job.handle(.failure(.shutDown)) }
    wk_event_set(wake)
  }

  func cancel(_ id: UInt64) {
    inbox.withLock { $0.cancelled.append(id) }
    wk_event_set(wake)
  }

  /// Runs something on the engine's thread between steps; false after shutdown.
  func perform(_ command: @escaping @Sendable (Scheduler) -> Void) -> Bool {
    let accepted = inbox.withLock { inbox in
      if !inbox.isShutDown { inbox.commands.append(command) }
      return !inbox.isShutDown
    }
    if accepted { wk_event_set(wake) }
    return accepted
  }

  func shutDown() {
    inbox.withLock { $0.isShutDown = true }
    wk_event_set(wake)
  }

  // MARK: the thread

  private func work() {
    while true {
      let (jobs, cancelled, commands, isShutDown) = inbox.withLock { inbox in
        defer { inbox = Inbox(isShutDown: inbox.isShutDown) }
        return (inbox.jobs, inbox.cancelled, inbox.commands, inbox.isShutDown)
      }
      waiting += jobs
      for command in commands { command(self) }
      drop(cancelled)
      if isShutDown {
        for job in waiting + active { fail(job, .shutDown) }
        return
      }
      expire()
      admit()
      if active.isEmpty {
        wk_event_wait(wake)
        continue
      }
      step()
    }
  }

  private func drop(_ cancelled: [UInt64]) {
    guard !cancelled.isEmpty else { return }
    let ids = Set(cancelled)
    for job in (waiting + active) where ids.contains(job.id) { fail(job, .cancelled) }
  }

  private func expire() {
    let now = ContinuousClock.now
    for job in waiting + active { if let deadline = job.request.deadline, deadline <= now { fail(job, .deadlineExceeded) } }
  }

  private func fail(_ job: Job, _ error: EngineError) {
    release(job)
    job.handle(.failure(error))
  }

  private func release(_ job: Job) {
    waiting.removeAll { $0 === job }
    active.removeAll { $0 === job }
    job.prefix?.users -= 1
    job.prefix = nil
    job.own = nil
    prefixes.evict()
  }

  /// Lets waiting requests in, first come first served, while there is room.
  private func admit() {
    while let job = waiting.first, active.count < limits.maxSequences {
      let start = job.request.prefix?.tokens.count ?? 0
      let layout = KVLayout(pass.layout, capacity: job.capacity, step: limits.maxStep)
      let used = active.reduce(0) { $0 + ($1.own?.layout.byteCount ?? 0) }
      // A request that is larger than the whole budget runs alone.
      if !active.isEmpty, !hasRoom(used + layout.byteCount) { return }
      waiting.removeFirst()
      do throws(EngineError) {
        try enter(job, layout, start: start)
        active.append(job)
        // A constraint that leaves nothing to decide is answered without the model.
        if job.apply(job.decoder.begin()) { release(job) }
      } catch { fail(job, error) }
    }
  }

  /// Pages are taken only where positions are written, so what is reserved is seldom used; but if it is, half of what is free must be enough. Memory that
  /// running sequences have taken is no longer free and counted here once more, which errs on the safe side.
  private func hasRoom(_ bytes: Int) -> Bool {
    if let limit = limits.sequenceBytes { return bytes <= limit }
    return bytes <= 1 << 30 || bytes <= (availableMemory() ?? 0) / 2
  }

  private func enter(_ job: Job, _ layout: KVLayout, start: Int) throws(EngineError) {
    try Self.checkMemory(layout.byteCount)
    if let prefix = job.request.prefix {
      let entry = try usedEntry(prefix)
      job.cachedTokens = entry.tokens.count - entry.pending.count
      job.prefix = entry
    }
    guard let own = KVSegment(layout, start: start) else { throw .outOfMemory(needed: layout.byteCount, available: availableMemory() ?? 0) }
    job.own = own
    job.pending = job.request.tokens
  }

  /// The entry of a prefix, with one user more.
  private func usedEntry(_ prefix: PromptPrefix) throws(EngineError) -> PrefixStore.Entry {
    if let kept = prefixes.find(prefix) {
      kept.users += 1
      return kept
    }
    let entry = if let saved = folder?.read(prefix) { saved } else { try newEntry(prefix) }
    prefixes.insert(entry, inUse: true)
    return entry
  }

  private func newEntry(_ prefix: PromptPrefix) throws(EngineError) -> PrefixStore.Entry {
    let layout = KVLayout(pass.layout, capacity: prefix.tokens.count, step: limits.maxStep)
    try Self.checkMemory(layout.byteCount)
    guard let segment = KVSegment(layout, start: 0) else { throw .outOfMemory(needed: layout.byteCount, available: availableMemory() ?? 0) }
    return PrefixStore.Entry(key: prefix.key, tokens: prefix.tokens, segment: segment, computed: prefix.tokens.isEmpty)
  }

  private static func checkMemory(_ bytes: Int) throws(EngineError) {
    if let available = availableMemory(), available < bytes { throw .outOfMemory(needed: bytes, available: available) }
  }

  // MARK: one step

  /// A piece of a prefix or of a sequence.
  private struct Piece {
    var prefix: PrefixStore.Entry?
    var job: Job?
    var count: Int
  }

  private func step() {
    let pieces = plan()
    var runs: [ForwardPass.Run] = []
    for piece in pieces {
      if let entry = piece.prefix {
        runs.append(ForwardPass.Run(prefix: nil, own: entry.segment, tokens: Array(entry.pending.prefix(piece.count)), outputs: .none))
        entry.pending = entry.pending.dropFirst(piece.count)
      } else if let job = piece.job, let own = job.own {
        if job.started == nil { job.started = .now }
        let tokens = Array(job.pending.prefix(piece.count))
        job.pending.removeFirst(piece.count)
        runs.append(ForwardPass.Run(prefix: job.prefix?.segment, own: own, tokens: tokens, outputs: job.pending.isEmpty ? .last : .none))
      }
    }
    pass.forward(runs)
    keepFinishedPrefixes(pieces)
    choose(pieces)
  }

  /// Decoding sequences first, then prompts, oldest first, as far as the step's tokens go.
  private func plan() -> [Piece] {
    let ready = active.filter { $0.prefix?.isComplete ?? true }
    let (short, long) = (ready.filter { $0.pending.count <= 16 }, ready.filter { $0.pending.count > 16 })
    var pieces: [Piece] = [], left = limits.maxStep
    for job in short where job.pending.count <= left {
      pieces.append(Piece(job: job, count: job.pending.count))
      left -= job.pending.count
    }
    if !pieces.isEmpty { left = min(left, limits.promptPiece) }
    for entry in unfinishedPrefixes where left > 0 {
      pieces.append(Piece(prefix: entry, count: min(left, entry.pending.count)))
      left -= pieces[pieces.count - 1].count
    }
    for job in long where left > 0 {
      pieces.append(Piece(job: job, count: min(left, job.pending.count)))
      left -= pieces[pieces.count - 1].count
    }
    return pieces
  }

  /// Of the active requests, oldest first. Not asked of the store, which may have replaced one meanwhile.
  private var unfinishedPrefixes: [PrefixStore.Entry] {
    var found: [PrefixStore.Entry] = []
    for job in active { if let entry = job.prefix, !entry.isComplete, !found.contains(where: { $0 === entry }) { found.append(entry) } }
    return found
  }

  private func keepFinishedPrefixes(_ pieces: [Piece]) {
    for piece in pieces {
      guard let entry = piece.prefix, entry.isComplete else { continue }
      // Only a compacted segment can be read again.
      guard let compact = entry.segment.compacted(pass.layout) else { continue }
      entry.segment = compact
      folder?.write(key: entry.key, entry.tokens, entry.segment)
    }
  }

  /// Logits and choices of the sequences that have been fed everything; they are the outputs of the pass, in this order.
  private func choose(_ pieces: [Piece]) {
    let jobs = pieces.compactMap(\.job).filter(\.pending.isEmpty)
    let wanted = jobs.enumerated().map { ($0, $1.decoder.rows()) }
    pass.withLogits(wanted) { index, logits in choose(jobs[index], logits) }
  }

  private func choose(_ job: Job, _ logits: UnsafeBufferPointer<Float>) {
    if job.firstChoice == nil { job.firstChoice = .now }
    do throws(EngineError) {
      if job.apply(try job.decoder.choose(logits)) {
        release(job)
      } else if let own = job.own, own.count + job.pending.count > job.capacity {
        throw .contextOverflow(tokens: own.start + own.count + job.pending.count, limit: own.start + job.capacity)
      }
    } catch { fail(job, error) }
  }
}
