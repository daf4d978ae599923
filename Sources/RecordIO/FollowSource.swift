#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that grows (`tail -F`): waits at its end, starts again when it is cut, and goes on with the new file when it is rotated.
public final class FollowSource: ByteSource {
  public let path: String
  public var isLive: Bool { true }
  public private(set) var bytesRead = 0
  private var descriptor: Int32
  private var position = 0
  private var lastByte: UInt8 = 0x0A
  /// Asked while waiting; true ends the input.
  private let isStopped: @Sendable () -> Bool

  public init(path: String, isStopped: @escaping @Sendable () -> Bool) throws(RecordIOError) {
    self.path = path
    self.isStopped = isStopped
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(.cannotOpen, path: path, doing: "open") }
    guard fileStatus(descriptor).map({ $0.st_mode & S_IFMT == S_IFREG }) ?? false else {
      throw RecordIOError(.cannotOpen, path: path, detail: "only a regular file can be followed")
    }
  }

  deinit { close(descriptor) }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(RecordIOError) -> Int {
    while true {
      let count = try readDescriptor(descriptor, into: buffer, path: path)
      if count > 0 {
        position += count
        bytesRead += count
        lastByte = buffer[count - 1]
        return count
      }
      if isStopped() { return 0 }
      if try followRotation() {
        // The old file's last line had no end: give it one, so that two lines never become one.
        if lastByte != 0x0A {
          buffer[0] = 0x0A
          lastByte = 0x0A
          return 1
        }
        continue
      }
      usleep(10_000)
    }
  }

  public func isReadable(within milliseconds: Int32) -> Bool {
    var waited: Int32 = 0
    while true {
      if let status = fileStatus(descriptor), Int(status.st_size) > position { return true }
      if waited >= milliseconds { return false }
      usleep(2_000)
      waited += 2
    }
  }

  /// At the end of the open file: whether there is another one, or the same one cut short, to read from its start.
  private func followRotation() throws(RecordIOError) -> Bool {
    var named = stat()
    guard stat(path, &named) == 0, let current = fileStatus(descriptor) else { return false }
    if named.st_ino != current.st_ino || named.st_dev != current.st_dev {
      let next = open(path, O_RDONLY | O_CLOEXEC)
      guard next >= 0 else { return false }
      close(descriptor)
      descriptor = next
      position = 0
      return true
    }
    guard Int(current.st_size) < position else { return false }
    lseek(descriptor, 0, SEEK_SET)
    position = 0
    return true
  }
}

func fileStatus(_ descriptor: Int32) -> stat? {
  var status = stat()
  return fstat(descriptor, &status) == 0 ? status : nil
}
