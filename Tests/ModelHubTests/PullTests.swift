import Foundation
import GPTOSS
import ModelHub
import Synchronization
import Testing

struct PullTests {
  @Test func whatACheckpointNeedsArrivesAndNothingElse() async throws {
    let weights = noise(300_000), config = Array("{}".utf8)
    let hub = try await FakeHub.start {
      $0.files = [
        "model.safetensors": .init(content: weights), "config.json": .init(content: config, isLarge: false), "LICENSE": .init(content: noise(10), isLarge: false),
        "original/model.safetensors": .init(content: noise(10)), "metal/model.bin": .init(content: noise(10)), ".gitattributes": .init(content: noise(3), isLarge: false),
      ]
    }
    let folder = try Folder()
    let summary = try await hub.pull(into: folder)
    #expect(folder.names == ["LICENSE", "config.json", "model.safetensors"])
    #expect(folder.bytes("model.safetensors") == weights && folder.bytes("config.json") == config)
    #expect(summary.commit == FakeHub.commit)
    #expect(summary.files.map(\.verifiedBy) == ["git blob id", "git blob id", "sha256"])
    #expect(hub.requests.contains { $0.path == "/api/models/org/model/revision/main?blobs=true" })
    await hub.stop()
  }

  @Test func aPulledFolderIsACheckpoint() async throws {
    let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("GPTOSSTests/Golden/tiny-b").path
    let names = try FileManager.default.contentsOfDirectory(atPath: golden).filter { $0.hasSuffix(".json") || $0.hasSuffix(".safetensors") }
    #expect(names.count >= 5)
    let hub = try await FakeHub.start { behaviour in
      for name in names {
        behaviour.files[name] = .init(content: FileManager.default.contents(atPath: "\(golden)/\(name)").map { Array($0) } ?? [], isLarge: name.hasSuffix(".safetensors"))
      }
    }
    let folder = try Folder()
    _ = try await hub.pull(into: folder)
    #expect(try Checkpoint(at: folder.path).verify().isEmpty)
    await hub.stop()
  }

  @Test func theSecondPullBringsNothing() async throws {
    let hub = try await FakeHub.start {
      $0.files = ["model.safetensors": .init(content: noise(5000)), "config.json": .init(content: noise(50), isLarge: false), "empty.json": .init(content: [], isLarge: false)]
    }
    let folder = try Folder()
    _ = try await hub.pull(into: folder)
    let before = hub.requests.count
    let summary = try await hub.pull(into: folder)
    #expect(summary.files.allSatisfy { $0.outcome == .kept } && summary.files.count == 3)
    #expect(hub.requests.count == before + 1)
    await hub.stop()
  }

  @Test func whatIsThereIsReplacedWhenTheHubHasOtherContent() async throws {
    let hub = try await FakeHub.start { $0.files = ["config.json": .init(content: Array("new".utf8), isLarge: false)] }
    let folder = try Folder()
    try folder.write(Array("old".utf8), as: "config.json")
    #expect(try await hub.pull(into: folder).files.map(\.outcome) == [.downloaded])
    #expect(folder.bytes("config.json") == Array("new".utf8))
    await hub.stop()
  }

  @Test func aTokenGoesToTheHubAndNowhereElse() async throws {
    let hub = try await FakeHub.start { $0.files = ["model.safetensors": .init(content: noise(100)), "config.json": .init(content: noise(10), isLarge: false)] }
    _ = try await hub.pull(into: try Folder(), token: "hf_abc")
    #expect(hub.requests.count == 3 && hub.requests.allSatisfy { $0.header("Authorization") == "Bearer hf_abc" })
    #expect(hub.storeRequests.count == 1 && hub.storeRequests.allSatisfy { $0.header("Authorization") == nil })
    #expect("\(HubToken("hf_abc").map { "\($0)" } ?? "")" == "<token>")
    await hub.stop()
  }

  @Test func includeAndExcludeChooseFiles() async throws {
    let hub = try await FakeHub.start {
      $0.files = ["original/a.bin": .init(content: noise(9)), "original/b.bin": .init(content: noise(9)), "config.json": .init(content: noise(9), isLarge: false)]
    }
    let folder = try Folder()
    _ = try await hub.pull(into: folder, selection: FileSelection(include: ["original/*"], exclude: ["*/b.*"]))
    #expect(folder.names == ["original"] && folder.bytes("original/a.bin") == noise(9) && folder.bytes("original/b.bin") == nil)
    await #expect(throws: HubError.self) { try await hub.pull(into: folder, selection: FileSelection(include: ["nothing"])) }
    await hub.stop()
  }

  @Test func progressCountsUpToTheWhole() async throws {
    let hub = try await FakeHub.start { $0.files = ["model.safetensors": .init(content: noise(200_000))] }
    let events = Mutex<[ModelPull.Event]>([])
    _ = try await hub.pull(into: try Folder()) { event in events.withLock { $0.append(event) } }
    let all = events.withLock { $0 }
    #expect(all.first == .listed(files: 1, bytes: 200_000))
    #expect(all.contains(.received(file: "model.safetensors", bytes: 200_000, total: 200_000)))
    await hub.stop()
  }

  @Test(arguments: [("*.json", "a.json", true), ("*.json", "a.jsonl", false), ("model-*-of-*.x", "model-1-of-2.x", true), ("a?c", "abc", true), ("a?c", "ac", false), ("*", "", true), ("", "", true), ("*a*b", "xxaxxb", true)])
  func patternsMatchAsInAShell(pattern: String, name: String, matches: Bool) {
    #expect(FileSelection(include: [pattern]).contains(name) == matches)
  }

  @Test(arguments: ["", "/", "a/b/c", "../x", "a/..", ".a/b", "a b/c", "a/b@", "a/b@..", "a/b@x y", "-a/b", "ä/b", "a//b", "https://x/y"])
  func whatIsNoRepositoryIsRefused(written: String) { #expect(throws: HubError.self) { try HubRepository(written: written) } }

  @Test func revisionsAreEscaped() async throws {
    let hub = try await FakeHub.start { $0.files = ["config.json": .init(content: noise(9), isLarge: false)] }
    _ = try await hub.pull(into: try Folder(), "org/model@refs/pr/1")
    #expect(hub.requests.first?.path == "/api/models/org/model/revision/refs%2Fpr%2F1?blobs=true")
    await hub.stop()
  }

  @Test(arguments: ["", "ftp://x", "https://", "https://user:key@host", "https://host?x", "https://host:0", "https://host:99999", "host", "https://ho st"])
  func whatIsNoMirrorIsRefused(written: String) { #expect(throws: HubError.self) { try HubMirror(written: written) } }
}
