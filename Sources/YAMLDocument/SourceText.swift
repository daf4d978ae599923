/// A file's text with its lines, so that a place (1-based line, and column in Unicode scalars) can be turned into bytes and back.
///
/// Lines end at LF, CRLF or CR, as in YAML 1.2. A byte order mark belongs to no column.
/// Building is one pass; a lookup costs at most ``stride`` scalars, however long the line.
public struct SourceText: Sendable {
  public let bytes: [UInt8]
  /// Byte offset at which each line starts.
  private let lineStarts: [Int]
  /// Number of scalars before each line; empty when all bytes are ASCII, where it equals the byte offset.
  private let scalarsBeforeLine: [Int]
  /// Byte offset of every ``stride``th scalar; empty when all bytes are ASCII.
  private let checkpoints: [Int]
  private static let stride = 128

  public init(_ text: some StringProtocol) { self.init(bytes: Array(text.utf8)) }

  /// - Parameter bytes: valid UTF-8.
  public init(bytes: [UInt8]) {
    self.bytes = bytes
    let ascii = bytes.allSatisfy { $0 < 0x80 }
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var lineStarts = [start]
    var scalarsBeforeLine = ascii ? [] : [0]
    var checkpoints: [Int] = []
    var scalars = 0
    for index in start..<bytes.count {
      let byte = bytes[index]
      if !ascii, byte & 0xC0 != 0x80 {
        if scalars % Self.stride == 0 { checkpoints.append(index) }
        scalars += 1
      }
      let next = index + 1 < bytes.count ? bytes[index + 1] : 0
      guard byte == 0x0A || (byte == 0x0D && next != 0x0A) else { continue }
      lineStarts.append(index + 1)
      if !ascii { scalarsBeforeLine.append(scalars) }
    }
    (self.lineStarts, self.scalarsBeforeLine, self.checkpoints) = (lineStarts, scalarsBeforeLine, checkpoints)
  }

  public var lineCount: Int { lineStarts.count }

  /// The bytes of a 1-based line without its line end; nil outside the file.
  public func line(_ number: Int) -> ArraySlice<UInt8>? {
    guard number >= 1, number <= lineStarts.count else { return nil }
    let start = lineStarts[number - 1]
    var end = number < lineStarts.count ? lineStarts[number] : bytes.count
    while end > start, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
    return bytes[start..<end]
  }

  /// Byte offset of a 1-based line and column; clamped to the text.
  public func offset(line: Int, column: Int) -> Int {
    guard line >= 1 else { return lineStarts[0] }
    guard line <= lineStarts.count else { return bytes.count }
    guard !checkpoints.isEmpty else { return min(lineStarts[line - 1] + max(column, 1) - 1, bytes.count) }
    let scalar = scalarsBeforeLine[line - 1] + max(column, 1) - 1
    guard scalar / Self.stride < checkpoints.count else { return bytes.count }
    var offset = checkpoints[scalar / Self.stride]
    for _ in 0..<scalar % Self.stride where offset < bytes.count { offset += sequenceLength(at: offset) }
    return min(offset, bytes.count)
  }

  /// 1-based line and column of a byte offset; clamped to the text.
  public func place(ofByte offset: Int) -> (line: Int, column: Int) {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    let end = min(max(offset, lineStarts[low]), bytes.count)
    return (low + 1, scalarCount(lineStarts[low]..<end) + 1)
  }

  /// How many Unicode scalars start in a range of bytes.
  public func scalarCount(_ range: Range<Int>) -> Int { bytes[range].count { $0 & 0xC0 != 0x80 } }

  private func sequenceLength(at offset: Int) -> Int {
    switch bytes[offset] {
    case 0xF0...: 4
    case 0xE0...: 3
    case 0xC0...: 2
    default: 1
    }
  }
}
