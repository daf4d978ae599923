import CZlib
import CZstd

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

/// How an input is compressed, by its first bytes (RFC 1952; RFC 8878, whose skippable frames parallel compressors begin with).
enum Compression {
  case gzip, zstd

  init?(_ head: some Collection<UInt8>) {
    let head = Array(head.prefix(4))
    if head.starts(with: [0x1F, 0x8B]) {
      self = .gzip
    } else if head == [0x28, 0xB5, 0x2F, 0xFD] || (head.count == 4 && head[0] & 0xF0 == 0x50 && head[1...] == [0x2A, 0x4D, 0x18]) {
      self = .zstd
    } else {
      return nil
    }
  }

  /// Whether more bytes could make a beginning of these. Text never waits: no record begins with them.
  static func mayBegin(_ head: [UInt8]) -> Bool {
    switch head.count {
    case 0: true
    case 1: head[0] == 0x1F || head[0] == 0x28 || head[0] & 0xF0 == 0x50
    case 2, 3: [0x28, 0xB5, 0x2F, 0xFD].starts(with: head) || (head[0] & 0xF0 == 0x50 && [0x2A, 0x4D, 0x18].starts(with: head[1...]))
    default: false
    }
  }
}

/// A pipe, of which only the first bytes tell whether it is compressed.
final class PipeSource: ByteSource {
  private let file: FileSource
  private let maxExpansion: Int
  /// The pipe itself, or what decompresses it, once that is known.
  private var source: (any ByteSource)?
  var path: String { file.path }
  var isLive: Bool { true }
  var bytesRead: Int { file.bytesRead }

  init(_ file: FileSource, maxExpansion: Int) {
    self.file = file
    self.maxExpansion = maxExpansion
  }

  func isReadable(within milliseconds: Int32) -> Bool { source?.isReadable(within: milliseconds) ?? file.isReadable(within: milliseconds) }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(RecordIOError) -> Int {
    if let source { return try source.read(into: buffer) }
    var count = 0
    while Compression.mayBegin(Array(buffer[..<count])) {
      let more = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
      if more == 0 { break }
      count += more
    }
    let head = buffer[..<count]
    switch Compression(head) {
    case .gzip: source = try GzipSource(file, maxExpansion: maxExpansion, head: Array(head))
    case .zstd: source = try ZstdSource(file, maxExpansion: maxExpansion, head: Array(head))
    case nil:
      source = file
      return count
    }
    return try read(into: buffer)
  }
}

extension [UInt8] {
  /// Puts `head` to the front, with room for it; gives where it stands.
  fileprivate mutating func put(_ head: [UInt8]) -> Range<Int> {
    if head.count > count { self = head } else { replaceSubrange(..<head.count, with: head) }
    return 0..<head.count
  }
}

/// Refuses compressed input that expands beyond reason. Deflate reaches 1,030:1 only on constant data; chat logs reach 5 to 30.
public struct ExpansionGuard {
  public static let defaultFactor = 400
  /// What may come out before the factor counts: short repetitive logs are harmless.
  static let freeBytes = 256 << 20
  let factor: Int
  var compressed = 0
  var expanded = 0

  mutating func check(path: String) throws(RecordIOError) {
    guard expanded > Self.freeBytes, expanded / max(compressed, 1) > factor else { return }
    throw RecordIOError(
      .expansionTooLarge, path: path,
      detail: "compressed input expands more than \(factor)-fold, which looks like a decompression bomb; decompress it yourself if it is genuine")
  }
}

/// Streaming gzip, also of several members one after the other.
public final class GzipSource: ByteSource {
  private let file: FileSource
  private var stream = z_stream()
  private var input = [UInt8](repeating: 0, count: 1 << 16)
  private var pending: Range<Int> = 0..<0
  private var expansion: ExpansionGuard
  private var insideMember = false
  private var memberCount = 0
  private var damage: RecordIOError?
  /// The last output filled its buffer, so that more may come without further input.
  private var holdsMore = false
  public var path: String { file.path }
  public var isLive: Bool { file.isLive }
  public var bytesRead: Int { file.bytesRead }

  /// - Parameter head: what was read of the file before.
  init(_ file: FileSource, maxExpansion: Int, head: [UInt8] = []) throws(RecordIOError) {
    self.file = file
    expansion = ExpansionGuard(factor: maxExpansion)
    expansion.compressed = head.count
    pending = input.put(head)
    // 15 window bits + 16: gzip framing only.
    guard inflateInit2_(&stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw RecordIOError(.badCompression, path: file.path, detail: "zlib could not start")
    }
  }

  deinit { inflateEnd(&stream) }

  public func isReadable(within milliseconds: Int32) -> Bool { !pending.isEmpty || holdsMore || file.isReadable(within: milliseconds) }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(RecordIOError) -> Int {
    while true {
      if let damage { throw damage }
      if pending.isEmpty, !holdsMore {
        let count = try file.read(into: &input)
        if count == 0 {
          if insideMember { throw RecordIOError(.badCompression, path: path, detail: "gzip data ends in the middle; the file is truncated") }
          return 0
        }
        pending = 0..<count
        expansion.compressed += count
      }
      if memberCount > 0, !insideMember {
        skipPadding()
        if pending.isEmpty { continue }
      }
      let produced = try inflateOnce(into: buffer)
      if produced > 0 { return produced }
    }
  }

  /// Zeros may follow the last member, as tape and block devices leave them; gzip itself takes them so.
  private func skipPadding() {
    while let first = pending.first, input[first] == 0 { pending.removeFirst() }
  }

  private func inflateOnce(into buffer: UnsafeMutableRawBufferPointer) throws(RecordIOError) -> Int {
    let (status, produced) = input.withUnsafeMutableBufferPointer { bytes -> (Int32, Int) in
      stream.next_in = bytes.baseAddress! + pending.lowerBound
      stream.avail_in = UInt32(pending.count)
      stream.next_out = buffer.bindMemory(to: UInt8.self).baseAddress
      stream.avail_out = UInt32(buffer.count)
      insideMember = true
      let status = inflate(&stream, Z_NO_FLUSH)
      return (status, buffer.count - Int(stream.avail_out))
    }
    pending = (pending.upperBound - Int(stream.avail_in))..<pending.upperBound
    holdsMore = stream.avail_out == 0
    expansion.expanded += produced
    try expansion.check(path: path)
    switch status {
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END:
      (insideMember, holdsMore) = (false, false)
      memberCount += 1
      inflateReset(&stream)
    default:
      damage = RecordIOError(.badCompression, path: path, detail: "gzip data is damaged at compressed byte \(expansion.compressed - pending.count)")
    }
    return produced
  }
}

/// Streaming Zstandard, also of several frames; windows up to 128 MiB.
public final class ZstdSource: ByteSource {
  private let file: FileSource
  private let context: OpaquePointer
  private var input = [UInt8](repeating: 0, count: 1 << 16)
  private var pending: Range<Int> = 0..<0
  private var expansion: ExpansionGuard
  private var insideFrame = false
  private var damage: RecordIOError?
  /// The last output filled its buffer, so that more may come without further input.
  private var holdsMore = false
  public var path: String { file.path }
  public var isLive: Bool { file.isLive }
  public var bytesRead: Int { file.bytesRead }

  /// - Parameter head: what was read of the file before.
  init(_ file: FileSource, maxExpansion: Int, head: [UInt8] = []) throws(RecordIOError) {
    self.file = file
    expansion = ExpansionGuard(factor: maxExpansion)
    expansion.compressed = head.count
    pending = input.put(head)
    guard let context = ZSTD_createDCtx() else { throw RecordIOError(.badCompression, path: file.path, detail: "zstd could not start") }
    self.context = context
  }

  deinit { ZSTD_freeDCtx(context) }

  public func isReadable(within milliseconds: Int32) -> Bool { !pending.isEmpty || holdsMore || file.isReadable(within: milliseconds) }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(RecordIOError) -> Int {
    while true {
      if let damage { throw damage }
      if pending.isEmpty, !holdsMore {
        let count = try file.read(into: &input)
        if count == 0 {
          if insideFrame { throw RecordIOError(.badCompression, path: path, detail: "zstd data ends in the middle; the file is truncated") }
          return 0
        }
        pending = 0..<count
        expansion.compressed += count
      }
      var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
      let status = input.withUnsafeBytes { bytes -> Int in
        var source = ZSTD_inBuffer(src: bytes.baseAddress! + pending.lowerBound, size: pending.count, pos: 0)
        let status = ZSTD_decompressStream(context, &output, &source)
        pending = (pending.lowerBound + source.pos)..<pending.upperBound
        return status
      }
      if ZSTD_isError(status) != 0 { damage = Self.damage(status, path) }
      insideFrame = status != 0
      holdsMore = insideFrame && output.pos == output.size
      expansion.expanded += output.pos
      try expansion.check(path: path)
      if output.pos > 0 { return output.pos }
    }
  }

  private static func damage(_ status: Int, _ path: String) -> RecordIOError {
    let words = String(cString: ZSTD_getErrorName(status))
    let fix = ZSTD_getErrorCode(status) == ZSTD_error_frameParameter_windowTooLarge ? "; its window is above 128 MiB: pipe it through `zstd -dc --long=31`" : ""
    return RecordIOError(.badCompression, path: path, detail: "zstd data cannot be read: \(words.lowercased())\(fix)")
  }
}
