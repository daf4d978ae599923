/// Cuts a text into tokens: the runs of bytes above 0x20, each at most ``TokenNormalizer/maximumTokenBytes`` long.
struct TokenScanner {
  private let bytes: UnsafePointer<UInt8>
  private let count: Int
  private(set) var start = 0
  private(set) var end = 0

  init(_ text: UnsafeBufferPointer<UInt8>) {
    // An empty buffer may have no address; nothing is read from the stand-in.
    bytes = text.baseAddress ?? UnsafePointer(bitPattern: 1).unsafelyUnwrapped
    count = text.baseAddress == nil ? 0 : text.count
  }

  /// Moves to the next token: bytes `start ..< end`. False at the end of the text.
  @inline(__always) mutating func next() -> Bool {
    var i = end
    while i < count, bytes[i] <= 0x20 { i += 1 }
    guard i < count else { return false }
    start = i
    i = endOfToken(from: i + 1)
    if i - start > TokenNormalizer.maximumTokenBytes { i = cut() }
    end = i
    return true
  }

  /// The next byte at or below 0x20, eight bytes a step.
  @inline(__always) private func endOfToken(from first: Int) -> Int {
    var i = first
    while i + 8 <= count {
      let word = UnsafeRawPointer(bytes + i).loadUnaligned(as: UInt64.self).littleEndian
      // The lowest marked byte is exact: a borrow only spoils bytes above it.
      let marks = (word &- 0x2121_2121_2121_2121) & ~word & 0x8080_8080_8080_8080
      if marks != 0 { return i + marks.trailingZeroBitCount >> 3 }
      i += 8
    }
    while i < count, bytes[i] > 0x20 { i += 1 }
    return i
  }

  /// Where an over-long token is cut: at the limit, or up to three bytes before, so as not to split a scalar.
  private func cut() -> Int {
    let limit = start + TokenNormalizer.maximumTokenBytes
    var i = limit
    while i > limit - 3, bytes[i] & 0xC0 == 0x80 { i -= 1 }
    return bytes[i] & 0xC0 == 0x80 ? limit : i
  }
}
