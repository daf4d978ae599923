import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Brings one file: asks, takes up what is there, checks, and tries again.
struct HubDownload {
  let connection: HubConnection
  let mirror: HubMirror
  let repository: HubRepository
  /// Commit, or the revision as written where the hub names no commit.
  let commit: String
  let file: HubListing.File
  /// Where it goes.
  let path: String
  let options: ModelPull.Options
  let report: @Sendable (ModelPull.Event) -> Void

  /// How often content that had come may turn out wrong.
  private static let maximumRestarts = 3

  /// - Throws: ``HubError``.
  func run() async throws -> ModelPull.File {
    if let digest = file.digest, LocalFile.has(digest, size: file.size, at: path) { return done(.kept, digest, LocalFile.size(path) ?? 0) }
    let partial = try PartialFile(for: path)
    var failures = 0, restarts = 0
    while true {
      let before = partial.count
      do { return try await attempt(partial) } catch {
        let error = HubConnection.failure(error)
        guard error.isTransient, !Task.isCancelled else { throw error }
        // Progress counts as success: a line that breaks once an hour must not add up to a failure.
        failures = partial.count > before ? 1 : failures + 1
        // What was thrown away is no progress, however often it comes.
        if partial.count < before { restarts += 1 }
        guard failures <= options.retries, restarts <= Self.maximumRestarts else { throw error }
        let pause = error.retryAfter ?? options.pause(afterFailures: failures)
        report(.retrying(file: file.name, reason: error.message, pause: pause))
        do { try await options.sleep(pause) } catch { throw HubError(.cancelled, "cancelled") }
      }
    }
  }

  private func attempt(_ partial: PartialFile) async throws -> ModelPull.File {
    if let digest = file.digest, let size = file.size, partial.count == size, partial.state?.digest == digest, size > 0 {
      return try finish(partial, digest, resumedFrom: partial.count)
    }
    let offset = try resumable(partial) ? partial.count : 0
    let response = try await connection.get(mirror.file(file.name, of: repository, commit: commit), headers: rangeHeaders(partial, offset))
    let (digest, size) = try expectations(response)
    if let digest, offset == 0, LocalFile.has(digest, size: size, at: path) {
      partial.discard()
      return done(.kept, digest, LocalFile.size(path) ?? 0)
    }
    let start = try accept(response, partial, offset, digest, size)
    report(.received(file: file.name, bytes: partial.count, total: size))
    try await receive(response, partial, size)
    // A server may give a shorter part than was asked for, so the length is that of the whole, which the range or the first answer told.
    let whole = size ?? ContentRange(response.headers.first(name: "content-range"))?.total ?? partial.state?.size
    if let size = whole, partial.count != size { throw HubError(.network, "\(file.name): the transfer ended after \(partial.count) of \(size) bytes", isTransient: true) }
    guard let digest else {
      try partial.commit()
      return done(start > 0 ? .resumed : .downloaded, nil, partial.count)
    }
    return try finish(partial, digest, resumedFrom: start)
  }

  // MARK: asking

  /// Whether what is there can be the beginning of the file as it is now.
  private func resumable(_ partial: PartialFile) throws -> Bool {
    guard partial.count > 0, let state = partial.state else { return false }
    if let digest = file.digest, state.digest != digest { return false }
    if let size = file.size, partial.count >= size { return false }
    // Without a hash only the server can say whether it still has the same.
    return state.digest != nil || state.tag != nil
  }

  private func rangeHeaders(_ partial: PartialFile, _ offset: Int) -> [(String, String)] {
    guard offset > 0 else { return [] }
    return [("Range", "bytes=\(offset)-")] + (partial.state?.tag.map { [("If-Range", $0)] } ?? [])
  }

  /// Hash and size that the content must have, from the listing and the headers.
  private func expectations(_ response: HubResponse) throws -> (digest: ContentDigest?, size: Int?) {
    guard [200, 206, 416].contains(response.status) else {
      throw HubError(status: response.status, headers: response.headers, asking: "\(repository) \(file.name)", hasToken: connection.sendsToken)
    }
    if let found = response.commit, found != commit, Self.isCommit(commit) {
      throw HubError(.changed, "\(file.name): the server gives commit \(Self.short(found)) where \(Self.short(commit)) was asked for")
    }
    if let listed = file.digest, let linked = response.linkedDigest, listed != linked, listed.kind == linked.kind {
      throw HubError(.changed, "\(file.name): the listing and the file's own header name different contents; run the pull again")
    }
    if let encoding = response.headers.first(name: "content-encoding"), encoding.lowercased() != "identity" {
      throw HubError(.protocolViolation, "\(file.name): the server sends it compressed, which was not asked for")
    }
    if let listed = file.size, let linked = response.linkedSize, listed != linked {
      throw HubError(.changed, "\(file.name): \(listed) bytes in the listing, \(linked) in the file's own header; run the pull again")
    }
    return (file.digest ?? response.linkedDigest, file.size ?? response.linkedSize)
  }

  /// Reads status and range, and makes the partial file ready for the body.
  /// - Returns: how many bytes of an earlier transfer are kept.
  private func accept(_ response: HubResponse, _ partial: PartialFile, _ offset: Int, _ digest: ContentDigest?, _ size: Int?) throws -> Int {
    let tag = response.headers.first(name: "etag").flatMap { HubResponse.strongTag($0) }
    switch response.status {
    case 206:
      // With another tag it is another content, whatever the range says.
      let isSame = partial.state?.tag == nil || tag == nil || partial.state?.tag == tag || digest != nil
      guard offset > 0, isSame, let range = ContentRange(response.headers.first(name: "content-range")), range.start == offset, (size ?? partial.state?.size).map({ $0 == range.total ?? $0 }) ?? true else {
        try partial.start(nil)
        throw HubError(.protocolViolation, "\(file.name): the server sends another part than was asked for", isTransient: true)
      }
      return offset
    case 416:
      try partial.start(nil)
      throw HubError(.protocolViolation, "\(file.name): the server has no more of it", isTransient: true)
    default:
      let length = response.headers.first(name: "content-length").flatMap { Int($0) }
      if let size, let length, length != size { throw HubError(.wrongContent, "\(file.name): the hub says \(size) bytes, the server sends \(length)", isTransient: true) }
      let isFramed = length != nil || response.headers["transfer-encoding"].contains { $0.lowercased().contains("chunked") }
      guard digest != nil || size != nil || isFramed else {
        throw HubError(.protocolViolation, "\(file.name): the server gives neither size nor hash, so a broken transfer could not be told from a whole one")
      }
      try partial.start(PartialFile.State(digest: digest, size: size ?? length, tag: tag))
      return 0
    }
  }

  private func receive(_ response: HubResponse, _ partial: PartialFile, _ size: Int?) async throws {
    for try await buffer in response.body {
      guard partial.count + buffer.readableBytes <= size ?? .max else {
        try partial.start(nil)
        throw HubError(.wrongContent, "\(file.name): the server sends more than the \(size ?? 0) bytes that the hub says")
      }
      let result = buffer.withUnsafeReadableBytes { bytes in Result { () throws(HubError) in try partial.append(bytes) } }
      try result.get()
      report(.received(file: file.name, bytes: partial.count, total: size))
      try Task.checkCancellation()
    }
  }

  // MARK: checking

  private func finish(_ partial: PartialFile, _ digest: ContentDigest, resumedFrom start: Int) throws -> ModelPull.File {
    let found = try partial.digest(like: digest)
    guard found == digest else {
      try partial.start(nil)
      // What an earlier run left may have been damaged since; a whole transfer has no such excuse.
      if start == 0 { partial.discard() }
      throw HubError(.wrongContent, "\(file.name): expected \(digest.text), found \(found.text)", isTransient: start > 0)
    }
    try partial.commit()
    return done(start > 0 ? .resumed : .downloaded, digest, partial.count)
  }

  private func done(_ outcome: ModelPull.File.Outcome, _ digest: ContentDigest?, _ size: Int) -> ModelPull.File {
    let result = ModelPull.File(name: file.name, bytes: size, outcome: outcome, verifiedBy: digest?.kind)
    report(.finished(result))
    return result
  }

  private static func isCommit(_ text: String) -> Bool { text.utf8.count == 40 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) } }
  private static func short(_ commit: String) -> String { String(commit.unicodeScalars.filter { $0.value > 0x20 && $0.value < 0x7F }.prefix(12).map { Character($0) }) }
}

/// `Content-Range: bytes 100-199/1000`; the total may be `*`.
struct ContentRange: Hashable {
  var start: Int
  var end: Int
  var total: Int?

  init?(_ header: String?) {
    guard let header, header.lowercased().hasPrefix("bytes ") else { return nil }
    let parts = header.dropFirst(6).split(separator: "/"), ends = parts.first?.split(separator: "-") ?? []
    guard parts.count == 2, ends.count == 2, let start = Int(ends[0]), let end = Int(ends[1]), start >= 0, end >= start else { return nil }
    (self.start, self.end, total) = (start, end, Int(parts[1]))
    guard total != nil || parts[1] == "*", total.map({ end < $0 }) ?? true else { return nil }
  }
}
