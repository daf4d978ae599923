import Moderation

/// A pipeline that runs: every pattern compiled, every model opened. The second of the two steps (written → running).
///
/// Guarantee: ``process(_:)`` gives every message of a batch exactly one decision, whatever fails, and the decision does not depend on what else is in
/// the batch, on the number of lanes, or on timing (a reasoner that answers differently is outside of this).
public final class ModerationPipeline: Sendable {
  public let definition: PipelineDefinition
  public let stages: [BuiltStage]
  /// Live input: a message's deadline runs from its arrival. Else from the moment a place at the reasoner is free for it.
  public let isLive: Bool
  let cascade: Cascade
  private let lanes: LanePool
  private let gates: [Int: Gate]
  private let sampler: AuditSampler
  private let budget: BudgetController?
  private let contexts: ConversationContexts?

  /// - Parameter lanes: how many batches may be in the screens at once.
  public init(definition: PipelineDefinition, stages: [BuiltStage], lanes: Int, isLive: Bool = false) {
    precondition(definition.stages.count == stages.count, "one built stage for each written one")
    self.definition = definition
    self.stages = stages
    self.isLive = isLive
    cascade = Cascade(definition: definition, stages: stages)
    self.lanes = LanePool(stages, count: lanes)
    var gates: [Int: Gate] = [:]
    var contextMessages = 0
    for (index, stage) in stages.enumerated() {
      guard case .reasoner(let reasoner) = stage, definition.stages[index].mode != .off else { continue }
      gates[index] = Gate(places: reasoner.concurrency)
      contextMessages = max(contextMessages, reasoner.contextMessages)
    }
    self.gates = gates
    sampler = AuditSampler(definition.auditSample, seed: definition.seed)
    budget = definition.budget.map { BudgetController($0) }
    contexts = contextMessages > 0 ? ConversationContexts(turns: contextMessages) : nil
  }

  /// Builds every stage of `definition` with the types given. Problems in files that people wrote are thrown together.
  public static func build(_ definition: PipelineDefinition, types: [StageType], options: BuildOptions, lanes: Int, isLive: Bool = false) throws -> ModerationPipeline {
    var diagnostics = Diagnostics()
    var stages: [BuiltStage] = []
    for stage in definition.stages {
      guard let type = types.first(where: { $0.spec.type == stage.spec.type }) else { continue }
      do {
        // A stage that is off is still built: a typo in it should not wait for the day it is switched on.
        stages.append(try type.build(stage.configuration, options))
      } catch let error as DiagnosticsError {
        diagnostics.add(contentsOf: error.diagnostics)
      } catch {
        diagnostics.error("stage-build", "stage `\(stage.id)` cannot be built: \(error)", at: stage.span)
      }
    }
    if diagnostics.hasErrors { throw DiagnosticsError(diagnostics) }
    return ModerationPipeline(definition: definition, stages: stages, lanes: lanes, isLive: isLive)
  }

  /// Starts the reasoners.
  public func start() async throws {
    for (index, stage) in stages.enumerated() where definition.stages[index].mode != .off {
      if case .reasoner(let reasoner) = stage { try await reasoner.start() }
    }
  }

  public func shutdown() async {
    for case .reasoner(let reasoner) in stages { await reasoner.shutdown() }
  }

  /// Sentences to say once before a run: a reasoner without a model, for example.
  public var notices: [String] {
    zip(definition.stages, stages).compactMap { definition, stage in
      if definition.mode != .off, case .reasoner(let reasoner) = stage { reasoner.notice } else { nil }
    }
  }

  /// Whether earlier messages of a conversation matter, so that a resumed run must read them again.
  public var remembersConversations: Bool { contexts != nil }

  /// Takes up the escalation budget where an interrupted run left it; before the first batch.
  public func resumeBudget(_ tokens: Int) { budget?.resume(tokens) }

  /// Must be called for the batches of a stream in their order, before ``process(_:)``: remembers what was said in each conversation.
  public func prepare(_ batch: MessageBatch) -> PreparedBatch {
    PreparedBatch(batch: batch, contexts: contexts?.advance(batch) ?? [])
  }

  /// Judges one batch by itself, without a stream around it.
  public func process(_ batch: MessageBatch) async -> BatchOutcome { await process(PreparedBatch(batch: batch, contexts: [])) }

  /// Sends a batch through all stages.
  public func process(_ prepared: PreparedBatch) async -> BatchOutcome {
    let batch = prepared.batch
    var outcome = BatchOutcome(
      batch: batch, decisions: [MessageDecision](repeating: cascade.start(), count: batch.count), stages: .init(repeating: StageRecord(), count: stages.count))
    var active = (0..<Int32(batch.count)).map { $0 }
    var shadows: [ShadowRequest] = []
    let started = ContinuousClock.now
    var index = 0
    while index < stages.count {
      if case .reasoner(let reasoner) = stages[index] {
        switch definition.stages[index].mode {
        case .off: break
        case .shadow: shadows.append(shadow(reasoner, stage: index, active: active, outcome: &outcome))
        case .enforce: active = await reason(reasoner, stage: index, active: active, prepared: prepared, outcome: &outcome)
        }
        index += 1
      } else {
        index = await screen(from: index, active: &active, outcome: &outcome)
        outcome.screenTime = ContinuousClock.now - started
      }
    }
    for message in active { cascade.finish(&outcome.decisions[Int(message)]) }
    // Last: a trial must not take the time that a deadline leaves to those who decide.
    for request in shadows {
      await judge(request.asked, by: request.reasoner, stage: request.stage, purpose: .shadow, prepared: prepared, outcome: &outcome)
    }
    await audit(prepared, outcome: &outcome)
    return outcome
  }

  /// Runs the screens from stage `first` up to the next reasoner on one lane; returns the index behind them.
  private func screen(from first: Int, active: inout [Int32], outcome: inout BatchOutcome) async -> Int {
    let lane = await lanes.take()
    defer { lanes.giveBack(lane) }
    var index = first
    while index < stages.count, case .screen(let screen) = stages[index] {
      defer { index += 1 }
      let mode = definition.stages[index].mode
      guard mode != .off, !active.isEmpty, let worker = lane.workers[index] else { continue }
      let start = ContinuousClock.now
      var record = StageRecord()
      record.asked = active
      worker.evaluate(outcome.batch, asked: active, into: &record.output)
      if mode == .enforce { active = cascade.apply(record.output, of: screen, stage: index, asked: active, to: &outcome.decisions) }
      record.time = ContinuousClock.now - start
      outcome.stages[index] = record
    }
    return index
  }

  private func reason(_ reasoner: any Reasoner, stage: Int, active: [Int32], prepared: PreparedBatch, outcome: inout BatchOutcome) async -> [Int32] {
    var asked = open(reasoner, active, outcome)
    outcome.stages[stage].asked = asked.map(\.message)
    if let budget { asked = await shed(asked, stage: stage, budget: budget, outcome: &outcome) }
    await judge(asked, by: reasoner, stage: stage, purpose: .decide, prepared: prepared, outcome: &outcome)
    for (message, categories) in asked { settle(message, categories, stage: stage, outcome: &outcome) }
    return active.filter { !outcome.decisions[Int($0)].isDecided }
  }

  /// What a shadow stage will be asked.
  private struct ShadowRequest {
    var stage: Int
    var reasoner: any Reasoner
    var asked: [(message: Int32, categories: CategorySet)]
  }

  private func shadow(_ reasoner: any Reasoner, stage: Int, active: [Int32], outcome: inout BatchOutcome) -> ShadowRequest {
    let shadowed = cascade.openInShadow(reasoner.judgedCategories)
    // Cheap allows and reviews would leave these categories open if the stage were in force; only a block ends a message.
    let candidates = shadowed.isEmpty ? active : (0..<Int32(outcome.batch.count)).filter { outcome.decisions[Int($0)].verdict != .block }
    let asked = open(reasoner, candidates, outcome, beside: shadowed)
    outcome.stages[stage].asked = asked.map(\.message)
    return ShadowRequest(stage: stage, reasoner: reasoner, asked: asked)
  }

  /// The messages that have a category open which the reasoner has a policy for, and those categories.
  private func open(
    _ reasoner: any Reasoner, _ messages: [Int32], _ outcome: BatchOutcome, beside further: CategorySet = CategorySet()
  ) -> [(message: Int32, categories: CategorySet)] {
    messages.compactMap { message in
      let categories = outcome.decisions[Int(message)].open.intersection(reasoner.judgedCategories).union(further)
      return categories.isEmpty ? nil : (message, categories)
    }
  }

  private func settle(_ message: Int32, _ asked: CategorySet, stage: Int, outcome: inout BatchOutcome) {
    guard let judged = outcome.stages[stage].judged[message] else { return }
    switch judged.result {
    case .success(let judgement): cascade.apply(judgement, stage: stage, asked: asked, to: &outcome.decisions[Int(message)])
    case .failure(let error): cascade.fail(&outcome.decisions[Int(message)], error, stage: stage, asked: asked)
    }
  }

  /// Keeps what the escalation budget allows; the others fail with `budget`. Only the first enforcing reasoner has a budget.
  private func shed(_ asked: [(message: Int32, categories: CategorySet)], stage: Int, budget: BudgetController, outcome: inout BatchOutcome) async -> [(message: Int32, categories: CategorySet)] {
    guard stage == gates.keys.filter({ definition.stages[$0].mode == .enforce }).min() else { return asked }
    let doubts = asked.map { (Int($0.message), outcome.decisions[Int($0.message)].uncertainty) }
    let (admitted, tokens) = await budget.admit(doubts, of: outcome.batch.count, batch: outcome.batch.sequence)
    outcome.budgetTokens = tokens
    var kept: [(message: Int32, categories: CategorySet)] = []
    for (entry, isAdmitted) in zip(asked, admitted) {
      if isAdmitted {
        kept.append(entry)
      } else {
        cascade.fail(&outcome.decisions[Int(entry.message)], .budget, stage: stage, categories: entry.categories)
        outcome.stages[stage].output.failures.append(ScreenFailure(message: entry.message, cause: .budget, detail: "the escalation budget is spent"))
      }
    }
    return kept
  }

  /// Asks the reasoner about all of `asked`, as many at once as it takes, and records every answer.
  private func judge(
    _ asked: [(message: Int32, categories: CategorySet)], by reasoner: any Reasoner, stage: Int, purpose: JudgedMessage.Purpose, prepared: PreparedBatch,
    outcome: inout BatchOutcome
  ) async {
    guard !asked.isEmpty, let gate = gates[stage] else { return }
    let call = ReasonerCall(
      reasoner: reasoner, gate: gate, deadline: definition.deadline, liveArrival: isLive && prepared.batch.isLive ? prepared.batch.arrival : nil, purpose: purpose)
    let results = await withTaskGroup(of: (Int32, JudgedMessage).self) { group in
      for (message, categories) in asked {
        group.addTask { (message, await call.judge(prepared, message: Int(message), categories: categories)) }
      }
      var results: [Int32: JudgedMessage] = [:]
      for await (message, judged) in group { results[message] = judged }
      return results
    }
    outcome.stages[stage].judged.merge(results) { first, _ in first }
    outcome.stages[stage].time += results.values.reduce(.zero) { $0 + $1.latency }
  }

  /// Shows the sampled share of decided messages to the first enforcing reasoner. Decides nothing.
  private func audit(_ prepared: PreparedBatch, outcome: inout BatchOutcome) async {
    guard sampler.isActive, let stage = gates.keys.filter({ definition.stages[$0].mode == .enforce }).min(),
      case .reasoner(let reasoner) = stages[stage]
    else { return }
    let categories = reasoner.judgedCategories.intersection(definition.categories.all)
    var asked: [(message: Int32, categories: CategorySet)] = []
    for (index, decision) in outcome.decisions.enumerated() {
      guard outcome.stages[stage].judged[Int32(index)] == nil, decision.degraded == nil else { continue }
      if sampler.takes(decision.verdict, position: prepared.batch.messages[index].position) { asked.append((Int32(index), categories)) }
    }
    await judge(asked, by: reasoner, stage: stage, purpose: .audit, prepared: prepared, outcome: &outcome)
  }
}

/// A batch with what was said before each of its messages.
public struct PreparedBatch: Sendable {
  public var batch: MessageBatch
  /// Earlier messages of the same conversation, oldest first; empty when no reasoner wants context.
  var contexts: [[ChatTurn]]

  func context(of message: Int) -> [ChatTurn] { message < contexts.count ? contexts[message] : [] }
}
