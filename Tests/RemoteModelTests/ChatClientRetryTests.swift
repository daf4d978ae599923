import Moderation
import RemoteModel
import Testing

/// Retries, budget, breaker and choice of endpoint, in virtual time.
@Suite struct ChatClientRetryTests {
  static let good = HTTPReply(status: 200, body: Array(ChatClientFaultTests.good.utf8))
  static let request = ChatRequest(model: "m", messages: [])

  private func endpoints(_ count: Int) throws -> [ChatEndpoint] { try (0..<count).map { try ChatEndpoint(written: "http://127.0.0.1:\(9001 + $0)") } }

  @Test func pausesGrowWithFullJitterUpToTheCap() async throws {
    let time = VirtualTime(random: [0.5])
    let transport = ScriptedTransport { _, _ in .failure(.connection) }
    let retry = RetryPolicy(maximumRetries: 4, base: .seconds(1), cap: .seconds(3))
    let client = ChatClient(.init(endpoints: try endpoints(1), retry: retry), transport: transport, clock: time.clock)
    await #expect(throws: ChatFailure.self) { try await client.complete(Self.request, deadline: time.now + .seconds(100)) }
    #expect(time.sleeps == [.seconds(0.5), .seconds(1), .seconds(1.5), .seconds(1.5)])
    #expect(transport.calls.count == 5)
  }

  @Test func retriesStayWithinAFifthOfAllCalls() async throws {
    let time = VirtualTime(random: [0])
    // 429 never opens the breaker, so every call gets through to fail.
    let transport = ScriptedTransport { _, _ in .success(HTTPReply(status: 429)) }
    let client = ChatClient(.init(endpoints: try endpoints(1), retry: .init(maximumRetries: 5)), transport: transport, clock: time.clock)
    for _ in 0..<1000 { _ = try? await client.complete(Self.request, deadline: time.now + .seconds(1000)) }
    #expect(transport.calls.count <= 1000 + 200 + 10)
    #expect(transport.calls.count >= 1000 + 190)
  }

  @Test(arguments: [("7", 7.0), ("Sun, 06 Nov 1994 08:49:37 GMT", 7.0), ("0", 0.0)])
  func waitsAsLongAsTheServerAsks(header: String, seconds: Double) async throws {
    let time = VirtualTime(random: [0])
    let transport = ScriptedTransport { _, call in
      .success(call == 0 ? HTTPReply(status: 429, headers: [(name: "Retry-After", value: header)]) : Self.good)
    }
    let client = ChatClient(.init(endpoints: try endpoints(1)), transport: transport, clock: time.clock)
    let started = time.now
    _ = try await client.complete(Self.request, deadline: time.now + .seconds(60))
    #expect(time.now - started == .seconds(seconds))
  }

  @Test func neverWaitsPastTheDeadline() async throws {
    let time = VirtualTime()
    let transport = ScriptedTransport { _, _ in .success(HTTPReply(status: 503, headers: [(name: "retry-after", value: "30")])) }
    let client = ChatClient(.init(endpoints: try endpoints(1)), transport: transport, clock: time.clock)
    await #expect(throws: ChatFailure.self) { try await client.complete(Self.request, deadline: time.now + .seconds(10)) }
    #expect(time.sleeps.isEmpty)
  }

  @Test func aDeadEndpointIsLeftAloneAfterFiveFailuresAndTriedAgainLater() async throws {
    let time = VirtualTime(random: [0])
    let transport = ScriptedTransport { url, _ in url.contains(":9001") ? .failure(.connection) : .success(Self.good) }
    let client = ChatClient(.init(endpoints: try endpoints(3), retry: .init(maximumRetries: 2, budgetReserve: 1000)), transport: transport, clock: time.clock)
    for key in 0..<300 {
      var request = Self.request
      request.stickiness = UInt64(key)
      _ = try await client.complete(request, deadline: time.now + .seconds(60))
    }
    #expect(transport.calls.filter { $0.url.contains(":9001") }.count == 5)
    time.advance(.seconds(6))
    for key in 0..<300 {
      var request = Self.request
      request.stickiness = UInt64(key)
      _ = try await client.complete(request, deadline: time.now + .seconds(60))
    }
    #expect(transport.calls.filter { $0.url.contains(":9001") }.count == 6, "one probe after the pause, and open again")
  }

  /// A call that waited for its place until hardly any of its time was left says nothing of the endpoint.
  @Test func aTimeoutAfterALongWaitDoesNotOpenTheCircuit() async throws {
    let client = ChatClient(.init(endpoints: try endpoints(1), concurrency: 5, retry: .init(maximumRetries: 0)), transport: SlowTransport())
    let deadline = ContinuousClock.now + .milliseconds(600)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<10 { group.addTask { _ = try? await client.complete(Self.request, deadline: deadline) } }
    }
    _ = try await client.complete(Self.request, deadline: ContinuousClock.now + .seconds(60))
  }

  /// Takes half a second; who has less than that gets nothing.
  private struct SlowTransport: HTTPTransport {
    func send(_ call: HTTPCall) async throws(TransportFailure) -> HTTPReply {
      let isLate = call.timeout < .milliseconds(500)
      try? await Task.sleep(for: isLate ? call.timeout : .milliseconds(500))
      if isLate { throw .timeout }
      return ChatClientRetryTests.good
    }
    func shutdown() async {}
  }

  @Test func anEndpointThatRecoversIsUsedAgain() async throws {
    let time = VirtualTime(random: [0])
    let transport = ScriptedTransport { _, call in call < 5 ? .failure(.connection) : .success(Self.good) }
    let client = ChatClient(.init(endpoints: try endpoints(1), retry: .init(maximumRetries: 0)), transport: transport, clock: time.clock)
    for _ in 0..<5 { _ = try? await client.complete(Self.request, deadline: time.now + .seconds(60)) }
    do {
      _ = try await client.complete(Self.request, deadline: time.now + .seconds(60))
      Issue.record("an open circuit let a call through")
    } catch { #expect(error.kind == .circuitOpen) }
    #expect(transport.calls.count == 5)
    time.advance(.seconds(6))
    for _ in 0..<3 { _ = try await client.complete(Self.request, deadline: time.now + .seconds(60)) }
    #expect(transport.calls.count == 8)
  }

  @Test func outputThatTheServerCannotParseDoesNotOpenTheCircuit() async throws {
    let time = VirtualTime()
    let body = ChatClientFaultTests.error("The model produced output that does not match the expected peg-native format", type: "server_error")
    let transport = ScriptedTransport { _, _ in .success(HTTPReply(status: 500, body: Array(body.utf8))) }
    let client = ChatClient(.init(endpoints: try endpoints(1)), transport: transport, clock: time.clock)
    for _ in 0..<20 {
      do {
        _ = try await client.complete(Self.request, deadline: time.now + .seconds(60))
      } catch { #expect(error.kind == .malformedOutput) }
    }
    #expect(transport.calls.count == 20)
  }

  @Test func callsUnderOnePolicyKeepToOneEndpoint() async throws {
    let time = VirtualTime(random: [0, 0.4, 0.9])
    let transport = ScriptedTransport { _, _ in .success(Self.good) }
    let client = ChatClient(.init(endpoints: try endpoints(4)), transport: transport, clock: time.clock)
    var used: Set<String> = []
    for key in 0..<40 {
      var request = Self.request
      request.stickiness = UInt64(key) &* 0x9E37_79B9_7F4A_7C15
      for _ in 0..<3 { _ = try await client.complete(request, deadline: time.now + .seconds(60)) }
      let urls = Set(transport.calls.suffix(3).map(\.url))
      #expect(urls.count == 1)
      used.formUnion(urls)
    }
    #expect(used.count == 4, "different policies spread over the endpoints")
  }

  @Test func atMostSoManyCallsAtOnce() async throws {
    let server = try await FaultServer.start([.drip(ChatClientFaultTests.good, every: .milliseconds(1))])
    let client = ChatClient(.init(endpoints: [try ChatEndpoint(written: server.url)], concurrency: 3))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<12 { group.addTask { _ = try await client.complete(Self.request, deadline: .now + .seconds(120)) } }
      try await Task.sleep(for: .milliseconds(60))
      #expect(server.requests.count <= 3)
      try await group.waitForAll()
    }
    #expect(server.requests.count == 12)
    await client.shutdown()
    await server.stop()
  }

  @Test func waitingForAPlaceEndsWithTheDeadline() async throws {
    let server = try await FaultServer.start([.silence])
    let client = ChatClient(.init(endpoints: [try ChatEndpoint(written: server.url)], concurrency: 1))
    let blocker = Task { try await client.complete(Self.request, deadline: .now + .seconds(120)) }
    while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    do {
      _ = try await client.complete(Self.request, deadline: .now + .milliseconds(100))
      Issue.record("a silent server brought an answer")
    } catch { #expect(error.kind == .timeout) }
    blocker.cancel()
    _ = await blocker.result
    #expect(server.requests.count == 1)
    await client.shutdown()
    await server.stop()
  }
}
