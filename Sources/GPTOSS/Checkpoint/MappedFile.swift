#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A regular file mapped read-only into memory, for as long as the object lives.
///
/// **What a mapping cannot promise.** The kernel reads pages when they are touched. If somebody truncates the file meanwhile, or its disk fails, touching a
/// page behind the new end kills the process with SIGBUS; no check beforehand can exclude that, and a signal handler that jumps out of Swift
/// code is not sound. So: replace checkpoints by renaming a new file over the old one (which leaves the mapped file intact), never by writing
/// into it. ``checkUnchanged()`` compares size, modification time and identity with those at opening; long-lived users call it before each
/// request, which turns the usual accident (a checkpoint overwritten in place by a second download) into an error as long as no
/// page is touched between the check and the truncation.
public final class MappedFile: Sendable {
  public let path: String
  /// Size at opening, and of the mapping.
  public let size: Int
  private let descriptor: Int32
  private let identity: FileIdentity
  // A read-only mapping that nobody in this process writes; unmapped only in `deinit`.
  private nonisolated(unsafe) let base: UnsafeRawPointer?

  /// Opens and maps the file.
  /// - Throws: ``CheckpointIssue/Code/fileSystem`` when it cannot be opened, is not a regular file, or cannot be mapped.
  public init(path: String) throws(CheckpointError) {
    // Non-blocking, so that a named pipe in the folder is refused below instead of waiting for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.failure("cannot open", path) }
    do throws(CheckpointError) {
      identity = try FileIdentity(descriptor: descriptor, path: path)
      guard let size = Int(exactly: identity.size), size >= 0 else { throw CheckpointError(.fileSystem, file: path, "size \(identity.size) is out of range") }
      self.size = size
      base = size == 0 ? nil : try Self.map(descriptor, size: size, path: path)
    } catch {
      close(descriptor)
      throw error
    }
    self.path = path
    self.descriptor = descriptor
  }

  private static func map(_ descriptor: Int32, size: Int, path: String) throws(CheckpointError) -> UnsafeRawPointer {
    let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address, address != MAP_FAILED else { throw failure("cannot map", path) }
    return UnsafeRawPointer(address)
  }

  deinit {
    if let base { munmap(UnsafeMutableRawPointer(mutating: base), size) }
    close(descriptor)
  }

  /// The whole file. Valid while this object lives.
  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: size) }

  /// Passes when the file still has the size, modification time and identity that it had at opening.
  /// - Throws: ``CheckpointIssue/Code/changed``.
  public func checkUnchanged() throws(CheckpointError) {
    let now = try FileIdentity(descriptor: descriptor, path: path)
    guard now != identity else { return }
    throw CheckpointError(.changed, file: path, "the file was \(identity.size) bytes when it was opened and was written to since (now \(now.size) bytes)")
  }

  public enum Advice: Sendable {
    /// Read ahead now.
    case willNeed
    /// Will be read once, front to back.
    case sequential
    /// Not needed soon; clean pages of the mapping are given back.
    case dontNeed
  }

  /// Tells the kernel how a part of the file will be used. Never fails: advice may be ignored.
  public func advise(_ advice: Advice, _ range: Range<Int>) {
    guard let base, !range.isEmpty else { return }
    let page = Int(getpagesize())
    let start = range.lowerBound / page * page
    let end = min(range.upperBound, size)
    guard start < end else { return }
    let flag =
      switch advice {
      case .willNeed: MADV_WILLNEED
      case .sequential: MADV_SEQUENTIAL
      case .dontNeed: MADV_DONTNEED
      }
    _ = madvise(UnsafeMutableRawPointer(mutating: base + start), end - start, Int32(flag))
  }

  static func failure(_ what: String, _ path: String) -> CheckpointError {
    CheckpointError(.fileSystem, file: path, "\(what): \(String(cString: strerror(errno)).lowercased())")
  }
}

/// What tells whether a file is still the same.
struct FileIdentity: Sendable, Hashable {
  var device: UInt64
  var inode: UInt64
  var size: Int64
  var modifiedSeconds: Int64
  var modifiedNanoseconds: Int64

  /// - Throws: when the descriptor is not a regular file.
  init(descriptor: Int32, path: String) throws(CheckpointError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw MappedFile.failure("cannot examine", path) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw CheckpointError(.fileSystem, file: path, "not a regular file") }
    device = UInt64(truncatingIfNeeded: status.st_dev)
    inode = UInt64(truncatingIfNeeded: status.st_ino)
    size = Int64(status.st_size)
    #if canImport(Darwin)
      let modified = status.st_mtimespec
    #else
      let modified = status.st_mtim
    #endif
    modifiedSeconds = Int64(modified.tv_sec)
    modifiedNanoseconds = Int64(modified.tv_nsec)
  }
}
