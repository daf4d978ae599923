import Foundation
import Moderation
import RemoteModel
import Safeguard
import Testing

/// Recorded exchanges with llama.cpp's server (a tiny random model, its words forced by a grammar), through client, reader and stage.
@Suite struct ServerReplayTests {
  static let policy = """
    ---
    id: spam
    ---
    Answer with JSON: {"violation": 0 or 1, "policy_category": "...", "rule_ids": [], "confidence": "low"}. SP1: advertises.

    """

  enum Expected: Sendable, Hashable {
    case finding(Finding.Outcome, calls: Int)
    case error(DegradedCause, calls: Int)
  }
  static let expected: [(file: String, outcome: Expected)] = [
    ("chat-forced-harmony", .finding(.violates, calls: 1)), ("chat-forced-final-only", .finding(.safe, calls: 1)),
    ("chat-forced-reasoning-none", .finding(.violates, calls: 1)), ("chat-forced-logprobs", .finding(.violates, calls: 1)),
    ("chat-forced-truncated", .finding(.abstain("the answer was cut off"), calls: 2)),
    ("chat-forced-tool-call", .finding(.abstain("the answer holds no final channel"), calls: 1)),
    ("chat-plain-random", .finding(.abstain("the server could not read the model's output"), calls: 2)), ("err-503-loading", .error(.overload, calls: 3)),
    ("auth-bad", .error(.error, calls: 1)), ("err-not-found", .error(.error, calls: 1)),
  ]

  private func reply(_ path: String) throws -> HTTPReply {
    let record = try JSONValue(parsing: [UInt8](Data(contentsOf: URL(fileURLWithPath: path))))
    let body = record["response"]?["body"]
    let text = body?.string ?? body?.text ?? ""
    return HTTPReply(status: record["response"]?["status"]?.int ?? 0, body: Array(text.utf8))
  }

  private func outcome(_ reply: HTTPReply) async throws -> (Expected, Finding?) {
    let stage = try TestStage("{probe: false, timeout: 5m}", policies: [("spam", Self.policy)])
    defer { stage.remove() }
    let retry = RetryPolicy(maximumRetries: 2, base: .microseconds(10))
    let client = ChatClient(.init(endpoints: [try ChatEndpoint(written: "http://127.0.0.1:1/v1")], retry: retry), transport: FixedTransport(reply))
    let reasoner = try SafeguardStage.build(stage.configuration, backend: RemoteBackend(client: client, model: "m"))
    do {
      let judgement = try await reasoner.judge(stage.request())
      return (.finding(judgement.findings[0].outcome, calls: judgement.usage.calls), judgement.findings[0])
    } catch {
      return (.error(error.cause, calls: error.usage.calls), nil)
    }
  }

  @Test(arguments: expected)
  func eachExchangeHasItsOutcome(file: String, expected: Expected) async throws {
    #expect(try await outcome(reply(Golden.path("http/\(file).json"))).0 == expected)
  }

  /// What a filter or a tool call ended is not known to be the whole answer, however much it looks like one.
  @Test(arguments: [("content_filter", false), ("tool_calls", false), ("something_new", false), ("stop", true), ("eos_token", true), ("stop_sequence", true)])
  func onlyAnAnswerThatEndedByItselfCounts(reason: String, counts: Bool) async throws {
    let body = #"{"choices":[{"finish_reason":"\#(reason)","index":0,"message":{"role":"assistant","content":"{\"violation\": 0}"}}],"model":"m"}"#
    let outcome = try await outcome(HTTPReply(status: 200, body: Array(body.utf8))).0
    #expect(outcome == .finding(counts ? .safe : .abstain("the answer was cut off"), calls: 1))
  }

  @Test func reasoningAndRulesComeWithTheFinding() async throws {
    let finding = try await outcome(reply(Golden.path("http/chat-forced-harmony.json"))).1
    #expect(finding?.reasoning == "The content advertises pills; matches SP.")
    #expect(finding?.ruleIDs == ["SP1"])
  }

  @Test func logprobsGiveAScoreAtTheDecidingToken() async throws {
    // The list of tokens begins with markup, and only `1` of the two labels is among the alternatives.
    #expect(try await outcome(reply(Golden.path("http/chat-forced-logprobs.json"))).1?.score == 1)
  }

  @Test(.enabled(if: SharedData.isPresent, "needs recorded answers of servers in the folder that WINNOW_SHARED names"))
  func noRecordedExchangeCrashesOrInventsAVerdict() async throws {
    let folder = (SharedData.root ?? "") + "/peers/http-examples"
    let withVerdict = Set([
      "chat-forced-harmony", "chat-forced-final-only", "chat-forced-reasoning-none", "chat-forced-logprobs", "fullvocab-chat-forced-harmony",
    ])
    var count = 0
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder).sorted() where path.hasSuffix(".json") {
      let (outcome, _) = try await outcome(reply(folder + "/" + path))
      count += 1
      let name = String(path.dropLast(5))
      if case .finding(let finding, _) = outcome, finding == .violates || finding == .safe { #expect(withVerdict.contains(name), "\(path)") }
      if withVerdict.contains(name) {
        let isVerdict = outcome == .finding(.violates, calls: 1) || outcome == .finding(.safe, calls: 1)
        #expect(isVerdict, "\(path)")
      }
    }
    #expect(count >= 50)
  }
}

/// Answers every call the same.
struct FixedTransport: HTTPTransport {
  private let reply: HTTPReply
  init(_ reply: HTTPReply) { self.reply = reply }
  func send(_ call: HTTPCall) async throws(TransportFailure) -> HTTPReply { reply }
  func shutdown() async {}
}
