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
      var scanned = 0
      func take(_ line: ArraySlice<UInt8>) throws {
        number += 1
        var line = line
        if line.last == 0x0D { line = line.dropLast() }
        if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        if line.contains(where: { $0 != 0x20 && $0 != 0x09 }) { try body(Array(line), "\(source.path):\(number)") }
      }
      while true {
        let count = try chunk.withUnsafeMutableBytes { try source.read(into: $0) }
        if count == 0 { break }
        rest.append(contentsOf: chunk[..<count])
        var start = 0
        while let end = rest[max(start, scanned)...].firstIndex(of: 0x0A) {
          try take(rest[start..<end])
          start = end + 1
        }
        rest.removeFirst(start)
        scanned = rest.count
        if rest.count > 64 << 20 { throw CommandFailure("\(source.path):\(number + 1): the line is longer than 64 MiB") }
      }
      if !rest.isEmpty { try take(rest[...]) }
    }
  }
}
