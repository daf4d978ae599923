import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Files beside the tests whose text must be met exactly; `UPDATE_GOLDEN=1` writes them anew.
enum Golden {
  static let folder = String(#filePath.dropLast("/Golden.swift".count)) + "/Golden"

  static func expect(_ text: String, is name: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let path = "\(folder)/\(name)"
    if getenv("UPDATE_GOLDEN") != nil {
      #expect(write(text, to: path), "cannot write \(name)", sourceLocation: sourceLocation)
      return
    }
    #expect(read(path) == text, "differs from Golden/\(name); run with UPDATE_GOLDEN=1 and look at the diff", sourceLocation: sourceLocation)
  }

  static func read(_ path: String) -> String? { readBytes(path).map { String(decoding: $0, as: UTF8.self) } }

  static func readBytes(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { return bytes }
      bytes += chunk[..<count]
    }
  }

  static func write(_ text: String, to path: String) -> Bool { writeBytes(Array(text.utf8), to: path) }

  static func writeBytes(_ bytes: [UInt8], to path: String) -> Bool {
    guard let file = fopen(path, "wb") else { return false }
    defer { fclose(file) }
    return fwrite(bytes, 1, bytes.count, file) == bytes.count
  }

  /// Names in a folder of `Golden`, sorted.
  static func names(in name: String, suffix: String) -> [String] {
    guard let stream = opendir("\(folder)/\(name)") else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) { String(cString: $0) }
      }
      if name.hasSuffix(suffix) { names.append(name) }
    }
    return names.sorted()
  }

  /// A folder for one test, removed by the system in time.
  static func temporaryFolder() -> String {
    var template = Array("/tmp/winnow-file-XXXXXX".utf8CString)
    return mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
  }
}
