import Foundation
import GPTOSS
import Synchronization
import Testing

@Suite struct NativeModelTests {
  /// Holds the engine's thread inside a request's first tokens until released.
  private final class Hold: Sendable {
    private let isOver = Mutex(false)
    func release() { isOver.withLock { $0 = true } }
    func wait() { while !isOver.withLock({ $0 }) { usleep(1000) } }
  }

  /// A request that has begun, and the hold on it.
  private func begin(_ model: NativeModel) async -> (Task<GenerationResult, any Error>, Hold) {
    let hold = Hold(), started = AsyncStream<Void>.makeStream(), request = request(1)
    let task = Task {
      try await model.generate(request) { _ in
        started.continuation.yield()
        hold.wait()
      }
    }
    for await _ in started.stream { break }
    return (task, hold)
  }

  private func request(_ seed: UInt64, prompt: Int = 30, prefix: PromptPrefix? = nil, tokens: Int = 20) -> GenerationRequest {
    GenerationRequest(prefix: prefix, tokens: EngineKit.tokens(prompt, below: 500, seed: seed), reasoning: .budget(12), maxTokens: tokens)
  }

  @Test(arguments: EngineKit.tiny) func greedyOutputIsTheSameAloneAndInAnyCompany(_ name: String) async throws {
    let limit = try EngineKit.prepared(name).config.vocabSize - 20
    let prefix = PromptPrefix(key: "policy", tokens: EngineKit.tokens(45, below: limit, seed: 99))
    let requests = (0..<12).map { i in
      GenerationRequest(
        prefix: i % 3 == 0 ? nil : prefix, tokens: EngineKit.tokens(3 + 7 * i, below: limit, seed: UInt64(i)), reasoning: .budget(5 + i), maxTokens: 10 + i)
    }
    let single = try EngineKit.model(name, EngineKit.options(threads: 1, sequences: 1))
    var alone: [[TokenID]] = []
    for request in requests { alone.append(try await single.generate(request).tokens) }
    for sequences in [3, 8] {
      let model = try EngineKit.model(name, EngineKit.options(sequences: sequences))
      let together = try await withThrowingTaskGroup(of: (Int, GenerationResult).self) { group in
        for (i, request) in requests.enumerated() { group.addTask { (i, try await model.generate(request)) } }
        return try await group.reduce(into: [Int: GenerationResult]()) { $0[$1.0] = $1.1 }
      }
      for (i, tokens) in alone.enumerated() { #expect(together[i]?.tokens == tokens, "request \(i) of \(sequences)") }
    }
  }

  @Test func aSampledSequenceDependsOnItsSeedAndNotOnItsCompany() async throws {
    let model = try EngineKit.model()
    func sampled(_ seed: UInt64) -> GenerationRequest {
      var sampled = request(1)
      (sampled.temperature, sampled.seed) = (1, seed)
      return sampled
    }
    let first = try await model.generate(sampled(7)).tokens
    async let other = model.generate(request(2))
    async let again = model.generate(sampled(7))
    #expect(try await again.tokens == first)
    _ = try await other
    #expect(try await model.generate(sampled(8)).tokens != first)
  }

  @Test func thePrefixIsComputedOnceAndGivesWhatComputingItAgainGives() async throws {
    let model = try EngineKit.model(), prefix = PromptPrefix(key: "p", tokens: EngineKit.tokens(50, below: 500, seed: 3))
    let cold = try await model.generate(request(4, prefix: prefix)), warm = try await model.generate(request(4, prefix: prefix))
    #expect(cold.cachedPromptTokens == 0 && warm.cachedPromptTokens == 50 && warm.promptTokens == 80)
    #expect(cold.tokens == warm.tokens)
    let kept = try await model.prefixes()
    #expect(kept.keys == ["p"] && kept.bytes > 0)
    // The same key with other tokens is another prefix.
    let changed = PromptPrefix(key: "p", tokens: prefix.tokens.reversed())
    #expect(try await model.generate(request(4, prefix: changed)).cachedPromptTokens == 0)
    try await model.dropPrefixes()
    #expect(try await model.prefixes().keys.isEmpty)
  }

  @Test func leastRecentlyUsedPrefixesGoWhenTheBudgetIsSpent() async throws {
    var options = EngineKit.options()
    options.prefixBytes = 1 << 17
    let model = try EngineKit.model("tiny-a", options)
    for i in 0..<10 { _ = try await model.generate(request(1, prefix: PromptPrefix(key: "p\(i)", tokens: EngineKit.tokens(40, below: 500, seed: UInt64(i))))) }
    let kept = try await model.prefixes()
    #expect(kept.bytes <= 1 << 17 && kept.keys.contains("p9") && !kept.keys.contains("p0"))
  }

  @Test func aSavedPrefixIsTheSameInAnotherProcessAndADamagedOneIsRefused() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gptoss-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = "\(folder)/prefix.kv", prefix = PromptPrefix(key: "policy", tokens: EngineKit.tokens(60, below: 500, seed: 6))
    let first = try EngineKit.model()
    await #expect(throws: EngineError.self) { try await first.savePrefix(key: "policy", to: path) }
    let expected = try await first.generate(request(7, prefix: prefix))
    try await first.savePrefix(key: "policy", to: path)
    let second = try EngineKit.model()
    try await second.loadPrefix(from: path)
    let found = try await second.generate(request(7, prefix: prefix))
    #expect(found.cachedPromptTokens == 60 && found.tokens == expected.tokens)
    let other = try EngineKit.model("tiny-c")
    await #expect(throws: EngineError.self) { try await other.loadPrefix(from: path) }
    var bytes = try ReferenceKit.bytes(path)
    bytes[bytes.count / 2] ^= 1
    try ReferenceKit.write(bytes, to: path)
    await #expect(throws: EngineError.self) { try await second.loadPrefix(from: path) }
    for count in [0, 7, 71, 100] {
      try ReferenceKit.write(Array(bytes.prefix(count)), to: path)
      await #expect(throws: EngineError.self) { try await second.loadPrefix(from: path) }
    }
  }

  @Test func aPrefixFolderServesTheNextProcessAndOnlyTheSameTokens() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gptoss-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var options = EngineKit.options()
    options.prefixFolder = folder
    func files() -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".kv") } }
    let prefix = PromptPrefix(key: "policy", tokens: EngineKit.tokens(60, below: 500, seed: 6)), first = try EngineKit.model("tiny-a", options)
    let expected = try await first.generate(request(7, prefix: prefix))
    #expect(expected.cachedPromptTokens == 0)
    // Written on a thread of its own.
    await first.finishWriting()
    #expect(files().count == 1)
    let second = try EngineKit.model("tiny-a", options), found = try await second.generate(request(7, prefix: prefix))
    #expect(found.cachedPromptTokens == 60 && found.tokens == expected.tokens)
    let changed = PromptPrefix(key: "policy", tokens: prefix.tokens.reversed())
    #expect(try await second.generate(request(7, prefix: changed)).cachedPromptTokens == 0)
    #expect(try await EngineKit.model("tiny-b", options).generate(request(7, prefix: PromptPrefix(key: "policy", tokens: [1, 2, 3]))).cachedPromptTokens == 0)
    for file in files() { try ReferenceKit.write([1, 2, 3], to: "\(folder)/\(file)") }
    let third = try await EngineKit.model("tiny-a", options).generate(request(7, prefix: prefix))
    #expect(third.cachedPromptTokens == 0 && third.tokens == expected.tokens)
    // A good one takes the place of the damaged one.
    func size() -> Int { files().compactMap { try? ReferenceKit.bytes("\(folder)/\($0)").count }.max() ?? 0 }
    for _ in 0..<200 where size() <= 3 { try await Task.sleep(for: .milliseconds(10)) }
    #expect(try await EngineKit.model("tiny-a", options).generate(request(7, prefix: prefix)).cachedPromptTokens == 60)
  }

  @Test func aPrefixFolderIsMadeWithThoseAboveIt() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gptoss-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var options = EngineKit.options()
    options.prefixFolder = folder + "/a/b"
    _ = try EngineKit.model("tiny-a", options)
    #expect(FileManager.default.fileExists(atPath: folder + "/a/b"))
  }

  /// However small the budget, what is in use is shared, and goes when its last user leaves.
  @Test func aPrefixBeyondTheBudgetIsSharedWhileItIsInUse() async throws {
    var options = EngineKit.options()
    options.prefixBytes = 1
    let model = try EngineKit.model("tiny-a", options), prefix = PromptPrefix(key: "p", tokens: EngineKit.tokens(60, below: 500, seed: 6))
    var long = request(1, prefix: prefix)
    long.maxTokens = 300
    // Seen while it runs, in one of some tries: a machine may be busy.
    var isKept = false
    for _ in 0..<50 where !isKept {
      let running = Task { [long] in try await model.generate(long) }
      for _ in 0..<500 where !isKept {
        isKept = try await model.prefixes().keys == ["p"]
        await Task.yield()
      }
      _ = try await running.value
    }
    #expect(isKept)
    #expect(try await model.prefixes().bytes == 0)
    let alone = try await model.generate(request(9, prefix: prefix))
    #expect(alone.cachedPromptTokens == 0)
  }

  @Test func badRequestsFailBeforeAnyWork() async throws {
    var options = EngineKit.options()
    options.contextLength = 100
    let model = try EngineKit.model("tiny-a", options)
    await #expect(throws: EngineError.emptyPrompt) { try await model.generate(GenerationRequest(tokens: [])) }
    await #expect(throws: EngineError.tokenOutOfRange(512, vocabSize: 512)) { try await model.generate(GenerationRequest(tokens: [512])) }
    await #expect(throws: EngineError.contextOverflow(tokens: 101, limit: 100)) {
      try await model.generate(GenerationRequest(tokens: EngineKit.tokens(50, below: 500, seed: 1), maxTokens: 51))
    }
    await #expect(throws: EngineError.self) {
      try await model.generate(GenerationRequest(tokens: [1], reasoning: .budget(.max), maxTokens: .max))
    }
    await #expect(throws: EngineError.self) {
      try await model.generate(GenerationRequest(tokens: [1], reasoning: .none, constraint: .labels([])))
    }
    #expect(try await model.generate(GenerationRequest(tokens: [1], maxTokens: 99)).tokens.count <= 99)
  }

  @Test func theRoomForReasoningIsWhatTheContextLeaves() async throws {
    var options = EngineKit.options()
    options.contextLength = 200
    let model = try EngineKit.model("tiny-a", options), prefix = PromptPrefix(key: "p", tokens: EngineKit.tokens(40, below: 400, seed: 2))
    var request = GenerationRequest(
      prefix: prefix, tokens: EngineKit.tokens(30, below: 400, seed: 1), reasoning: .none, constraint: .labels(["0", "1"]), maxTokens: 20)
    let room = model.reasoningRoom(beside: request)
    #expect(room > 0)
    request.reasoning = .budget(room)
    #expect(try await !model.generate(request).finalTokens.isEmpty)
    request.reasoning = .budget(room + 1)
    let longer = request
    await #expect(throws: EngineError.contextOverflow(tokens: 201, limit: 200)) { try await model.generate(longer) }
    request.maxTokens = .max
    #expect(model.reasoningRoom(beside: request) < 0)
  }

  /// Room is reserved for the longest completion, 2 GiB for these: it keeps nobody waiting while the memory is there.
  @Test(.enabled(if: (availableMemory() ?? 0) > 8 << 30, "needs 8 GiB of free memory"), .timeLimit(.minutes(2)))
  func requestsForLongCompletionsRunTogether() async throws {
    let model = try EngineKit.model("tiny-b", EngineKit.options(maxStep: 512, sequences: 32))
    let (begun, sink) = AsyncStream<Int>.makeStream()
    let tasks = (0..<32).map { i in
      let request = GenerationRequest(tokens: EngineKit.tokens(5, below: 300, seed: UInt64(i)), reasoning: .budget(130_000), maxTokens: 20)
      return Task { try await model.generate(request) { _ in sink.yield(i) } }
    }
    // All have begun before one of them has gone far.
    var steps: [Int: Int] = [:]
    for await i in begun {
      steps[i, default: 0] += 1
      if steps.count == 32 || steps[i, default: 0] > 1000 { break }
    }
    #expect(steps.count == 32)
    for task in tasks { task.cancel() }
    for task in tasks { _ = await task.result }
  }

  @Test func deadlinesAndCancellationEndARequestAndLeaveTheOthersAlone() async throws {
    let model = try EngineKit.model()
    var late = request(1)
    late.deadline = .now - .seconds(1)
    await #expect(throws: EngineError.deadlineExceeded) { try await model.generate(late) }
    let (task, held) = await begin(model)
    async let company = model.generate(request(2))
    task.cancel()
    held.release()
    await #expect(throws: EngineError.cancelled) { try await task.value }
    #expect(try await company.tokens == model.generate(request(2)).tokens)
  }

  @Test func shutdownFailsWhatIsUnderWayAndWhatComesLater() async throws {
    let model = try EngineKit.model()
    let (task, held) = await begin(model)
    model.shutDown()
    held.release()
    await #expect(throws: EngineError.shutDown) { try await task.value }
    await #expect(throws: EngineError.shutDown) { try await model.generate(request(1)) }
  }

  @Test func streamedTokensAreTheResultsTokens() async throws {
    let model = try EngineKit.model()
    var (tokens, result) = ([TokenID](), GenerationResult?.none)
    for try await event in model.stream(request(5)) {
      switch event {
      case .tokens(let more): tokens += more
      case .finished(let final): result = final
      }
    }
    #expect(result?.tokens == tokens && !tokens.isEmpty)
  }

  /// End to end with the real vocabulary: the twelve completions, alone and together, on every kernel set.
  @Test(.enabled(if: TokenizerKit.hasPublished, TokenizerKit.needsPublished), arguments: KernelSet.available)
  func theToyModeratorAnswersExactly(_ kernels: KernelSet) async throws {
    let (prepared, goldens) = try ReferenceKit.withTemporaryFolder { folder in
      try ReferenceKit.unpackToyModerator(to: folder)
      let checkpoint = try Checkpoint(at: folder)
      return (try PreparedModel.inMemory(checkpoint), try Goldens(of: checkpoint.folder, config: checkpoint.config))
    }
    let model = try NativeModel(prepared, tokenizer: TokenizerKit.published(), options: EngineKit.options(kernels, maxStep: 256, sequences: 12))
    #expect(goldens.completions.count == 12)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for golden in goldens.completions {
        group.addTask {
          let ids = golden.promptIDs, cut = ids.count / 2
          let open = try await model.generate(
            GenerationRequest(prefix: PromptPrefix(key: golden.name, tokens: Array(ids[..<cut])), tokens: Array(ids[cut...]), maxTokens: 40))
          #expect(open.tokens == golden.completionIDs, "\(golden.name)")
          let answer = String(try TokenizerKit.published().decode(open.finalTokens))
          let reasoned = try await model.generate(
            GenerationRequest(tokens: ids, reasoning: .budget(40), constraint: .labels(["0", "1"]), maxTokens: 4))
          #expect(reasoned.decisions.first?.label == answer && reasoned.tokens == golden.completionIDs, "\(golden.name)")
          #expect(reasoned.decisions.first?.probabilities[answer] ?? 0 > 0.99)
        }
      }
      try await group.waitForAll()
    }
  }
}
