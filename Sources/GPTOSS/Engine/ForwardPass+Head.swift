import CKernels

/// The last norm and lm_head, for the tokens that need it and the rows that are asked for.
extension ForwardPass {
  /// Rows of lm_head that a token needs.
  enum Rows: Sendable, Hashable {
    case all
    /// Token ids, ascending and in the vocabulary.
    case some([TokenID])
  }

  /// Computes logits of outputs of the last `forward`, numbered in order, and gives `body` for each of `wanted` its place and the logits of all
  /// rows, or of those asked, in their order. The logits are valid within the call.
  func withLogits(_ wanted: [(output: Int, rows: Rows)], _ body: (Int, UnsafeBufferPointer<Float>) -> Void) {
    // As many as the workspace holds share each pass over the head.
    for start in stride(from: 0, to: wanted.count, by: space.maxLogits) {
      let part = wanted[start..<min(start + space.maxLogits, wanted.count)]
      normalize(layout.norm, tokens: part.count) { wanted[start + $0].output }
      let tiles = headTiles(of: part), width = tiles.count * 16
      project(tiles, tokens: part.count)
      for (i, want) in part.enumerated() {
        let row = space.logits + i * width
        switch want.rows {
        case .all: body(start + i, UnsafeBufferPointer(start: row, count: config.vocabSize))
        case .some(let ids):
          var place = 0
          let values = ids.map { id in
            while tiles[place] != Int(id) / 16 { place += 1 }
            return row[place * 16 + Int(id) % 16]
          }
          values.withUnsafeBufferPointer { body(start + i, $0) }
        }
      }
    }
  }

  /// The same as arrays.
  func logits(_ wanted: [(output: Int, rows: Rows)]) -> [[Float]] {
    var results: [[Float]] = []
    withLogits(wanted) { results.append(Array($1)) }
    return results
  }

  /// Ascending tiles of lm_head that hold a row asked for.
  private func headTiles(of wanted: ArraySlice<(output: Int, rows: Rows)>) -> [Int] {
    var tiles = Set<Int>()
    for want in wanted {
      switch want.rows {
      case .all: return Array(0..<layout.vocabTiles)
      case .some(let ids): for id in ids { tiles.insert(Int(id) / 16) }
      }
    }
    return tiles.sorted()
  }

  /// A piece of the head is read once for all tokens.
  private func project(_ tiles: [Int], tokens: Int) {
    let head = model.pointer(layout.head, as: UInt8.self), width = tiles.count * 16, bytes = layout.hiddenInt8Tile
    let inputBytes = wk_activation_bytes(16, layout.hiddenInt8Blocks, 64)
    let chunk = tokens > 16 ? 8 : 16, chunks = (tiles.count + chunk - 1) / chunk
    pool.run(chunks) { item, _ in
      var i = item * chunk
      let end = min(tiles.count, i + chunk)
      while i < end {
        // Neighbouring tiles go in one call.
        var run = 1
        while i + run < end, tiles[i + run] == tiles[i] + run { run += 1 }
        for first in stride(from: 0, to: tokens, by: 16) {
          kernels.matmul_f32_int8w(
            head + tiles[i] * bytes, run, layout.hiddenInt8Blocks, space.hiddenTiles + first / 16 * inputBytes, min(16, tokens - first),
            space.logits + first * width + i * 16, width)
        }
        i += run
      }
    }
  }
}
