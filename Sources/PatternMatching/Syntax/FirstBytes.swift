/// What a match must start with when it can only start at the start of the text.
enum FirstBytes {
  /// The bytes that the text must start with; nil when matches may start elsewhere or be empty.
  static func ofAnchored(_ node: PatternNode) -> ByteSet? {
    guard case .concatenation(let nodes) = node, let first = nodes.first else {
      if case .alternation(let branches) = node { return union(branches.map(ofAnchored)) }
      return nil
    }
    guard case .start = first else { return ofAnchored(first) }
    for next in nodes.dropFirst() {
      switch next {
      case .empty, .start, .lookaround: continue
      default: return lead(next)
      }
    }
    return nil
  }

  /// The bytes that a match of `node` may start with; nil when it may be empty or start with anything.
  private static func lead(_ node: PatternNode) -> ByteSet? {
    switch node {
    case .set(let lead), .character(_, let lead): return lead == .all ? nil : lead
    case .alternation(let branches): return union(branches.map(lead))
    case .repetition(let node, let min, _): return min > 0 ? lead(node) : nil
    case .concatenation(let nodes): return nodes.first.flatMap(lead)
    case .empty, .start, .lookaround, .anything: return nil
    }
  }

  private static func union(_ sets: [ByteSet?]) -> ByteSet? {
    sets.reduce(ByteSet()) { all, set in all.flatMap { all in set.map { all.union($0) } } }
  }
}
