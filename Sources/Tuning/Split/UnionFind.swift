/// Disjoint sets over 0 ..< count, with path halving and union by size.
struct UnionFind {
  private var parents: [Int32]
  private var sizes: [Int32]

  init(count: Int) {
    parents = (0..<Int32(count)).map { $0 }
    sizes = Array(repeating: 1, count: count)
  }

  mutating func root(_ element: Int) -> Int {
    var place = element
    while Int(parents[place]) != place {
      parents[place] = parents[Int(parents[place])]
      place = Int(parents[place])
    }
    return place
  }

  func size(ofRoot root: Int) -> Int { Int(sizes[root]) }

  mutating func union(_ a: Int, _ b: Int) {
    var (large, small) = (root(a), root(b))
    if large == small { return }
    if sizes[large] < sizes[small] { swap(&large, &small) }
    parents[small] = Int32(large)
    sizes[large] += sizes[small]
  }
}
