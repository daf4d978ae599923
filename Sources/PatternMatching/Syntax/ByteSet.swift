/// A set of byte values.
struct ByteSet: Sendable, Hashable {
  private var low: UInt64 = 0
  private var high: UInt64 = 0
  /// Whether the bytes 0x80...0xFF belong; always all or none, as one character's bytes say little of which.
  private(set) var hasHigh = false

  init() {}
  init(_ bytes: some Sequence<UInt8>) { for byte in bytes { insert(byte) } }

  static let all: ByteSet = {
    var set = ByteSet()
    (set.low, set.high, set.hasHigh) = (.max, .max, true)
    return set
  }()

  mutating func insert(_ byte: UInt8) {
    switch byte {
    case ..<64: low |= 1 << UInt64(byte)
    case ..<128: high |= 1 << UInt64(byte - 64)
    default: hasHigh = true
    }
  }

  func contains(_ byte: UInt8) -> Bool {
    switch byte {
    case ..<64: low & 1 << UInt64(byte) != 0
    case ..<128: high & 1 << UInt64(byte - 64) != 0
    default: hasHigh
    }
  }

  func union(_ other: Self) -> Self {
    var result = self
    result.low |= other.low
    result.high |= other.high
    result.hasHigh = hasHigh || other.hasHigh
    return result
  }

  func intersects(_ other: Self) -> Bool { low & other.low | high & other.high != 0 || hasHigh && other.hasHigh }

  mutating func insertHigh() { hasHigh = true }

  /// With the other case of each ASCII letter, and all high bytes where a letter has a case partner beyond ASCII (`k`, `s`).
  var caseless: Self {
    var result = self
    for byte in UInt8(0x61)...0x7A where contains(byte) || contains(byte - 0x20) {
      result.insert(byte)
      result.insert(byte - 0x20)
      if byte == 0x6B || byte == 0x73 { result.hasHigh = true }
    }
    return result
  }

  /// How often a byte of chat is in the set, 0...1; an estimate for choosing between sets, never for correctness.
  var frequency: Double {
    var sum = hasHigh ? 0.025 : 0
    for byte in UInt8(0)..<128 where contains(byte) { sum += ByteFrequency.of(byte) }
    return sum
  }
}

/// How often each byte stands in chat and tweets. Measured on 17 MB of public messages, letters without regard to case.
enum ByteFrequency {
  /// Per 10,000 bytes, for the letters from `a`.
  private static let letters: [Double] = [
    628, 143, 219, 249, 848, 150, 191, 348, 543, 22, 101, 347, 221, 484, 584, 154, 6, 476, 538, 625, 281, 81, 150, 16, 201, 15,
  ]
  /// The same for the other common bytes.
  private static let others: [UInt8: Double] = [
    0x20: 1592, 0x21: 35, 0x22: 13, 0x23: 100, 0x26: 5, 0x27: 33, 0x28: 5, 0x29: 5, 0x2A: 2, 0x2C: 37, 0x2D: 12, 0x2E: 94, 0x2F: 10, 0x3A: 16, 0x3B: 1,
    0x3C: 3, 0x3E: 3, 0x3F: 12, 0x40: 92, 0x5F: 8, 0x7C: 2,
  ]

  static func of(_ byte: UInt8) -> Double {
    switch byte {
    case 0x30...0x39: 0.0008
    case 0x41...0x5A, 0x61...0x7A: letters[Int((byte | 0x20) - 0x61)] / 10_000
    case 0x80...: 0.001
    default: (others[byte] ?? 1) / 10_000
    }
  }

  /// Pieces of common words and addresses: far more frequent than their letters suggest.
  private static let common: [[UInt8]] = [
    "http", "https://", "://", "www.", ".com", "the ", " the", "and ", " and", "you", "your", "ing ", "that", "this", "with", "have", "just", "like", "what",
    "for ", " for", "not ", "are ", "all ", "was ", "but ", "they", "when", "about", "people", "there", "their", "would", "ould", "ight", "ever", "some",
    "tion", "from", "know", "will", "here", "good", "love", "time", "want", "get ", "out ", "one ", "can ", "now ", "don't", " to ", " of ", " is ", " in ",
  ].map { Array($0.utf8) }

  /// Expected share of positions where `literal` (lower case) starts: each byte given the one before.
  static func of(literal: [UInt8]) -> Double {
    guard literal.count > 1 else { return literal.first.map { of($0) } ?? 1 }
    var share = BigramFrequency.share(literal[0], literal[1])
    for index in literal.indices.dropFirst(2) {
      share *= min(1, BigramFrequency.share(literal[index - 1], literal[index]) / BigramFrequency.share(literal[index - 1]))
    }
    return max(share, common.contains { contains($0, literal) } ? 0.002 : 0)
  }

  private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
    part.count <= text.count && (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
  }
}
