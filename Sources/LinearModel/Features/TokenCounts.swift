/// How often each token of one text has occurred, so that a repeated token counts with 1 + ln(occurrences), rounded, and not in proportion:
/// it is counted at its 1st, 2nd, 5th, 13th, 34th … occurrence.
struct TokenCounts: ~Copyable {
  private static let maximumCapacity = 1 << 14

  private struct Entry {
    var words: (UInt64, UInt64)
    var occurrences: UInt64
  }

  /// First word of each key, 0 for a free place; the rest of the entry in `entries`.
  private let first: UnsafeMutablePointer<UInt64>
  private let entries: UnsafeMutablePointer<Entry>
  private var capacity = 16
  private var shift: UInt64 = 60
  private var room = 0

  init() {
    first = .allocate(capacity: Self.maximumCapacity)
    entries = .allocate(capacity: Self.maximumCapacity)
    first.initialize(repeating: 0, count: Self.maximumCapacity)
    entries.initialize(repeating: Entry(words: (0, 0), occurrences: 0), count: Self.maximumCapacity)
  }

  deinit {
    first.deallocate()
    entries.deallocate()
  }

  /// Forgets all. A text of `byteCount` bytes has at most half as many tokens, so half the table stays free.
  /// In a text with more than 8,192 different tokens, those after them count each time.
  mutating func begin(byteCount: Int) {
    let bits = min(max(Int.bitWidth - byteCount.leadingZeroBitCount, 4), Self.maximumCapacity.trailingZeroBitCount)
    capacity = 1 << bits
    shift = UInt64(64 - bits)
    room = capacity / 2
    first.update(repeating: 0, count: capacity)
  }

  /// Notes one more occurrence of `key`; true when it counts.
  @inline(__always) mutating func counts(_ key: TokenKey) -> Bool {
    var slot = Int(truncatingIfNeeded: key.hash >> shift)
    while first[slot] != 0 {
      if first[slot] == key.words.0, entries[slot].words.0 == key.words.1, entries[slot].words.1 == key.words.2 { return repeated(slot) }
      slot = (slot + 1) & (capacity - 1)
    }
    guard room > 0 else { return true }
    room -= 1
    first[slot] = key.words.0
    entries[slot] = Entry(words: (key.words.1, key.words.2), occurrences: 1)
    return true
  }

  /// Where 1 + ln(n) rounds to the next whole number: ⌈e^(k - ½)⌉.
  private func repeated(_ slot: Int) -> Bool {
    entries[slot].occurrences += 1
    switch entries[slot].occurrences {
    case 2, 5, 13, 34, 91, 245, 666, 1809, 4915, 13360, 36316, 98716, 268_338, 729_417: return true
    default: return false
    }
  }
}
