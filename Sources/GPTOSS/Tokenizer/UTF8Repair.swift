/// Well-formed UTF-8 from any bytes, as the WHATWG decoder and Python's `errors="replace"` make it: every maximal subpart of an
/// ill-formed sequence becomes one U+FFFD.
enum UTF8Repair {
  static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]

  /// What stands at the start of some bytes.
  enum Unit: Equatable {
    /// A scalar of that many bytes.
    case scalar(Int)
    /// That many bytes that are no part of any scalar.
    case illFormed(Int)
    /// The bytes end inside a scalar of which that many are there.
    case incomplete(Int)
  }

  /// Length of the longest prefix that is well formed.
  static func validPrefix(of bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var i = 0
    while i < bytes.count {
      if i + 8 <= bytes.count, UnsafeRawPointer(bytes.baseAddress! + i).loadUnaligned(as: UInt64.self) & 0x8080_8080_8080_8080 == 0 {
        i += 8
        continue
      }
      guard case .scalar(let length) = unit(at: i, in: bytes) else { return i }
      i += length
    }
    return i
  }

  /// Nil when `bytes` are well formed as they stand.
  static func repair(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var i = validPrefix(of: bytes)
    if i == bytes.count { return nil }
    var repaired = Array(bytes[..<i])
    repaired.reserveCapacity(bytes.count + 16)
    while i < bytes.count {
      switch unit(at: i, in: bytes) {
      case .scalar(let length):
        repaired.append(contentsOf: bytes[i..<i + length])
        i += length
      case .illFormed(let length), .incomplete(let length):
        repaired.append(contentsOf: replacement)
        i += length
      }
    }
    return repaired
  }

  /// Table 3-7 of the Unicode standard: the range of the second byte depends on the first.
  static func unit(at i: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Unit {
    let first = bytes[i]
    let (length, second): (Int, ClosedRange<UInt8>)
    switch first {
    case 0..<0x80: return .scalar(1)
    case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return .illFormed(1)
    }
    for k in 1..<length {
      guard i + k < bytes.count else { return .incomplete(k) }
      guard k == 1 ? second.contains(bytes[i + 1]) : bytes[i + k] & 0xC0 == 0x80 else { return .illFormed(k) }
    }
    return .scalar(length)
  }
}
