import Crypto
import Foundation
import ModelHub
import Synchronization

/// A hub with one repository, and the server where its large files lie.
final class FakeHub: Sendable {
  struct File: Sendable {
    var content: [UInt8]
    var isLarge = true
  }

  static let commit = String(repeating: "a1", count: 20)

  struct Behaviour: Sendable {
    var files: [String: File] = [:]
    var commit = FakeHub.commit
    /// Names in the listing beside the files.
    var extraNames: [String] = []
    /// Whether the listing has sizes and hashes, and the headers too.
    var listsHashes = true
    var hasHashHeaders = true
    /// Whether large files lie on the other server.
    var redirects = true
    /// Tag of the server that sends the content; nil sends none.
    var tag: String? = "\"v1\""
    /// Changes the answer that carries content.
    var spoil: (@Sendable (HubRequest, HubReply) -> HubReply)?
    /// Answers before anything else, if it wants to.
    var intercept: (@Sendable (HubRequest) -> HubReply?)?
  }

  let behaviour: Mutex<Behaviour>
  private let servers = Mutex<(hub: HubServer, store: HubServer)?>(nil)

  private init(_ behaviour: Behaviour) { self.behaviour = Mutex(behaviour) }

  static func start(_ change: (inout Behaviour) -> Void) async throws -> FakeHub {
    var behaviour = Behaviour()
    change(&behaviour)
    let hub = FakeHub(behaviour)
    let store = try await HubServer.start { request in hub.content(request, from: "/store/") }
    let storeURL = store.url
    let front = try await HubServer.start { request in hub.answer(request, storeURL) }
    hub.servers.withLock { $0 = (front, store) }
    return hub
  }

  var url: String { servers.withLock { $0?.hub.url ?? "" } }
  /// Requests to the hub itself, and to the server with the content.
  var requests: [HubRequest] { servers.withLock { $0?.hub.requests ?? [] } }
  var storeRequests: [HubRequest] { servers.withLock { $0?.store.requests ?? [] } }
  func change(_ body: (inout Behaviour) -> Void) { behaviour.withLock { body(&$0) } }
  func stop() async {
    let both = servers.withLock { $0 }
    await both?.hub.stop()
    await both?.store.stop()
  }

  private func answer(_ request: HubRequest, _ store: String) -> HubReply {
    let now = behaviour.withLock { $0 }
    if let reply = now.intercept?(request) { return reply }
    if request.path.hasPrefix("/api/models/org/model/revision/") { return .json(listing(now)) }
    let base = "/org/model/resolve/\(now.commit)/"
    guard request.path.hasPrefix(base), let name = request.path.dropFirst(base.count).removingPercentEncoding, let file = now.files[name] else {
      return .status(404, [("X-Error-Code", "EntryNotFound")])
    }
    var headers = [("X-Repo-Commit", now.commit)]
    guard file.isLarge, now.redirects else {
      var reply = content(request, from: base)
      reply.headers.removeAll { $0.0 == "ETag" }
      let tag = file.isLarge ? now.tag : now.hasHashHeaders ? "\"\(Self.gitBlob(file.content))\"" : nil
      if let tag { headers.append(("ETag", tag)) }
      if file.isLarge, now.hasHashHeaders { headers.append(("X-Linked-Etag", "\"\(Self.sha256(file.content))\"")) }
      if !now.hasHashHeaders { headers.removeFirst() }
      reply.headers += headers
      return reply
    }
    if now.hasHashHeaders { headers += [("X-Linked-Etag", "\"\(Self.sha256(file.content))\""), ("X-Linked-Size", "\(file.content.count)")] }
    return .redirect("\(store)/store/\(name)?signature=secret", headers)
  }

  /// The bytes, whole or in part, with `If-Range` honoured.
  private func content(_ request: HubRequest, from base: String) -> HubReply {
    let now = behaviour.withLock { $0 }
    let name = String(request.path.dropFirst(base.count).prefix { $0 != "?" }).removingPercentEncoding ?? ""
    guard let file = now.files[name] else { return .status(404) }
    var reply = HubReply(headers: now.tag.map { [("ETag", $0)] } ?? [], body: file.content)
    let isStale = request.header("If-Range").map { $0 != now.tag } ?? false
    if let range = request.header("Range"), !isStale, let start = Int(range.dropFirst(6).dropLast()) {
      guard start < file.content.count else { return .status(416) }
      reply.status = 206
      reply.headers.append(("Content-Range", "bytes \(start)-\(file.content.count - 1)/\(file.content.count)"))
      reply.body = Array(file.content[start...])
    }
    return now.spoil?(request, reply) ?? reply
  }

  private func listing(_ now: Behaviour) -> String {
    let siblings = now.files.sorted { $0.key < $1.key }.map { name, file in
      guard now.listsHashes else { return "{\"rfilename\":\"\(name)\"}" }
      let size = file.content.count
      let lfs = ",\"lfs\":{\"sha256\":\"\(Self.sha256(file.content))\",\"size\":\(size),\"pointerSize\":134}"
      let blob = file.isLarge ? String(repeating: "0", count: 40) : Self.gitBlob(file.content)
      return "{\"rfilename\":\"\(name)\",\"size\":\(size),\"blobId\":\"\(blob)\"\(file.isLarge ? lfs : "")}"
    }
    let extra = now.extraNames.map { "{\"rfilename\":\"\($0)\"}" }
    return "{\"id\":\"org/model\",\"sha\":\"\(now.commit)\",\"siblings\":[\((siblings + extra).joined(separator: ","))]}"
  }

  static func sha256(_ bytes: [UInt8]) -> String { SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined() }
  static func gitBlob(_ bytes: [UInt8]) -> String {
    Insecure.SHA1.hash(data: Array("blob \(bytes.count)\0".utf8) + bytes).map { String(format: "%02x", $0) }.joined()
  }
}

/// A folder that goes away with the test.
final class Folder: Sendable {
  let path: String
  init() throws {
    path = NSTemporaryDirectory() + "winnow-hub-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
  func bytes(_ name: String) -> [UInt8]? { FileManager.default.contents(atPath: "\(path)/\(name)").map { Array($0) } }
  func write(_ bytes: [UInt8], as name: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)")) }
}

/// Bytes that are no text and do not repeat.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(truncatingIfNeeded: state >> 33)
  }
}

extension FakeHub {
  /// Pulls without waiting between tries.
  func pull(
    into folder: Folder, _ written: String = "org/model", selection: FileSelection = FileSelection(), retries: Int = 6, token: String? = nil,
    idle: Duration = .seconds(20), report: @escaping @Sendable (ModelPull.Event) -> Void = { _ in }
  ) async throws -> ModelPull.Summary {
    var options = ModelPull.Options()
    options.sleep = { _ in }
    options.retries = retries
    options.token = token.flatMap { HubToken($0) }
    options.idleTimeout = idle
    return try await ModelPull(HubRepository(written: written), from: HubMirror(written: url), selection: selection, options: options)
      .run(into: folder.path, report: report)
  }

  /// The error of a pull that fails.
  func failure(into folder: Folder, retries: Int = 0, token: String? = nil, idle: Duration = .seconds(20)) async -> HubError? {
    do {
      _ = try await pull(into: folder, retries: retries, token: token, idle: idle)
      return nil
    } catch { return error as? HubError }
  }
}
