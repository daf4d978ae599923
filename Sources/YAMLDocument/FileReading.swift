import Moderation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Reading files that a person named: regular files only, bounded, without ever waiting on a pipe or a device.
public enum SourceFile {
  /// The bytes of a file, or nil with the reason in `diagnostics`.
  ///
  /// - Parameters:
  ///   - span: where the path was written, for a file that another file names; nil for one named on the command line.
  ///   - file: the name to use in messages.
  public static func read(
    path: String, file: String, maxBytes: Int, at span: SourceSpan? = nil, diagnostics: inout Diagnostics
  ) -> [UInt8]? {
    let place = span ?? SourceSpan(file: file, line: 1, column: 1, length: 0)
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      let reason = errno
      if reason == ENOENT || reason == ENOTDIR {
        diagnostics.error("file-not-found", "no such file: `\(file)`", at: place, hint: span == nil ? nil : "paths are relative to the file that names them")
      } else {
        diagnostics.error("file-unreadable", "cannot read `\(file)`: \(Self.reason(reason))", at: place)
      }
      return nil
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      diagnostics.error("file-unreadable", "cannot read `\(file)`: \(Self.reason(errno))", at: place)
      return nil
    }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG else {
      let found = kind == S_IFDIR ? "a folder" : "not a regular file"
      diagnostics.error("not-a-file", "`\(file)` is \(found)", at: place, hint: "name a regular file")
      return nil
    }
    return read(descriptor, file: file, maxBytes: maxBytes, at: place, diagnostics: &diagnostics)
  }

  /// The text of a file's bytes, or nil with the place of the first that is no UTF-8 in `diagnostics`.
  public static func text(_ bytes: [UInt8], file: String, diagnostics: inout Diagnostics) -> String? {
    CharacterCheck.isUTF8(bytes, file: file, diagnostics: &diagnostics) ? String(decoding: bytes, as: UTF8.self) : nil
  }

  private static func read(
    _ descriptor: Int32, file: String, maxBytes: Int, at place: SourceSpan, diagnostics: inout Diagnostics
  ) -> [UInt8]? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = chunk.withUnsafeMutableBytes { readBytes(descriptor, $0) }
      if count < 0 {
        if errno == EINTR { continue }
        diagnostics.error("file-unreadable", "cannot read `\(file)`: \(reason(errno))", at: place)
        return nil
      }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
      if bytes.count > maxBytes {
        diagnostics.error(
          "file-too-large", "`\(file)` is larger than \(maxBytes) bytes", at: place, hint: "split it, or keep large word lists in files of their own")
        return nil
      }
    }
  }

  private static func reason(_ number: Int32) -> String {
    let text = strerror(number).map { String(cString: $0) } ?? "error \(number)"
    return text.prefix(1).lowercased() + text.dropFirst()
  }
}

private func readBytes(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
  read(descriptor, buffer.baseAddress, buffer.count)
}
