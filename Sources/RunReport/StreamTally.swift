/// Verdicts along a stream of unknown length: equal parts that double in width whenever the stream outgrows them.
public struct StreamTally: Sendable {
  public struct Slice: Sendable, Equatable {
    public var allowed = 0
    public var reviewed = 0
    public var blocked = 0
    public var messages: Int { allowed + reviewed + blocked }
  }
  public private(set) var slices: [Slice]
  /// Records in a slice.
  public private(set) var width = 1
  /// Slices up to the last record.
  public private(set) var used = 0

  init(slices: Int) { self.slices = Array(repeating: Slice(), count: slices) }

  mutating func add(_ verdict: String, position: Int) {
    guard position >= 0 else { return }
    while position / width >= slices.count { fold() }
    let slice = position / width
    used = max(used, slice + 1)
    switch verdict {
    case "allow": slices[slice].allowed += 1
    case "block": slices[slice].blocked += 1
    default: slices[slice].reviewed += 1
    }
  }

  private mutating func fold() {
    for index in slices.indices {
      let (first, second) = (2 * index, 2 * index + 1)
      var sum = Slice()
      for part in [first, second] where part < slices.count {
        sum.allowed += slices[part].allowed
        sum.reviewed += slices[part].reviewed
        sum.blocked += slices[part].blocked
      }
      slices[index] = sum
    }
    width *= 2
    used = (used + 1) / 2
  }
}
