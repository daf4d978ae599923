import Foundation
import Moderation
import Pipeline
import RecordIO
import Streaming
import Synchronization
import Testing

struct RunningTests {
  private static func cascade(lanes: Int = 2, sample: AuditSample = .none, reasoner: FakeReasoner? = nil, context: Int = 0) -> ModerationPipeline {
    let reasoner = reasoner ?? FakeReasoner(judging: CategorySet([Fixture.harassment]), contextMessages: context, answer: FakeReasoner.byWord)
    var input = InputMapping()
    input.conversation = "room"
    return Fixture.pipeline(
      [Fixture.stage("linear", .screen(Fixture.scoring), bands: Fixture.bands), Fixture.stage("guard", .reasoner(reasoner))], lanes: lanes, sample: sample,
      input: input)
  }

  private static let words = ["ok", "bad", "odd", "fail", "fine"]
  private static func lines(_ count: Int) -> [String] {
    (0..<count).map { "{\"id\":\($0),\"room\":\"r\($0 % 7)\",\"text\":\"\(words[$0 % 5]) p=0.\($0 * 37 % 100)\"}" }
  }

  private func output(_ text: String, batchSize: Int, lanes: Int, trace: TraceDetail = .full) async throws -> String {
    let folder = NSTemporaryDirectory() + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try text.write(toFile: folder + "/in.jsonl", atomically: true, encoding: .utf8)
    var options = StreamRun.Options(inputs: [folder + "/in.jsonl"], deadLetters: folder + "/dead.jsonl")
    options.output = folder + "/out.jsonl"
    options.limits.batchMessages = batchSize
    options.trace = trace
    options.window = lanes + 2
    let statistics = try await StreamRun(pipeline: Self.cascade(lanes: lanes, sample: .init(allowed: 0.1, blocked: 0.3)), options: options, runID: "r").run()
    let written = try String(contentsOfFile: folder + "/out.jsonl", encoding: .utf8)
    let dead = (try? String(contentsOfFile: folder + "/dead.jsonl", encoding: .utf8)) ?? ""
    // Invariant 1: every record is in exactly one of the two files.
    let records = text.split(separator: "\n", omittingEmptySubsequences: true).count
    #expect(written.split(separator: "\n").count + dead.split(separator: "\n").count == records)
    #expect(statistics.messages + statistics.deadLetterCount == records)
    return written + "--\n" + dead.replacingOccurrences(of: folder, with: "")
  }

  @Test func verdictsDoNotDependOnBatchSizeOrLanes() async throws {
    var lines = Self.lines(3000)
    for index in stride(from: 13, to: lines.count, by: 97) { lines[index] = "{broken" }
    let text = lines.joined(separator: "\n")
    let reference = try await output(text, batchSize: 4096, lanes: 1)
    #expect(reference.contains("\"verdict\":\"block\"") && reference.contains("invalid-json"))
    for (size, lanes) in [(1, 1), (7, 2), (4096, 2), (64, 4)] { #expect(try await output(text, batchSize: size, lanes: lanes) == reference) }
  }

  @Test func theReasonerIsNeverAskedMoreAtOnceThanItTakes() async {
    let reasoner = FakeReasoner(judging: CategorySet([Fixture.harassment]), concurrency: 3) { request throws(ReasonerError) in
      try? await Task.sleep(for: .milliseconds(2))
      return try await FakeReasoner.byWord(request)
    }
    let pipeline = Self.cascade(reasoner: reasoner)
    let outcome = await pipeline.process(Fixture.batch((0..<50).map { "ok p=0.5 \($0)" }))
    #expect(reasoner.mostAtOnce == 3)
    #expect(outcome.decisions.allSatisfy { $0.verdict == .allow })
  }

  @Test func aReasonerThatHangsIsLeftAtTheDeadline() async {
    let reasoner = FakeReasoner(judging: CategorySet([Fixture.harassment])) { _ throws(ReasonerError) in
      do { try await Task.sleep(for: .seconds(60)) } catch { throw ReasonerError(.error, "cancelled") }
      return Judgement(findings: [])
    }
    let pipeline = Fixture.pipeline([Fixture.stage("guard", .reasoner(reasoner))], deadline: .milliseconds(50))
    let outcome = await pipeline.process(Fixture.batch(["hello"]))
    #expect(outcome.decisions[0].verdict == .review)
    #expect(outcome.decisions[0].degraded == .deadline)
  }

  @Test func aReviewOutlivesTheDeadline() async {
    let reasoner = FakeReasoner(judging: CategorySet([Fixture.harassment, Fixture.threats])) { _ throws(ReasonerError) in
      try? await Task.sleep(for: .seconds(60))
      throw ReasonerError(.error, "cancelled", reviews: [Finding(category: Fixture.threats, outcome: .review, policy: "p@1")])
    }
    let pipeline = Fixture.pipeline([Fixture.stage("guard", .reasoner(reasoner), failure: .init(all: .allow))], deadline: .milliseconds(50))
    let outcome = await pipeline.process(Fixture.batch(["hello"]))
    #expect(outcome.decisions[0].verdict == .review && outcome.decisions[0].degraded == .deadline)
  }

  @Test func theAuditSampleAsksAboutDecidedMessagesAndChangesNothing() async {
    let texts = (0..<4000).map { _ in "bad p=0.0" }
    let plain = await Self.cascade().process(Fixture.batch(texts))
    let sampled = await Self.cascade(sample: .init(allowed: 0.05)).process(Fixture.batch(texts))
    #expect(sampled.decisions.map(\.verdict) == plain.decisions.map(\.verdict))
    let asked = sampled.stages[1].judged.count
    // 5 % of 4,000 within five standard deviations.
    #expect((131...269).contains(asked))
    #expect(sampled.stages[1].judged.values.allSatisfy { $0.purpose == .audit })
  }

  @Test func aShadowStageIsComputedAndDecidesNothing() async {
    let blocker = FakeScreen(scoredCategories: [Fixture.harassment]) { _ in .init(hits: [(Fixture.harassment, .block)], probabilities: [1]) }
    let pipeline = Fixture.pipeline([
      Fixture.stage("new", .screen(blocker), mode: .shadow, bands: Fixture.bands), Fixture.stage("linear", .screen(Fixture.scoring), bands: Fixture.bands),
    ])
    let outcome = await pipeline.process(Fixture.batch(["p=0.0"]))
    #expect(outcome.decisions[0].verdict == .allow)
    #expect(outcome.stages[0].output.hits.count == 1)
  }

  @Test func aShadowReasonerIsAskedAsIfItWereInForce() async {
    let rules = FakeScreen { text in text.contains("slur") ? .init(hits: [(Fixture.harassment, .block)]) : .init() }
    let reasoner = FakeReasoner(judging: CategorySet([Fixture.harassment, Fixture.threats]), answer: FakeReasoner.byWord)
    let cheap = [Fixture.stage("rules", .screen(rules)), Fixture.stage("linear", .screen(Fixture.scoring), bands: Fixture.bands)]
    let batch = Fixture.batch(["slur bad", "bad p=0.0", "bad p=0.5"])
    let outcome = await Fixture.pipeline(cheap + [Fixture.stage("guard", .reasoner(reasoner), mode: .shadow)]).process(batch)
    let without = await Fixture.pipeline(cheap).process(batch)
    #expect(outcome.decisions.map(\.verdict) == [.block, .allow, .review] && outcome.decisions.map(\.stage) == without.decisions.map(\.stage))
    // Threats are settled by nobody else; harassment only where the classifier leaves it open.
    #expect(outcome.stages[2].asked == [1, 2])
    #expect(outcome.stages[2].judged.mapValues(\.asked) == [1: CategorySet([Fixture.threats]), 2: CategorySet([Fixture.harassment, Fixture.threats])])
    #expect(outcome.stages[2].judged.values.allSatisfy { $0.purpose == .shadow })
  }

  /// What was there before the run waits in our own queue, and nobody for it; its deadline runs from a free place.
  @Test(arguments: [true, false]) func waitingCountsOnlyForLiveBatches(isLive: Bool) async throws {
    let reasoner = FakeReasoner(judging: CategorySet([Fixture.harassment]), concurrency: 1) { (request) async throws(ReasonerError) in
      try? await Task.sleep(for: .milliseconds(60))
      return try await FakeReasoner.byWord(request)
    }
    let plain = Fixture.pipeline([Fixture.stage("guard", .reasoner(reasoner))], deadline: .milliseconds(600))
    let pipeline = ModerationPipeline(definition: plain.definition, stages: plain.stages, lanes: 1, isLive: true)
    var batch = Fixture.batch((0..<20).map { "ok \($0)" })
    batch.isLive = isLive
    let outcome = await pipeline.process(pipeline.prepare(batch))
    #expect(outcome.decisions.contains { $0.degraded == .deadline } == isLive)
  }

  /// A trial must not take the time of a deadline from those who decide.
  @Test func aShadowReasonerIsAskedAfterThoseThatDecide() async {
    let order = Mutex<[String]>([])
    let trial = FakeReasoner(judging: CategorySet([Fixture.harassment, Fixture.threats])) { (request) async throws(ReasonerError) in
      order.withLock { $0.append("trial") }
      return try await FakeReasoner.byWord(request)
    }
    let judge = FakeReasoner(judging: CategorySet([Fixture.harassment])) { (request) async throws(ReasonerError) in
      order.withLock { $0.append("judge") }
      return try await FakeReasoner.byWord(request)
    }
    let stages = [
      Fixture.stage("linear", .screen(Fixture.scoring), bands: Fixture.bands), Fixture.stage("trial", .reasoner(trial), mode: .shadow),
      Fixture.stage("judge", .reasoner(judge)),
    ]
    let outcome = await Fixture.pipeline(stages).process(Fixture.batch(["fine p=0.5", "bad p=0.5"]))
    #expect(order.withLock { $0 } == ["judge", "judge", "trial", "trial"])
    #expect(outcome.decisions.map(\.verdict) == [.allow, .block] && outcome.stages[1].asked == [0, 1])
  }

  @Test func aShadowStageAloneIsAskedAndNotNamed() async {
    let reasoner = FakeReasoner(judging: CategorySet([Fixture.harassment]), answer: FakeReasoner.byWord)
    let outcome = await Fixture.pipeline([Fixture.stage("guard", .reasoner(reasoner), mode: .shadow)]).process(Fixture.batch(["bad"]))
    #expect(outcome.decisions[0].verdict == .allow && outcome.decisions[0].stage == nil)
    #expect(reasoner.requests.count == 1)
  }

  @Test(arguments: [EscalationBudget(share: 0), EscalationBudget(perSecond: 0)]) func aBudgetOfNothingAsksNever(budget: EscalationBudget) async {
    let reasoner = FakeReasoner(judging: CategorySet([Fixture.harassment]), answer: FakeReasoner.byWord)
    let outcome = await Fixture.pipeline([Fixture.stage("guard", .reasoner(reasoner))], budget: budget).process(Fixture.batch(["ok", "ok"]))
    #expect(reasoner.requests.isEmpty && outcome.decisions.allSatisfy { $0.degraded == .budget })
  }

  @Test func contextIsWhatWasSaidBeforeInTheSameConversationAndIsBounded() async {
    let reasoner = FakeReasoner(judging: CategorySet([Fixture.harassment]), contextMessages: 2, answer: FakeReasoner.byWord)
    let pipeline = Self.cascade(reasoner: reasoner)
    var batch = MessageBatch()
    for (index, room) in ["a", "a", "b", "a", "a"].enumerated() {
      batch.append(id: "\(index)", text: "p=0.5 \(index)", conversation: room, author: "u\(index)")
    }
    _ = await pipeline.process(pipeline.prepare(batch))
    let contexts = Dictionary(uniqueKeysWithValues: reasoner.requests.map { ($0.messageID, $0.context.map(\.role)) })
    #expect(contexts == ["\"0\"": [], "\"1\"": ["u0"], "\"2\"": [], "\"3\"": ["u0", "u1"], "\"4\"": ["u1", "u3"]])
  }

  @Test func theBudgetShedsTheLeastUncertainAndKeepsItsShare() async {
    let reasoner = FakeReasoner(judging: CategorySet([Fixture.harassment]), answer: FakeReasoner.byWord)
    let pipeline = Fixture.pipeline(
      [Fixture.stage("linear", .screen(Fixture.scoring), bands: Fixture.bands), Fixture.stage("guard", .reasoner(reasoner))],
      budget: EscalationBudget(share: 0.05))
    let texts = (0..<20_000).map { $0 % 2 == 0 ? "ok p=0.5" : "ok p=0.15" }
    let outcome = await pipeline.process(Fixture.batch(texts))
    let kept = outcome.stages[1].judged.keys
    #expect(kept.count <= 1000 + 50)
    #expect(kept.count >= 900)
    let sure = kept.filter { $0 % 2 == 1 }.count
    #expect(sure * 10 < kept.count)
    let shed = outcome.decisions.filter { $0.degraded == .budget }
    #expect(shed.count == 20_000 - kept.count)
    #expect(shed.allSatisfy { $0.verdict == .review })
  }

  @Test func theBudgetCountsInStreamOrderWhateverTheBatches() async throws {
    func kept(batchSize: Int, share: Double) async -> [Int] {
      let reasoner = FakeReasoner(judging: CategorySet([Fixture.harassment]), answer: FakeReasoner.byWord)
      let pipeline = Fixture.pipeline(
        [Fixture.stage("linear", .screen(Fixture.scoring), bands: Fixture.bands), Fixture.stage("guard", .reasoner(reasoner))],
        budget: EscalationBudget(share: share))
      let texts = (0..<6000).map { "ok p=0.\($0 * 31 % 100)" }
      return await withTaskGroup(of: [Int].self) { group in
        for (sequence, start) in stride(from: 0, to: texts.count, by: batchSize).enumerated() {
          let part = Array(texts[start..<min(start + batchSize, texts.count)])
          group.addTask { await pipeline.process(Fixture.batch(part, sequence: sequence)).stages[1].judged.keys.map { Int($0) + start } }
        }
        return await group.reduce(into: []) { $0 += $1 }.sorted()
      }
    }
    // Shares whose floating-point sums depend on how they are grouped.
    for share in [0.02, 0.05, 0.1] {
      let whole = await kept(batchSize: 6000, share: share)
      #expect(whole.count > 50)
      for size in [1, 250] { #expect(await kept(batchSize: size, share: share) == whole) }
    }
  }
}

struct LatencyHistogramTests {
  @Test func quantilesLieWithinABucketOfTheTruth() throws {
    var histogram = LatencyHistogram()
    for milliseconds in 1...1000 { histogram.record(.milliseconds(milliseconds)) }
    for (q, truth) in [(0.5, 0.5), (0.95, 0.95), (0.99, 0.99)] {
      let seconds = try #require(histogram.quantile(q)).inSeconds
      #expect(seconds >= truth && seconds <= truth * 1.1)
    }
    #expect(LatencyHistogram().quantile(0.5) == nil)
  }
}
