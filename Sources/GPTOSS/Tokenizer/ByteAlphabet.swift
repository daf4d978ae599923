/// The byte-level alphabet in which `tokenizer.json` writes tokens (GPT-2's `bytes_to_unicode`): printable Latin-1 bytes stand for
/// themselves, the other 68 bytes for U+0100, U+0101 … in order, so that every token is readable text.
enum ByteAlphabet {
  /// Scalar → byte, -1 where the alphabet does not have the scalar; all scalars of the alphabet are below its length.
  static let byteOfScalar: [Int16] = {
    var bytes = [Int16](repeating: -1, count: 256 + 68)
    var next = 256
    for byte in 0..<256 {
      let standsForItself = (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte)
      bytes[standsForItself ? byte : next] = Int16(byte)
      if !standsForItself { next += 1 }
    }
    return bytes
  }()

  /// Appends the bytes that `text` (well-formed UTF-8) stands for; false when it holds a scalar that the alphabet does not have.
  static func decode(_ text: UnsafeBufferPointer<UInt8>, into bytes: inout [UInt8]) -> Bool {
    byteOfScalar.withUnsafeBufferPointer { table in
      var i = 0
      while i < text.count {
        var scalar = Int(text[i])
        i += 1
        if scalar >= 0x80 {
          // Two-byte sequences end at U+07FF, beyond the alphabet.
          guard scalar < 0xE0, i < text.count else { return false }
          scalar = (scalar & 0x1F) << 6 | Int(text[i] & 0x3F)
          i += 1
        }
        guard scalar < table.count, table[scalar] >= 0 else { return false }
        bytes.append(UInt8(truncatingIfNeeded: table[scalar]))
      }
      return true
    }
  }
}
