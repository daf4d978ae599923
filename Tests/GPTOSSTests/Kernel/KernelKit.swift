import CKernels
import GPTOSS

/// Random inputs in the kernels' layouts, and the tables to compare.
enum KernelKit {
  static func table(_ name: String) -> wk_kernels? { name.withCString { wk_kernels_named($0) }?.pointee }

  static var scalar: wk_kernels { wk_kernels_named("scalar").pointee }

  /// Tables of this CPU besides the reference; on a CPU without any, the tests compare the reference with itself and say so by their names.
  static let vectorNames: [String] = ["avx2", "avx512", "neon"].filter { table($0) != nil }

  static func floats(_ count: Int, _ random: inout SplitMix, scale: Float = 2) -> [Float] {
    (0..<count).map { _ in Float.random(in: -scale...scale, using: &random) }
  }

  static func bf16(_ count: Int, _ random: inout SplitMix) -> [UInt16] {
    floats(count, &random).map { UInt16(truncatingIfNeeded: $0.bitPattern >> 16) }
  }

  static func rows(_ tile: Int) -> [Int64] { (0..<16).map { Int64(16 * tile + $0) } }

  /// A published MXFP4 matrix.
  struct MXFP4Matrix {
    var blocks: [UInt8]
    var scales: [UInt8]
    var columns: Int

    init(rows: Int, columns: Int, _ random: inout SplitMix) {
      self.columns = columns
      blocks = (0..<rows * columns / 2).map { _ in UInt8.random(in: 0...255, using: &random) }
      scales = (0..<rows * columns / 32).map { _ in UInt8.random(in: 110...130, using: &random) }
    }

    /// Doubled values and scale as the format has them, independent of the tile layout.
    func value(_ row: Int, _ column: Int) -> Double {
      let byte = blocks[(row * columns + column) / 2], nibble = column % 2 == 0 ? byte & 15 : byte >> 4
      let magnitude = [0, 0.5, 1, 1.5, 2, 3, 4, 6][Int(nibble & 7)]
      return (nibble & 8 != 0 ? -magnitude : magnitude) * Double(sign: .plus, exponent: Int(scales[(row * columns + column) / 32]) - 127, significand: 1)
    }

    func packed(tiles: Int) -> [UInt8] {
      let bytes = wk_mxfp4_tile_bytes(columns / 32)
      var out = [UInt8](repeating: 0, count: bytes * tiles)
      out.withUnsafeMutableBufferPointer { out in
        for tile in 0..<tiles { _ = wk_pack_mxfp4_tile(blocks, scales, columns / 32, KernelKit.rows(tile), out.baseAddress! + tile * bytes) }
      }
      return out
    }
  }

  static func packedInt8(_ weights: [UInt16], columns: Int, tiles: Int) -> [UInt8] {
    let blocks = (columns + 63) / 64, bytes = wk_int8_tile_bytes(blocks)
    var out = [UInt8](repeating: 0, count: bytes * tiles)
    out.withUnsafeMutableBufferPointer { out in
      for tile in 0..<tiles { _ = wk_pack_int8_tile(weights, columns, columns, blocks * 64, rows(tile), blocks, out.baseAddress! + tile * bytes) }
    }
    return out
  }

  /// An activation tile of some rows.
  static func activations(_ rows: [[Float]], block: Int, _ kernels: wk_kernels = scalar) -> [UInt8] {
    let columns = rows.first?.count ?? 0
    var out = [UInt8](repeating: 0xaa, count: wk_activation_bytes(rows.count, (columns + block - 1) / block, block))
    for (token, row) in rows.enumerated() { kernels.quantize(row, columns, block, &out, rows.count, token) }
    return out
  }

  typealias Matmul = @convention(c) (UnsafePointer<UInt8>?, Int, Int, UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<Float>?, Int) -> Void

  static func matmul(_ kernel: Matmul, _ w: [UInt8], tiles: Int, blocks: Int, _ a: [UInt8], tokens: Int) -> [Float] {
    // A margin on both sides shows writes outside the output.
    var out = [Float](repeating: -7, count: tokens * 16 * tiles + 2)
    out.withUnsafeMutableBufferPointer { kernel(w, tiles, blocks, a, tokens, $0.baseAddress! + 1, 16 * tiles) }
    return out
  }
}
