#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file or pipe that is written front to back, with full writes and plain errors. Owned by one task at a time.
public struct OutputFile: ~Copyable, Sendable {
  public let path: String
  private let descriptor: Int32
  private let closes: Bool
  /// Bytes written since the start of the file.
  public private(set) var length: Int
  private var isCut = false

  /// Opens `path` for writing; `-` is standard output. A regular file is cut to `keeping` bytes first (0 for a new run).
  public init(path: String, keeping: Int = 0) throws(RecordIOError) {
    let opened = path == "-" ? 1 : try openForWriting(path, atLeast: keeping)
    do throws(RecordIOError) {
      if path != "-" { try cutFile(opened, to: keeping, path: path) }
    } catch {
      close(opened)
      throw error
    }
    (descriptor, closes, self.path, length, isCut) = (opened, path != "-", path == "-" ? "<stdout>" : path, keeping, true)
  }

  /// The same, but what stands in the file stays there until ``cut()`` or the first write: a run that fails before it has anything to write destroys nothing.
  public init(path: String, cutLaterTo keeping: Int) throws(RecordIOError) {
    descriptor = path == "-" ? 1 : try openForWriting(path, atLeast: keeping)
    closes = path != "-"
    self.path = path == "-" ? "<stdout>" : path
    length = keeping
  }

  /// Opens `path` to write behind what stands there, also beside other processes that do; `-` is standard output. `length` counts from here.
  public init(appendingTo path: String) throws(RecordIOError) {
    let opened = path == "-" ? 1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard opened >= 0 else { throw .system(.cannotOpen, path: path, doing: "open for writing") }
    (descriptor, closes, self.path, length, isCut) = (opened, path != "-", path == "-" ? "<stdout>" : path, 0, true)
  }

  deinit { if closes { close(descriptor) } }

  /// Cuts a regular file to the length that it was opened with.
  public mutating func cut() throws(RecordIOError) {
    guard !isCut else { return }
    isCut = true
    if closes { try cutFile(descriptor, to: length, path: path) }
  }

  /// Writes all of `bytes` or throws.
  public mutating func write(_ bytes: [UInt8]) throws(RecordIOError) {
    try cut()
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes { platformWrite(descriptor, $0.baseAddress! + offset, $0.count - offset) }
      if count < 0 {
        if errno == EINTR { continue }
        if errno == EAGAIN {
          var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          _ = poll(&entry, 1, 100)
          continue
        }
        throw .system(.writeFailed, path: path, doing: "write")
      }
      offset += count
    }
    length += bytes.count
  }

  /// Makes what was written durable, as far as the file system promises. Pipes have nothing to make durable.
  public func synchronize() throws(RecordIOError) {
    if fsync(descriptor) != 0, errno != EINVAL, errno != ENOTSUP, errno != EROFS { throw .system(.writeFailed, path: path, doing: "sync") }
  }
}

private func openForWriting(_ path: String, atLeast keeping: Int) throws(RecordIOError) -> Int32 {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { throw .system(.cannotOpen, path: path, doing: "open for writing") }
  guard let status = fileStatus(descriptor), status.st_mode & S_IFMT == S_IFREG else { return descriptor }
  if Int(status.st_size) < keeping {
    close(descriptor)
    throw RecordIOError(.checkpoint, path: path, detail: "is shorter (\(status.st_size) bytes) than when the checkpoint was written (\(keeping) bytes)")
  }
  return descriptor
}

private func cutFile(_ descriptor: Int32, to length: Int, path: String) throws(RecordIOError) {
  guard let status = fileStatus(descriptor), status.st_mode & S_IFMT == S_IFREG else { return }
  guard ftruncate(descriptor, off_t(length)) == 0, lseek(descriptor, 0, SEEK_END) >= 0 else {
    throw .system(.writeFailed, path: path, doing: "cut to \(length) bytes")
  }
}

private func platformWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int { write(descriptor, bytes, count) }

/// Replaces `path` as a whole: readers, and a run after a crash, see the old content or the new one. A link stays a link, and a file keeps its
/// permissions; nothing is left behind where it fails.
public func replaceFile(path: String, with bytes: [UInt8]) throws(RecordIOError) {
  let target = linkedFile(path)
  let temporary = target + ".tmp"
  do throws(RecordIOError) {
    try writeWhole(bytes, to: temporary, permissionsOf: target)
    guard rename(temporary, target) == 0 else { throw .system(.writeFailed, path: path, doing: "replace") }
  } catch {
    unlink(temporary)
    throw error
  }
}

private func writeWhole(_ bytes: [UInt8], to path: String, permissionsOf other: String) throws(RecordIOError) {
  var file = try OutputFile(path: path)
  var status = stat()
  if stat(other, &status) == 0 { _ = chmod(path, status.st_mode & 0o7777) }
  try file.write(bytes)
  try file.synchronize()
}

/// The file that a path leads to, links followed; the path itself where there is none yet.
private func linkedFile(_ path: String) -> String {
  guard let real = realpath(path, nil) else { return path }
  defer { free(real) }
  return String(cString: real)
}

/// The whole of a file that may be packed with gzip or Zstandard; at most `limit` bytes unpacked.
public func readUnpacked(path: String, limit: Int) throws(RecordIOError) -> [UInt8] { try readWhole(try openSource(path: path), limit: limit) }

/// The whole of a small file.
public func readFile(path: String, limit: Int = 64 << 20) throws(RecordIOError) -> [UInt8] { try readWhole(try FileSource(path: path), limit: limit) }

private func readWhole(_ source: any ByteSource, limit: Int) throws(RecordIOError) -> [UInt8] {
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let result = chunk.withUnsafeMutableBytes { buffer in Result { () throws(RecordIOError) in try source.read(into: buffer) } }
    let count = try result.get()
    if count == 0 { return bytes }
    bytes.append(contentsOf: chunk[..<count])
    if bytes.count > limit { throw RecordIOError(.readFailed, path: source.path, detail: "is larger than \(limit) bytes") }
  }
}

/// Refuses a file that two outputs would write, or that is read too: what one of them wrote would be lost.
///
/// - Parameters:
///   - outputs: each with the name under which its user knows it; `-` is standard output.
///   - inputs: `-` is standard input, which may be a file too.
public func refuseSharedFiles(outputs: [(name: String, path: String)], inputs: [String]) throws(RecordIOError) {
  let files = outputs.filter { $0.path != "-" }
  for (index, output) in files.enumerated() {
    if inputs.contains(where: { isSameFile($0, output.path) }) {
      throw RecordIOError(.cannotOpen, path: output.path, detail: "is an input, and \(output.name) would empty it before it is read; name another file")
    }
    if let other = files[..<index].first(where: { isSameFile($0.path, output.path) }) {
      throw RecordIOError(.cannotOpen, path: output.path, detail: "is named by \(other.name) and by \(output.name); give each its own file")
    }
  }
}

/// Refuses inputs that are not there or may not be read, before anything is written. None is opened: a FIFO would lose what is in it.
public func refuseUnreadable(_ inputs: some Sequence<String>) throws(RecordIOError) {
  for path in inputs where path != "-" {
    guard access(path, R_OK) == 0 else { throw .system(.cannotOpen, path: path, doing: "open") }
  }
}

/// Refuses a file that could not be written, without making it.
public func refuseUnwritable(_ path: String) throws(RecordIOError) {
  if path == "-" { return }
  let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  let isWritable = access(path, F_OK) == 0 ? access(path, W_OK) : access(folder, W_OK | X_OK)
  guard isWritable == 0 else { throw .system(.cannotOpen, path: path, doing: "open for writing") }
}

/// Whether what is written to `path` goes on to somebody else and is not kept there: standard output, a pipe, a device.
public func isPassedOn(_ path: String) -> Bool {
  var status = stat()
  return path == "-" || stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
}

/// Whether records come from `path` as somebody writes them (a pipe, a terminal): a regular file, also as standard input, is there already.
public func comesLive(_ path: String) -> Bool {
  var status = stat()
  return (path == "-" ? fstat(0, &status) : stat(path, &status)) == 0 && status.st_mode & S_IFMT != S_IFREG
}

/// Whether an input, or another output, and an output are the same regular file, also one that is not there yet. Devices and pipes may be named twice.
func isSameFile(_ a: String, _ b: String) -> Bool {
  var (first, second) = (stat(), stat())
  switch ((a == "-" ? fstat(0, &first) : stat(a, &first)) == 0, stat(b, &second) == 0) {
  case (true, true): return first.st_mode & S_IFMT == S_IFREG && first.st_dev == second.st_dev && first.st_ino == second.st_ino
  case (false, false): return futurePlace(of: a) == futurePlace(of: b)
  default: return false
  }
}

/// Where a file that does not exist would come to be.
private func futurePlace(of path: String) -> String {
  let slash = path.lastIndex(of: "/")
  let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
  let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  guard let real = realpath(folder, nil) else { return path }
  defer { free(real) }
  return String(cString: real) + "/" + name
}
