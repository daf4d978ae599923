/// What every match of a pattern needs in the text, for ruling out texts without asking PCRE2.
struct Requirement: Sendable, Hashable {
  /// Case-folded literals of which every match contains at least one; nil when there are none worth looking for.
  var literals: [[UInt8]]?
  /// Sets of bytes; every match contains a byte of each. May be empty.
  var bytes: [ByteSet]
}

/// Derives a ``Requirement`` from a pattern.
///
/// Each node has the strings that it can match, if they are few (`exact`), else the best set of literals of which one must be in any match.
/// In a sequence, neighbouring exact nodes are multiplied out, and the rarest set of all is kept.
struct RequiredLiterals {
  /// Most strings in one set that was multiplied out, most in a list of alternatives, and most bytes in one string.
  static let mostProducts = 64
  static let mostLiterals = 1000
  static let longestLiteral = 24
  /// Below this length a literal says too little to be looked for by itself.
  static let shortestLiteral = 2
  /// A set expected at more than this share of positions costs more to look for than it saves.
  static let mostFrequent = 0.004
  private static let mostByteSets = 8

  static func requirement(of pattern: ParsedPattern) -> Requirement {
    let facts = RequiredLiterals().facts(pattern.root)
    var best = facts.best
    if let exact = facts.exact { best = better(best, candidate(exact)) }
    let sets = facts.bytes.filter { $0.frequency < 0.02 }.sorted { $0.frequency < $1.frequency }
    return Requirement(literals: best.flatMap { $0.frequency <= mostFrequent ? $0.literals : nil }, bytes: Array(sets.prefix(mostByteSets)))
  }

  struct Candidate {
    var literals: [[UInt8]]
    var frequency: Double
  }

  private struct Facts {
    /// All strings that the node can match.
    var exact: [[UInt8]]?
    var best: Candidate?
    var bytes: [ByteSet] = []
  }

  private func facts(_ node: PatternNode) -> Facts {
    switch node {
    case .empty, .start, .lookaround: return Facts(exact: [[]])
    case .anything: return Facts()
    case .set(let lead): return Facts(bytes: [lead])
    case .character(let variants, let lead): return Facts(exact: variants, bytes: [lead])
    case .concatenation(let nodes): return concatenation(nodes)
    case .alternation(let nodes): return alternation(nodes.map(facts))
    case .repetition(let node, let min, let max): return repetition(facts(node), min: min, max: max)
    }
  }

  private func concatenation(_ nodes: [PatternNode]) -> Facts {
    var result = Facts()
    var run: [[UInt8]] = [[]]
    var isExact = true
    for node in nodes {
      let part = facts(node)
      result.bytes += part.bytes
      guard let exact = part.exact else {
        result.best = Self.better(Self.better(result.best, Self.candidate(run)), part.best)
        run = [[]]
        isExact = false
        continue
      }
      // A part that may be empty can only dilute what stands before it.
      if exact.contains([]) { result.best = Self.better(result.best, Self.candidate(run)) }
      if let product = Self.product(run, exact) {
        run = product
      } else {
        result.best = Self.better(result.best, Self.candidate(run))
        run = exact
        isExact = false
      }
    }
    result.best = Self.better(result.best, Self.candidate(run))
    if isExact { result.exact = run }
    result.bytes = Self.rarest(result.bytes)
    return result
  }

  private func alternation(_ branches: [Facts]) -> Facts {
    var result = Facts()
    var exact: [[UInt8]]? = []
    var required: [[UInt8]]? = []
    for branch in branches {
      exact = branch.exact.flatMap { part in exact.map { $0 + part } }
      let best = Self.better(branch.best, branch.exact.flatMap(Self.candidate))
      required = best.flatMap { part in required.map { $0 + part.literals } }
    }
    if let exact, exact.count <= Self.mostLiterals { result.exact = Self.unique(exact) }
    if let required, !required.isEmpty { result.best = Self.candidate(required) }
    // One byte of each branch's rarest set.
    let sets = branches.map { $0.bytes.min { $0.frequency < $1.frequency } }
    if !sets.isEmpty, sets.allSatisfy({ $0 != nil }) { result.bytes = [sets.reduce(ByteSet()) { $0.union($1 ?? .all) }] }
    return result
  }

  private func repetition(_ part: Facts, min: Int, max: Int?) -> Facts {
    if max == 0 { return Facts(exact: [[]]) }
    guard min > 0 else {
      guard max == 1, let exact = part.exact, exact.count < Self.mostProducts else { return Facts() }
      return Facts(exact: Self.unique([[]] + exact))
    }
    var result = Facts(bytes: part.bytes)
    result.best = Self.better(part.best, part.exact.flatMap(Self.candidate))
    guard let exact = part.exact else { return result }
    var run = exact
    for _ in 1..<Swift.min(min, Self.longestLiteral) {
      guard let product = Self.product(run, exact) else { break }
      run = product
      result.best = Self.better(result.best, Self.candidate(run))
    }
    if min == max, min <= Self.longestLiteral, Self.isPower(run, of: exact, times: min) { result.exact = run }
    return result
  }

  /// Whether `run` is `exact` multiplied out `times` times, and not cut short on the way.
  private static func isPower(_ run: [[UInt8]], of exact: [[UInt8]], times: Int) -> Bool {
    var power: [[UInt8]] = [[]]
    for _ in 0..<times {
      guard let next = product(power, exact) else { return false }
      power = next
    }
    return Set(power) == Set(run)
  }

  /// Every string of `a` followed by every one of `b`; nil when that is too many or too long.
  private static func product(_ a: [[UInt8]], _ b: [[UInt8]]) -> [[UInt8]]? {
    guard a.count * b.count <= (a.count == 1 || b.count == 1 ? mostLiterals : mostProducts) else { return nil }
    let longest = (a.map(\.count).max() ?? 0) + (b.map(\.count).max() ?? 0)
    guard longest <= longestLiteral else { return nil }
    return unique(a.flatMap { head in b.map { head + $0 } })
  }

  private static func unique(_ strings: [[UInt8]]) -> [[UInt8]] { Array(Set(strings)).sorted { $0.lexicographicallyPrecedes($1) } }

  /// `strings` as literals to look for; nil when one of them is too short.
  private static func candidate(_ strings: [[UInt8]]) -> Candidate? {
    guard !strings.isEmpty, strings.allSatisfy({ $0.count >= shortestLiteral }), strings.count <= mostLiterals else { return nil }
    // A string that contains another is found with it.
    let distinct = unique(strings)
    let kept = distinct.count > mostProducts ? distinct : distinct.filter { string in !strings.contains { $0.count < string.count && contains(string, $0) } }
    return Candidate(literals: kept, frequency: kept.reduce(0) { $0 + ByteFrequency.of(literal: $1) })
  }

  private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
    (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
  }

  private static func better(_ a: Candidate?, _ b: Candidate?) -> Candidate? {
    guard let a else { return b }
    guard let b else { return a }
    return b.frequency < a.frequency ? b : a
  }

  private static func rarest(_ sets: [ByteSet]) -> [ByteSet] {
    guard sets.count > mostByteSets else { return sets }
    return Array(sets.sorted { $0.frequency < $1.frequency }.prefix(mostByteSets))
  }
}
