import CKernels

/// Repacks a checkpoint into the layout of the kernels, tensor by tensor: memory stays at a few tens of megabytes whatever the model.
struct ModelPreparer {
  let checkpoint: Checkpoint
  let layout: PreparedLayout
  let pool: ThreadPool
  /// Takes the bytes of a part of the file. Called from one thread.
  let write: (UnsafeRawBufferPointer, Int) throws(PreparedModelError) -> Void
  /// Told the share that is done, 0...1; answers whether to go on.
  let progress: (Double) -> Bool

  private var config: ModelConfig { layout.config }

  func run() throws(PreparedModelError) {
    for (index, (layer, at)) in zip(checkpoint.layers, layout.layers).enumerated() {
      try attention(layer, at)
      try experts(layer, at)
      layer.gateUpProj.weight.blocks.dropPages()
      layer.downProj.weight.blocks.dropPages()
      guard progress(Double(index + 1) / Double(config.numHiddenLayers + 1)) else { throw .cancelled }
    }
    try floats(checkpoint.norm.floats(), at: layout.norm, of: checkpoint.norm.view.name)
    try int8(checkpoint.lmHead, rows: layout.vocabTiles * 16, blocks: layout.hiddenInt8Blocks, at: layout.head.lowerBound) { $0 < config.vocabSize ? $0 : -1 }
    try copy(checkpoint.embedTokens, at: layout.embedding)
    _ = progress(1)
  }

  private func attention(_ layer: LayerTensors, _ at: PreparedLayout.Layer) throws(PreparedModelError) {
    try floats(layer.inputLayernorm.floats(), at: at.inputNorm, of: layer.inputLayernorm.view.name)
    try floats(layer.postAttentionLayernorm.floats(), at: at.mlpNorm, of: layer.postAttentionLayernorm.view.name)
    try floats(layer.sinks.floats(), at: at.sinks, of: layer.sinks.view.name)
    let parts = [(layer.qProj, config.numAttentionHeads), (layer.kProj, config.numKeyValueHeads), (layer.vProj, config.numKeyValueHeads)]
    let (headDim, padded) = (config.headDim, layout.paddedHeadDim)
    var offset = at.qkv.lowerBound
    var bias: [Float] = []
    for (part, heads) in parts {
      func source(_ row: Int) -> Int { row % padded < headDim ? row / padded * headDim + row % padded : -1 }
      try int8(part.weight, rows: heads * padded, blocks: layout.hiddenInt8Blocks, at: offset, source)
      offset += heads * layout.headTiles * layout.hiddenInt8Tile
      let values = part.bias.floats()
      bias += (0..<heads * padded).map { source($0) < 0 ? 0 : values[source($0)] }
    }
    try floats(bias, at: at.qkvBias, of: layer.qProj.bias.view.name)
    try int8(
      layer.oProj.weight, rows: layout.hiddenTiles * 16, blocks: layout.outputBlocks, group: (headDim, layout.headBlocks * 64), at: at.output.lowerBound
    ) { $0 < config.hiddenSize ? $0 : -1 }
    try floats(padded16(layer.oProj.bias.floats(), rows: 1), at: at.outputBias, of: layer.oProj.bias.view.name)
  }

  private func experts(_ layer: LayerTensors, _ at: PreparedLayout.Layer) throws(PreparedModelError) {
    try copy(layer.router.weight, at: at.router)
    try floats(layer.router.bias.floats(), at: at.routerBias, of: layer.router.bias.view.name)
    // Rows 2i and 2i + 1 are gate and up of feature i; a tile holds 16 gates or 16 ups, so that SwiGLU needs no shuffles.
    func source(_ row: Int) -> Int { 2 * (row / 32 * 16 + row % 16) + row / 16 % 2 }
    try mxfp4(layer.gateUpProj.weight, tiles: 2 * layout.featureTiles, tile: layout.gateUpTile, at: at.gateUp.lowerBound, source)
    try mxfp4(layer.downProj.weight, tiles: layout.hiddenTiles, tile: layout.downTile, at: at.down.lowerBound) { $0 < config.hiddenSize ? $0 : -1 }
    let gateUpBias = layer.gateUpProj.bias.floats(), rows = 2 * layout.featureTiles * 16
    try floats((0..<config.numExperts * rows).map { gateUpBias[$0 / rows * rows + source($0 % rows)] }, at: at.gateUpBias, of: layer.gateUpProj.bias.view.name)
    try floats(padded16(layer.downProj.bias.floats(), rows: config.numExperts), at: at.downBias, of: layer.downProj.bias.view.name)
  }

  // MARK: kinds of sections

  /// Each row of `hiddenSize` padded to whole tiles.
  private func padded16(_ values: [Float], rows: Int) -> [Float] {
    let width = layout.hiddenTiles * 16
    return (0..<rows * width).map { $0 % width < config.hiddenSize ? values[$0 / width * config.hiddenSize + $0 % width] : 0 }
  }

  private func floats(_ values: [Float], at section: Range<Int>, of tensor: String) throws(PreparedModelError) {
    precondition(values.count * 4 == section.count, "section and values differ in size")
    guard values.allSatisfy(\.isFinite) else { throw Self.notANumber(tensor) }
    let result: Result<Void, PreparedModelError> = values.withUnsafeBytes { bytes in
      Result { () throws(PreparedModelError) in try write(bytes, section.lowerBound) }
    }
    try result.get()
  }

  private func copy(_ tensor: BF16Tensor, at section: Range<Int>) throws(PreparedModelError) {
    precondition(tensor.view.byteCount == section.count, "section and tensor differ in size")
    guard Self.isFinite(tensor.view.bytes) else { throw Self.notANumber(tensor.view.name) }
    var start = 0
    while start < section.count {
      let count = min(16 << 20, section.count - start)
      try write(UnsafeRawBufferPointer(rebasing: tensor.view.bytes[start..<start + count]), section.lowerBound + start)
      start += count
    }
    tensor.view.dropPages()
  }

  private static func notANumber(_ tensor: String) -> PreparedModelError { .badWeight(tensor: tensor, "holds a value that is not a number") }

  /// Whether no bfloat16 has all bits of its exponent set, which infinity and NaN have.
  private static func isFinite(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var wrong: UInt16 = 0
    for place in stride(from: 0, to: bytes.count - 1, by: 2) {
      let bits = bytes.loadUnaligned(fromByteOffset: place, as: UInt16.self)
      wrong |= bits & 0x7F80 == 0x7F80 ? 1 : 0
    }
    return wrong == 0
  }

  private func int8(
    _ tensor: BF16Tensor, rows: Int, blocks: Int, group: (Int, Int)? = nil, at offset: Int, _ source: (Int) -> Int
  ) throws(PreparedModelError) {
    let (width, padded) = group ?? (tensor.columns, blocks * 64)
    let from = tensor.view.bytes.baseAddress
    try tiles(rows / 16, bytes: wk_int8_tile_bytes(blocks), at: offset, of: tensor.view.name) { tile, out in
      let rows = (0..<16).map { Int64(source(16 * tile + $0)) }
      return wk_pack_int8_tile(from, tensor.columns, width, padded, rows, blocks, out) == 0
    }
    tensor.view.dropPages()
  }

  private func mxfp4(_ tensor: MXFP4Tensor, tiles count: Int, tile: Int, at offset: Int, _ source: (Int) -> Int) throws(PreparedModelError) {
    for expert in 0..<tensor.experts {
      let blocks = tensor.blocks(expert: expert, rows: 0..<tensor.rows), scales = tensor.scales(expert: expert, rows: 0..<tensor.rows)
      try tiles(count, bytes: tile, at: offset + expert * count * tile, of: tensor.scales.name) { tile, out in
        let rows = (0..<16).map { Int64(source(16 * tile + $0)) }
        return wk_pack_mxfp4_tile(
          blocks.baseAddress?.assumingMemoryBound(to: UInt8.self), scales.baseAddress?.assumingMemoryBound(to: UInt8.self), tensor.columns / 32, rows,
          out) == 0
      }
    }
  }

  /// Packs tiles on all threads, a few megabytes at a time, and writes them in order.
  private func tiles(
    _ count: Int, bytes: Int, at offset: Int, of tensor: String, _ pack: (Int, UnsafeMutablePointer<UInt8>) -> Bool
  ) throws(PreparedModelError) {
    let batch = max(1, min(count, (8 << 20) / bytes))
    guard let memory = MappedBytes(zeroed: batch * bytes) else { throw .outOfMemory(needed: batch * bytes, available: availableMemory() ?? 0) }
    var start = 0
    while start < count {
      let size = min(batch, count - start), first = start
      let failures = WorkerFlags(pool.threads)
      pool.run(size) { item, worker in
        let out = (memory.base + item * bytes).assumingMemoryBound(to: UInt8.self)
        if !pack(first + item, out) { failures.set(worker) }
      }
      if failures.any { throw Self.notANumber(tensor) }
      try write(UnsafeRawBufferPointer(start: memory.base, count: size * bytes), offset + start * bytes)
      start += size
    }
  }
}

/// One flag for each worker, so that none writes where another does; read after all have ended.
private final class WorkerFlags: @unchecked Sendable {
  private let flags: UnsafeMutablePointer<Bool>
  private let count: Int
  init(_ count: Int) {
    self.count = count
    flags = .allocate(capacity: count)
    flags.initialize(repeating: false, count: count)
  }
  deinit { flags.deallocate() }
  func set(_ worker: Int) { flags[worker] = true }
  var any: Bool { (0..<count).contains { flags[$0] } }
}

extension TensorView {
  /// Gives the pages of a tensor that has been read back to the system, so that preparing never holds two models in memory.
  fileprivate func dropPages() { file.advise(.dontNeed, range) }
}
