import Foundation
import GPTOSS
import Testing

/// An engine under a coming and going of requests: prefixes that are evicted while they are used, sequences that join at any step, and leave by their end,
/// by cancellation and by deadline.
@Suite struct BusyEngineTests {
  private func requests(_ count: Int, _ limit: Int) -> [GenerationRequest] {
    let prefixes = (0..<3).map { PromptPrefix(key: "policy \($0)", tokens: EngineKit.tokens(33 + 20 * $0, below: limit, seed: UInt64(70 + $0))) }
    return (0..<count).map { i in
      GenerationRequest(
        prefix: i % 4 == 3 ? nil : prefixes[i % 3], tokens: EngineKit.tokens(2 + 11 * (i % 6), below: limit, seed: UInt64(i)),
        reasoning: i % 2 == 0 ? .budget(3 + i % 9) : .none, constraint: i % 2 == 0 ? nil : .labels(["0", "1", "maybe"]), maxTokens: 4 + i % 7,
        temperature: i % 5 == 0 ? 1 : 0, seed: UInt64(i))
    }
  }

  @Test func whoComesAndGoesChangesNobodysAnswer() async throws {
    let limit = try EngineKit.prepared("tiny-a").config.vocabSize - 20, requests = requests(30, limit)
    let single = try EngineKit.model("tiny-a", EngineKit.options(threads: 1, sequences: 1))
    var alone: [[TokenID]] = []
    for request in requests { alone.append(try await single.generate(request).tokens) }
    var options = EngineKit.options(sequences: 4)
    // Room for hardly one prefix, so that they push each other out all the time.
    options.prefixBytes = 40_000
    let busy = try EngineKit.model("tiny-a", options)
    let expected = alone
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (i, request) in requests.enumerated() {
        group.addTask {
          try await Task.sleep(for: .milliseconds(i * 7 % 40))
          #expect(try await busy.generate(request).tokens == expected[i], "request \(i)")
        }
        group.addTask {
          try await Task.sleep(for: .milliseconds(i * 13 % 50))
          var late = request
          late.maxTokens = 200
          if i % 2 == 0 { late.deadline = .now + .milliseconds(i % 9) }
          let leaving = Task { [late] in try await busy.generate(late) }
          try await Task.sleep(for: .milliseconds(i % 7))
          if i % 2 == 1 { leaving.cancel() }
          // It may have been quicker than its end; what counts is that it ends, and leaves the others alone.
          do { _ = try await leaving.value } catch let error as EngineError { #expect(error == .cancelled || error == .deadlineExceeded) }
        }
      }
      try await group.waitForAll()
    }
    #expect(try await busy.prefixes().bytes <= 40_000 + 1)
    try await busy.dropPrefixes()
    #expect(try await busy.prefixes().keys.isEmpty)
  }
}
