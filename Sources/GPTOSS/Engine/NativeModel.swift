import Synchronization

/// gpt-oss or gpt-oss-safeguard on this machine's CPU: many requests at once, on one engine thread and its pool.
///
///     let model = try await NativeModel.load(directory: "models/gpt-oss-safeguard-20b")
///     let result = try await model.generate(GenerationRequest(prefix: policy, tokens: message, reasoning: .none, constraint: .labels(["0", "1"])))
///
/// Greedy output depends on the request alone: not on the batch, the thread count, arrival, or whether the prefix was cached.
/// Memory is the prepared weights (mapped, shared between processes), the step's buffers, and keys and values; it is checked before it is
/// taken. The engine stops when the model is released or `shutDown()` is called.
public final class NativeModel: Sendable {
  public struct Options: Sendable {
    /// Threads of the forward pass, the engine's own included.
    public var threads = defaultThreadCount
    /// Nil takes `WINNOW_KERNELS`, else the fastest.
    public var kernels: KernelSet?
    /// Where the prepared file is or goes; nil is beside the checkpoint.
    public var preparedPath: String?
    /// Most sequences that decode together.
    public var maxSequences = 32
    /// Most tokens of a forward pass.
    public var maxStep = 512
    /// Most prompt tokens of a pass while other sequences decode: the longer, the more a new prompt delays them.
    public var promptPiece = 128
    /// Longest prompt and completion together; the model's own limit if that is lower.
    public var contextLength = 131_072
    /// Bytes of keys and values of running sequences; nil is 1 GiB, and more where half of the memory that is free then is more: room is reserved for
    /// the longest completion, and most end sooner.
    public var sequenceBytes: Int?
    /// Bytes of keys and values of kept prefixes.
    public var prefixBytes = 512 << 20
    /// Folder where finished prefixes are written and looked for, so that the next process begins with them: 24 KB a token of the 20b shape. Made when
    /// it is not there. Of more than 1 GiB the files that were not used for longest go; any may be deleted at any time. Nil keeps prefixes in memory only.
    public var prefixFolder: String?
    public init() {}
  }

  /// Name of the prefix folder that stages keep beside a checkpoint.
  public static let prefixFolderName = "winnow-prefixes"

  public let config: ModelConfig
  public let tokenizer: Tokenizer
  public let kernels: KernelSet
  public let contextLength: Int
  let scheduler: Scheduler
  let prepared: PreparedModel
  private let harmony: HarmonyTokenIDs
  private let tokenBytes: TokenBytesOnce
  private let constraints = Mutex<[AnswerConstraint: CompiledConstraint]>([:])
  private let nextID = Atomic<UInt64>(0)

  /// Opens a checkpoint folder: maps its prepared file (made first if need be) and reads its tokenizer.
  /// - Parameter progress: of the preparation, 0...1; false cancels it.
  /// - Throws: ``CheckpointError``, ``TokenizerError``, ``PreparedModelError``, ``EngineError``.
  public static func load(
    directory: String, options: Options = Options(), progress: @Sendable (Double) -> Bool = { _ in true }
  ) throws -> NativeModel {
    let checkpoint = try Checkpoint(at: directory)
    let tokenizer = try loadTokenizer(checkpoint)
    let prepared = try PreparedModel.load(checkpoint, at: options.preparedPath, threads: options.threads, progress: progress)
    return try NativeModel(prepared, tokenizer: tokenizer, options: options)
  }

  /// The same with weights that are mapped already; a second mapping would count them twice.
  public static func load(directory: String, prepared: PreparedModel, options: Options = Options()) throws -> NativeModel {
    try NativeModel(prepared, tokenizer: try loadTokenizer(try Checkpoint(at: directory)), options: options)
  }

  /// Through a cache beside the checkpoint, which halves a later start. A folder that cannot be written to has none.
  private static func loadTokenizer(_ checkpoint: Checkpoint) throws -> Tokenizer { try Tokenizer.load(cachedIn: checkpoint.folder.path) }

  /// Starts the engine over a prepared model.
  /// - Throws: ``EngineError``; out of memory before anything is allocated.
  public init(_ prepared: PreparedModel, tokenizer: Tokenizer, options: Options = Options()) throws(EngineError) {
    kernels = if let chosen = options.kernels { chosen } else { try KernelSet.fromEnvironment() }
    // Text that is forced is encoded by the tokenizer, so each of its tokens must have a row.
    guard tokenizer.tokenCount <= prepared.config.vocabSize else {
      throw .foreignTokenizer(tokens: tokenizer.tokenCount, vocabSize: prepared.config.vocabSize)
    }
    let needed = prepared.bytesToCome + Workspace.byteCount(prepared.layout, maxTokens: options.maxStep, threads: options.threads)
    if let available = availableMemory(), available < needed { throw .outOfMemory(needed: needed, available: available) }
    harmony = try HarmonyTokenIDs(tokenizer)
    guard let pool = ThreadPool(threads: options.threads),
      let pass = ForwardPass(prepared, kernels: kernels, pool: pool, maxTokens: max(16, options.maxStep)),
      let scheduler = Scheduler(
        pass,
        limits: .init(
          maxSequences: max(1, min(options.maxSequences, options.maxStep / 16)), maxStep: max(16, options.maxStep),
          promptPiece: max(1, options.promptPiece), sequenceBytes: options.sequenceBytes),
        prefixBytes: options.prefixBytes,
        folder: options.prefixFolder.map { PrefixFolder($0, prepared.layout, prepared.fingerprint) })
    else { throw .outOfMemory(needed: needed, available: availableMemory() ?? 0) }
    (config, self.prepared, self.tokenizer, self.scheduler) = (prepared.config, prepared, tokenizer, scheduler)
    contextLength = min(options.contextLength, prepared.config.maxPositionEmbeddings)
    tokenBytes = TokenBytesOnce(tokenizer, below: prepared.config.vocabSize)
    try scheduler.start()
    prepared.populate()
  }

  deinit { scheduler.shutDown() }

  /// Ends the engine; requests that are under way fail with ``EngineError/shutDown``.
  public func shutDown() { scheduler.shutDown() }

  /// Returns when the prefixes that were computed so far stand in ``Options/prefixFolder``; a process that ends sooner leaves them out.
  public func finishWriting() async { await scheduler.folder?.finishWriting() }

  // MARK: generating

  /// Runs a request to its end. Cancelling the task ends the request at the next step.
  /// - Throws: ``EngineError``; what can be known before work (context, tokens, constraint) before any work.
  public func generate(_ request: GenerationRequest) async throws -> GenerationResult {
    try await generate(request) { _ in }
  }

  /// The same, and tells `onTokens` of tokens as they come, on the engine's thread: it must be quick.
  public func generate(_ request: GenerationRequest, onTokens: @escaping @Sendable ([TokenID]) -> Void) async throws -> GenerationResult {
    let (decoder, capacity) = try check(request)
    let id = nextID.add(1, ordering: .relaxed).newValue
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let job = Job(id: id, request, decoder, capacity: capacity) { event in
          switch event {
          case .success(.tokens(let tokens)): onTokens(tokens)
          case .success(.finished(let result)): continuation.resume(returning: result)
          case .failure(let error): continuation.resume(throwing: error)
          }
        }
        scheduler.submit(job)
        // A task that was cancelled before it was submitted has had its handler run already.
        if Task.isCancelled { scheduler.cancel(id) }
      }
    } onCancel: {
      scheduler.cancel(id)
    }
  }

  /// The events of a request. Dropping the stream cancels the request.
  public func stream(_ request: GenerationRequest) -> AsyncThrowingStream<GenerationEvent, any Error> {
    AsyncThrowingStream { stream in
      let task = Task {
        do {
          let result = try await self.generate(request) { stream.yield(.tokens($0)) }
          stream.yield(.finished(result))
          stream.finish()
        } catch { stream.finish(throwing: error) }
      }
      stream.onTermination = { _ in task.cancel() }
    }
  }

  private func check(_ request: GenerationRequest) throws(EngineError) -> (Decoder, capacity: Int) {
    guard prepared.isUnchanged else { throw .weightsChanged }
    if request.tokens.isEmpty { throw .emptyPrompt }
    for token in request.tokens + (request.prefix?.tokens ?? []) where token < 0 || token >= config.vocabSize {
      throw .tokenOutOfRange(token, vocabSize: config.vocabSize)
    }
    if request.maxTokens < 1 { throw .badConstraint("an answer of \(request.maxTokens) tokens is none") }
    let limit = contextLength, prefix = request.prefix?.tokens.count ?? 0
    var wanted = request
    wanted.maxTokens = min(request.maxTokens, limit + 1)
    if case .budget(let tokens) = request.reasoning { wanted.reasoning = .budget(max(0, min(tokens, limit + 1))) }
    let capacity = request.tokens.count + Decoder.tokenLimit(wanted, harmony)
    guard prefix + capacity <= limit else { throw .contextOverflow(tokens: prefix + capacity, limit: limit) }
    return (Decoder(wanted, harmony, tokenizer, try compile(request), kernels), capacity)
  }

  /// Tokens of reasoning that the context leaves beside a request's prompt and answer; below 0 when not even these fit.
  public func reasoningRoom(beside request: GenerationRequest) -> Int {
    var bare = request
    (bare.reasoning, bare.maxTokens) = (.budget(0), min(request.maxTokens, contextLength + 1))
    return contextLength - (request.prefix?.tokens.count ?? 0) - request.tokens.count - Decoder.tokenLimit(bare, harmony)
  }

  private func compile(_ request: GenerationRequest) throws(EngineError) -> CompiledConstraint? {
    guard request.reasoning != .open, let constraint = request.constraint else { return nil }
    if let known = constraints.withLock({ $0[constraint] }) { return known }
    let compiled = try CompiledConstraint(constraint, tokenBytes.value)
    constraints.withLock { known in
      // Policies are few; a caller that makes a constraint for each message must not fill the memory.
      if known.count >= 64 { known.removeAll() }
      known[constraint] = compiled
    }
    return compiled
  }

  // MARK: prefixes

  /// Computes a prefix, unless it is there, without a request.
  public func warm(_ prefix: PromptPrefix) async throws {
    let answer = prefix.tokens.last.map { [$0] } ?? []
    _ = try await generate(GenerationRequest(prefix: prefix, tokens: answer, reasoning: .open, maxTokens: 1))
  }

  /// Writes the keys and values of a kept prefix to a file.
  /// - Throws: ``EngineError/badSavedPrefix(_:)`` when there is no such prefix, or it cannot be written.
  public func savePrefix(key: String, to path: String) async throws {
    let fingerprint = prepared.fingerprint
    try await onEngine { scheduler throws(EngineError) in
      guard let entry = scheduler.prefixes.find(key: key), entry.isComplete else { throw .badSavedPrefix("no prefix `\(key)` is kept") }
      try SavedPrefix.write(key: entry.key, entry.tokens, entry.segment, fingerprint, to: path)
    }
  }

  /// Reads what `savePrefix` wrote and keeps it under its key.
  /// - Throws: ``EngineError/badSavedPrefix(_:)`` when it was made by another model or is damaged.
  public func loadPrefix(from path: String) async throws {
    let fingerprint = prepared.fingerprint
    try await onEngine { scheduler throws(EngineError) in
      scheduler.prefixes.insert(try SavedPrefix.read(path, scheduler.pass.layout, fingerprint))
    }
  }

  /// Keys of the prefixes that are kept, and the bytes they take.
  public func prefixes() async throws -> (keys: [String], bytes: Int) {
    let result = Mutex<(keys: [String], bytes: Int)>(([], 0))
    try await onEngine { scheduler throws(EngineError) in
      let found = (scheduler.prefixes.keys, scheduler.prefixes.byteCount)
      result.withLock { $0 = found }
    }
    return result.withLock { $0 }
  }

  /// Forgets all prefixes that no request uses.
  public func dropPrefixes() async throws {
    try await onEngine { scheduler throws(EngineError) in scheduler.prefixes.removeUnused() }
  }

  private func onEngine(_ body: @escaping @Sendable (Scheduler) throws(EngineError) -> Void) async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      let accepted = scheduler.perform { scheduler in
        do throws(EngineError) {
          try body(scheduler)
          continuation.resume()
        } catch { continuation.resume(throwing: error) }
      }
      if !accepted { continuation.resume(throwing: EngineError.shutDown) }
    }
  }
}

/// The sorted vocabulary, made when the first constraint needs it.
private final class TokenBytesOnce: Sendable {
  private let tokenizer: Tokenizer
  private let limit: Int
  private let made = Mutex<TokenBytes?>(nil)

  init(_ tokenizer: Tokenizer, below limit: Int) { (self.tokenizer, self.limit) = (tokenizer, limit) }

  var value: TokenBytes {
    made.withLock { made in
      if let made { return made }
      let new = TokenBytes(tokenizer, below: limit)
      made = new
      return new
    }
  }
}
