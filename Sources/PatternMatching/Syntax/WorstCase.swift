/// An upper estimate of the steps that backtracking may take, from the shape of a pattern alone.
///
/// PCRE2's own limits count from each start position anew, and not all work. So only patterns whose worst case on a text of a given length
/// is bearable run without a meter; see ``PatternMatcher``. The estimate errs towards the meter: with nested repetition, back references or
/// anything not understood it is infinite.
struct WorstCase {
  /// Steps that an unmetered match may take at worst, some 20 ms.
  static let bearable = 2e7
  /// No text is run without a meter beyond this length.
  static let longest = 1 << 20
  /// Up to this length any pattern runs without a meter: even cubic ones, as of back references, take at most 30 ms.
  static let shortest = 512

  /// In how many ways the node can match from one place, what trying them all costs, and what it may start with.
  private struct Estimate {
    var ways = 1.0
    var cost = 1.0
    var lead = ByteSet.all
    var isNullable = true
  }

  fileprivate let length: Double

  /// The longest text, in bytes, on which the pattern may run without a meter: a power of two.
  static func plainLength(of pattern: ParsedPattern?) -> Int {
    guard let pattern else { return shortest }
    var length = shortest
    while length < longest {
      let next = length * 2
      guard Double(next) * WorstCase(length: Double(next)).estimate(pattern.root, follow: .all).cost <= bearable else { break }
      length = next
    }
    return length
  }

  /// - Parameter follow: the bytes that what stands behind the node may start with.
  private func estimate(_ node: PatternNode, follow: ByteSet) -> Estimate {
    switch node {
    case .empty, .start: return Estimate()
    case .lookaround(let node): return Estimate(cost: estimate(node, follow: .all).cost)
    case .anything: return Estimate(ways: .infinity, cost: .infinity)
    case .set(let lead), .character(_, let lead): return Estimate(lead: lead, isNullable: false)
    case .concatenation(let nodes): return concatenation(nodes, follow: follow)
    case .alternation(let nodes): return alternation(nodes.map { estimate($0, follow: follow) })
    case .repetition(let node, let min, let max): return repetition(node, min: min, max: max, follow: follow)
    }
  }

  private func concatenation(_ nodes: [PatternNode], follow: ByteSet) -> Estimate {
    var result = Estimate(lead: ByteSet())
    var follow = follow
    for node in nodes.reversed() {
      let part = estimate(node, follow: follow)
      result.cost = part.cost + part.ways * result.cost
      result.ways *= part.ways
      result.lead = part.isNullable ? part.lead.union(result.lead) : part.lead
      result.isNullable = result.isNullable && part.isNullable
      follow = part.isNullable ? part.lead.union(follow) : part.lead
    }
    if result.isNullable { result.lead = result.lead.union(follow) }
    return result
  }

  private func alternation(_ branches: [Estimate]) -> Estimate {
    var result = Estimate(ways: 0, cost: 0, lead: ByteSet(), isNullable: false)
    var areDisjoint = true
    for branch in branches {
      areDisjoint = areDisjoint && !branch.isNullable && !branch.lead.intersects(result.lead)
      result.ways = areDisjoint ? max(result.ways, branch.ways) : result.ways + branch.ways
      result.cost += branch.cost
      result.lead = result.lead.union(branch.lead)
      result.isNullable = result.isNullable || branch.isNullable
    }
    if !areDisjoint { result.ways = branches.reduce(0) { $0 + $1.ways } }
    return result
  }

  private func repetition(_ node: PatternNode, min: Int, max: Int?, follow: ByteSet) -> Estimate {
    // Behind the node another round may start, or what follows all of them.
    let inner = estimate(node, follow: .all)
    let rounds = Swift.min(length, Double(max ?? .max))
    let choices = Swift.max(1, Swift.min(length, rounds - Double(min) + 1))
    var result = Estimate(cost: 1 + rounds * inner.cost, lead: inner.lead, isNullable: min == 0 || inner.isNullable)
    if inner.ways > 1 {
      // Rounds that match in several ways each multiply.
      let power = pow(inner.ways, rounds)
      result.ways = choices * power
      result.cost = rounds * inner.cost * power
    } else if !inner.isNullable, !inner.lead.intersects(follow) {
      // What follows cannot start where a round could have gone on: giving rounds back is of no use.
      result.ways = 1
    } else {
      result.ways = choices
    }
    return result
  }

  private func pow(_ base: Double, _ exponent: Double) -> Double {
    var result = 1.0
    for _ in 0..<Int(Swift.min(exponent, 2000)) where result < 1e300 { result *= base }
    return result < 1e300 ? result : .infinity
  }
}
