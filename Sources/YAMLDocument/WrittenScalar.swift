/// How a scalar stands in the file: where its characters are, with and without quotes.
enum WrittenScalar {
  /// The bytes of a one-line scalar that starts `line`, without its quotes; nil for anything else (blocks, tags, several lines).
  static func content(in line: ArraySlice<UInt8>, value: String) -> Range<Int>? {
    guard let first = line.first else { return nil }
    if first == UInt8(ascii: "'") || first == UInt8(ascii: "\"") {
      return closingQuote(in: line, quote: first).map { line.startIndex + 1..<$0 }
    }
    guard line.starts(with: value.utf8) else { return nil }
    return line.startIndex..<line.startIndex + value.utf8.count
  }

  /// The bytes that a scalar covers on its first line, quotes included.
  static func extent(in line: ArraySlice<UInt8>, value: String) -> Range<Int> {
    guard let first = line.first else { return line.startIndex..<line.startIndex }
    switch first {
    case UInt8(ascii: "'"), UInt8(ascii: "\""):
      if let end = closingQuote(in: line, quote: first) { return line.startIndex..<end + 1 }
    case UInt8(ascii: "|"), UInt8(ascii: ">"): return line.startIndex..<line.startIndex + 1
    default:
      if line.starts(with: value.utf8) { return line.startIndex..<line.startIndex + value.utf8.count }
    }
    var end = line.endIndex
    while end > line.startIndex, line[end - 1] == 0x20 || line[end - 1] == 0x09 { end -= 1 }
    return line.startIndex..<end
  }

  /// Where the quoted text that starts `line` ends on it.
  static func closingQuote(in line: ArraySlice<UInt8>, quote: UInt8) -> Int? {
    var index = line.startIndex + 1
    while index < line.endIndex {
      if line[index] == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
        index += 2
        continue
      }
      if line[index] == quote {
        guard quote == UInt8(ascii: "'"), index + 1 < line.endIndex, line[index + 1] == quote else { return index }
        index += 1
      }
      index += 1
    }
    return nil
  }
}
