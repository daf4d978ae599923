/// Collects what a `tokenizer.json` says and makes ``TokenizerTables`` of it.
struct TokenizerBuilder {
  /// Bytes of all tokens one after the other, and where each id's bytes stand.
  private var bytes: [UInt8] = []
  private var ranges: [Range<Int>?] = []
  private var specials: Set<TokenID> = []
  private var specialIDs: [[UInt8]: Int] = [:]
  private var merges: [(left: UInt32, right: UInt32, result: UInt32)] = []
  /// Ordinary tokens by their bytes: as in the tables, but growing.
  private var slots: [UInt64] = Array(repeating: TokenizerTables.emptySlot, count: 16)
  private var ordinaryCount = 0

  mutating func reserve(tokens: Int) {
    bytes.reserveCapacity(8 * tokens)
    ranges.reserveCapacity(tokens)
    grow(to: tokens)
  }

  /// Declares a special token. All of them come before the ordinary ones, which may list them again.
  mutating func addSpecial(_ name: [UInt8], id: Int) throws(TokenizerError) {
    guard !name.isEmpty else { throw TokenizerError(.malformed, "the added token \(id) has no text") }
    try place(id)
    guard ranges[id] == nil else { throw TokenizerError(.malformed, "two added tokens have the id \(id)") }
    if let other = specialIDs.updateValue(id, forKey: name) { throw TokenizerError(.malformed, "the added tokens \(other) and \(id) have the same text") }
    set(id, name)
    specials.insert(TokenID(id))
  }

  mutating func addOrdinary(_ token: [UInt8], id: Int) throws(TokenizerError) {
    guard !token.isEmpty, token.count < 1 << 16 else { throw TokenizerError(.malformed, "the token \(id) has \(token.count) bytes; 1 to 65535 are possible") }
    try place(id)
    if ranges[id] != nil {
      guard specials.contains(TokenID(id)) else { throw TokenizerError(.malformed, "two tokens have the id \(id)") }
      guard self[id].elementsEqual(token) else { throw TokenizerError(.malformed, "the token \(id) is not the added token of that id") }
      return
    }
    guard find(token) == nil else { throw TokenizerError(.malformed, "the token \(id) is listed twice") }
    set(id, token)
    ordinaryCount += 1
    if 2 * ordinaryCount > slots.count { grow(to: 2 * ordinaryCount) } else { insert(id) }
  }

  /// The next merge in the order of ranks.
  mutating func addMerge(_ left: [UInt8], _ right: [UInt8]) throws(TokenizerError) {
    guard merges.count < TokenizerTables.maximumMerges else { throw TokenizerError(.unsupported, "more than \(TokenizerTables.maximumMerges) merges") }
    guard let l = find(left), let r = find(right), let result = find(left + right) else {
      throw TokenizerError(.malformed, "merge \(merges.count) names a token that is not in the vocabulary")
    }
    merges.append((UInt32(l), UInt32(r), UInt32(result)))
  }

  private mutating func place(_ id: Int) throws(TokenizerError) {
    guard id >= 0, id < TokenizerTables.maximumTokens else { throw TokenizerError(.unsupported, "the token id \(id) is not in 0..<\(TokenizerTables.maximumTokens)") }
    if id >= ranges.count { ranges.append(contentsOf: repeatElement(nil, count: id + 1 - ranges.count)) }
  }

  private mutating func set(_ id: Int, _ content: [UInt8]) {
    ranges[id] = bytes.count..<bytes.count + content.count
    bytes.append(contentsOf: content)
  }

  private subscript(id: Int) -> ArraySlice<UInt8> { ranges[id].map { bytes[$0] } ?? [] }

  // MARK: - Ordinary tokens by bytes

  private func hash(_ token: some Collection<UInt8>) -> UInt64 {
    token.withContiguousStorageIfAvailable { bytes in bytes.baseAddress.map { TokenizerTables.hash($0, bytes.count) } ?? 0 } ?? 0
  }

  private func find(_ token: [UInt8]) -> Int? {
    if token.isEmpty { return nil }
    let hash = hash(token)
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != TokenizerTables.emptySlot {
      let id = Int(slots[slot] & 0xFFFF_FFFF)
      if slots[slot] >> 32 == hash >> 32, self[id].elementsEqual(token) { return id }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  private mutating func insert(_ id: Int) {
    let hash = hash(self[id])
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != TokenizerTables.emptySlot { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = (hash & ~0xFFFF_FFFF) | UInt64(id)
  }

  /// Makes room for that many tokens, and puts the present ones in their places.
  private mutating func grow(to count: Int) {
    var size = 16
    while size < 2 * count { size *= 2 }
    slots = Array(repeating: TokenizerTables.emptySlot, count: size)
    for id in ranges.indices where ranges[id] != nil && !specials.contains(TokenID(id)) { insert(id) }
  }
}

// MARK: - Tables

extension TokenizerBuilder {
  /// - Throws: `malformed` when a byte has no token of its own: then there would be texts without tokens.
  mutating func makeTables(ignoresMerges: Bool) throws(TokenizerError) -> TokenizerTables {
    let layout = TokenizerLayout(
      tokenCount: ranges.count, byteCount: bytes.count, mergeCount: merges.count, specialCount: specials.count,
      longestToken: ranges.indices.reduce(0) { specials.contains(TokenID($1)) ? $0 : max($0, ranges[$1]?.count ?? 0) },
      ignoresMerges: ignoresMerges, ordinaryCount: ordinaryCount)
    let memory = TokenizerMemory(size: layout.size)
    func section<T>(_ offset: Int, _ type: T.Type) -> UnsafeMutablePointer<T> { (memory.base + offset).assumingMemoryBound(to: T.self) }

    grow(to: max(ordinaryCount, 8))
    precondition(slots.count == 1 << layout.tokenSlotBits, "builder and layout size the hash table alike")
    section(layout.tokenSlots, UInt64.self).update(from: slots, count: slots.count)
    fillTokens(section(layout.offsets, UInt32.self), section(layout.bytes, UInt8.self))
    section(layout.specials, UInt32.self).update(from: specials.sorted().map { UInt32($0) }, count: specials.count)
    try fillBytes(section(layout.byteTokens, UInt32.self))
    try fillMerges(section(layout.mergeSlots, UInt64.self), bits: layout.mergeSlotBits, section(layout.mergeResults, UInt32.self))
    let tables = TokenizerTables(memory: memory, layout: layout)
    let byteMerges = section(layout.byteMerges, UInt32.self)
    for pair in 0..<65536 { byteMerges[pair] = tables.rank(tables.byteTokens[pair >> 8], tables.byteTokens[pair & 0xFF]) }
    return tables
  }

  private func fillTokens(_ offsets: UnsafeMutablePointer<UInt32>, _ content: UnsafeMutablePointer<UInt8>) {
    var end = 0
    for (id, range) in ranges.enumerated() {
      offsets[id] = UInt32(end)
      for i in range ?? 0..<0 {
        content[end] = bytes[i]
        end += 1
      }
    }
    offsets[ranges.count] = UInt32(end)
  }

  private func fillBytes(_ tokens: UnsafeMutablePointer<UInt32>) throws(TokenizerError) {
    for byte in 0..<256 {
      guard let id = find([UInt8(byte)]) else { throw TokenizerError(.malformed, "the vocabulary has no token for the byte \(byte)") }
      tokens[byte] = UInt32(id)
    }
  }

  private func fillMerges(_ slots: UnsafeMutablePointer<UInt64>, bits: Int, _ results: UnsafeMutablePointer<UInt32>) throws(TokenizerError) {
    let mask = 1 << bits - 1
    slots.update(repeating: TokenizerTables.emptySlot, count: 1 << bits)
    for (rank, merge) in merges.enumerated() {
      results[rank] = merge.result
      let key = UInt64(merge.left) << 20 | UInt64(merge.right)
      var slot = Int(truncatingIfNeeded: TokenizerTables.mergeHash(key) >> UInt64(64 - bits))
      while slots[slot] != TokenizerTables.emptySlot {
        guard slots[slot] >> 24 != key else { throw TokenizerError(.malformed, "merge \(rank) is listed twice") }
        slot = (slot + 1) & mask
      }
      slots[slot] = key << 24 | UInt64(rank)
    }
  }
}
