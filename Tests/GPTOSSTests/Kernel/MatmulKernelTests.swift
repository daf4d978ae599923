import CKernels
import GPTOSS
import Testing

@Suite struct MatmulKernelTests {
  @Test(arguments: KernelKit.vectorNames, [1, 2, 3, 5]) func mxfp4EqualsTheScalarReferenceBitForBit(_ name: String, blocks: Int) throws {
    let kernels = try #require(KernelKit.table(name))
    var random = SplitMix(UInt64(blocks))
    for tiles in [0, 1, 3] {
      let w = KernelKit.MXFP4Matrix(rows: 16 * tiles, columns: 32 * blocks, &random).packed(tiles: tiles)
      for tokens in 1...16 {
        let a = KernelKit.activations((0..<tokens).map { _ in KernelKit.floats(32 * blocks, &random) }, block: 32)
        let expected = KernelKit.matmul(KernelKit.scalar.matmul_f32_mxfp4w, w, tiles: tiles, blocks: blocks, a, tokens: tokens)
        #expect(KernelKit.matmul(kernels.matmul_f32_mxfp4w, w, tiles: tiles, blocks: blocks, a, tokens: tokens) == expected)
      }
    }
  }

  @Test(arguments: KernelKit.vectorNames, [1, 2, 3, 5]) func int8EqualsTheScalarReferenceBitForBit(_ name: String, blocks: Int) throws {
    let kernels = try #require(KernelKit.table(name))
    var random = SplitMix(UInt64(blocks) + 100)
    for tiles in [0, 1, 3] {
      let w = KernelKit.packedInt8(KernelKit.bf16(16 * tiles * 64 * blocks, &random), columns: 64 * blocks, tiles: tiles)
      for tokens in 1...16 {
        let a = KernelKit.activations((0..<tokens).map { _ in KernelKit.floats(64 * blocks, &random) }, block: 64)
        let expected = KernelKit.matmul(KernelKit.scalar.matmul_f32_int8w, w, tiles: tiles, blocks: blocks, a, tokens: tokens)
        #expect(KernelKit.matmul(kernels.matmul_f32_int8w, w, tiles: tiles, blocks: blocks, a, tokens: tokens) == expected)
      }
    }
  }

  /// The extremes that saturate a careless 16-bit sum: weights and activations of the largest magnitude and equal sign.
  @Test(arguments: KernelKit.vectorNames) func extremeValuesDoNotSaturate(_ name: String) throws {
    let kernels = try #require(KernelKit.table(name))
    for (weight, activation) in [(1, 1), (1, -1), (-1, 1), (-1, -1)] as [(Float, Float)] {
      let dense = KernelKit.packedInt8([UInt16](repeating: UInt16(truncatingIfNeeded: weight.bitPattern >> 16), count: 16 * 128), columns: 128, tiles: 1)
      let a64 = KernelKit.activations([[Float](repeating: activation, count: 128)], block: 64)
      let out = KernelKit.matmul(kernels.matmul_f32_int8w, dense, tiles: 1, blocks: 2, a64, tokens: 1)
      for value in out[1...16] { #expect(abs(value - 128 * weight * activation) < 0.5) }
      var random = SplitMix(1)
      var matrix = KernelKit.MXFP4Matrix(rows: 16, columns: 64, &random)
      matrix.blocks = matrix.blocks.map { _ in weight > 0 ? 0x77 : 0xff }
      matrix.scales = matrix.scales.map { _ in 127 }
      let a32 = KernelKit.activations([[Float](repeating: activation, count: 64)], block: 32)
      let mx = KernelKit.matmul(kernels.matmul_f32_mxfp4w, matrix.packed(tiles: 1), tiles: 1, blocks: 2, a32, tokens: 1)
      for value in mx[1...16] { #expect(abs(value - 64 * 6 * weight * activation) < 0.01) }
    }
  }

  /// The reference itself against the format's definition in float64; what remains is the rounding of activations to 8 bits.
  @Test func theScalarMXFP4ProductIsThatOfTheFormat() {
    var random = SplitMix(7)
    let matrix = KernelKit.MXFP4Matrix(rows: 32, columns: 96, &random)
    // Activations that 8 bits hold exactly.
    let row = (0..<96).map { _ in Float(Int.random(in: -127...127, using: &random)) } , x = row.enumerated().map { $0.offset % 32 == 0 ? 127 : $0.element }
    let out = KernelKit.matmul(
      KernelKit.scalar.matmul_f32_mxfp4w, matrix.packed(tiles: 2), tiles: 2, blocks: 3, KernelKit.activations([x], block: 32), tokens: 1)
    for r in 0..<32 {
      let exact = (0..<96).reduce(0.0) { $0 + matrix.value(r, $1) * Double(x[$1]) }
      let size = (0..<96).reduce(0.0) { $0 + abs(matrix.value(r, $1) * Double(x[$1])) }
      #expect(abs(Double(out[1 + r]) - exact) <= 1e-6 * size)
    }
    #expect(out[0] == -7 && out[33] == -7)
  }

  @Test func int8WeightsKeepWithinHalfAStepOfBF16() {
    var random = SplitMix(8)
    let weights = KernelKit.bf16(16 * 100, &random), w = KernelKit.packedInt8(weights, columns: 100, tiles: 1)
    for column in [0, 1, 63, 64, 99] {
      var x = [Float](repeating: 0, count: 100)
      x[column] = 127
      let out = KernelKit.matmul(KernelKit.scalar.matmul_f32_int8w, w, tiles: 1, blocks: 2, KernelKit.activations([x], block: 64), tokens: 1)
      for r in 0..<16 {
        let exact = Float(bitPattern: UInt32(weights[r * 100 + column]) << 16)
        #expect(abs(out[1 + r] / 127 - exact) <= 0.51 * 2 * 1.01 / 127)
      }
    }
  }

  @Test(arguments: ["scalar"] + KernelKit.vectorNames) func aTokensResultDoesNotDependOnItsCompany(_ name: String) throws {
    let kernels = try #require(KernelKit.table(name))
    var random = SplitMix(9)
    let rows = (0..<16).map { _ in KernelKit.floats(128, &random) }
    let mx = KernelKit.MXFP4Matrix(rows: 32, columns: 128, &random).packed(tiles: 2)
    let dense = KernelKit.packedInt8(KernelKit.bf16(32 * 128, &random), columns: 128, tiles: 2)
    for tokens in 1...16 {
      let many = Array(rows[0..<tokens])
      let a = KernelKit.matmul(kernels.matmul_f32_mxfp4w, mx, tiles: 2, blocks: 4, KernelKit.activations(many, block: 32), tokens: tokens)
      let b = KernelKit.matmul(kernels.matmul_f32_int8w, dense, tiles: 2, blocks: 2, KernelKit.activations(many, block: 64), tokens: tokens)
      for token in [0, tokens - 1] {
        let x = KernelKit.activations([rows[token]], block: 32), y = KernelKit.activations([rows[token]], block: 64)
        let alone = KernelKit.matmul(kernels.matmul_f32_mxfp4w, mx, tiles: 2, blocks: 4, x, tokens: 1)
        let aloneDense = KernelKit.matmul(kernels.matmul_f32_int8w, dense, tiles: 2, blocks: 2, y, tokens: 1)
        #expect(Array(a[1 + 32 * token..<33 + 32 * token]) == Array(alone[1..<33]))
        #expect(Array(b[1 + 32 * token..<33 + 32 * token]) == Array(aloneDense[1..<33]))
      }
    }
  }

  @Test func gatheredRowsAreWhatQuantisingTogetherGives() {
    var random = SplitMix(10)
    for tokens in [1, 2, 15, 16] {
      let rows = (0..<tokens).map { _ in KernelKit.floats(96, &random) }, single = rows.map { KernelKit.activations([$0], block: 32) }
      var out = [UInt8](repeating: 0, count: wk_activation_bytes(tokens, 3, 32))
      let copies = single.map { row in
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: row.count)
        copy.initialize(from: row, count: row.count)
        return copy
      }
      defer { for copy in copies { copy.deallocate() } }
      wk_gather_activations(copies.map { UnsafePointer($0) }, tokens, 3, 32, &out)
      #expect(out == KernelKit.activations(rows, block: 32))
    }
  }

  @Test func weightsThatAreNoNumbersAreRefused() {
    var random = SplitMix(11)
    var matrix = KernelKit.MXFP4Matrix(rows: 16, columns: 64, &random)
    matrix.scales[5] = 255
    var out = [UInt8](repeating: 0, count: wk_mxfp4_tile_bytes(2))
    #expect(wk_pack_mxfp4_tile(matrix.blocks, matrix.scales, 2, KernelKit.rows(0), &out) == -1)
    for bad in [UInt16(0x7f80), 0xff80, 0x7fc0] {
      var weights = KernelKit.bf16(16 * 64, &random)
      weights[77] = bad
      var tile = [UInt8](repeating: 0, count: wk_int8_tile_bytes(1))
      #expect(wk_pack_int8_tile(weights, 64, 64, 64, KernelKit.rows(0), 1, &tile) == -1)
    }
  }
}
