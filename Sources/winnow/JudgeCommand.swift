import ArgumentParser
import FoundationEssentials
import Moderation
import Safeguard

struct JudgeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "judge",
    abstract: "Judge one text under one policy: decision, rules, score, and what it cost in tokens and time.",
    discussion: """
      The model is a checkpoint folder, run in this process, or a name at an OpenAI-compatible endpoint. Without a text on a terminal, each line typed is
      judged; the model and the policy stay warm.

        winnow judge --policy policies/harassment.md --model /models/gpt-oss-safeguard-20b 'you are trash'
        winnow judge --policy policies/spam.md --endpoint http://127.0.0.1:8080/v1 --model openai/gpt-oss-safeguard-20b -
      """)

  @Option(help: "Policy file.") var policy: String
  @Option(help: "Checkpoint folder, or `nano`; with --endpoint the model's name there.") var model: String
  @Option(help: "Base URL of an OpenAI-compatible chat API.") var endpoint: String?
  @Argument(help: "The text; `-` reads standard input.") var text: String?
  @Option(help: "low, medium or high: how much it reasons.") var effort = ReasoningEffort.low
  @Option(help: "policy: in the policy's own form; label: the label alone; rationale: a JSON object with label, rule ids and one sentence of reason.") var answer = AnswerKind.rationale
  @Option(help: "Tokens of reasoning after which the answer is asked for (native model); 0 asks at once.") var reasoningBudget: Int?
  @Option(help: "Folder that keeps what the model made of the policy, for the next start (native model).") var policyCache: String?
  @Option(help: "Longest wait. Default: 10 minutes.", transform: parseDuration) var timeout = Duration.seconds(600)
  @Flag(help: "Print the reasoning as it comes; it is for reviewers, never for end users.") var showReasoning = false
  @Flag(help: "Judge the text once with each effort and answer, and print what each costs.") var prices = false
  @Flag(help: "As JSON; with --show-reasoning one object a line, the pieces of the reasoning before the verdict.") var json = false

  enum AnswerKind: String, ExpressibleByArgument, CaseIterable { case policy, label, rationale }

  func validate() throws {
    if let reasoningBudget, reasoningBudget < 0 { throw ValidationError("`--reasoning-budget` must not be negative") }
    if prices, showReasoning || text == nil { throw ValidationError("`--prices` takes a text, and shows no reasoning") }
  }

  func run() async throws {
    try await reportingFailures {
      if prices { return try await printPrices() }
      let reasoner = try await start(effort, answer)
      if let text = text, text != "-" {
        try await judge(text, reasoner)
      } else if text == nil, Terminal.inputIsTerminal {
        try await loop(reasoner)
      } else {
        try await judge(standardInput, reasoner)
      }
      await reasoner.shutdown()
    }
  }

  private var standardInput: String {
    var lines: [String] = []
    while let line = readLine() { lines.append(line) }
    return lines.joined(separator: "\n")
  }

  private func start(_ effort: ReasoningEffort, _ answer: AnswerKind) async throws -> SafeguardReasoner {
    let reasoner = try SafeguardStage.build(stage(effort, answer), BuildOptions(threads: ProcessInfo.processInfo.activeProcessorCount))
    try await reasoner.start()
    if let notice = reasoner.notice {
      // Without a model there is nothing to do; what the demonstration model says of itself is only to be read.
      guard model == "nano" else { throw CommandFailure(notice) }
      Terminal.error("note: \(notice)\n")
    }
    return reasoner
  }

  private func loop(_ reasoner: SafeguardReasoner) async throws {
    while true {
      Terminal.output("text> ")
      guard let line = readLine() else { return Terminal.output("\n") }
      // One answer that failed does not end the session.
      if !line.isEmpty { do { try await judge(line, reasoner) } catch { Terminal.error("error: \(error)\n") } }
    }
  }

  /// A stage with one category, made of the options instead of a file.
  private func stage(_ effort: ReasoningEffort, _ answer: AnswerKind) throws -> StageConfiguration {
    let span = SourceSpan(file: "command line", line: 1, column: 1)
    func entry(_ key: String, _ value: Setting.Value) -> Setting.Entry { .init(key: key, keySpan: span, value: Setting(value, at: span)) }
    let directory = FileManager.default.currentDirectoryPath
    let policyPath = policy.hasPrefix("/") ? policy : "\(directory)/\(policy)"
    var entries = [
      entry("model", .string(model)), entry("effort", .string(effort.rawValue)), entry("probe", .bool(false)), entry("answer", .string(answer.rawValue)),
      entry("timeout", .double(timeout.inSeconds)),
    ]
    if let endpoint { entries.append(entry("endpoint", .string(endpoint))) }
    if let policyCache { entries.append(entry("policy_cache", .string(policyCache))) }
    if let reasoningBudget { entries.append(entry("reasoning_budget", .int(reasoningBudget))) }
    let category = Category(name: "violation", policyPath: policyPath)
    return StageConfiguration(id: "judge", settings: Setting(.map(entries), at: span), categories: CategoryTable([category]), baseDirectory: directory)
  }

  // MARK: One text

  private func judge(_ text: String, _ reasoner: SafeguardReasoner) async throws {
    let start = ContinuousClock.now
    let judgement = try await ask(text, reasoner)
    let elapsed = ContinuousClock.now - start
    guard let finding = judgement.findings.first else { throw CommandFailure("the model gave no answer") }
    Terminal.output(json ? self.json(finding, judgement, elapsed) + "\n" : self.text(finding, judgement, elapsed))
  }

  private func ask(_ text: String, _ reasoner: SafeguardReasoner) async throws -> Judgement {
    do {
      return showReasoning ? try await stream(request(text), reasoner) : try await reasoner.judge(request(text))
    } catch let error as ReasonerError {
      let (message, hint) = reasoner.explanation(of: error)
      throw CommandFailure(message + (hint.map { "; \($0)" } ?? ""))
    }
  }

  private func request(_ text: String) -> JudgeRequest {
    JudgeRequest(messageID: "text", item: .message(text), categories: CategorySet(firstCount: 1), deadline: ContinuousClock.now + timeout)
  }

  /// Prints the reasoning as it comes. The pieces go through a stream, so that a slow terminal never holds up the model.
  private func stream(_ request: JudgeRequest, _ reasoner: SafeguardReasoner) async throws -> Judgement {
    let (pieces, sink) = AsyncStream.makeStream(of: String.self)
    async let judging = { () async throws -> Judgement in
      defer { sink.finish() }
      return try await reasoner.judge(request) { sink.yield($0) }
    }()
    var any = false
    for await piece in pieces {
      any = true
      Terminal.output(json ? "{\"event\":\"reasoning\",\"text\":\(JSONText.quoted(piece))}\n" : Terminal.shown(piece))
    }
    if any, !json { Terminal.output("\n\n") }
    return try await judging
  }

  private func text(_ finding: Finding, _ judgement: Judgement, _ elapsed: Duration) -> String {
    var lines: [String] = []
    var decision = "\(finding.outcome.word)"
    if case .abstain(let why) = finding.outcome { decision += " (\(why))" }
    if let label = finding.label { decision += " · label \(label)" }
    if let score = finding.score { decision += " · score \(score.formatted(decimals: 4))" }
    lines.append(decision)
    if !finding.ruleIDs.isEmpty { lines.append("rules: \(finding.ruleIDs.joined(separator: ", "))") }
    if let rationale = finding.rationale { lines.append("because: \(rationale)") }
    let usage = judgement.usage
    lines.append(
      "\(finding.policy) · \(judgement.model) · effort \(effort.rawValue), answer \(answer.rawValue) · \(usage.promptTokens) prompt tokens "
        + "(\(usage.cachedPromptTokens) cached), \(usage.completionTokens) generated, \(elapsed.readable)")
    return Terminal.shown(lines.joined(separator: "\n") + "\n")
  }

  private func json(_ finding: Finding, _ judgement: Judgement, _ elapsed: Duration) -> String {
    func quoted(_ text: String?) -> String { text.map(JSONText.quoted) ?? "null" }
    var detail: String?
    if case .abstain(let why) = finding.outcome { detail = why }
    let rules = finding.ruleIDs.map(JSONText.quoted).joined(separator: ",")
    let event = showReasoning ? "\"event\":\"verdict\"," : ""
    return """
      {\(event)"outcome":"\(finding.outcome.word)","detail":\(quoted(detail)),"label":\(quoted(finding.label)),"score":\(finding.score.map { "\($0)" } ?? "null"),\
      "rules":[\(rules)],"rationale":\(quoted(finding.rationale)),"reasoning":\(quoted(showReasoning ? finding.reasoning : nil)),"policy":\(quoted(finding.policy)),\
      "model":\(quoted(judgement.model)),"effort":"\(effort.rawValue)","answer":"\(answer.rawValue)",\
      "prompt_tokens":\(judgement.usage.promptTokens),"cached_prompt_tokens":\(judgement.usage.cachedPromptTokens),\
      "completion_tokens":\(judgement.usage.completionTokens),"milliseconds":\(Int(elapsed.inSeconds * 1000))}
      """
  }

  // MARK: What the settings cost

  /// Tokens generated decide what a judgement costs, and effort and answer decide their number: the same text under each, its policy warm.
  private func printPrices() async throws {
    let text = text == "-" ? standardInput : text ?? ""
    var table = TextTable(["effort", "answer", "prompt", "cached", "generated", "time", "verdict"], right: [2, 3, 4, 5])
    for effort in ReasoningEffort.allCases {
      for answer in AnswerKind.allCases {
        let reasoner = try await start(effort, answer)
        _ = try await ask(text, reasoner)
        let start = ContinuousClock.now
        let judgement = try await ask(text, reasoner)
        let (elapsed, usage) = (ContinuousClock.now - start, judgement.usage)
        await reasoner.shutdown()
        let verdict = judgement.findings.first.map { "\($0.outcome.word)\($0.label.map { " \($0)" } ?? "")" } ?? "-"
        if json {
          Terminal.output(
            "{\"effort\":\"\(effort.rawValue)\",\"answer\":\"\(answer.rawValue)\",\"prompt_tokens\":\(usage.promptTokens),\"cached_prompt_tokens\":\(usage.cachedPromptTokens),"
              + "\"completion_tokens\":\(usage.completionTokens),\"milliseconds\":\(Int(elapsed.inSeconds * 1000)),\"verdict\":\(JSONText.quoted(verdict))}\n")
        }
        table.add([effort.rawValue, answer.rawValue, usage.promptTokens.grouped, usage.cachedPromptTokens.grouped, usage.completionTokens.grouped, elapsed.readable, verdict])
      }
    }
    if !json { Terminal.output(table.rendered()) }
  }
}

extension ReasoningEffort: ExpressibleByArgument {}

extension Finding.Outcome {
  fileprivate var word: String {
    switch self {
    case .violates: "violates"
    case .safe: "safe"
    case .review: "review"
    case .abstain: "abstain"
    }
  }
}
