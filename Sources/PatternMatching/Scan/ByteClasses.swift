/// Sets of bytes that rules need, as bits: one pass over a text says which sets it has a byte of.
struct ByteClasses: Sendable {
  /// For each byte value the sets that it is in.
  private(set) var table = [UInt64](repeating: 0, count: 256)
  private var numbers: [ByteSet: Int] = [:]

  /// The bits of all `sets` of a rule. Sets beyond the 64th of a stage are left out, which only makes the veto weaker.
  mutating func needs(_ sets: [ByteSet]) -> UInt64 {
    var needs: UInt64 = 0
    for set in sets {
      guard let number = numbers[set] ?? add(set) else { continue }
      needs |= 1 << UInt64(number)
    }
    return needs
  }

  private mutating func add(_ set: ByteSet) -> Int? {
    let number = numbers.count
    guard number < 64 else { return nil }
    numbers[set] = number
    for byte in UInt8.min...UInt8.max where set.contains(byte) { table[Int(byte)] |= 1 << UInt64(number) }
    return number
  }

  /// The sets that `bytes` has a byte of.
  @inline(__always)
  static func present(_ bytes: UnsafePointer<UInt8>, count: Int, table: UnsafePointer<UInt64>) -> UInt64 {
    var (even, odd): (UInt64, UInt64) = (0, 0)
    var index = 0
    while index + 1 < count {
      even |= table[Int(bytes[index])]
      odd |= table[Int(bytes[index + 1])]
      index += 2
    }
    if index < count { even |= table[Int(bytes[index])] }
    return even | odd
  }
}
