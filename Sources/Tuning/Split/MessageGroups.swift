/// Which messages may not be separated: those of one conversation, and those of equal text.
///
/// Chat has texts that nearly every conversation holds (`gg`, `lol`). Joining through them would make one group of most messages, and
/// the parts would no longer be alike: all common texts in one, only rare ones in the others. So a text joins conversations only while
/// the group stays below a twentieth of the sample, rare texts first. Copies without a conversation always stay together.
struct MessageGroups {
  /// The group of each message, numbered in order of the first message.
  private(set) var numbers: [Int32]
  /// Texts whose copies stand in several groups.
  private(set) var textsLeftApart = 0

  static let largestShare = 0.05
  static let largestAtLeast = 20

  init(_ sample: EvaluationSample) {
    var sets = UnionFind(count: sample.count)
    Self.joinConversations(sample, &sets)
    let limit = max(Self.largestAtLeast, Int(Self.largestShare * Double(sample.count)))
    for copies in Self.copies(sample) {
      let loners = copies.filter { sample.conversations[$0] < 0 }
      for loner in loners.dropFirst() { sets.union(loners[0], loner) }
      let size = Set(copies.map { sets.root($0) }).reduce(0) { $0 + sets.size(ofRoot: $1) }
      if loners.count == copies.count || size <= limit {
        for copy in copies.dropFirst() { sets.union(copies[0], copy) }
      } else {
        textsLeftApart += 1
      }
    }
    numbers = Self.numbered(&sets, sample.count)
  }

  private static func joinConversations(_ sample: EvaluationSample, _ sets: inout UnionFind) {
    var first: [Int32: Int] = [:]
    for (message, conversation) in sample.conversations.enumerated() where conversation >= 0 {
      if let known = first[conversation] { sets.union(known, message) } else { first[conversation] = message }
    }
  }

  /// Messages of each text that occurs more than once, rare texts first.
  private static func copies(_ sample: EvaluationSample) -> [[Int]] {
    let hashes = sample.textHashes
    let order = hashes.indices.sorted { (hashes[$0], $0) < (hashes[$1], $1) }
    var copies: [[Int]] = []
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, hashes[order[end]] == hashes[order[start]] { end += 1 }
      if end > start + 1 { copies.append(Array(order[start..<end])) }
      start = end
    }
    return copies.sorted { ($0.count, $0[0]) < ($1.count, $1[0]) }
  }

  private static func numbered(_ sets: inout UnionFind, _ count: Int) -> [Int32] {
    var numbers = [Int32](repeating: -1, count: count)
    var next: Int32 = 0
    return (0..<count).map { message in
      let root = sets.root(message)
      if numbers[root] < 0 {
        numbers[root] = next
        next += 1
      }
      return numbers[root]
    }
  }
}
