import CKernels

/// Measures a model on this machine: what `winnow model bench` prints. Prompts are random tokens, other ones for every sequence: equal tokens would route
/// to equal experts and flatter the result.
public struct ModelBenchmark: Sendable {
  /// One line of the result.
  public struct Row: Sendable, Hashable {
    public var name: String
    public var value: Double
    public var unit: String
  }

  public struct Plan: Sendable {
    /// Lengths of the prompts whose prefill is timed.
    public var prefill = [128, 512]
    /// Numbers of sequences that decode together, over a shared prefix.
    public var batches = [1, 2, 4, 8, 16, 32]
    /// Steps of each decode measurement.
    public var steps = 16
    public var policyTokens = 600
    public var messageTokens = 60
    public var generatedTokens = 120
    /// Messages of the moderation job; 0 leaves it out.
    public var messages = 32
    public var seed: UInt64 = 1
    public init() {}
  }

  public var plan: Plan
  public init(_ plan: Plan = Plan()) { self.plan = plan }

  private typealias Clock = ContinuousClock

  // MARK: the forward pass

  /// Prefill and decode speed of the bare forward pass, in tokens per second.
  /// - Parameter report: told each row as it is measured.
  public func measureForward(
    _ prepared: PreparedModel, kernels: KernelSet = .best, threads: Int = defaultThreadCount, report: (Row) -> Void
  ) throws(EngineError) {
    guard let pool = ThreadPool(threads: threads), let pass = ForwardPass(prepared, kernels: kernels, pool: pool, maxTokens: 512) else {
      throw .outOfMemory(needed: Workspace.byteCount(prepared.layout, maxTokens: 512, threads: threads), available: availableMemory() ?? 0)
    }
    var random = Random(state: plan.seed)
    // The first pass maps the weights; it is not measured.
    _ = try prefill(pass, 16, &random)
    for count in plan.prefill {
      let seconds = try prefill(pass, count, &random).0
      report(Row(name: "prefill \(count)", value: Double(count) / seconds, unit: "tok/s"))
    }
    guard !plan.batches.isEmpty else { return }
    let prefix = try prefill(pass, plan.policyTokens, &random).1
    for batch in plan.batches { report(try decode(pass, prefix, batch, &random)) }
  }

  private func segment(_ pass: ForwardPass, _ capacity: Int, start: Int) throws(EngineError) -> KVSegment {
    let layout = KVLayout(pass.layout, capacity: capacity, step: pass.space.maxTokens)
    guard let segment = KVSegment(layout, start: start) else { throw .outOfMemory(needed: layout.byteCount, available: availableMemory() ?? 0) }
    return segment
  }

  private func prefill(_ pass: ForwardPass, _ count: Int, _ random: inout Random) throws(EngineError) -> (Double, KVSegment) {
    let own = try segment(pass, count, start: 0), tokens = random.tokens(count, pass.config), start = Clock.now
    for at in stride(from: 0, to: count, by: pass.space.maxTokens) {
      pass.forward([.init(prefix: nil, own: own, tokens: Array(tokens[at..<min(count, at + pass.space.maxTokens)]))])
    }
    choose(pass)
    return ((Clock.now - start).seconds, own)
  }

  private func decode(_ pass: ForwardPass, _ prefix: KVSegment, _ batch: Int, _ random: inout Random) throws(EngineError) -> Row {
    var own: [KVSegment] = []
    for _ in 0..<batch { own.append(try segment(pass, plan.steps + 1, start: prefix.count)) }
    var start = Clock.now
    for step in 0...plan.steps {
      if step == 1 { start = .now }
      pass.forward(own.map { .init(prefix: prefix, own: $0, tokens: random.tokens(1, pass.config)) })
      choose(pass)
    }
    let rate = Double(batch * plan.steps) / (Clock.now - start).seconds
    return Row(name: "decode \(batch) over \(prefix.count) shared", value: rate, unit: "tok/s")
  }

  /// Greedy choices among the whole vocabulary, for all outputs of the pass.
  private func choose(_ pass: ForwardPass) {
    pass.withLogits((0..<pass.count).map { ($0, .all) }) { _, logits in _ = pass.kernels.argmax(logits.baseAddress, logits.count) }
  }

  // MARK: the moderation job

  /// What a job asks for.
  private struct Job {
    var name: String
    var reasoning: ReasoningMode
    var constraint: AnswerConstraint?
    var maxTokens: Int
  }

  /// Time to the first token with a cold and a warm policy, and messages per minute of the moderation job in its forms: all tokens free, the
  /// JSON template forced, label only.
  public func measureJob(_ model: NativeModel, report: (Row) -> Void) async throws {
    var random = Random(state: plan.seed &+ 1)
    let policy = policy(model, &random)
    try await model.dropPrefixes()
    for name in ["cold", "warm"] {
      let start = Clock.now
      _ = try await model.generate(
        GenerationRequest(prefix: policy, tokens: random.tokens(plan.messageTokens, model.config), reasoning: .open, maxTokens: 1))
      report(Row(name: "first token, \(name) policy", value: (Clock.now - start).seconds, unit: "s"))
    }
    let json = AnswerConstraint.json([.literal("violation", ["0", "1"]), .label("policy_category", ["H0.a", "H1.b", "H2.f"]), .text("rationale")])
    let jobs = [
      Job(name: "\(plan.generatedTokens) tokens", reasoning: .budget(max(1, plan.generatedTokens - 1)), constraint: nil, maxTokens: 1),
      Job(name: "JSON, template forced", reasoning: .none, constraint: json, maxTokens: max(1, plan.generatedTokens / 3)),
      Job(name: "label only", reasoning: .none, constraint: .labels(["0", "1"]), maxTokens: 1),
    ]
    for job in jobs where plan.messages > 0 { report(try await run(job, model, policy, &random)) }
  }

  private func policy(_ model: NativeModel, _ random: inout Random) -> PromptPrefix {
    PromptPrefix(key: "benchmark", tokens: random.tokens(plan.policyTokens, model.config))
  }

  /// Time to a verdict of one message after the job's policy: with a prefix folder that holds it, what a second start costs beyond loading.
  public func measureFirstVerdict(_ model: NativeModel, report: (Row) -> Void) async throws {
    var random = Random(state: plan.seed &+ 1)
    let policy = policy(model, &random), start = Clock.now
    let result = try await model.generate(
      GenerationRequest(prefix: policy, tokens: random.tokens(plan.messageTokens, model.config), reasoning: .none, constraint: .labels(["0", "1"]), maxTokens: 1))
    report(Row(name: "first verdict, \(result.cachedPromptTokens) policy tokens saved", value: (Clock.now - start).seconds, unit: "s"))
  }

  private func run(_ job: Job, _ model: NativeModel, _ policy: PromptPrefix, _ random: inout Random) async throws -> Row {
    let prompts = (0..<plan.messages).map { _ in random.tokens(plan.messageTokens, model.config) }, start = Clock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, tokens) in prompts.enumerated() {
        group.addTask {
          // Sampled, so that no two sequences fall into one loop of equal tokens.
          _ = try await model.generate(
            GenerationRequest(
              prefix: policy, tokens: tokens, reasoning: job.reasoning, constraint: job.constraint, maxTokens: job.maxTokens, temperature: 1,
              seed: UInt64(index)))
        }
      }
      try await group.waitForAll()
    }
    return Row(name: "job: \(job.name)", value: Double(plan.messages) * 60 / (Clock.now - start).seconds, unit: "messages/min")
  }

  /// SplitMix64, so that every run has the same tokens.
  private struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
    mutating func tokens(_ count: Int, _ config: ModelConfig) -> [TokenID] {
      (0..<count).map { _ in TokenID(Int.random(in: 0..<config.vocabSize, using: &self)) }
    }
  }
}

extension Duration {
  var seconds: Double {
    let (whole, atto) = components
    return Double(whole) + Double(atto) * 1e-18
  }
}
