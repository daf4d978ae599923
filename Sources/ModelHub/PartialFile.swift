import Crypto
import GPTOSS

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file on its way: `NAME.partial` beside its place, with `NAME.partial.state` saying of which content it is the beginning. Locked while it is open, so
/// that two pulls never write one file.
final class PartialFile {
  static let suffix = ".partial"
  static let stateSuffix = ".partial.state"

  /// Of which content the bytes are.
  struct State: Hashable {
    var digest: ContentDigest?
    var size: Int?
    /// The tag of the server that sent them, for `If-Range`; only a strong one.
    var tag: String?
  }

  let path: String
  private let descriptor: Int32
  private var hash = SHA256()
  /// Bytes there.
  private(set) var count = 0
  private(set) var state: State?
  /// Whether the partial file is not there any more, or not ours: it is not before it is open and locked.
  private var isGone = true

  /// Opens what an earlier run left, or a new file.
  init(for path: String) throws(HubError) {
    self.path = path
    descriptor = try Self.locked(path + Self.suffix)
    isGone = false
    try resume()
  }

  private static func locked(_ path: String) throws(HubError) -> Int32 {
    while true {
      // Not through a symbolic link: a folder that somebody else may write to must not redirect us.
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
      guard descriptor >= 0 else { throw failure("cannot create", path) }
      // A file system without locks is used without.
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
        close(descriptor)
        throw HubError(.fileSystem, "\(path): another pull writes to it")
      }
      // Another pull may have finished the file, and given it its name, between opening and locking.
      var (mine, named) = (stat(), stat())
      if fstat(descriptor, &mine) == 0, lstat(path, &named) == 0, mine.st_ino == named.st_ino, mine.st_dev == named.st_dev { return descriptor }
      close(descriptor)
    }
  }

  deinit {
    if count == 0, !isGone { discard() }
    close(descriptor)
  }

  /// Takes up what is there, if it is known what it is.
  private func resume() throws(HubError) {
    guard let state = Self.storedState(path + Self.stateSuffix) else { return try start(nil) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.failure("cannot read", path + Self.suffix) }
    guard status.st_size > 0, state.size.map({ Int(status.st_size) <= $0 }) ?? true else { return try start(nil) }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let got = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw Self.failure("cannot read", path + Self.suffix) }
      if got == 0 { break }
      hash.update(data: buffer[..<got])
      count += got
    }
    self.state = state
  }

  /// Empties the file: what comes is the beginning of this content; nil when that is not known yet.
  func start(_ state: State?) throws(HubError) {
    guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else { throw Self.failure("cannot empty", path + Self.suffix) }
    (hash, count, self.state) = (SHA256(), 0, state)
    if let state, state.digest != nil || state.tag != nil { try write(state) } else { unlink(path + Self.stateSuffix) }
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws(HubError) {
    var done = 0
    while done < bytes.count {
      let written = write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw Self.failure("cannot write", path + Self.suffix) }
      done += written
    }
    hash.update(bufferPointer: bytes)
    count += bytes.count
  }

  private func write(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Glibc)
      Glibc.write(descriptor, bytes, count)
    #elseif canImport(Musl)
      Musl.write(descriptor, bytes, count)
    #else
      Darwin.write(descriptor, bytes, count)
    #endif
  }

  /// The digest of what is there, of the kind of `expected`.
  func digest(like expected: ContentDigest) throws(HubError) -> ContentDigest {
    switch expected {
    case .sha256: .sha256(hex(hash.finalize()))
    case .gitBlob: .gitBlob(try LocalFile.gitBlob(descriptor: descriptor, size: count, path: path + Self.suffix))
    }
  }

  /// The file appears under its name, whole, also after a power cut.
  func commit() throws(HubError) {
    guard fsync(descriptor) == 0 else { throw Self.failure("cannot sync", path + Self.suffix) }
    guard rename(path + Self.suffix, path) == 0 else { throw Self.failure("cannot rename into place", path) }
    isGone = true
    unlink(path + Self.stateSuffix)
    LocalFile.syncFolder(of: path)
  }

  func discard() {
    unlink(path + Self.suffix)
    unlink(path + Self.stateSuffix)
  }

  // MARK: the state file

  private func write(_ state: State) throws(HubError) {
    var members: [JSONOutput.Member] = []
    if let digest = state.digest { members.append(.init("digest", .string(digest.text))) }
    if let size = state.size { members.append(.init("size", .int(size))) }
    if let tag = state.tag { members.append(.init("etag", .string(tag))) }
    let bytes = Array((JSONOutput.object(members).text + "\n").utf8), path = path + Self.stateSuffix
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard file >= 0 else { throw Self.failure("cannot create", path) }
    defer { close(file) }
    guard bytes.withUnsafeBytes({ write(file, $0.baseAddress, $0.count) }) == bytes.count else { throw Self.failure("cannot write", path) }
  }

  private static func storedState(_ path: String) -> State? {
    guard let bytes = LocalFile.small(path), let json = try? JSONValue.parse(bytes) else { return nil }
    let state = State(
      digest: json["digest"]?.string.flatMap { ContentDigest(text: $0) }, size: json["size"]?.int,
      tag: json["etag"]?.string.flatMap { HubResponse.strongTag($0) })
    return state.digest == nil && state.tag == nil ? nil : state
  }

  fileprivate static func failure(_ what: String, _ path: String) -> HubError {
    let code = errno
    return HubError(code == ENOSPC || code == EDQUOT ? .diskFull : .fileSystem, "\(path): \(what): \(String(cString: strerror(code)).lowercased())")
  }
}

/// Files that are there.
enum LocalFile {
  /// Size of a regular file; nil when there is none.
  static func size(_ path: String) -> Int? {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
  }

  /// Whether the file has this content.
  static func has(_ digest: ContentDigest, size: Int?, at path: String) -> Bool {
    guard let found = self.size(path), found == size ?? found else { return false }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    switch digest {
    case .sha256(let expected):
      var hash = SHA256()
      return (try? each(descriptor, path) { hash.update(bufferPointer: $0) }) != nil && hex(hash.finalize()) == expected
    case .gitBlob(let expected): return (try? gitBlob(descriptor: descriptor, size: found, path: path)) == expected
    }
  }

  static func gitBlob(descriptor: Int32, size: Int, path: String) throws(HubError) -> String {
    var hash = Insecure.SHA1()
    hash.update(data: Array("blob \(size)\0".utf8))
    try each(descriptor, path) { hash.update(bufferPointer: $0) }
    return hex(hash.finalize())
  }

  private static func each(_ descriptor: Int32, _ path: String, _ body: (UnsafeRawBufferPointer) -> Void) throws(HubError) {
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var offset = 0
    while true {
      let got = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw PartialFile.failure("cannot read", path) }
      if got == 0 { return }
      buffer.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<got])) }
      offset += got
    }
  }

  /// A file of at most a page.
  static func small(_ path: String) -> [UInt8]? {
    guard let size = size(path), size <= 4096 else { return nil }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: size)
    let got = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    return got == size ? bytes : nil
  }

  /// Creates a folder with those above it.
  static func makeFolder(_ path: String) throws(HubError) {
    var status = stat()
    if stat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else { throw HubError(.fileSystem, "\(path): not a folder") }
      return
    }
    if let slash = path.lastIndex(of: "/"), slash > path.startIndex { try makeFolder(String(path[..<slash])) }
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw PartialFile.failure("cannot create the folder", path) }
  }

  static func syncFolder(of path: String) {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  /// Bytes that an ordinary user may still write there; nil when the system does not say.
  static func freeBytes(_ folder: String) -> Int? {
    var status = statvfs()
    guard statvfs(folder, &status) == 0 else { return nil }
    let (bytes, overflow) = Int(status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
    return overflow ? nil : bytes
  }
}
