import Moderation
import RemoteModel
import Testing

/// Every fault that a server has been seen with, over a real socket, and what the client makes of it.
@Suite(.serialized) struct ChatClientFaultTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var behaviours: [FaultServer.Behaviour]
    var expected: Expected
    /// Requests that reach the server.
    var requests: Int
    /// Long by default: a loaded machine is not a fault.
    var timeout: Duration = .seconds(120)
    var testDescription: String { name }
  }
  enum Expected: Sendable {
    case content(String?, reasoning: String?)
    case failure(ChatFailure.Kind)
  }

  static func ok(_ message: String, finish: String = "stop") -> String {
    #"{"choices":[{"finish_reason":"\#(finish)","index":0,"message":\#(message)}],"model":"m","usage":{"completion_tokens":3,"prompt_tokens":9}}"#
  }
  static let good = ok(#"{"role":"assistant","content":"1","reasoning_content":"why"}"#)
  static func error(_ message: String, type: String) -> String { #"{"error":{"code":500,"message":"\#(message)","type":"\#(type)"}}"# }

  static let cases: [Case] = [
    .init(name: "a good answer", behaviours: [.reply(200, body: good)], expected: .content("1", reasoning: "why"), requests: 1),
    .init(
      name: "reasoning", behaviours: [.reply(200, body: ok(#"{"role":"assistant","content":"0","reasoning":"r"}"#))], expected: .content("0", reasoning: "r"),
      requests: 1),
    .init(
      name: "thinking", behaviours: [.reply(200, body: ok(#"{"role":"assistant","content":"0","thinking":"t"}"#))], expected: .content("0", reasoning: "t"),
      requests: 1),
    .init(
      name: "ollama's own shape",
      behaviours: [.reply(200, body: #"{"model":"m","message":{"role":"assistant","content":"1","thinking":"t"},"done_reason":"stop","done":true}"#)],
      expected: .content("1", reasoning: "t"), requests: 1),
    .init(
      name: "null content", behaviours: [.reply(200, body: ok(#"{"role":"assistant","content":null,"reasoning":"r"}"#))],
      expected: .content(nil, reasoning: "r"), requests: 1),
    .init(
      name: "empty content", behaviours: [.reply(200, body: ok(#"{"role":"assistant","content":""}"#))], expected: .content("", reasoning: nil), requests: 1),
    .init(
      name: "content in parts", behaviours: [.reply(200, body: ok(#"{"role":"assistant","content":[{"type":"text","text":"1"}]}"#))],
      expected: .content("1", reasoning: nil), requests: 1),
    .init(
      name: "absurd usage", behaviours: [.reply(200, body: good.replacing("\"prompt_tokens\":9", with: "\"prompt_tokens\":8999999999999999"))],
      expected: .content("1", reasoning: "why"), requests: 1),
    .init(name: "429 once", behaviours: [.reply(429, body: "{}"), .reply(200, body: good)], expected: .content("1", reasoning: "why"), requests: 2),
    .init(name: "429 for ever", behaviours: [.reply(429, body: "{}")], expected: .failure(.rateLimited), requests: 3),
    .init(
      name: "503 with Retry-After",
      behaviours: [.reply(503, headers: ["Retry-After": "0.05"], body: error("Loading model", type: "unavailable_error")), .reply(200, body: good)],
      expected: .content("1", reasoning: "why"), requests: 2),
    .init(
      name: "Retry-After beyond the deadline", behaviours: [.reply(503, headers: ["Retry-After": "3000"], body: "{}")], expected: .failure(.unavailable),
      requests: 1),
    .init(
      name: "500", behaviours: [.reply(500, body: error("boom", type: "server_error")), .reply(200, body: good)], expected: .content("1", reasoning: "why"),
      requests: 2),
    .init(
      name: "output that the server cannot parse",
      behaviours: [.reply(500, body: error("The model produced output that does not match the expected peg-native format", type: "server_error"))],
      expected: .failure(.malformedOutput), requests: 1),
    .init(name: "reset", behaviours: [.reset, .reply(200, body: good)], expected: .content("1", reasoning: "why"), requests: 2),
    .init(name: "closed without an answer", behaviours: [.close, .reply(200, body: good)], expected: .content("1", reasoning: "why"), requests: 2),
    .init(name: "half a body", behaviours: [.halfBody(good), .reply(200, body: good)], expected: .content("1", reasoning: "why"), requests: 2),
    .init(name: "half a body for ever", behaviours: [.halfBody(good)], expected: .failure(.connection), requests: 3),
    .init(name: "garbage", behaviours: [.garbage, .reply(200, body: good)], expected: .content("1", reasoning: "why"), requests: 2),
    .init(name: "silence", behaviours: [.silence], expected: .failure(.timeout), requests: 1, timeout: .milliseconds(300)),
    .init(name: "slow drip", behaviours: [.drip(good, every: .milliseconds(50))], expected: .failure(.timeout), requests: 1, timeout: .milliseconds(400)),
    .init(name: "a body without end", behaviours: [.flood], expected: .failure(.bodyTooLarge), requests: 1),
    .init(name: "not JSON", behaviours: [.reply(200, body: "<html>"), .reply(200, body: good)], expected: .content("1", reasoning: "why"), requests: 2),
    .init(name: "no choices", behaviours: [.reply(200, body: #"{"choices":[]}"#)], expected: .failure(.badResponse), requests: 3),
    .init(
      name: "content of the wrong type", behaviours: [.reply(200, body: ok(#"{"role":"assistant","content":{"violation":0}}"#))],
      expected: .failure(.badResponse), requests: 3),
    .init(
      name: "an error inside a 200", behaviours: [.reply(200, body: #"{"error":{"message":"x"},"choices":[{"message":{"content":"0"}}]}"#)],
      expected: .failure(.badResponse), requests: 3),
    .init(name: "401", behaviours: [.reply(401, body: error("Invalid API Key", type: "authentication_error"))], expected: .failure(.unauthorized), requests: 1),
    .init(name: "404", behaviours: [.reply(404, body: error("File Not Found", type: "not_found_error"))], expected: .failure(.rejected), requests: 1),
    .init(
      name: "prompt too long", behaviours: [.reply(400, body: error("request exceeds the available context size", type: "exceed_context_size_error"))],
      expected: .failure(.contextExceeded), requests: 1),
    .init(name: "redirect", behaviours: [.reply(307, headers: ["Location": "http://127.0.0.1:1/v1"], body: "")], expected: .failure(.rejected), requests: 1),
  ]

  @Test(arguments: cases)
  func eachFaultHasItsOutcome(fault: Case) async throws {
    let server = try await FaultServer.start(fault.behaviours)
    let endpoint = try ChatEndpoint(written: server.url)
    let retry = RetryPolicy(maximumRetries: 2, base: .milliseconds(2), cap: .milliseconds(10))
    let client = ChatClient(.init(endpoints: [endpoint], concurrency: 2, retry: retry, maximumReplyBytes: 1 << 18))
    let request = ChatRequest(model: "m", messages: [.init(role: "user", content: "x")])
    do {
      let answer = try await client.complete(request, deadline: .now + fault.timeout)
      guard case .content(let content, let reasoning) = fault.expected else {
        Issue.record("\(fault.name) brought an answer")
        return
      }
      #expect(answer.completion.content == content)
      #expect(answer.completion.reasoning == reasoning)
    } catch {
      guard case .failure(let kind) = fault.expected else {
        Issue.record("\(fault.name): \(error)")
        return
      }
      #expect(error.kind == kind)
    }
    // On a loaded machine a short timeout may pass before the request is sent.
    #expect(fault.timeout < .seconds(1) ? server.requests.count <= fault.requests : server.requests.count == fault.requests)
    await client.shutdown()
    await server.stop()
  }

  @Test func aLengthStopIsSeen() async throws {
    let server = try await FaultServer.start([.reply(200, body: Self.ok(#"{"role":"assistant","content":"<|channel"}"#, finish: "length"))])
    let client = ChatClient(.init(endpoints: [try ChatEndpoint(written: server.url)]))
    let answer = try await client.complete(ChatRequest(model: "m", messages: []), deadline: .now + .seconds(120))
    #expect(answer.completion.finish == .length)
    #expect(answer.completion.promptTokens == 9)
    await client.shutdown()
    await server.stop()
  }

  @Test func aRefusedParameterIsLeftOutAndNotSentAgain() async throws {
    let server = try await FaultServer.start([
      .reply(400, body: #"{"error":{"message":"logprobs is not supported with this model","type":"invalid_request_error","param":"logprobs"}}"#),
      .reply(200, body: Self.good),
    ])
    let client = ChatClient(.init(endpoints: [try ChatEndpoint(written: server.url)]))
    let request = ChatRequest(model: "m", messages: [], topLogprobs: 5)
    for _ in 0..<2 { _ = try await client.complete(request, deadline: .now + .seconds(120)) }
    #expect(server.requests.map { $0.contains("top_logprobs") } == [true, false, false])
    await client.shutdown()
    await server.stop()
  }

  @Test func theKeyGoesIntoTheHeaderAndNowhereElse() async throws {
    let canary = "canary-5b1f0c77"
    let server = try await FaultServer.start([.reply(401, body: #"{"error":{"message":"Invalid key canary-5b1f0c77","type":"canary-5b1f0c77"}}"#)])
    let key = Secret(canary)
    let configuration = ChatClient.Configuration(endpoints: [try ChatEndpoint(written: server.url)], key: key)
    let client = ChatClient(configuration)
    var texts = ["\(key)", String(reflecting: key), "\(configuration)", "\(client)", String(reflecting: client)]
    var dumped = ""
    dump(configuration, to: &dumped)
    dump(client, to: &dumped)
    texts.append(dumped)
    do {
      _ = try await client.complete(ChatRequest(model: "m", messages: []), deadline: .now + .seconds(120))
      Issue.record("a 401 brought an answer")
    } catch {
      texts += ["\(error)", String(reflecting: error)]
    }
    #expect(texts.allSatisfy { !$0.contains(canary) })
    #expect(server.requests[0].contains("Bearer \(canary)"))
    #expect(!(server.requests[0].split(separator: "\r\n\r\n").last ?? "").contains(canary))
    await client.shutdown()
    await server.stop()
  }

  @Test func cancellationEndsACallAtOnce() async throws {
    let server = try await FaultServer.start([.silence])
    let client = ChatClient(.init(endpoints: [try ChatEndpoint(written: server.url)]))
    let task = Task { try await client.complete(ChatRequest(model: "m", messages: []), deadline: .now + .seconds(120)) }
    while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    task.cancel()
    await #expect(throws: ChatFailure.self) { try await task.value }
    await client.shutdown()
    await server.stop()
  }

  @Test func aClientThatIsDroppedWithoutShutdownDoesNoHarm() async throws {
    let server = try await FaultServer.start([.reply(200, body: Self.good)])
    do {
      let client = ChatClient(.init(endpoints: [try ChatEndpoint(written: server.url)]))
      _ = try await client.complete(ChatRequest(model: "m", messages: []), deadline: .now + .seconds(120))
    }
    _ = ChatClient(.init(endpoints: [try ChatEndpoint(written: server.url)]))
    await server.stop()
  }

  @Test func aDeadPortIsAConnectionFailure() async throws {
    let server = try await FaultServer.start([.silence])
    let endpoint = try ChatEndpoint(written: server.url)
    await server.stop()
    let client = ChatClient(.init(endpoints: [endpoint], retry: .init(maximumRetries: 1, base: .milliseconds(1))))
    do {
      _ = try await client.complete(ChatRequest(model: "m", messages: []), deadline: .now + .seconds(120))
      Issue.record("a dead port brought an answer")
    } catch { #expect(error.kind == .connection) }
    await client.shutdown()
  }
}
