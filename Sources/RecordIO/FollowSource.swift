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
  /// The next bytes are of another file, or of the same one cut short: ``read(into:)`` gives 0 until ``beginNewFile()``. Its reader must know: a last line may
  /// lack its line end, and a new file has places, a byte order mark and a header of its own.
  private(set) var hasNewFile = false
  /// Since when the file under the path is another one and this one has not grown.
  private var quietSince: ContinuousClock.Instant?
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

  func beginNewFile() { hasNewFile = false }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(RecordIOError) -> Int {
    while !hasNewFile {
      let count = try readDescriptor(descriptor, into: buffer, path: path)
      if count > 0 {
        quietSince = nil
        position += count
        bytesRead += count
        return count
      }
      if isStopped() { return 0 }
      hasNewFile = followRotation()
      if !hasNewFile { usleep(10_000) }
    }
    return 0
  }

  public func isReadable(within milliseconds: Int32) -> Bool {
    var waited: Int32 = 0
    while true {
      if hasNewFile { return true }
      if let status = fileStatus(descriptor), Int(status.st_size) > position { return true }
      hasNewFile = followRotation()
      if hasNewFile { return true }
      if waited >= milliseconds { return false }
      usleep(2_000)
      waited += 2
    }
  }

  /// At the end of the open file: whether there is another one, or the same one cut short, to read from its start.
  private func followRotation() -> Bool {
    var named = stat()
    guard stat(path, &named) == 0, let current = fileStatus(descriptor) else { return false }
    if named.st_ino != current.st_ino || named.st_dev != current.st_dev {
      // Its last lines first.
      if Int(current.st_size) > position || !isLeft(named) { return false }
      quietSince = nil
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

  /// Whether the writers have left a rotated file for the one in its place. They hold it open until they are told to open the new one, and go on in it until
  /// then: it is read until it has been quiet for a while, for a shorter one once somebody writes to the new file.
  private func isLeft(_ next: stat) -> Bool {
    let now = ContinuousClock.now
    guard let since = quietSince else {
      quietSince = now
      return false
    }
    return now - since >= (next.st_size > 0 ? Self.shortGrace : Self.grace)
  }

  private static let grace = Duration.seconds(5)
  private static let shortGrace = Duration.milliseconds(500)

  /// Whether more of the file is there than was read: then it is worked through, and not followed yet.
  var isBehind: Bool { fileStatus(descriptor).map { Int($0.st_size) > position } ?? false }
}

func fileStatus(_ descriptor: Int32) -> stat? {
  var status = stat()
  return fstat(descriptor, &status) == 0 ? status : nil
}
