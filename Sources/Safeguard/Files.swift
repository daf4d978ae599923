import Crypto

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#endif

/// A file could not be used. Names the path and the system's words.
public struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
  public var path: String
  public var reason: String
  public var description: String { "`\(path)`: \(reason)" }

  init(_ path: String, _ reason: String) { (self.path, self.reason) = (path, reason) }
  init(errno code: Int32, path: String) { self.init(path, String(cString: strerror(code)).lowercased()) }
}

enum Files {
  /// The whole file as text.
  static func text(path: String, maximumBytes: Int) throws(FileError) -> String {
    let file = try ReadableFile(path: path)
    guard file.size <= maximumBytes else { throw FileError(path, "larger than \(maximumBytes) bytes") }
    let bytes = try file.bytes(at: 0, count: file.size)
    guard let text = String(validating: bytes, as: UTF8.self) else { throw FileError(path, "not valid UTF-8") }
    return text
  }
}

/// A regular file opened for reading at any place, by several threads at once (`pread`).
final class ReadableFile: Sendable {
  let path: String
  let size: Int
  private let descriptor: Int32

  init(path: String) throws(FileError) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(errno: errno, path: path) }
    self.path = path
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FileError(path, "not a regular file")
    }
    size = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Exactly `count` bytes.
  func bytes(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let read = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress?.advanced(by: filled), count - filled, off_t(offset + filled)) }
      if read < 0, errno == EINTR { continue }
      guard read >= 0 else { throw FileError(errno: errno, path: path) }
      guard read > 0 else { throw FileError(path, "shorter than expected") }
      filled += read
    }
    return buffer
  }

  /// Calls `body` with each line (without its line feed), where it starts, and whether a line feed ended it. Memory: one chunk and one line.
  /// - Returns: SHA-256 of the bytes read, hex.
  func eachLine(_ body: ([UInt8], Int, Bool) -> Void) throws(FileError) -> String {
    var hash = SHA256()
    var line: [UInt8] = []
    var lineStart = 0
    var position = 0
    while position < size {
      let chunk = try bytes(at: position, count: min(1 << 20, size - position))
      hash.update(data: chunk)
      var start = 0
      while let end = chunk[start...].firstIndex(of: 0x0A) {
        line += chunk[start..<end]
        body(line, lineStart, true)
        line.removeAll(keepingCapacity: true)
        start = end + 1
        lineStart = position + start
      }
      line += chunk[start...]
      position += chunk.count
    }
    if !line.isEmpty { body(line, lineStart, false) }
    return hash.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}

/// A file that only grows.
struct AppendingFile: ~Copyable, Sendable {
  private let path: String
  private let descriptor: Int32

  init(path: String) throws(FileError) {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError(errno: errno, path: path) }
    var last: UInt8 = 0x0A
    let end = lseek(descriptor, 0, SEEK_END)
    if end > 0 { _ = pread(descriptor, &last, 1, end - 1) }
    if last != 0x0A { try append([0x0A]) }
  }

  deinit { close(descriptor) }

  func append(_ bytes: [UInt8]) throws(FileError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress?.advanced(by: written), bytes.count - written) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw FileError(errno: errno, path: path) }
      written += count
    }
  }
}
