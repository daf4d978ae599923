#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file being written from front to back; truncated if it existed.
struct OutputFile: ~Copyable {
  private let path: String
  private var descriptor: Int32

  init(path: String) throws(CheckpointError) {
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    self.path = path
    guard descriptor >= 0 else { throw MappedFile.failure("cannot create", path) }
  }

  deinit { if descriptor >= 0 { _ = closeDescriptor(descriptor) } }

  mutating func write(_ bytes: [UInt8]) throws(CheckpointError) { try write(bytes, bytes.count) }

  /// Writes the first `count` bytes of an array's memory.
  mutating func write<Element>(_ elements: [Element], _ count: Int) throws(CheckpointError) {
    var written = 0
    while written < count {
      let done = elements.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress! + written, count - written) }
      if done < 0, errno == EINTR { continue }
      guard done > 0 else { throw MappedFile.failure("cannot write", path) }
      written += done
    }
  }

  /// Errors that the system reports late are reported here.
  mutating func close() throws(CheckpointError) {
    let status = closeDescriptor(descriptor)
    descriptor = -1
    guard status == 0 else { throw MappedFile.failure("cannot close", path) }
  }

  static func write(_ bytes: [UInt8], to path: String) throws(CheckpointError) {
    var file = try OutputFile(path: path)
    try file.write(bytes)
    try file.close()
  }
}

// The methods above hide the system's functions of the same name.
private func closeDescriptor(_ descriptor: Int32) -> Int32 { close(descriptor) }
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int { write(descriptor, bytes, count) }

extension FileSystem {
  /// Bytes that an ordinary user may still write to the disk of a folder; nil when unknown.
  static func freeBytes(_ folder: String) -> Int? {
    var status = statvfs()
    guard statvfs(folder, &status) == 0 else { return nil }
    let (bytes, overflow) = Int(status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
    return overflow ? nil : bytes
  }
}
