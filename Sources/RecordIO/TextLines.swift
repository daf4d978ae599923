/// The lines of a text file, plain, gzip or Zstandard, one at a time.
public enum TextLines {
  /// Longest line.
  public static let maximumBytes = 64 << 20

  /// Calls `body` with each line that is not blank, without its line end, and its 1-based number. `-` is standard input. A byte order mark is left out.
  public static func forEach(_ path: String, _ body: ([UInt8], Int) throws -> Void) throws {
    let source = try openSource(path: path)
    var rest: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    var (number, scanned) = (0, 0)
    func take(_ line: ArraySlice<UInt8>) throws {
      number += 1
      var line = line
      if line.last == 0x0D { line = line.dropLast() }
      if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
      if line.contains(where: { $0 != 0x20 && $0 != 0x09 }) { try body(Array(line), number) }
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
      if rest.count > maximumBytes { throw RecordIOError(.readFailed, path: source.path, detail: "line \(number + 1) is longer than 64 MiB") }
    }
    if !rest.isEmpty { try take(rest[...]) }
  }
}
