import CKernels

/// Where everything of a prepared model is, computed from the configuration alone: two files of one configuration differ in their
/// numbers only, and no offset is ever read from a file.
///
/// Dimensions that a kernel cannot take are padded with zeros here, so that kernels have no special cases: rows of a matrix to tiles of 16,
/// the inner dimension to blocks of 32 (MXFP4) or 64 (int8), each head's output to whole blocks of 64 before the output projection.
struct PreparedLayout: Sendable, Hashable {
  /// Changes whenever bytes move or change meaning.
  static let version: UInt32 = 2
  static let page = 4096

  /// A range of bytes in the file.
  typealias Section = Range<Int>

  struct Layer: Sendable, Hashable {
    /// float `[H]`
    var inputNorm: Section
    /// int8 tiles, head after head: queries, keys, values; `headTiles` tiles each.
    var qkv: Section
    /// float `[heads + 2 kv heads][paddedHeadDim]`
    var qkvBias: Section
    /// float `[heads]`
    var sinks: Section
    /// int8 tiles `[hiddenTiles]`
    var output: Section
    /// float `[hiddenTiles * 16]`
    var outputBias: Section
    /// float `[H]`
    var mlpNorm: Section
    /// bf16 `[E][H]`
    var router: Section
    /// float `[E]`
    var routerBias: Section
    /// MXFP4 tiles `[E][2 * featureTiles]`: 16 gates, then their 16 ups
    var gateUp: Section
    /// float `[E][2 * featureTiles * 16]` in the same order
    var gateUpBias: Section
    /// MXFP4 tiles `[E][hiddenTiles]`
    var down: Section
    /// float `[E][hiddenTiles * 16]`
    var downBias: Section
  }

  let config: ModelConfig
  private(set) var layers: [Layer] = []
  /// bf16 `[V][H]`
  private(set) var embedding: Section = 0..<0
  /// float `[H]`
  private(set) var norm: Section = 0..<0
  /// int8 tiles `[vocabTiles]`
  private(set) var head: Section = 0..<0
  /// Size of the file.
  private(set) var byteCount = 0

  init(_ config: ModelConfig) {
    self.config = config
    var end = Self.page
    func take(_ bytes: Int) -> Section {
      let start = (end + Self.page - 1) / Self.page * Self.page
      end = start + bytes
      return start..<end
    }
    // Small arrays share pages: each starts on a cache line.
    func small(_ bytes: Int) -> Section {
      let start = (end + 63) / 64 * 64
      end = start + bytes
      return start..<end
    }
    for _ in 0..<config.numHiddenLayers {
      layers.append(
        Layer(
          inputNorm: take(4 * config.hiddenSize), qkv: take(qkvHeads * headTiles * hiddenInt8Tile), qkvBias: small(4 * qkvHeads * paddedHeadDim),
          sinks: small(4 * config.numAttentionHeads), output: take(hiddenTiles * outputTile), outputBias: small(4 * hiddenTiles * 16),
          mlpNorm: small(4 * config.hiddenSize), router: small(2 * config.numExperts * config.hiddenSize), routerBias: small(4 * config.numExperts),
          gateUp: take(config.numExperts * 2 * featureTiles * gateUpTile), gateUpBias: small(4 * config.numExperts * 2 * featureTiles * 16),
          down: take(config.numExperts * hiddenTiles * downTile), downBias: small(4 * config.numExperts * hiddenTiles * 16)))
    }
    norm = take(4 * config.hiddenSize)
    head = take(vocabTiles * hiddenInt8Tile)
    embedding = take(2 * config.vocabSize * config.hiddenSize)
    byteCount = (end + Self.page - 1) / Self.page * Self.page
  }

  // MARK: sizes in tiles and blocks

  var qkvHeads: Int { config.numAttentionHeads + 2 * config.numKeyValueHeads }
  /// Head dimension in multiples of 16: rows of a head, and width of a KV entry.
  var paddedHeadDim: Int { (config.headDim + 15) / 16 * 16 }
  var headTiles: Int { paddedHeadDim / 16 }
  /// Blocks of 64 of one head's output.
  var headBlocks: Int { (config.headDim + 63) / 64 }
  var outputBlocks: Int { config.numAttentionHeads * headBlocks }
  var hiddenTiles: Int { (config.hiddenSize + 15) / 16 }
  var hiddenInt8Blocks: Int { (config.hiddenSize + 63) / 64 }
  var hiddenBlocks: Int { config.hiddenSize / 32 }
  /// Tiles of 16 intermediate features; even, because the intermediate size is a multiple of 32.
  var featureTiles: Int { config.intermediateSize / 16 }
  var intermediateBlocks: Int { config.intermediateSize / 32 }
  /// Pieces of one expert's gate_up, as the pool shares them out.
  var gateUpChunks: Int { (2 * featureTiles + ForwardPass.chunkTiles - 1) / ForwardPass.chunkTiles }
  var vocabTiles: Int { (config.vocabSize + 15) / 16 }

  // MARK: bytes of one tile of 16 rows

  var hiddenInt8Tile: Int { wk_int8_tile_bytes(hiddenInt8Blocks) }
  var outputTile: Int { wk_int8_tile_bytes(outputBlocks) }
  var gateUpTile: Int { wk_mxfp4_tile_bytes(hiddenBlocks) }
  var downTile: Int { wk_mxfp4_tile_bytes(intermediateBlocks) }
}
