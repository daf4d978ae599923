/// A deterministic automaton over bytes: the constraint, compiled. Every state can reach the end (others are cut off), so a token that keeps the
/// automaton alive can always be completed.
struct ByteAutomaton: Sendable {
  typealias State = Int32
  static let dead: State = -1
  static let start: State = 0
  /// More would be a mistake in the constraint, not a use of it.
  static let maxStates = 20_000

  /// `[state * 256 + byte]`
  private(set) var next: [State] = []
  private(set) var accepts: [Bool] = []
  /// The decision that begins in a state.
  private(set) var choice: [Int?] = []
  /// Next byte on the shortest way to the end; meaningless in states that accept.
  private(set) var exit: [UInt8] = []

  var count: Int { accepts.count }

  @inline(__always)
  func step(_ state: State, _ byte: UInt8) -> State { next[Int(state) << 8 | Int(byte)] }

  func run(_ state: State, _ bytes: some Sequence<UInt8>) -> State {
    var state = state
    for byte in bytes where state != Self.dead { state = step(state, byte) }
    return state
  }

  /// The only byte that can follow; nil when there are several, none, or the answer may end here.
  func forced(_ state: State) -> UInt8? {
    if accepts[Int(state)] { return nil }
    var found: UInt8?
    for byte in 0...255 where next[Int(state) << 8 | byte] != Self.dead {
      if found != nil { return nil }
      found = UInt8(byte)
    }
    return found
  }

  func isFinished(_ state: State) -> Bool { accepts[Int(state)] && !(0...255).contains { next[Int(state) << 8 | $0] != Self.dead } }

  /// The shortest bytes that end the answer from here.
  func completion(_ state: State) -> [UInt8] {
    var (state, bytes) = (state, [UInt8]())
    while !accepts[Int(state)] {
      bytes.append(exit[Int(state)])
      state = step(state, exit[Int(state)])
    }
    return bytes
  }

  /// - Throws: ``EngineError/badConstraint(_:)`` when nothing matches, or when it is too large.
  init(_ pattern: BytePattern) throws(EngineError) {
    var graph = Graph()
    let (first, last) = (graph.node(), graph.node())
    graph.add(pattern, first, last)
    try determinize(graph, first, last)
    try cutDeadEnds()
  }

  /// Subset construction.
  private mutating func determinize(_ graph: Graph, _ first: Int, _ last: Int) throws(EngineError) {
    var numbers: [Set<Int>: State] = [:], queue: [Set<Int>] = []
    func number(_ set: Set<Int>) -> State {
      if let known = numbers[set] { return known }
      numbers[set] = State(queue.count)
      queue.append(set)
      return State(queue.count - 1)
    }
    _ = number(graph.closure([first]))
    var index = 0
    while index < queue.count {
      guard queue.count <= Self.maxStates else { throw .badConstraint("the answer's constraint needs more than \(Self.maxStates) states") }
      let set = queue[index]
      accepts.append(set.contains(last))
      choice.append(set.compactMap { graph.marks[$0] }.min())
      let row = next.count
      next += [State](repeating: Self.dead, count: 256)
      var targets = [UInt8: Set<Int>]()
      for node in set {
        for edge in graph.edges[node] { for byte in edge.bytes { targets[byte, default: []].insert(edge.to) } }
      }
      for (byte, nodes) in targets.sorted(by: { $0.key < $1.key }) { next[row + Int(byte)] = number(graph.closure(nodes)) }
      index += 1
    }
  }

  /// Breadth-first from the accepting states backwards; edges into states that cannot end are removed.
  private mutating func cutDeadEnds() throws(EngineError) {
    var distance = accepts.map { $0 ? 0 : Int.max }
    exit = [UInt8](repeating: 0, count: count)
    var changed = true
    while changed {
      changed = false
      // States are numbered from the start, so backwards a long text is done in one pass.
      for state in (0..<count).reversed() where !accepts[state] {
        for byte in 0...255 {
          let to = next[state << 8 | byte]
          guard to != Self.dead, distance[Int(to)] != Int.max, distance[Int(to)] + 1 < distance[state] else { continue }
          (distance[state], exit[state], changed) = (distance[Int(to)] + 1, UInt8(byte), true)
        }
      }
    }
    guard distance[0] != Int.max else { throw .badConstraint("the answer's constraint allows no answer") }
    for i in next.indices where next[i] != Self.dead && distance[Int(next[i])] == Int.max { next[i] = Self.dead }
  }

  /// Thompson's construction.
  private struct Graph {
    struct Edge { var bytes: ClosedRange<UInt8>; var to: Int }
    var edges: [[Edge]] = []
    var silent: [[Int]] = []
    var marks: [Int: Int] = [:]

    mutating func node() -> Int {
      edges.append([])
      silent.append([])
      return edges.count - 1
    }

    mutating func add(_ pattern: BytePattern, _ from: Int, _ to: Int) {
      switch pattern {
      case .bytes(let bytes):
        var at = from
        for byte in bytes {
          let following = node()
          edges[at].append(Edge(bytes: byte...byte, to: following))
          at = following
        }
        silent[at].append(to)
      case .range(let ranges): for range in ranges { edges[from].append(Edge(bytes: range, to: to)) }
      case .sequence(let parts):
        var at = from
        for part in parts {
          let following = node()
          add(part, at, following)
          at = following
        }
        silent[at].append(to)
      case .oneOf(let parts): for part in parts { add(part, from, to) }
      case .optional(let part):
        add(part, from, to)
        silent[from].append(to)
      case .star(let part):
        let hub = node()
        silent[from].append(hub)
        add(part, hub, hub)
        silent[hub].append(to)
      case .choice(let number, let alternatives):
        let begin = node()
        silent[from].append(begin)
        marks[begin] = number
        for alternative in alternatives { add(.bytes(alternative), begin, to) }
      }
    }

    func closure(_ nodes: Set<Int>) -> Set<Int> {
      var all = nodes, stack = Array(nodes)
      while let node = stack.popLast() {
        for next in silent[node] where all.insert(next).inserted { stack.append(next) }
      }
      return all
    }
  }
}
