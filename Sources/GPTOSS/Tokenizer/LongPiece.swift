/// Byte-pair encoding of long pieces in O(n log n): a doubly linked list of tokens, and a heap of the merges that were possible when
/// they were put there. A megabyte of one letter is one piece, so this bounds the time that a hostile message can take.
struct LongPiece {
  private var tokens: [UInt32] = []
  /// Rank of merging a token with its right neighbour; `noRank` also for tokens that are gone. A heap entry that disagrees is stale.
  private var ranks: [UInt32] = []
  private var left: [Int32] = []
  private var right: [Int32] = []
  /// Binary heap of rank << 32 | position: lowest rank first, of equal ones the leftmost.
  private var heap: [UInt64] = []

  /// Positions are 32-bit numbers.
  static let maximumBytes = 1 << 30

  /// Memory is given back after pieces longer than this.
  private static let keptCapacity = 1 << 16

  mutating func merge(_ piece: UnsafePointer<UInt8>, _ count: Int, _ tables: TokenizerTables, into ids: inout [TokenID]) {
    precondition((1...Self.maximumBytes).contains(count), "the caller cuts longer pieces")
    prepare(piece, count, tables)
    while let entry = popFirst() {
      let position = Int(entry & 0xFFFF_FFFF)
      let rank = UInt32(truncatingIfNeeded: entry >> 32)
      guard ranks[position] == rank else { continue }
      apply(rank, at: position, tables)
    }
    var i = 0
    while i >= 0 {
      ids.append(TokenID(truncatingIfNeeded: tokens[i]))
      i = Int(right[i])
    }
    if count > Self.keptCapacity { self = LongPiece() }
  }

  private mutating func prepare(_ piece: UnsafePointer<UInt8>, _ count: Int, _ tables: TokenizerTables) {
    tokens.removeAll(keepingCapacity: true)
    ranks.removeAll(keepingCapacity: true)
    left.removeAll(keepingCapacity: true)
    right.removeAll(keepingCapacity: true)
    heap.removeAll(keepingCapacity: true)
    for i in 0..<count {
      let isLast = i + 1 == count
      let rank = isLast ? TokenizerTables.noRank : tables.byteMerges[Int(piece[i]) << 8 | Int(piece[i + 1])]
      tokens.append(tables.byteTokens[Int(piece[i])])
      ranks.append(rank)
      left.append(Int32(i) - 1)
      right.append(isLast ? -1 : Int32(i) + 1)
      if rank != TokenizerTables.noRank { heap.append(UInt64(rank) << 32 | UInt64(i)) }
    }
    for i in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(i) }
  }

  /// Merges the token at `position` with its right neighbour.
  private mutating func apply(_ rank: UInt32, at position: Int, _ tables: TokenizerTables) {
    let gone = Int(right[position])
    let next = right[gone]
    tokens[position] = tables.mergeResults[Int(rank)]
    ranks[gone] = TokenizerTables.noRank
    right[position] = next
    if next >= 0 { left[Int(next)] = Int32(position) }
    updateRank(at: position, tables)
    if left[position] >= 0 { updateRank(at: Int(left[position]), tables) }
  }

  private mutating func updateRank(at position: Int, _ tables: TokenizerTables) {
    let next = right[position]
    let rank = next < 0 ? TokenizerTables.noRank : tables.rank(tokens[position], tokens[Int(next)])
    ranks[position] = rank
    if rank != TokenizerTables.noRank { push(UInt64(rank) << 32 | UInt64(position)) }
  }

  // MARK: - Heap

  private mutating func push(_ entry: UInt64) {
    heap.append(entry)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child] < heap[parent] else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  private mutating func popFirst() -> UInt64? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      siftDown(0)
    }
    return first
  }

  private mutating func siftDown(_ start: Int) {
    var parent = start
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { return }
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      guard heap[child] < heap[parent] else { return }
      heap.swapAt(child, parent)
      parent = child
    }
  }
}
