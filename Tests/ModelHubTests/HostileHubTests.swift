import Foundation
import ModelHub
import Testing

/// Servers that refuse, lie or attack.
struct HostileHubTests {
  private static let content = noise(20_000)

  private func hub(_ change: (inout FakeHub.Behaviour) -> Void) async throws -> FakeHub {
    try await FakeHub.start {
      $0.files = ["model.safetensors": .init(content: Self.content)]
      change(&$0)
    }
  }

  @Test func contentWithAnotherHashIsNeverKept() async throws {
    let hub = try await hub { $0.spoil = { _, reply in HubReply(headers: reply.headers, body: noise(20_000, seed: 7)) } }
    let folder = try Folder()
    let error = await hub.failure(into: folder, retries: 3)
    #expect(error?.code == .wrongContent && error?.message.contains("expected sha256:\(FakeHub.sha256(Self.content))") == true)
    #expect(folder.names.isEmpty)
    await hub.stop()
  }

  @Test func aRedirectNeverLeavesTLS() {
    for next in ["http://cdn.example/a", "HTTP://cdn.example/a", "http://user@cdn.example/a", "ftp://cdn.example/a"] {
      #expect(Redirect.isDowngrade(from: "https://hub.example/a", to: next) && Redirect.isDowngrade(from: "HTTPS://hub.example/a", to: next))
    }
    #expect(!Redirect.isDowngrade(from: "https://hub.example/a", to: "HTTPS://cdn.example/a"))
    #expect(!Redirect.isDowngrade(from: "http://hub.example/a", to: "http://cdn.example/a"))
  }

  @Test func smallFilesAreCheckedToo() async throws {
    let hub = try await hub {
      $0.files = ["config.json": .init(content: noise(50), isLarge: false)]
      $0.spoil = { _, reply in HubReply(headers: reply.headers, body: noise(50, seed: 3)) }
    }
    let folder = try Folder()
    #expect(await hub.failure(into: folder)?.code == .wrongContent)
    #expect(folder.names.isEmpty)
    await hub.stop()
  }

  @Test(arguments: [
    "../evil", "a/../../evil", "/etc/passwd", "a//b", "./a", "a/.", "..", "a\\\\b", "C:evil", "a\\u0000b", "a\\nb", "", "model.safetensors.partial",
    "model.safetensors.partial.state", "a\\u202eb",
  ])
  func aNameThatLeadsAwayStopsEverything(name: String) async throws {
    let hub = try await hub { $0.extraNames = [name] }
    let folder = try Folder()
    #expect(await hub.failure(into: folder)?.code == .unsafeName)
    #expect(folder.names.isEmpty)
    await hub.stop()
  }

  @Test(arguments: ["[]", "{}", "{\"siblings\":{}}", "nonsense", "{\"siblings\":[{}]}", "{\"siblings\":[{\"rfilename\":\"a\",\"size\":-1}]}", "{\"siblings\":[{\"rfilename\":\"a\"},{\"rfilename\":\"a\"}]}", "{\"siblings\":[{\"rfilename\":\"a.json\",\"size\":1125899906842623}]}"])
  func whatIsNoListingIsRefused(text: String) async throws {
    let hub = try await hub { $0.intercept = { $0.path.hasPrefix("/api") ? .json(text) : nil } }
    #expect(await hub.failure(into: try Folder())?.code == .protocolViolation)
    await hub.stop()
  }

  @Test(arguments: [
    (401, "", HubError.Code.notAllowed), (403, "", .notAllowed), (401, "GatedRepo", .notAllowed), (401, "RepoNotFound", .notFound), (404, "RevisionNotFound", .notFound),
    (404, "", .notFound), (500, "", .busy), (429, "", .busy), (418, "", .protocolViolation),
  ])
  func refusalsAreToldApart(status: Int, header: String, code: HubError.Code) async throws {
    let hub = try await hub { $0.intercept = { _ in .status(status, header.isEmpty ? [] : [("X-Error-Code", header)]) } }
    let error = await hub.failure(into: try Folder())
    #expect(error?.code == code)
    #expect(error?.message.contains("org/model@main") == true)
    await hub.stop()
  }

  @Test func aFileThatIsNotThereIsNamed() async throws {
    let hub = try await hub { $0.extraNames = ["generation_config.json"] }
    let error = await hub.failure(into: try Folder())
    #expect(error?.code == .notFound && error?.message.contains("generation_config.json") == true)
    await hub.stop()
  }

  @Test func aBusyServerIsAskedAgain() async throws {
    let left = Counter(3)
    let hub = try await hub { $0.intercept = { _ in left.take() ? .status(503, [("Retry-After", "1")]) : nil } }
    let folder = try Folder()
    _ = try await hub.pull(into: folder)
    #expect(folder.bytes("model.safetensors") == Self.content)
    await hub.stop()
  }

  @Test func aSilentServerIsLeftAndAskedAgain() async throws {
    let left = Counter(1)
    let hub = try await hub { $0.intercept = { $0.path.contains("resolve") && left.take() ? HubReply(isSilent: true) : nil } }
    let folder = try Folder()
    _ = try await hub.pull(into: folder, idle: .milliseconds(300))
    #expect(folder.bytes("model.safetensors") == Self.content)
    await hub.stop()
  }

  @Test func aServerThatIsNotThereIsSaidToBeSo() async throws {
    let hub = try await hub { _ in }
    await hub.stop()
    #expect(await hub.failure(into: try Folder())?.code == .network)
  }

  @Test func moreThanWasAnnouncedIsRefused() async throws {
    let hub = try await hub { $0.spoil = { _, reply in HubReply(headers: reply.headers, body: Self.content + [1], framing: .chunked) } }
    #expect(await hub.failure(into: try Folder())?.code == .wrongContent)
    await hub.stop()
  }

  @Test func lessThanWasAnnouncedIsNeverKept() async throws {
    let hub = try await hub { $0.spoil = { _, reply in HubReply(headers: reply.headers, body: Array(Self.content.dropLast()), framing: .chunked) } }
    let folder = try Folder()
    #expect(await hub.failure(into: folder) != nil)
    #expect(folder.bytes("model.safetensors") == nil)
    await hub.stop()
  }

  /// A server may send less than was asked for (RFC 9110, 14.4). Where it tells neither size nor hash, the range says what the whole is.
  @Test func aShorterPartIsNotTakenForTheRest() async throws {
    let content = noise(100_000)
    let hub = try await FakeHub.start {
      $0.files = ["model.safetensors": .init(content: content)]
      ($0.listsHashes, $0.hasHashHeaders) = (false, false)
      $0.spoil = { request, reply in
        var short = reply
        guard let start = request.header("Range").flatMap({ Int($0.dropFirst(6).dropLast()) }) else {
          short.breaksAfter = 30_000
          return short
        }
        let part = Array(reply.body.prefix(max(10_000, reply.body.count / 2)))
        short.headers.removeAll { $0.0 == "Content-Range" }
        short.headers.append(("Content-Range", "bytes \(start)-\(start + part.count - 1)/\(content.count)"))
        short.body = part
        return short
      }
    }
    let folder = try Folder()
    _ = try await hub.pull(into: folder, retries: 3)
    #expect(folder.bytes("model.safetensors") == content)
    await hub.stop()
  }

  @Test func anotherPartThanAskedForIsNotAppended() async throws {
    let breaks = Counter(1)
    let hub = try await hub {
      $0.spoil = { _, reply in
        var reply = reply
        if breaks.take() { reply.breaksAfter = 5000 } else if reply.status == 206 { reply.headers = [("Content-Range", "bytes 6000-19999/20000")] }
        return reply
      }
    }
    let folder = try Folder()
    _ = try await hub.pull(into: folder)
    #expect(folder.bytes("model.safetensors") == Self.content)
    await hub.stop()
  }

  /// Each time some of it comes, and then the rest of something else.
  @Test(.timeLimit(.minutes(1))) func aServerThatAlwaysSpoilsTheRestIsGivenUp() async throws {
    let hub = try await hub {
      $0.spoil = { request, reply in
        var reply = reply
        if request.header("Range") == nil { reply.breaksAfter = 5000 } else { reply.body = noise(reply.body.count, seed: 11) }
        return reply
      }
    }
    let folder = try Folder()
    #expect(await hub.failure(into: folder, retries: 6)?.code == .wrongContent)
    #expect(folder.bytes("model.safetensors") == nil && hub.storeRequests.count < 20)
    await hub.stop()
  }

  @Test(arguments: [HubReply.Framing.chunked, .untilClose, .length], [true, false])
  func withoutLengthTheHashOrTheFramingDecides(framing: HubReply.Framing, hashes: Bool) async throws {
    let hub = try await hub {
      ($0.listsHashes, $0.hasHashHeaders) = (hashes, hashes)
      $0.spoil = { _, reply in
        var reply = reply
        reply.framing = framing
        return reply
      }
    }
    let folder = try Folder()
    let error = await hub.failure(into: folder)
    if framing == .untilClose, !hashes {
      #expect(error?.code == .protocolViolation && folder.bytes("model.safetensors") == nil)
    } else {
      #expect(error == nil && folder.bytes("model.safetensors") == Self.content)
    }
    await hub.stop()
  }

  @Test func aBrokenChunkedTransferIsNotTakenForTheWhole() async throws {
    let hub = try await hub {
      ($0.listsHashes, $0.hasHashHeaders, $0.tag) = (false, false, nil)
      $0.spoil = { _, reply in HubReply(headers: reply.headers, body: Self.content, framing: .chunked, breaksAfter: 7000) }
    }
    let folder = try Folder()
    #expect(await hub.failure(into: folder, retries: 1)?.code == .network)
    #expect(folder.bytes("model.safetensors") == nil)
    await hub.stop()
  }

  @Test func anotherCommitThanListedIsRefused() async throws {
    let hub = try await hub { $0.intercept = { $0.path.contains("resolve") ? HubReply(headers: [("X-Repo-Commit", String(repeating: "b", count: 40))], body: Self.content) : nil } }
    #expect(await hub.failure(into: try Folder())?.code == .changed)
    await hub.stop()
  }

  @Test func aHashThatTheHeaderContradictsIsRefused() async throws {
    let hub = try await hub {
      $0.intercept = { $0.path.contains("resolve") ? HubReply(headers: [("X-Linked-Etag", "\"\(String(repeating: "0", count: 64))\"")], body: Self.content) : nil }
    }
    #expect(await hub.failure(into: try Folder())?.code == .changed)
    await hub.stop()
  }

  @Test(arguments: ["/org/model/resolve/x", "ftp://127.0.0.1/x", "", "http://user@127.0.0.1/x", "http://"])
  func redirectsInCirclesOrToNowhereEnd(location: String) async throws {
    let hub = try await hub { $0.intercept = { $0.path.contains("resolve") ? .redirect(location) : nil } }
    #expect(await hub.failure(into: try Folder(), token: "t")?.code == .protocolViolation)
    await hub.stop()
  }

  @Test func compressedContentIsNotTakenForTheContent() async throws {
    let hub = try await hub { $0.spoil = { _, reply in HubReply(headers: reply.headers + [("Content-Encoding", "gzip")], body: reply.body) } }
    #expect(await hub.failure(into: try Folder())?.code == .protocolViolation)
    await hub.stop()
  }

  @Test func aFullDiskIsKnownBeforeTheDownload() async throws {
    let hub = try await hub {
      $0.intercept = { $0.path.hasPrefix("/api") ? .json("{\"siblings\":[{\"rfilename\":\"model.safetensors\",\"size\":60000000000000}]}") : nil }
    }
    #expect(await hub.failure(into: try Folder())?.code == .diskFull)
    #expect(hub.requests.count == 1)
    await hub.stop()
  }

  @Test func aSymbolicLinkIsNotFollowed() async throws {
    let hub = try await hub { _ in }
    let folder = try Folder(), elsewhere = try Folder()
    try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/model.safetensors.partial", withDestinationPath: "\(elsewhere.path)/target")
    #expect(await hub.failure(into: folder)?.code == .fileSystem)
    #expect(elsewhere.names.isEmpty)
    // What cannot be opened is not ours to remove: it may be the better part of a download.
    #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder.path)/model.safetensors.partial")) != nil)
    await hub.stop()
  }
}
