import AsyncHTTPClient
import NIOCore

/// Brings a checkpoint into a folder.
public struct ModelPull: Sendable {
  public struct Options: Sendable {
    public var token: HubToken?
    /// Files at once.
    public var connections = 4
    /// Failures in a row, without progress, that are borne for each file.
    public var retries = 6
    /// Longest silence of a server.
    public var idleTimeout = Duration.seconds(30)
    /// Waits between tries; tests need not.
    public var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    public init() {}

    /// One second, then twice as long each time up to a minute, with up to a quarter by chance so that many do not come back at once.
    func pause(afterFailures count: Int) -> Duration { .seconds(min(60, Double(1 << min(count - 1, 6))) * Double.random(in: 0.75...1)) }
  }

  /// A file that is in its place.
  public struct File: Sendable, Hashable {
    public enum Outcome: String, Sendable, Hashable {
      case downloaded, resumed
      /// It was there already, with the right content.
      case kept
    }
    public var name: String
    public var bytes: Int
    public var outcome: Outcome
    /// `sha256` or `git blob id`; nil where the server names no hash, and only the size could be checked.
    public var verifiedBy: String?
  }

  public enum Event: Sendable, Hashable {
    /// The mirror is plain http on another machine: there is a token, and it is not sent.
    case tokenWithheld
    /// What will be there in the end; bytes nil where a size is not known.
    case listed(files: Int, bytes: Int?)
    /// How much of a file there is.
    case received(file: String, bytes: Int, total: Int?)
    case retrying(file: String, reason: String, pause: Duration)
    case finished(File)
  }

  public struct Summary: Sendable, Hashable {
    public var folder: String
    /// The commit that the revision stood for; nil where the server does not say.
    public var commit: String?
    public var files: [File]
    public var bytes: Int { files.reduce(0) { $0 + $1.bytes } }
  }

  private let repository: HubRepository
  private let mirror: HubMirror
  private let selection: FileSelection
  private let options: Options

  public init(_ repository: HubRepository, from mirror: HubMirror, selection: FileSelection = FileSelection(), options: Options = Options()) {
    (self.repository, self.mirror, self.selection, self.options) = (repository, mirror, selection, options)
  }

  /// Downloads into `folder`, which is made when it is not there. Files that are there with the right content are kept; a broken pull is taken up.
  /// - Parameter report: told what happens, from any thread: it must be quick.
  /// - Throws: ``HubError``. What had arrived stays for the next run, except content with a wrong hash.
  public func run(into folder: String, report: @escaping @Sendable (Event) -> Void = { _ in }) async throws -> Summary {
    let connection = HubConnection(mirror, token: options.token, connections: options.connections, idle: options.idleTimeout)
    if options.token != nil, !connection.sendsToken { report(.tokenWithheld) }
    do {
      let summary = try await run(connection, folder, report)
      await connection.shutdown()
      return summary
    } catch {
      await connection.shutdown()
      throw HubConnection.failure(error)
    }
  }

  private func run(_ connection: HubConnection, _ folder: String, _ report: @escaping @Sendable (Event) -> Void) async throws -> Summary {
    let listing = try await list(connection, report)
    let files = listing.files.filter { selection.contains($0.name) }
    guard !files.isEmpty else { throw HubError(.notFound, "\(repository): none of its \(listing.files.count) files is wanted; see `--include`") }
    let sizes = files.map(\.size)
    report(.listed(files: files.count, bytes: sizes.contains(nil) ? nil : sizes.compactMap { $0 }.reduce(0, +)))
    try LocalFile.makeFolder(folder)
    try checkSpace(files, folder)
    for file in files {
      if let slash = file.name.lastIndex(of: "/") { try LocalFile.makeFolder("\(folder)/\(file.name[..<slash])") }
    }
    let downloads = files.map { file in
      HubDownload(
        connection: connection, mirror: mirror, repository: repository, commit: listing.commit ?? repository.revision, file: file,
        path: "\(folder)/\(file.name)", options: options, report: report)
    }
    return Summary(folder: folder, commit: listing.commit, files: try await all(downloads).sorted { $0.name < $1.name })
  }

  /// A few at once; the first failure ends the others, which leave what they have.
  private func all(_ downloads: [HubDownload]) async throws -> [File] {
    try await withThrowingTaskGroup(of: File.self) { group in
      var waiting = downloads[...], done: [File] = []
      for _ in 0..<max(1, options.connections) { if let next = waiting.popFirst() { group.addTask { try await next.run() } } }
      while let file = try await group.next() {
        done.append(file)
        if let next = waiting.popFirst() { group.addTask { try await next.run() } }
      }
      return done
    }
  }

  private func list(_ connection: HubConnection, _ report: @Sendable (Event) -> Void) async throws -> HubListing {
    var failures = 0
    while true {
      do { return try HubListing(json: try await listingText(connection)) } catch {
        let error = HubConnection.failure(error)
        failures += 1
        // Before anything has come, a failure is more often a wrong address than a bad line.
        guard error.isTransient, failures <= min(options.retries, 3) else { throw error }
        let pause = error.retryAfter ?? options.pause(afterFailures: failures)
        report(.retrying(file: "listing", reason: error.message, pause: pause))
        try await options.sleep(pause)
      }
    }
  }

  private func listingText(_ connection: HubConnection) async throws -> [UInt8] {
    let response = try await connection.get(mirror.listing(of: repository), headers: [("Accept", "application/json")])
    guard response.status == 200 else { throw HubError(status: response.status, headers: response.headers, asking: "\(repository)", hasToken: connection.sendsToken) }
    var bytes: [UInt8] = []
    for try await buffer in response.body {
      guard bytes.count + buffer.readableBytes <= HubListing.maximumBytes else { throw HubError(.protocolViolation, "the listing is larger than \(HubListing.maximumBytes >> 20) MiB") }
      bytes.append(contentsOf: buffer.readableBytesView)
    }
    return bytes
  }

  /// A full disk is known before hours of download and not after.
  private func checkSpace(_ files: [HubListing.File], _ folder: String) throws {
    let needed = files.reduce(0) { sum, file in
      let path = "\(folder)/\(file.name)", size = file.size ?? 0
      // What is there under its name is either right already or stays until the new one is whole.
      return sum + (LocalFile.size(path) == size ? 0 : max(0, size - (LocalFile.size(path + PartialFile.suffix) ?? 0)))
    }
    guard let free = LocalFile.freeBytes(folder), free < needed else { return }
    throw HubError(.diskFull, "\(folder): \(needed >> 20) MiB are still to come, \(free >> 20) MiB are free")
  }
}
