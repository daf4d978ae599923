/// The hash that turns a feature into a bucket: one multiply-and-fold step for each 8 bytes, one multiply to finish, the top bits taken.
///
/// It is part of the file format (`"hash": "mf1"` in the card): changing a constant makes every model unusable.
@usableFromInline enum FeatureHash {
  static let name = "mf1"
  @usableFromInline static let fold: UInt64 = 0x9E37_79B9_7F4A_7C15
  @usableFromInline static let finish: UInt64 = 0xD6E8_FEB8_6659_FD93
  @usableFromInline static let lengths: UInt64 = 0xA24B_AED4_963E_E407
  @usableFromInline static let wordSeed: UInt64 = 0x8B1A_2F6C_39D7_55E1
  @usableFromInline static let pairSeed: UInt64 = 0x2545_F491_4F6C_DD1D
  /// Stands for the word before the first one.
  @usableFromInline static let start: UInt64 = 0x5851_F42D_4C95_7F2D

  @inlinable @inline(__always) static func step(_ state: UInt64, _ bytes: UInt64) -> UInt64 {
    let x = (state ^ bytes) &* fold
    return x ^ (x >> 32)
  }

  /// Bucket of a byte string of `length` bytes whose folded state is `state`, 0 ..< `count`.
  @inlinable @inline(__always) static func bucket(_ state: UInt64, length: Int, count: UInt64) -> UInt32 {
    let x = (state &+ UInt64(truncatingIfNeeded: length) &* lengths) &* finish
    return UInt32(truncatingIfNeeded: ((x >> 32) &* count) >> 32)
  }

  /// Folds `length` bytes at `bytes` (1 or more); up to 7 bytes behind them are read and masked off.
  @inlinable @inline(__always) static func state(_ bytes: UnsafePointer<UInt8>, length: Int, seed: UInt64) -> UInt64 {
    var state = seed
    var rest = length
    var at = UnsafeRawPointer(bytes)
    while rest > 8 {
      state = step(state, at.loadUnaligned(as: UInt64.self).littleEndian)
      at += 8
      rest -= 8
    }
    return step(state, at.loadUnaligned(as: UInt64.self).littleEndian & mask(rest))
  }

  /// The low `count` bytes, 1 ... 8.
  @inlinable @inline(__always) static func mask(_ count: Int) -> UInt64 {
    UInt64.max >> UInt64(truncatingIfNeeded: 64 - 8 * count)
  }

  /// Bucket of the pair of two words, by their hashes.
  @inlinable @inline(__always) static func pair(_ first: UInt64, _ second: UInt64, count: UInt64) -> UInt32 {
    bucket(step(first ^ pairSeed, 0) ^ second, length: 0, count: count)
  }
}
