/// The last pass: a letter three or more times in a row becomes one, marked as stretched.
///
/// Why three: double letters are spelling (`book`, `ass`), triple letters are not. A phrase with a double letter is matched against
/// a stretched single one by the matcher, which knows the mark; so `assss` is found by `ass` and `as` is not.
enum RepeatPass {
  static func run(_ copy: NormalizedText) -> Bool {
    let bytes = copy.bytes
    guard let first = firstRun(bytes, count: copy.count) else { return false }
    var (read, write) = (first, first)
    while read < copy.count {
      let (scalar, length) = UTF8Scalar.decode(bytes, at: read, end: copy.count)
      var next = read + length
      var times = 1
      if isLetter(scalar) {
        while next + length <= copy.count, matches(bytes, read, next, length) {
          times += 1
          next += length
        }
      }
      let kept = times >= 3 ? 1 : times
      let lastEnd = copy.ends[next - 1]
      for i in 0..<kept * length { copy.move(from: read + i, to: write + i) }
      if times >= 3 {
        for i in write..<write + length {
          copy.ends[i] = lastEnd
          copy.flags[i] |= NormalizedText.stretched
        }
      }
      write += kept * length
      read = next
    }
    copy.finish(count: write)
    return true
  }

  /// Where the first stretched letter starts; nil when there is none.
  private static func firstRun(_ bytes: UnsafePointer<UInt8>, count: Int) -> Int? {
    var index = 0
    while index + 2 < count {
      let byte = bytes[index]
      if byte < 0x80 {
        if byte == bytes[index + 1], byte == bytes[index + 2], isLetter(UInt32(byte)) { return index }
        index += 1
        continue
      }
      let (scalar, length) = UTF8Scalar.decode(bytes, at: index, end: count)
      let isTriple = index + 3 * length <= count && matches(bytes, index, index + length, length) && matches(bytes, index, index + 2 * length, length)
      if isTriple, isLetter(scalar) { return index }
      index += length
    }
    return nil
  }

  @inline(__always)
  private static func matches(_ bytes: UnsafePointer<UInt8>, _ a: Int, _ b: Int, _ length: Int) -> Bool {
    for i in 0..<length where bytes[a + i] != bytes[b + i] { return false }
    return true
  }

  @inline(__always)
  private static func isLetter(_ scalar: UInt32) -> Bool {
    scalar < 0x80 ? (scalar | 0x20) &- 0x61 < 26 : ScalarClass.table[scalar].isLetter
  }
}
