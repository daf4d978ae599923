/// Reading and writing single scalars in raw UTF-8.
public enum UTF8Scalar {
  /// What stands for bytes that are not UTF-8.
  public static let replacement: UInt32 = 0xFFFD

  /// The scalar that starts at `bytes[index]` and the bytes that it takes; U+FFFD and 1 where no well-formed sequence starts.
  ///
  /// Table 3-7 of the Unicode Standard: no overlong forms, no surrogates, nothing above U+10FFFF.
  /// - Precondition: `index < end`.
  @inlinable @inline(__always)
  public static func decode(_ bytes: UnsafePointer<UInt8>, at index: Int, end: Int) -> (scalar: UInt32, length: Int) {
    let first = bytes[index]
    if first < 0x80 { return (UInt32(first), 1) }
    return decodeLong(bytes, at: index, end: end)
  }

  @inlinable
  public static func decodeLong(_ bytes: UnsafePointer<UInt8>, at index: Int, end: Int) -> (scalar: UInt32, length: Int) {
    let first = UInt32(bytes[index])
    func continuation(_ offset: Int) -> UInt32? {
      guard index + offset < end else { return nil }
      let byte = UInt32(bytes[index + offset])
      return byte & 0xC0 == 0x80 ? byte & 0x3F : nil
    }
    switch first {
    case 0xC2...0xDF:
      guard let b = continuation(1) else { break }
      return ((first & 0x1F) << 6 | b, 2)
    case 0xE0...0xEF:
      guard let b = continuation(1), let c = continuation(2) else { break }
      let scalar = (first & 0x0F) << 12 | b << 6 | c
      guard scalar >= 0x800, scalar & 0xF800 != 0xD800 else { break }
      return (scalar, 3)
    case 0xF0...0xF4:
      guard let b = continuation(1), let c = continuation(2), let d = continuation(3) else { break }
      let scalar = (first & 0x07) << 18 | b << 12 | c << 6 | d
      guard scalar >= 0x10000, scalar <= 0x10FFFF else { break }
      return (scalar, 4)
    default: break
    }
    return (replacement, 1)
  }

  /// Where the scalar that ends before `index` starts; at most 4 bytes back, exact for well-formed text.
  @inlinable
  public static func start(before index: Int, in bytes: UnsafePointer<UInt8>, lowerBound: Int) -> Int {
    var start = index - 1
    let limit = max(lowerBound, index - 4)
    while start > limit, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }

  /// Writes the UTF-8 form of `scalar` and returns its length, 1 to 4.
  @inlinable @discardableResult
  public static func encode(_ scalar: UInt32, to out: UnsafeMutablePointer<UInt8>) -> Int {
    switch scalar {
    case ..<0x80:
      out[0] = UInt8(truncatingIfNeeded: scalar)
      return 1
    case ..<0x800:
      out[0] = UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6)
      out[1] = UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F)
      return 2
    case ..<0x10000:
      out[0] = UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12)
      out[1] = UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F)
      out[2] = UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F)
      return 3
    default:
      out[0] = UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18)
      out[1] = UInt8(truncatingIfNeeded: 0x80 | scalar >> 12 & 0x3F)
      out[2] = UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F)
      out[3] = UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F)
      return 4
    }
  }

  /// Appends the UTF-8 form of `scalar`.
  public static func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4) { buffer in
      guard let base = buffer.baseAddress else { return }
      let count = encode(scalar, to: base)
      bytes.append(contentsOf: UnsafeBufferPointer(start: base, count: count))
    }
  }
}
