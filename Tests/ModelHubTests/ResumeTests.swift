import Foundation
import ModelHub
import Synchronization
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What happens when transfers break, and when the world changes before they are taken up.
struct ResumeTests {
  private static let content = noise(100_000)

  /// Breaks the first transfers after a third of what they have left.
  private func breaking(_ times: Int, _ change: (inout FakeHub.Behaviour) -> Void = { _ in }) async throws -> FakeHub {
    let left = Counter(times)
    return try await FakeHub.start {
      $0.files = ["model.safetensors": .init(content: Self.content)]
      $0.spoil = { _, reply in
        guard left.take() else { return reply }
        var broken = reply
        broken.breaksAfter = reply.body.count / 3
        return broken
      }
      change(&$0)
    }
  }

  /// Where a request takes up. What was on the line when it broke may be lost.
  private func offset(_ request: HubRequest) -> Int { request.header("Range").flatMap { Int($0.dropFirst(6).dropLast()) } ?? 0 }

  @Test(arguments: [true, false]) func aBrokenTransferIsTakenUpWhereItEnded(redirects: Bool) async throws {
    let hub = try await breaking(3) { $0.redirects = redirects }
    let folder = try Folder()
    let summary = try await hub.pull(into: folder)
    #expect(folder.bytes("model.safetensors") == Self.content && folder.names == ["model.safetensors"])
    #expect(summary.files.map(\.outcome) == [.resumed])
    let asked = (redirects ? hub.storeRequests : hub.requests.filter { $0.path.contains("resolve") })
    #expect(asked.count == 4 && asked[0].header("Range") == nil && asked[1].header("If-Range") == "\"v1\"")
    #expect(asked.dropFirst().allSatisfy { offset($0) > 0 })
    await hub.stop()
  }

  @Test func anotherProcessTakesUpWhatTheFirstLeft() async throws {
    let hub = try await breaking(1)
    let folder = try Folder()
    #expect(await hub.failure(into: folder)?.code == .network)
    #expect(folder.names == ["model.safetensors.partial", "model.safetensors.partial.state"])
    _ = try await hub.pull(into: folder)
    #expect(hub.storeRequests.last.map(offset) ?? 0 > 0)
    #expect(folder.bytes("model.safetensors") == Self.content && folder.names == ["model.safetensors"])
    await hub.stop()
  }

  @Test func aLineThatBreaksOftenButBringsSomethingIsBorne() async throws {
    let hub = try await breaking(15)
    let folder = try Folder()
    _ = try await hub.pull(into: folder, retries: 1)
    #expect(folder.bytes("model.safetensors") == Self.content)
    await hub.stop()
  }

  @Test func theWholeFileAgainReplacesThePart() async throws {
    let hub = try await breaking(1) { $0.tag = nil }
    let folder = try Folder()
    #expect(await hub.failure(into: folder) != nil)
    // A server that knows no ranges.
    hub.change { $0.spoil = { _, reply in HubReply(headers: reply.headers.filter { $0.0 != "Content-Range" }, body: Self.content) } }
    _ = try await hub.pull(into: folder)
    #expect(folder.bytes("model.safetensors") == Self.content)
    await hub.stop()
  }

  @Test(arguments: [true, false]) func aFileThatChangedBetweenIsNotGluedTogether(hashes: Bool) async throws {
    let hub = try await breaking(1) { ($0.listsHashes, $0.hasHashHeaders) = (hashes, hashes) }
    let folder = try Folder()
    #expect(await hub.failure(into: folder) != nil)
    let new = noise(120_000, seed: 9)
    hub.change {
      $0.files = ["model.safetensors": .init(content: new)]
      ($0.tag, $0.spoil) = ("\"v2\"", nil)
    }
    _ = try await hub.pull(into: folder)
    #expect(folder.bytes("model.safetensors") == new)
    // Without hashes only the server's tag tells that the content is another one.
    if !hashes { #expect(hub.storeRequests.last?.header("If-Range") == "\"v1\"") }
    await hub.stop()
  }

  @Test func withoutHashAndTagNothingIsTakenUp() async throws {
    let hub = try await breaking(1) { ($0.listsHashes, $0.hasHashHeaders, $0.tag) = (false, false, nil) }
    let folder = try Folder()
    #expect(await hub.failure(into: folder) != nil)
    let summary = try await hub.pull(into: folder)
    #expect(hub.storeRequests.allSatisfy { $0.header("Range") == nil })
    #expect(folder.bytes("model.safetensors") == Self.content && summary.files.map(\.verifiedBy) == [nil])
    await hub.stop()
  }

  @Test func aDamagedPartIsThrownAwayAndTheWholeBrought() async throws {
    let hub = try await breaking(1)
    let folder = try Folder()
    #expect(await hub.failure(into: folder) != nil)
    var part = try #require(folder.bytes("model.safetensors.partial"))
    part[100] ^= 1
    try folder.write(part, as: "model.safetensors.partial")
    #expect(try await hub.pull(into: folder).files.map(\.outcome) == [.downloaded])
    #expect(folder.bytes("model.safetensors") == Self.content)
    await hub.stop()
  }

  @Test(arguments: ["", "{", "{\"digest\":\"sha256:00\"}", "{\"digest\":7,\"size\":-1,\"etag\":\"W/x\"}"])
  func aDamagedStateMeansFromTheBeginning(state: String) async throws {
    let hub = try await breaking(0)
    let folder = try Folder()
    try folder.write(noise(500, seed: 5), as: "model.safetensors.partial")
    try folder.write(Array(state.utf8), as: "model.safetensors.partial.state")
    _ = try await hub.pull(into: folder)
    #expect(hub.storeRequests.allSatisfy { $0.header("Range") == nil } && folder.bytes("model.safetensors") == Self.content)
    await hub.stop()
  }

  @Test func aWholePartNeedsNoTransfer() async throws {
    let hub = try await breaking(1)
    let folder = try Folder()
    #expect(await hub.failure(into: folder) != nil)
    try folder.write(Self.content, as: "model.safetensors.partial")
    let before = hub.storeRequests.count
    _ = try await hub.pull(into: folder)
    #expect(hub.storeRequests.count == before && folder.bytes("model.safetensors") == Self.content)
    await hub.stop()
  }

  @Test func twoPullsNeverWriteOneFile() async throws {
    let hub = try await breaking(0)
    let folder = try Folder()
    let descriptor = open("\(folder.path)/model.safetensors.partial", O_RDWR | O_CREAT, 0o644)
    #expect(flock(descriptor, LOCK_EX) == 0)
    #expect(await hub.failure(into: folder)?.code == .fileSystem)
    close(descriptor)
    #expect(await hub.failure(into: folder) == nil)
    await hub.stop()
  }
}

/// Something that is there a number of times.
final class Counter: Sendable {
  private let left: Mutex<Int>
  init(_ count: Int) { left = Mutex(count) }
  func take() -> Bool {
    left.withLock { left in
      guard left > 0 else { return false }
      left -= 1
      return true
    }
  }
}
