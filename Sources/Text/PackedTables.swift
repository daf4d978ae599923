/// The Unicode tables as text. `Scripts/generate_unicode_tables.py` writes them and documents the tokens.
enum PackedTables {
  struct Entry {
    var scalar: UInt32
    var isCompatibility: Bool
    var isExcluded: Bool
    var values: [UInt32]
  }

  /// The entries of a table, runs written out, in ascending order of scalar.
  /// - Parameter constant: whether all scalars of a run have the same value.
  static func entries(_ table: StaticString, constant: Bool = false) -> [Entry] {
    var reader = Reader(bytes: UnsafeBufferPointer(start: table.utf8Start, count: table.utf8CodeUnitCount))
    var entries: [Entry] = []
    while let token = reader.next() {
      for n in 0..<token.count {
        let step = n * token.stride
        let values = token.values.count == 1 && !constant ? [token.values[0] + step] : token.values
        entries.append(Entry(scalar: token.first + step, isCompatibility: token.isCompatibility, isExcluded: token.isExcluded, values: values))
      }
    }
    return entries
  }

  /// The tokens of a table whose runs have one value each.
  static func runs(_ table: StaticString) -> [Token] {
    var reader = Reader(bytes: UnsafeBufferPointer(start: table.utf8Start, count: table.utf8CodeUnitCount))
    var tokens: [Token] = []
    while let token = reader.next() { tokens.append(token) }
    return tokens
  }

  struct Token {
    var first: UInt32 = 0
    var count: UInt32 = 1
    var stride: UInt32 = 1
    var isCompatibility = false
    var isExcluded = false
    var values: [UInt32] = []
  }

  private struct Reader {
    let bytes: UnsafeBufferPointer<UInt8>
    var index = 0
    var scalar: UInt32 = 0

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func next() -> Token? {
      while index < bytes.count, bytes[index] <= 0x20 { index += 1 }
      guard index < bytes.count else { return nil }
      var token = Token()
      if take(0x7E) { token.isCompatibility = true }
      if take(0x21) { token.isExcluded = true }
      token.first = scalar + number()
      if take(0x2A) { token.count = number() }
      if take(0x2F) { token.stride = number() }
      _ = take(0x3D)
      repeat { token.values.append(number()) } while take(0x2E)
      scalar = token.first + (token.count - 1) * token.stride + 1
      return token
    }

    mutating func take(_ byte: UInt8) -> Bool {
      guard index < bytes.count, bytes[index] == byte else { return false }
      index += 1
      return true
    }

    mutating func number() -> UInt32 {
      var value: UInt32 = 0
      while index < bytes.count, let digit = Self.digit(bytes[index]) {
        value = value << 4 | digit
        index += 1
      }
      return value
    }

    static func digit(_ byte: UInt8) -> UInt32? {
      switch byte {
      case 0x30...0x39: UInt32(byte - 0x30)
      case 0x61...0x66: UInt32(byte - 0x61 + 10)
      default: nil
      }
    }
  }
}
