#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif
import CKernels
import GPTOSS
import Testing

/// Every float operation of every table against the plain loops, at sizes around the vector's.
@Suite struct FloatKernelTests {
  static let sizes = [0, 1, 2, 15, 16, 17, 31, 32, 33, 47, 48, 63, 64, 65, 96, 288]

  private func expectClose(_ a: [Float], _ b: [Float], _ note: Comment, tolerance: Float = 2e-6) {
    #expect(a.count == b.count)
    let size = b.reduce(1) { max($0, abs($1)) }
    #expect(zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * size || ($0.isNaN && $1.isNaN) }, note)
  }

  @Test(arguments: KernelKit.vectorNames, sizes) func quantisationIsTheSameBytes(_ name: String, size: Int) throws {
    let kernels = try #require(KernelKit.table(name))
    var random = SplitMix(UInt64(size))
    for block in [32, 64] {
      for scale in [Float(0), 1e-42, 1e-3, 2, 1e30] {
        let row = KernelKit.floats(size, &random, scale: scale == 0 ? 1 : scale).map { scale == 0 ? 0 : $0 }
        #expect(KernelKit.activations([row, row], block: block, kernels) == KernelKit.activations([row, row], block: block), "scale \(scale)")
      }
    }
  }

  @Test(arguments: ["scalar"] + KernelKit.vectorNames) func quantisationKeepsWithinHalfAStepAndMarksWhatIsNoNumber(_ name: String) throws {
    let kernels = try #require(KernelKit.table(name))
    var random = SplitMix(3)
    let row = KernelKit.floats(64, &random), bytes = KernelKit.activations([row], block: 32, kernels)
    for k in 0..<2 {
      let block = Array(bytes[40 * k..<40 * k + 40])
      let scale = block.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 32, as: Float.self) }
      let correction = block.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 36, as: Int32.self) }
      for i in 0..<32 { #expect(abs(Float(Int8(bitPattern: block[i])) * scale - row[32 * k + i]) <= 0.5001 * scale) }
      #expect(correction == -12 * block[0..<32].reduce(Int32(0)) { $0 + Int32(Int8(bitPattern: $1)) })
    }
    var bad = row
    bad[40] = .infinity
    let marked = KernelKit.activations([bad], block: 32, kernels)
    #expect(marked.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 72, as: Float.self) }.isNaN)
    #expect(!marked.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 32, as: Float.self) }.isNaN)
    // One that is no number beside good ones, and nothing else.
    for values in [row.enumerated().map { $0 == 40 ? .nan : $1 }, row.enumerated().map { $0 >= 32 ? -.nan : $1 }] {
      let marked = KernelKit.activations([values], block: 32, kernels)
      #expect(marked.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 72, as: Float.self) }.isNaN)
      #expect(!marked.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 32, as: Float.self) }.isNaN)
    }
  }

  @Test(arguments: KernelKit.vectorNames, sizes) func rmsnormAddAndMatvecAgree(_ name: String, size: Int) throws {
    let kernels = try #require(KernelKit.table(name)), scalar = KernelKit.scalar
    var random = SplitMix(UInt64(size) + 50)
    let x = KernelKit.floats(size, &random), w = KernelKit.floats(size, &random), y = KernelKit.floats(size, &random)
    var (a, b) = (x, x)
    kernels.rmsnorm(x, w, size, 1e-5, &a)
    scalar.rmsnorm(x, w, size, 1e-5, &b)
    expectClose(a, b, "rmsnorm")
    (a, b) = (x, x)
    kernels.add_scaled(&a, y, w, 0.3, size)
    scalar.add_scaled(&b, y, w, 0.3, size)
    #expect(a == b)
    for rows in [0, 1, 5] {
      let matrix = KernelKit.bf16(rows * size, &random), bias = KernelKit.floats(rows, &random)
      var (m, n) = ([Float](repeating: 0, count: rows), [Float](repeating: 0, count: rows))
      kernels.matvec_f32_bf16w(matrix, bias, rows, size, x, &m)
      scalar.matvec_f32_bf16w(matrix, bias, rows, size, x, &n)
      expectClose(m, n, "matvec", tolerance: 1e-5)
    }
  }

  @Test(arguments: KernelKit.vectorNames, [0, 2, 16, 30, 32, 34, 64, 96, 128]) func ropeAgrees(_ name: String, size: Int) throws {
    let kernels = try #require(KernelKit.table(name))
    var random = SplitMix(UInt64(size) + 60)
    let x = KernelKit.floats(size, &random), c = KernelKit.floats(size / 2, &random), s = KernelKit.floats(size / 2, &random)
    var (a, b) = (x, x)
    kernels.rope(&a, c, s, size)
    KernelKit.scalar.rope(&b, c, s, size)
    expectClose(a, b, "rope")
  }

  @Test(arguments: KernelKit.vectorNames, [0, 16, 32, 48, 160]) func swigluAgreesAlsoAtTheClamps(_ name: String, size: Int) throws {
    let kernels = try #require(KernelKit.table(name))
    var random = SplitMix(UInt64(size) + 70)
    for scale in [Float(1), 9, 200] {
      let x = KernelKit.floats(2 * size, &random, scale: scale), bias = KernelKit.floats(2 * size, &random)
      var (a, b) = ([Float](repeating: 0, count: size), [Float](repeating: 0, count: size))
      kernels.swiglu(x, bias, size, 7, &a)
      KernelKit.scalar.swiglu(x, bias, size, 7, &b)
      expectClose(a, b, "swiglu")
    }
  }

  /// Segments of all lengths, windows that start anywhere, rings that wrap, groups of heads of every size.
  @Test(arguments: KernelKit.vectorNames, [16, 32, 64]) func attentionAgrees(_ name: String, headDim: Int) throws {
    let kernels = try #require(KernelKit.table(name))
    var random = SplitMix(UInt64(headDim))
    let cases = [(0, 1, 4), (0, 15, 4), (0, 16, 4), (0, 17, 4), (3, 64, 5), (60, 65, 5), (70, 129, 5), (5, 5, 5), (100, 200, 8), (0, 700, 44)]
    for (first, last, ring) in cases {
      for rows in [1, 2, 3, 8, 9] {
        let blocks = store(last, ring, headDim, &random), q = KernelKit.floats(rows * headDim, &random), sinks = KernelKit.floats(rows, &random)
        let a = attend(kernels, q, rows, headDim, blocks, ring, first, last, sinks)
        let b = attend(KernelKit.scalar, q, rows, headDim, blocks, ring, first, last, sinks)
        expectClose(a, b, "\(first) ..< \(last), \(rows) heads", tolerance: 2e-5)
      }
    }
  }

  @Test(arguments: ["scalar"] + KernelKit.vectorNames) func attentionOverTwoSegmentsIsAttentionOverBoth(_ name: String) throws {
    let kernels = try #require(KernelKit.table(name))
    var random = SplitMix(5)
    let keys = (0..<100).map { _ in KernelKit.floats(16, &random) }, values = (0..<100).map { _ in KernelKit.floats(16, &random) }
    let q = KernelKit.floats(16, &random), whole = store(keys, values, 7)
    let expected = attend(kernels, q, 1, 16, whole, 7, 0, 100, [0.5])
    for cut in [1, 16, 37, 99] {
      var (maximum, sum, out) = ([Float(0.5)], [Float(1)], [Float](repeating: 0, count: 16))
      for part in [0..<cut, cut..<100] {
        let blocks = store(Array(keys[part]), Array(values[part]), 7)
        var call = wk_attention(
          q: nil, rows: 1, head_dim: 16, blocks: nil, ring_blocks: 7, first: 0, last: part.count, maximum: nil, sum: nil, out: nil)
        run(kernels, &call, q, blocks, &maximum, &sum, &out)
      }
      expectClose(out.map { $0 / sum[0] } + sum.map { _ in 0 }, expected, "cut at \(cut)")
    }
  }

  @Test func theRouterTakesTheLargestAndTheLowerIndexOfEquals() {
    var (experts, weights) = ([UInt32](repeating: 9, count: 3), [Float](repeating: 0, count: 3))
    wk_router_top_k([1, 5, 5, .nan, 2], 5, 3, &experts, &weights)
    #expect(experts == [1, 2, 4] && abs(weights.reduce(0, +) - 1) < 1e-6 && weights[0] == weights[1])
    wk_router_top_k([.nan, -.infinity, 3], 3, 3, &experts, &weights)
    #expect(experts == [2, 1, 0])
  }

  @Test(arguments: ["scalar"] + KernelKit.vectorNames) func theLargestIsFoundAtAnySizeAndOfEqualsTheFirst(_ name: String) throws {
    let kernels = try #require(KernelKit.table(name))
    #expect(kernels.argmax([], 0) == 0 && kernels.argmax([.nan, 1, 1], 3) == 1 && kernels.argmax([.nan, -.infinity], 2) == 1)
    var random = SplitMix(80)
    for size in [1, 15, 16, 17, 33, 200, 5000] {
      var x = KernelKit.floats(size, &random).map { ($0 * 8).rounded() }
      if size > 20 { x[7] = .nan }
      let largest = x.filter { !$0.isNaN }.max()
      #expect(x[kernels.argmax(x, size)] == largest && x.firstIndex { $0 == largest } == kernels.argmax(x, size), "\(size)")
    }
  }

  @Test(arguments: ["scalar"] + KernelKit.vectorNames) func samplesFallInProportionAndNeverOnWhatIsNoNumber(_ name: String) throws {
    let kernels = try #require(KernelKit.table(name))
    for size in [1, 5, 16, 40, 4500] {
      var x = (0..<size).map { Float(log(Double($0 % 40 + 1))) }
      if size > 5 { x[3] = .nan }
      let weights = x.map { $0.isNaN ? 0 : exp(Double($0)) }, total = weights.reduce(0, +), draws = 20_000
      var counts = [Int](repeating: 0, count: size)
      for i in 0..<draws { counts[kernels.sample(x, size, x[kernels.argmax(x, size)], 1, (Double(i) + 0.5) / Double(draws))] += 1 }
      // Evenly spread draws hit each value within one of its share.
      #expect(zip(counts, weights).allSatisfy { abs(Double($0) - $1 / total * Double(draws)) <= 1.5 }, "\(size)")
      #expect(size <= 5 || counts[3] == 0)
      #expect(x[kernels.sample(x, size, x[kernels.argmax(x, size)], 1e30, 0.999)] == x[kernels.argmax(x, size)])
    }
  }

  @Test(arguments: [(0, 0), (1, 1), (-2, -2), (65504, 65504), (1e9, 65504), (-1e9, -65504), (65519, 65504), (5.9604645e-8, 5.9604645e-8), (2e-8, 0), (0.1, 0.099975586)] as [(Float, Float)])
  func keysAreRoundedToHalf(_ value: Float, _ rounded: Float) {
    // One position whose key is the value: the score with q = 1 in a single dimension, relative to a sink, gives it back.
    var block = [UInt8](repeating: 0, count: wk_kv_block_bytes(16))
    wk_kv_store_v(&block, 3, [Float](repeating: value, count: 16), 16)
    let bits = block.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 2 * 16 * 16 + 2 * 16 * 3, as: UInt16.self) }
    let exponent = Int(bits >> 10 & 31), fraction = Float(bits & 1023)
    let magnitude = exponent == 0 ? fraction * 0x1p-24 : (1024 + fraction) * Float(sign: .plus, exponent: exponent - 25, significand: 1)
    #expect((bits & 0x8000 == 0 ? magnitude : -magnitude) == rounded)
  }

  // MARK: helpers

  private func store(_ count: Int, _ ring: Int, _ headDim: Int, _ random: inout SplitMix) -> [UInt8] {
    let keys = (0..<count).map { _ in KernelKit.floats(headDim, &random) }
    return store(keys, (0..<count).map { _ in KernelKit.floats(headDim, &random) }, ring)
  }

  private func store(_ keys: [[Float]], _ values: [[Float]], _ ring: Int) -> [UInt8] {
    let headDim = keys.first?.count ?? 16, bytes = wk_kv_block_bytes(headDim)
    var out = [UInt8](repeating: 0xff, count: bytes * ring)
    out.withUnsafeMutableBufferPointer { out in
      for i in keys.indices {
        wk_kv_store_k(out.baseAddress! + i / 16 % ring * bytes, i % 16, keys[i], headDim)
        wk_kv_store_v(out.baseAddress! + i / 16 % ring * bytes, i % 16, values[i], headDim)
      }
    }
    return out
  }

  private func run(
    _ kernels: wk_kernels, _ call: inout wk_attention, _ q: [Float], _ blocks: [UInt8], _ maximum: inout [Float], _ sum: inout [Float], _ out: inout [Float]
  ) {
    q.withUnsafeBufferPointer { q in
      blocks.withUnsafeBufferPointer { blocks in
        maximum.withUnsafeMutableBufferPointer { maximum in
          sum.withUnsafeMutableBufferPointer { sum in
            out.withUnsafeMutableBufferPointer { out in
              (call.q, call.blocks) = (q.baseAddress, blocks.baseAddress)
              (call.maximum, call.sum, call.out) = (maximum.baseAddress, sum.baseAddress, out.baseAddress)
              kernels.attention(&call)
            }
          }
        }
      }
    }
  }

  private func attend(
    _ kernels: wk_kernels, _ q: [Float], _ rows: Int, _ headDim: Int, _ blocks: [UInt8], _ ring: Int, _ first: Int, _ last: Int, _ sinks: [Float]
  ) -> [Float] {
    var (maximum, sum, out) = (sinks, [Float](repeating: 1, count: rows), [Float](repeating: 0, count: rows * headDim))
    var call = wk_attention(
      q: nil, rows: UInt32(rows), head_dim: UInt32(headDim), blocks: nil, ring_blocks: ring, first: first, last: last, maximum: nil, sum: nil, out: nil)
    run(kernels, &call, q, blocks, &maximum, &sum, &out)
    return out.indices.map { out[$0] / sum[$0 / headDim] } + sum.map { _ in 0 }
  }
}
