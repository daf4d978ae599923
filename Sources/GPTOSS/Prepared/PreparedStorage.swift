#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif
import CKernels

/// Bytes with a fixed address: a read-only file mapping, or zeroed private memory. Freed with the object.
final class MappedBytes: @unchecked Sendable {
  // Whether private memory may be written is decided by its one owner; file mappings are never written.
  let base: UnsafeMutableRawPointer
  let count: Int
  /// The mapped file, and what it was when it was mapped; none for private memory.
  private let descriptor: Int32
  private let identity: FileIdentity?

  /// Zeroed private memory that takes room only where it is touched; nil when the address space or the commit limit is spent.
  init?(zeroed count: Int) {
    let size = max(count, 1)
    let address = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let address, address != MAP_FAILED else { return nil }
    (base, self.count, descriptor, identity) = (address, size, -1, nil)
  }

  /// Wants large pages for a range or for none of it; a hint.
  func adviseLargePages(_ range: Range<Int>, _ wanted: Bool) { wk_advise_huge_pages(base + range.lowerBound, range.count, wanted ? 1 : 0) }

  /// Maps the first `count` bytes of an open file, shared and read-only; nil when the system refuses.
  init?(descriptor: Int32, count: Int) {
    let address = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0)
    guard let address, address != MAP_FAILED else { return nil }
    (base, self.count, self.descriptor) = (address, count, dup(descriptor))
    identity = try? FileIdentity(descriptor: self.descriptor, path: "")
  }

  deinit {
    munmap(base, count)
    if descriptor >= 0 { close(descriptor) }
  }

  /// Whether a mapped file was left alone since; see ``MappedFile/checkUnchanged()``. Private memory always was.
  var isUnchanged: Bool { identity == nil || identity == (try? FileIdentity(descriptor: descriptor, path: "")) }
}

/// The words of the last failed system call.
func systemError() -> String { String(cString: strerror(errno)).lowercased() }

/// A file that appears under its name only when it is complete: written beside it, then renamed over it. Each writer has a file of its own, also
/// where two processes have one number (in containers); what a writer that was killed left is removed by the next one.
final class AtomicFile {
  let path: String
  private let temporary: String
  private var descriptor: Int32
  private static let pieceBytes = 8 << 20
  private var collected: [UInt8] = []
  private var collectedAt = 0

  init(path: String) throws(PreparedModelError) {
    self.path = path
    Self.removeAbandoned(of: path)
    (temporary, descriptor) = try Self.created(beside: path)
  }

  /// A new file beside `path`, with its lock. Another writer's clean-up may take the lock first, and remove the file: then there is another one.
  private static func created(beside path: String) throws(PreparedModelError) -> (path: String, descriptor: Int32) {
    for _ in 0..<100 {
      let temporary = "\(path).\(getpid())-\(String(UInt64.random(in: .min ... .max), radix: 36)).tmp"
      let descriptor = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw .fileSystem(path: temporary, "cannot create: \(systemError())") }
      hold(descriptor)
      var status = stat()
      if fstat(descriptor, &status) == 0, status.st_nlink > 0 { return (temporary, descriptor) }
      close(descriptor)
    }
    throw .fileSystem(path: path, "cannot create: every file beside it is removed at once")
  }

  /// Takes the lock, which is kept as long as the file is written: who can take it finds an abandoned file. Where the system has no locks, nobody can.
  private static func hold(_ descriptor: Int32) {
    while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
  }

  private static func removeAbandoned(of path: String) {
    let slash = path.lastIndex(of: "/"), folder = slash.map { String(path[..<$0]) } ?? "."
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    for other in FileSystem.names(in: folder.isEmpty ? "/" : folder) where other.hasPrefix(name + ".") && other.hasSuffix(".tmp") {
      removeIfAbandoned("\(folder)/\(other)")
    }
  }

  /// Removes a temporary file that nobody writes any more.
  static func removeIfAbandoned(_ path: String) {
    let descriptor = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
    close(descriptor)
  }

  /// Reserves the whole size at once, so that a full disk is known before an hour of work and not after.
  func reserve(_ size: Int) throws(PreparedModelError) {
    #if os(Linux)
    let status = posix_fallocate(descriptor, 0, off_t(size))
    if status == ENOSPC || status == EFBIG {
      throw .fileSystem(path: temporary, "cannot reserve \(size >> 20) MiB: \(String(cString: strerror(status)).lowercased())")
    }
    #endif
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw .fileSystem(path: temporary, "cannot set the size: \(systemError())") }
  }

  /// Writes at any place. Bytes that follow each other are collected and written in pieces that begin and end on 2 MiB: the system then keeps
  /// the file in large pages, which are mapped with a fifth more speed than small ones.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(PreparedModelError) {
    if offset != collectedAt + collected.count {
      try flush()
      collectedAt = offset
    }
    var rest = bytes
    while !rest.isEmpty {
      let end = (collectedAt / Self.pieceBytes + 1) * Self.pieceBytes
      let part = UnsafeRawBufferPointer(rebasing: rest.prefix(end - collectedAt - collected.count))
      collected.append(contentsOf: part)
      if collectedAt + collected.count == end { try flush() }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
    }
  }

  private func flush() throws(PreparedModelError) {
    let result: Result<Void, PreparedModelError> = collected.withUnsafeBytes { bytes in
      Result { () throws(PreparedModelError) in try writeThrough(bytes, at: collectedAt) }
    }
    try result.get()
    collectedAt += collected.count
    collected.removeAll(keepingCapacity: true)
  }

  private func writeThrough(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(PreparedModelError) {
    var done = 0
    while done < bytes.count {
      let count = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .fileSystem(path: temporary, "cannot write: \(systemError())") }
      done += count
    }
  }

  func write(_ bytes: [UInt8], at offset: Int) throws(PreparedModelError) {
    let result: Result<Void, PreparedModelError> = bytes.withUnsafeBytes { bytes in
      Result { () throws(PreparedModelError) in try write(bytes, at: offset) }
    }
    try result.get()
  }

  /// Syncs and renames. After this the file is there under its name, complete, also after a power cut.
  func commit() throws(PreparedModelError) {
    try flush()
    guard fsync(descriptor) == 0 else { throw .fileSystem(path: temporary, "cannot sync: \(systemError())") }
    guard rename(temporary, path) == 0 else { throw .fileSystem(path: path, "cannot rename into place: \(systemError())") }
    close(descriptor)
    descriptor = -1
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    unlink(temporary)
  }
}
