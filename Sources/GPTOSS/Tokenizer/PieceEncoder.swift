/// Byte-pair encoding of one piece: the tokens of its bytes, of which the neighbours with the lowest rank are merged, leftmost first,
/// until no neighbours have a rank.
///
/// Memory that is reused from piece to piece; one caller at a time.
final class PieceEncoder {
  /// Up to this many bytes, looking for the lowest rank afresh after every merge beats a heap.
  static let shortPiece = 48

  private let shortIDs = UnsafeMutablePointer<UInt32>.allocate(capacity: PieceEncoder.shortPiece)
  private let shortRanks = UnsafeMutablePointer<UInt32>.allocate(capacity: PieceEncoder.shortPiece)
  private var long = LongPiece()
  private var cache = PieceCache()

  deinit {
    shortIDs.deallocate()
    shortRanks.deallocate()
    cache.deallocate()
  }

  /// Appends the tokens of a piece of at least one byte.
  @inline(__always)
  func encode(_ piece: UnsafePointer<UInt8>, _ count: Int, _ tables: TokenizerTables, into ids: inout [TokenID]) {
    if count == 1 {
      ids.append(TokenID(truncatingIfNeeded: tables.byteTokens[Int(piece[0])]))
      return
    }
    if tables.ignoresMerges {
      let whole = tables.token(piece, count)
      if whole >= 0 {
        ids.append(whole)
        return
      }
    }
    merge(piece, count, tables, into: &ids)
  }

  @inline(never)
  private func merge(_ piece: UnsafePointer<UInt8>, _ count: Int, _ tables: TokenizerTables, into ids: inout [TokenID]) {
    if cache.append(piece, count, to: &ids) { return }
    let first = ids.count
    if count <= Self.shortPiece { mergeShort(piece, count, tables, into: &ids) } else { mergeLong(piece, count, tables, into: &ids) }
    cache.remember(piece, count, ids, from: first)
  }

  /// A piece beyond the limit, which no memory for a prompt would hold, is encoded in parts.
  private func mergeLong(_ piece: UnsafePointer<UInt8>, _ count: Int, _ tables: TokenizerTables, into ids: inout [TokenID]) {
    for start in stride(from: 0, to: count, by: LongPiece.maximumBytes) {
      long.merge(piece + start, min(LongPiece.maximumBytes, count - start), tables, into: &ids)
    }
  }

  private func mergeShort(_ piece: UnsafePointer<UInt8>, _ count: Int, _ tables: TokenizerTables, into ids: inout [TokenID]) {
    let (tokens, ranks) = (shortIDs, shortRanks)
    for i in 0..<count { tokens[i] = tables.byteTokens[Int(piece[i])] }
    for i in 0..<count - 1 { ranks[i] = tables.byteMerges[Int(piece[i]) << 8 | Int(piece[i + 1])] }
    // `ranks[i]` belongs to the neighbours i and i + 1, so there is one rank less than tokens.
    var pairs = count - 1
    while pairs > 0 {
      var best = 0
      for i in 1..<max(pairs, 1) where ranks[i] < ranks[best] { best = i }
      let rank = ranks[best]
      if rank == TokenizerTables.noRank { break }
      tokens[best] = tables.mergeResults[Int(rank)]
      for i in best + 1..<max(pairs, best + 1) {
        tokens[i] = tokens[i + 1]
        ranks[i - 1] = ranks[i]
      }
      pairs -= 1
      // The ranks from `best` on have moved down by one, so the two that the merge has changed are at `best` and before it.
      if best > 0 { ranks[best - 1] = tables.rank(tokens[best - 1], tokens[best]) }
      if best < pairs { ranks[best] = tables.rank(tokens[best], tokens[best + 1]) }
    }
    for i in 0...pairs { ids.append(TokenID(truncatingIfNeeded: tokens[i])) }
  }
}
