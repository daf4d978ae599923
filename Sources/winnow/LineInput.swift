import RecordIO

/// Lines of small files or standard input, for the commands that work on JSON Lines.
enum LineInput {
  /// Calls `body` with each line that is not blank, and its place for messages.
  static func forEach(_ files: [String], _ body: ([UInt8], String) throws -> Void) throws {
    for file in files.isEmpty ? ["-"] : files {
      let source = try openSource(path: file)
      var rest: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      var number = 0
      func take(_ line: ArraySlice<UInt8>) throws {
        number += 1
        var line = line
        if line.last == 0x0D { line = line.dropLast() }
        if line.contains(where: { $0 != 0x20 && $0 != 0x09 }) { try body(Array(line), "\(source.path):\(number)") }
      }
      while true {
        let count = try chunk.withUnsafeMutableBytes { try source.read(into: $0) }
        if count == 0 { break }
        rest.append(contentsOf: chunk[..<count])
        var start = 0
        while let end = rest[start...].firstIndex(of: 0x0A) {
          try take(rest[start..<end])
          start = end + 1
        }
        rest.removeFirst(start)
      }
      if !rest.isEmpty { try take(rest[...]) }
    }
  }
}
