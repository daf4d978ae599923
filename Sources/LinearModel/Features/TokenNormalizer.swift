/// Brings one token (the bytes between two blanks) into the form that features are taken from.
///
/// ASCII and simple Unicode lower case, a link becomes the mark `\u{1}l`, `@name` becomes `\u{1}u`, more than two equal characters in a row become two,
/// invisible characters go. It looks at nothing outside the token, so what a token contributes can be remembered (``TokenMemo``).
struct TokenNormalizer: ~Copyable {
  /// Longer tokens are cut, so that the scratch memory is fixed.
  static let maximumTokenBytes = 1024
  /// A byte becomes at most three (an invalid one becomes U+FFFD), and the two boundary marks stand around them.
  static let capacity = 3 * maximumTokenBytes + 64

  /// `" token "`, then at least 8 zero bytes. Unicode spaces inside the token are also written as a blank.
  let bytes: UnsafeMutablePointer<UInt8>
  /// For each byte of `bytes` the place in the token that it came from; only written when asked for.
  private let origins: UnsafeMutablePointer<UInt32>?
  private(set) var count = 0
  private(set) var isASCII = true
  private var last: UInt32 = 0
  private var beforeLast: UInt32 = 0

  init(recordsOrigins: Bool) {
    bytes = .allocate(capacity: Self.capacity)
    bytes.initialize(repeating: 0, count: Self.capacity)
    origins = recordsOrigins ? .allocate(capacity: Self.capacity) : nil
    origins?.initialize(repeating: 0, count: Self.capacity)
  }

  deinit {
    bytes.deallocate()
    origins?.deallocate()
  }

  /// Where in the token the normalised byte `index` began.
  func origin(_ index: Int) -> Int { origins.map { Int($0[index]) } ?? 0 }

  /// Normalises `length` bytes (1 ... ``maximumTokenBytes``) at `token`.
  mutating func normalize(_ token: UnsafePointer<UInt8>, _ length: Int) {
    (count, isASCII, last, beforeLast) = (0, true, 0, 0)
    put(0x20, at: 0)
    var i = 0
    while i < length {
      let byte = token[i]
      if byte >= 0x80 {
        i += normalizeScalar(token + i, length - i, at: i)
      } else if byte == 0x40, i + 1 < length, isNameByte(token[i + 1]) {
        let start = i
        repeat { i += 1 } while i < length && isNameByte(token[i])
        putMark(0x75, at: start)
      } else if byte | 0x20 == 0x68 || byte | 0x20 == 0x77, startsLink(token + i, length - i) {
        putMark(0x6C, at: i)
        i = length
      } else {
        putASCII(byte &- 0x41 < 26 ? byte | 0x20 : byte, at: i)
        i += 1
      }
    }
    if bytes[count - 1] != 0x20 { put(0x20, at: length) }
    if let origins { origins[count] = UInt32(length) }
    UnsafeMutableRawPointer(bytes + count).storeBytes(of: 0, as: UInt64.self)
  }

  @inline(__always) private mutating func put(_ byte: UInt8, at origin: Int) {
    bytes[count] = byte
    if let origins { origins[count] = UInt32(truncatingIfNeeded: origin) }
    count += 1
  }

  @inline(__always) private mutating func putASCII(_ byte: UInt8, at origin: Int) {
    guard isNew(UInt32(byte)) else { return }
    put(byte, at: origin)
  }

  /// False for the third and later of equal scalars in a row.
  @inline(__always) private mutating func isNew(_ scalar: UInt32) -> Bool {
    if scalar == last, scalar == beforeLast { return false }
    beforeLast = last
    last = scalar
    return true
  }

  private mutating func putMark(_ letter: UInt8, at origin: Int) {
    put(0x01, at: origin)
    put(letter, at: origin)
    (last, beforeLast) = (0, 0)
  }

  /// Handles the scalar outside ASCII at `token`; returns how many bytes it took.
  private mutating func normalizeScalar(_ token: UnsafePointer<UInt8>, _ length: Int, at origin: Int) -> Int {
    let (scalar, taken) = decodeScalar(token, length)
    switch folded(scalar) {
    case .nothing: break
    case .space: if bytes[count - 1] != 0x20 { put(0x20, at: origin) }
    case .scalar(let result): putScalar(result, at: origin)
    }
    return taken
  }

  private mutating func putScalar(_ scalar: UInt32, at origin: Int) {
    if scalar < 0x80 { return putASCII(UInt8(scalar), at: origin) }
    guard isNew(scalar) else { return }
    isASCII = false
    if scalar < 0x800 {
      put(UInt8(0xC0 | scalar >> 6), at: origin)
    } else {
      if scalar < 0x10000 {
        put(UInt8(0xE0 | scalar >> 12), at: origin)
      } else {
        put(UInt8(0xF0 | scalar >> 18), at: origin)
        put(UInt8(0x80 | (scalar >> 12 & 0x3F)), at: origin)
      }
      put(UInt8(0x80 | (scalar >> 6 & 0x3F)), at: origin)
    }
    put(UInt8(0x80 | (scalar & 0x3F)), at: origin)
  }
}

@inline(__always) private func isNameByte(_ byte: UInt8) -> Bool {
  (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == 0x5F
}

/// `http://`, `https://` or `www.`, in any case.
private func startsLink(_ token: UnsafePointer<UInt8>, _ length: Int) -> Bool {
  func matches(_ word: StaticString) -> Bool {
    guard length > word.utf8CodeUnitCount else { return false }
    for i in 0..<word.utf8CodeUnitCount where word.utf8Start[i] != token[i] | 0x20 { return false }
    return true
  }
  return matches("http://") || matches("https://") || matches("www.")
}
