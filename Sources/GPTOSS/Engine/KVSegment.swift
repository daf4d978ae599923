import CKernels

/// Where the keys and values of one segment lie: for each layer and KV head a row of blocks of 16 positions. Full layers hold every position;
/// sliding layers a ring that holds the window and what one step adds.
struct KVLayout: Sendable, Hashable {
  let kvHeads: Int
  let blockBytes: Int
  /// For each layer.
  let ringBlocks: [Int]
  let layerOffsets: [Int]
  let byteCount: Int

  /// - Parameters:
  ///   - capacity: most positions of the segment.
  ///   - step: most positions that one forward pass adds; the ring of a sliding layer must not overwrite what its first token still sees.
  init(_ prepared: PreparedLayout, capacity: Int, step: Int) {
    let config = prepared.config
    func blocks(_ positions: Int) -> Int { (positions + Int(WK_KV_BLOCK) - 1) / Int(WK_KV_BLOCK) }
    let whole = max(1, blocks(capacity))
    // One more block, because a window seldom starts on a block's edge.
    let ring = min(whole, blocks(config.slidingWindow - 1 + step) + 1)
    self.init(prepared, ringBlocks: config.layerTypes.map { $0 == .sliding ? ring : whole })
  }

  /// For `count` positions that are complete: sliding layers keep the last window.
  init(_ prepared: PreparedLayout, compactedCount count: Int) {
    let block = Int(WK_KV_BLOCK), whole = max(1, (count + block - 1) / block)
    let visible = min(whole, (prepared.config.slidingWindow - 1 + block - 1) / block + 1)
    self.init(prepared, ringBlocks: prepared.config.layerTypes.map { $0 == .sliding ? visible : whole })
  }

  init(_ prepared: PreparedLayout, ringBlocks: [Int]) {
    kvHeads = prepared.config.numKeyValueHeads
    blockBytes = wk_kv_block_bytes(prepared.paddedHeadDim)
    self.ringBlocks = ringBlocks
    var offset = 0
    var offsets: [Int] = []
    for blocks in ringBlocks {
      offsets.append(offset)
      offset += blocks * kvHeads * blockBytes
    }
    (layerOffsets, byteCount) = (offsets, offset)
  }
}

/// Keys and values of consecutive positions. Written by the engine's thread and its pool during a forward pass, read-only between;
/// memory is taken from the system only where positions are written.
final class KVSegment: @unchecked Sendable {
  let layout: KVLayout
  /// Position of the first entry in its sequence.
  let start: Int
  /// Entries written.
  var count = 0
  private let memory: MappedBytes

  /// Nil when the system refuses the address space.
  init?(_ layout: KVLayout, start: Int) {
    guard let memory = MappedBytes(zeroed: layout.byteCount) else { return nil }
    (self.layout, self.start, self.memory) = (layout, start, memory)
  }

  /// The blocks of one layer and head.
  @inline(__always)
  func blocks(layer: Int, head: Int) -> UnsafeMutablePointer<UInt8> {
    (memory.base + layout.layerOffsets[layer] + head * layout.ringBlocks[layer] * layout.blockBytes).assumingMemoryBound(to: UInt8.self)
  }

  /// The block and the lane of an entry.
  @inline(__always)
  func place(layer: Int, head: Int, entry: Int) -> (UnsafeMutablePointer<UInt8>, lane: Int) {
    let block = entry / Int(WK_KV_BLOCK) % layout.ringBlocks[layer]
    return (blocks(layer: layer, head: head) + block * layout.blockBytes, entry % Int(WK_KV_BLOCK))
  }

  var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: memory.base, count: layout.byteCount) }

  /// A copy that holds what later positions can see and nothing else: on sliding layers the last window. For prefixes that are kept.
  /// Nil when out of memory.
  func compacted(_ prepared: PreparedLayout) -> KVSegment? {
    guard let copy = KVSegment(KVLayout(prepared, compactedCount: count), start: start) else { return nil }
    copy.count = count
    let whole = max(1, (count + Int(WK_KV_BLOCK) - 1) / Int(WK_KV_BLOCK))
    for layer in layout.ringBlocks.indices {
      let kept = copy.layout.ringBlocks[layer]
      for head in 0..<layout.kvHeads {
        for index in max(0, whole - kept)..<whole {
          let from = blocks(layer: layer, head: head) + index % layout.ringBlocks[layer] * layout.blockBytes
          let to = copy.blocks(layer: layer, head: head) + index % kept * layout.blockBytes
          UnsafeMutableRawPointer(to).copyMemory(from: from, byteCount: layout.blockBytes)
        }
      }
    }
    return copy
  }
}
