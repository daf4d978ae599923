import ArgumentParser
import FoundationEssentials
import Moderation
import Safeguard

struct JudgeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "judge",
    abstract: "Judge one text under one policy: decision, rules, score, tokens and time.",
    discussion: """
      The model is a checkpoint folder, run in this process, or a name at an OpenAI-compatible endpoint. Without a text on a terminal, each line typed is
      judged; the model and the policy stay warm.

        winnow judge --policy policies/harassment.md --model /models/gpt-oss-safeguard-20b 'you are trash'
        winnow judge --policy policies/spam.md --endpoint http://127.0.0.1:8080/v1 --model openai/gpt-oss-safeguard-20b -
      """)

  @Option(help: "Policy file.") var policy: String
  @Option(help: "Checkpoint folder; with --endpoint the model's name there.") var model: String
  @Option(help: "Base URL of an OpenAI-compatible chat API.") var endpoint: String?
  @Argument(help: "The text; `-` reads standard input.") var text: String?
  @Option(help: "low, medium or high.") var effort = "low"
  @Option(help: "Tokens of reasoning after which the answer is asked for (native model).") var reasoningBudget: Int?
  @Option(help: "Longest wait.", transform: parseDuration) var timeout = Duration.seconds(600)
  @Flag(help: "Print the reasoning; it is for reviewers, never for end users.") var showReasoning = false
  @Flag(help: "As JSON.") var json = false

  func run() async throws {
    try await reportingFailures {
      let reasoner = try SafeguardStage.build(stage(), BuildOptions(threads: ProcessInfo.processInfo.activeProcessorCount))
      try await reasoner.start()
      if let notice = reasoner.notice { throw CommandFailure(notice) }
      if let text = text, text != "-" {
        try await judge(text, reasoner)
      } else if text == nil, Terminal.inputIsTerminal {
        try await loop(reasoner)
      } else {
        var lines: [String] = []
        while let line = readLine() { lines.append(line) }
        try await judge(lines.joined(separator: "\n"), reasoner)
      }
      await reasoner.shutdown()
    }
  }

  private func loop(_ reasoner: SafeguardReasoner) async throws {
    while true {
      Terminal.output("text> ")
      guard let line = readLine() else { return Terminal.output("\n") }
      if !line.isEmpty { try await judge(line, reasoner) }
    }
  }

  /// A stage with one category, made of the options instead of a file.
  private func stage() throws -> StageConfiguration {
    let span = SourceSpan(file: "command line", line: 1, column: 1)
    func entry(_ key: String, _ value: Setting.Value) -> Setting.Entry { .init(key: key, keySpan: span, value: Setting(value, at: span)) }
    let directory = FileManager.default.currentDirectoryPath
    let policyPath = policy.hasPrefix("/") ? policy : "\(directory)/\(policy)"
    var entries = [
      entry("model", .string(model)), entry("effort", .string(effort)), entry("probe", .bool(false)), entry("answer", .string("rationale")),
      entry("timeout", .double(timeout.inSeconds)),
    ]
    if let endpoint { entries.append(entry("endpoint", .string(endpoint))) }
    if let reasoningBudget { entries.append(entry("reasoning_budget", .int(reasoningBudget))) }
    let category = Category(name: "violation", policyPath: policyPath)
    return StageConfiguration(id: "judge", settings: Setting(.map(entries), at: span), categories: CategoryTable([category]), baseDirectory: directory)
  }

  private func judge(_ text: String, _ reasoner: SafeguardReasoner) async throws {
    let start = ContinuousClock.now
    let request = JudgeRequest(messageID: "text", item: .message(text), categories: CategorySet(firstCount: 1), deadline: start + timeout)
    let judgement = try await reasoner.judge(request)
    let elapsed = ContinuousClock.now - start
    guard let finding = judgement.findings.first else { throw CommandFailure("the model gave no answer") }
    Terminal.output(json ? Self.json(finding, judgement, elapsed) + "\n" : self.text(finding, judgement, elapsed))
  }

  private func text(_ finding: Finding, _ judgement: Judgement, _ elapsed: Duration) -> String {
    var lines: [String] = []
    if showReasoning, let reasoning = finding.reasoning { lines.append(reasoning + "\n") }
    var decision = "\(finding.outcome.word)"
    if case .abstain(let why) = finding.outcome { decision += " (\(why))" }
    if let label = finding.label { decision += " · label \(label)" }
    if let score = finding.score { decision += " · score \(score.formatted(decimals: 4))" }
    lines.append(decision)
    if !finding.ruleIDs.isEmpty { lines.append("rules: \(finding.ruleIDs.joined(separator: ", "))") }
    if let rationale = finding.rationale { lines.append("because: \(rationale)") }
    let usage = judgement.usage
    lines.append(
      "\(finding.policy) · \(judgement.model) · \(usage.promptTokens) prompt tokens (\(usage.cachedPromptTokens) cached), \(usage.completionTokens) generated, \(elapsed.readable)")
    return lines.joined(separator: "\n") + "\n"
  }

  private static func json(_ finding: Finding, _ judgement: Judgement, _ elapsed: Duration) -> String {
    func quoted(_ text: String?) -> String { text.map(JSONText.quoted) ?? "null" }
    var detail: String?
    if case .abstain(let why) = finding.outcome { detail = why }
    let rules = finding.ruleIDs.map(JSONText.quoted).joined(separator: ",")
    return """
      {"outcome":"\(finding.outcome.word)","detail":\(quoted(detail)),"label":\(quoted(finding.label)),"score":\(finding.score.map { "\($0)" } ?? "null"),\
      "rules":[\(rules)],"rationale":\(quoted(finding.rationale)),"reasoning":\(quoted(finding.reasoning)),"policy":\(quoted(finding.policy)),\
      "model":\(quoted(judgement.model)),"prompt_tokens":\(judgement.usage.promptTokens),"cached_prompt_tokens":\(judgement.usage.cachedPromptTokens),\
      "completion_tokens":\(judgement.usage.completionTokens),"milliseconds":\(Int(elapsed.inSeconds * 1000))}
      """
  }
}

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
