#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Bytes, one after the other, from a file, a pipe or a decompressor. Used by one thread.
public protocol ByteSource: AnyObject {
  /// The name in messages.
  var path: String { get }
  /// A pipe, socket, terminal or followed file: bytes come when they come, and what is there must not be held back.
  var isLive: Bool { get }
  /// Bytes read from the file itself so far (compressed ones, for a decompressor): for progress.
  var bytesRead: Int { get }
  /// Fills the front of `buffer`; 0 at the end of the input.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(RecordIOError) -> Int
  /// Whether ``read(into:)`` would return at once; waits up to `milliseconds`.
  func isReadable(within milliseconds: Int32) -> Bool
}

/// A file descriptor: regular file, pipe or terminal. Closes it at the end unless it is standard input.
public final class FileSource: ByteSource {
  public let path: String
  public let isLive: Bool
  let descriptor: Int32
  public private(set) var bytesRead = 0

  /// Opens `path`; `-` is standard input.
  public init(path: String) throws(RecordIOError) {
    self.path = path == "-" ? "<stdin>" : path
    descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(.cannotOpen, path: path, doing: "open") }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(.cannotOpen, path: path, doing: "read the status") }
    let kind = status.st_mode & S_IFMT
    if kind == S_IFDIR { throw RecordIOError(.isDirectory, path: path, detail: "is a directory; name the files in it") }
    isLive = kind != S_IFREG
  }

  deinit { if descriptor > 0 { close(descriptor) } }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(RecordIOError) -> Int {
    let count = try readDescriptor(descriptor, into: buffer, path: path)
    bytesRead += count
    return count
  }

  /// Fills the front of `bytes`, whose count does not change.
  func read(into bytes: inout [UInt8]) throws(RecordIOError) -> Int {
    let path = path
    let result = bytes.withUnsafeMutableBytes { buffer -> Result<Int, RecordIOError> in
      do throws(RecordIOError) { return .success(try readDescriptor(descriptor, into: buffer, path: path)) } catch { return .failure(error) }
    }
    let count = try result.get()
    bytesRead += count
    return count
  }

  public func isReadable(within milliseconds: Int32) -> Bool {
    guard isLive else { return true }
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, milliseconds) > 0
  }

  /// Moves to `offset`; false for what cannot seek.
  func seek(to offset: Int) -> Bool {
    guard !isLive, let status = fileStatus(descriptor), Int(status.st_size) >= offset else { return false }
    guard lseek(descriptor, off_t(offset), SEEK_SET) == off_t(offset) else { return false }
    bytesRead = offset
    return true
  }
}

func readDescriptor(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer, path: String) throws(RecordIOError) -> Int {
  while true {
    let count = read(descriptor, buffer.baseAddress, buffer.count)
    if count >= 0 { return count }
    if errno != EINTR && errno != EAGAIN { throw .system(.readFailed, path: path, doing: "read") }
    if errno == EAGAIN {
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      _ = poll(&entry, 1, 100)
    }
  }
}

/// Opens an input as what its first bytes say it is: gzip, Zstandard or plain; also what comes through a pipe.
public func openSource(path: String, maxExpansion: Int = ExpansionGuard.defaultFactor) throws(RecordIOError) -> any ByteSource {
  let file = try FileSource(path: path)
  guard !file.isLive else { return PipeSource(file, maxExpansion: maxExpansion) }
  var magic: [UInt8] = [0, 0, 0, 0]
  let count = magic.withUnsafeMutableBytes { pread(file.descriptor, $0.baseAddress, 4, 0) }
  switch Compression(magic.prefix(max(0, count))) {
  case .gzip: return try GzipSource(file, maxExpansion: maxExpansion)
  case .zstd: return try ZstdSource(file, maxExpansion: maxExpansion)
  case nil: return file
  }
}
