import Foundation
import Moderation
import Safeguard
import Synchronization
import YAMLDocument

/// A folder with policies and a stage configuration read from YAML text, as a pipeline file would bring it.
struct TestStage {
  static let spam = """
    ---
    id: spam
    version: 3
    ---
    # Spam

    ## INSTRUCTIONS
    Answer with exactly `0` (safe) or `1` (violates).

    ## VIOLATES (1)
    - SP1 Advertises something unasked.

    ## SAFE (0)
    - SP0 Talks about a product in conversation.

    ## EXAMPLES
    Content: "buy followers at fans.example"
    Answer: 1

    Content: "I like my new keyboard"
    Answer: 0

    """
  static let hate = """
    # Hate

    Return exactly one word: VALID or INVALID.

    """
  static let tiers = """
    ---
    id: risk
    output: {format: labels, labels: {high: block, medium: review, low: allow}}
    ---
    Rate the risk as `high`, `medium` or `low`.

    """
  static let json = """
    ---
    id: threats
    output: {format: json, decision: violation, rule_ids: rule_ids, rationale: rationale}
    ---
    Answer {"violation": 0 or 1, "rule_ids": [], "rationale": ""}. T1 threatens. T2 incites.

    """

  let configuration: StageConfiguration
  let folder: String

  /// - Parameters:
  ///   - policies: policy text by category name.
  ///   - yaml: the stage's own fields.
  init(_ yaml: String = "probe: false", policies: [(category: String, text: String)] = [("spam", spam)]) throws {
    folder = NSTemporaryDirectory() + "winnow-safeguard-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var categories: [Moderation.Category] = []
    for policy in policies {
      let path = "\(folder)/\(policy.category).md"
      try policy.text.write(toFile: path, atomically: true, encoding: .utf8)
      categories.append(Category(name: policy.category, policyPath: path))
    }
    var diagnostics = Diagnostics()
    let empty = Setting(.map([]), at: SourceSpan(file: "pipeline.yaml", line: 1, column: 1))
    let settings = YAMLDocument.parse(text: yaml, file: "pipeline.yaml", environment: nil, diagnostics: &diagnostics)
    configuration = StageConfiguration(id: "safeguard", settings: settings ?? empty, categories: CategoryTable(categories), baseDirectory: folder)
  }

  func write(_ text: String, to name: String) throws -> String {
    let path = folder + "/" + name
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  func reasoner(_ judge: MockJudge) throws -> SafeguardReasoner { try SafeguardStage.build(configuration, backend: judge) }

  func request(_ item: Item = .message("hello"), context: [ChatTurn] = [], timeout: Duration = .seconds(300)) -> JudgeRequest {
    JudgeRequest(messageID: "m1", item: item, context: context, categories: configuration.categories.all, deadline: .now + timeout)
  }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }
}

/// A judge that answers from a closure and remembers what it was asked.
final class MockJudge: ModelBackend {
  private let seen = Mutex<[(prompt: SafeguardPrompt, sampling: Sampling, deadline: ContinuousClock.Instant)]>([])
  private let answer: @Sendable (SafeguardPrompt, Int) async throws(ReasonerError) -> ModelAnswer

  /// - Parameter answer: gets the prompt and the number of the call, from 0.
  init(isLocal: Bool = false, _ answer: @escaping @Sendable (SafeguardPrompt, Int) async throws(ReasonerError) -> ModelAnswer) {
    (self.isLocal, self.answer) = (isLocal, answer)
  }
  convenience init(_ final: String?) {
    self.init { _, _ throws(ReasonerError) in ModelAnswer(final: final, usage: ReasonerUsage(calls: 1, promptTokens: 10, completionTokens: 2), model: "mock") }
  }

  let isLocal: Bool
  var identity: String { "mock" }
  var prompts: [SafeguardPrompt] { seen.withLock { $0.map(\.prompt) } }
  var samplings: [Sampling] { seen.withLock { $0.map(\.sampling) } }
  var deadlines: [ContinuousClock.Instant] { seen.withLock { $0.map(\.deadline) } }

  func complete(_ prompt: SafeguardPrompt, sampling: Sampling, deadline: ContinuousClock.Instant) async throws(ReasonerError) -> ModelAnswer {
    let number = seen.withLock { seen in
      seen.append((prompt, sampling, deadline))
      return seen.count - 1
    }
    return try await answer(prompt, number)
  }
}

extension Diagnostics {
  /// One line a problem: `code line:column message`.
  var summary: String {
    all.map {
      "\($0.severity.rawValue) [\($0.code)] \($0.span.map { "\($0.line):\($0.column)+\($0.length)" } ?? "-") \($0.message)" + ($0.hint.map { " | \($0)" } ?? "")
    }
    .joined(separator: "\n") + "\n"
  }
}
