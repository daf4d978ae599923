import RecordIO

/// Lines of small files or standard input, for the commands that work on JSON Lines.
enum LineInput {
  /// Calls `body` with each line that is not blank, and its place for messages.
  static func forEach(_ files: [String], _ body: ([UInt8], String) throws -> Void) throws {
    for file in files.isEmpty ? ["-"] : files {
      try TextLines.forEach(file) { line, number in try body(line, "\(file == "-" ? "<stdin>" : file):\(number)") }
    }
  }
}
