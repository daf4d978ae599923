import CKernels

/// The last norm and lm_head, for the tokens that need it and the rows that are asked for.
extension ForwardPass {
  /// Rows of lm_head that a token needs.
  enum Rows: Sendable, Hashable {
    case all
    /// Token ids, ascending and in the vocabulary.
    case some([TokenID])
  }

  /// Computes logits of tokens of the last `forward`. `wanted` pairs a token's index with its rows; the result has, for each, the logits of
  /// all rows, or of those asked, in their order.
  func logits(_ wanted: [(token: Int, rows: Rows)]) -> [[Float]] {
    var results: [[Float]] = []
    // Tiles of 16 share each pass over the head.
    for start in Swift.stride(from: 0, to: wanted.count, by: 16) { results += logits(upTo16: wanted[start..<min(start + 16, wanted.count)]) }
    return results
  }

  private func logits(upTo16 wanted: ArraySlice<(token: Int, rows: Rows)>) -> [[Float]] {
    let base = wanted.startIndex, count = wanted.count
    normalize(layout.norm, tokens: count) { wanted[base + $0].token }
    let tiles = headTiles(of: wanted)
    let width = tiles.count * 16
    let out = UnsafeMutablePointer<Float>.allocate(capacity: max(1, count * width))
    defer { out.deallocate() }
    project(tiles, tokens: count, into: out)
    return wanted.enumerated().map { i, want in
      let row = out + i * width
      switch want.rows {
      case .all where tiles.count == layout.vocabTiles: return Array(UnsafeBufferPointer(start: row, count: config.vocabSize))
      case .all: return []
      case .some(let ids):
        var place = 0
        return ids.map { id in
          while tiles[place] != Int(id) / 16 { place += 1 }
          return row[place * 16 + Int(id) % 16]
        }
      }
    }
  }

  /// Ascending tiles of lm_head that hold a row asked for.
  private func headTiles(of wanted: ArraySlice<(token: Int, rows: Rows)>) -> [Int] {
    var tiles = Set<Int>()
    for want in wanted {
      switch want.rows {
      case .all: return Array(0..<layout.vocabTiles)
      case .some(let ids): for id in ids { tiles.insert(Int(id) / 16) }
      }
    }
    return tiles.sorted()
  }

  private func project(_ tiles: [Int], tokens: Int, into out: UnsafeMutablePointer<Float>) {
    let head = model.pointer(layout.head, as: UInt8.self), width = tiles.count * 16, bytes = layout.hiddenInt8Tile
    let chunk = 16, chunks = (tiles.count + chunk - 1) / chunk
    pool.run(chunks) { item, _ in
      var i = item * chunk
      let end = min(tiles.count, i + chunk)
      while i < end {
        // Neighbouring tiles go in one call.
        var run = 1
        while i + run < end, tiles[i + run] == tiles[i] + run { run += 1 }
        kernels.matmul_f32_int8w(head + tiles[i] * bytes, run, layout.hiddenInt8Blocks, space.hiddenTiles, tokens, out + i * 16, width)
        i += run
      }
    }
  }
}
