/// Sorts scores that are known to be in 0...1: two passes over the 32 bits of a non-negative float, which order like integers.
enum RadixOrder {
  /// Indices of the entries of `scores` that are not NaN, by ascending score; equal scores in ascending index.
  static func ascending(_ scores: [Float]) -> [Int32] {
    var entries: [UInt64] = []
    entries.reserveCapacity(scores.count)
    for (index, score) in scores.enumerated() where !score.isNaN {
      // -0 would sort above everything as bits; adding 0 makes it +0.
      entries.append(UInt64((max(score, 0) + 0).bitPattern) << 32 | UInt64(UInt32(index)))
    }
    var scratch = [UInt64](repeating: 0, count: entries.count)
    for shift in [UInt64(32), 48] { pass(&entries, into: &scratch, shift: shift) }
    return entries.map { Int32(truncatingIfNeeded: $0) }
  }

  private static func pass(_ entries: inout [UInt64], into scratch: inout [UInt64], shift: UInt64) {
    var starts = [Int](repeating: 0, count: 65_537)
    for entry in entries { starts[Int(entry >> shift & 0xFFFF) + 1] += 1 }
    for digit in 1...65_536 { starts[digit] += starts[digit - 1] }
    for entry in entries {
      let digit = Int(entry >> shift & 0xFFFF)
      scratch[starts[digit]] = entry
      starts[digit] += 1
    }
    swap(&entries, &scratch)
  }
}
