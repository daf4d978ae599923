/// Digits and signs to the letters that they stand for, in words that have a letter.
///
/// `1` and `l` look alike; `1` becomes `i`, and the matcher also tries `i` for every `l` of a phrase.
enum LeetPass {
  /// The letter for each ASCII byte that stands for one; 0 for all others.
  static let letters: [UInt8] = {
    var table = [UInt8](repeating: 0, count: 128)
    for (sign, letter) in zip("013456789@$!|+".utf8, "oieasgtbgasiit".utf8) { table[Int(sign)] = letter }
    return table
  }()

  static func run(_ copy: NormalizedText) -> Bool {
    letters.withUnsafeBufferPointer { letters in
      var changed = false
      var index = 0
      while index < copy.count {
        guard isPart(copy.bytes[index], letters) else {
          index += 1
          continue
        }
        let start = index
        var hasLetter = false
        while index < copy.count, isPart(copy.bytes[index], letters) {
          if isLetter(copy.bytes[index]) { hasLetter = true }
          index += 1
        }
        if hasLetter, replace(copy, start..<index, letters) { changed = true }
      }
      return changed
    }
  }

  private static func replace(_ copy: NormalizedText, _ token: Range<Int>, _ letters: UnsafeBufferPointer<UInt8>) -> Bool {
    var changed = false
    for i in token where copy.bytes[i] < 0x80 {
      let letter = letters[Int(copy.bytes[i])]
      guard letter != 0 else { continue }
      // `!`, `|` and `+` end sentences and join words more often than they stand for a letter; only before another part of the word they do.
      let isDoubtful = copy.bytes[i] == 0x21 || copy.bytes[i] == 0x7C || copy.bytes[i] == 0x2B
      if isDoubtful, i + 1 >= token.upperBound || !isAlphanumeric(copy.bytes[i + 1]) { continue }
      copy.bytes[i] = letter
      changed = true
    }
    return changed
  }

  @inline(__always) private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 || byte >= 0x80 }
  @inline(__always) private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLetter(byte) || byte &- 0x30 < 10 }
  @inline(__always)
  private static func isPart(_ byte: UInt8, _ letters: UnsafeBufferPointer<UInt8>) -> Bool { isLetter(byte) || letters[Int(byte)] != 0 }
}
