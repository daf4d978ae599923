/// A bfloat16 matrix `[rows, columns]` or vector (`rows` 1) in a mapped file.
public struct BF16Tensor: Sendable {
  public let view: TensorView
  public let rows: Int
  public let columns: Int

  init(_ view: TensorView) {
    self.view = view
    columns = view.shape.last ?? 1
    rows = view.shape.dropLast().reduce(1, *)
  }

  /// Raw bytes of one row, `columns * 2`; unaligned. Valid while this tensor lives.
  public func row(_ index: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: view.bytes[index * columns * 2..<(index + 1) * columns * 2])
  }

  /// Widens one row to float32, exactly. `output` has `columns` elements.
  public func read(row index: Int, into output: UnsafeMutableBufferPointer<Float>) {
    precondition(output.count == columns, "output must hold one row")
    let source = row(index)
    for i in 0..<columns { output[i] = Float(bitPattern: UInt32(UInt16(littleEndian: source.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self))) << 16) }
  }

  /// All values as float32, row-major.
  public func floats() -> [Float] {
    [Float](unsafeUninitializedCapacity: rows * columns) { output, count in
      for row in 0..<rows { read(row: row, into: UnsafeMutableBufferPointer(rebasing: output[row * columns..<(row + 1) * columns])) }
      count = rows * columns
    }
  }
}

/// The matrices of all experts of one projection, `[experts, rows, columns]` in MXFP4, in a mapped file.
public struct MXFP4Tensor: Sendable {
  /// `[experts, rows, columns / 32, 16]` bytes.
  public let blocks: TensorView
  /// `[experts, rows, columns / 32]` bytes.
  public let scales: TensorView
  public let experts: Int
  /// Outputs.
  public let rows: Int
  /// Inputs.
  public let columns: Int

  init(blocks: TensorView, scales: TensorView) {
    self.blocks = blocks
    self.scales = scales
    (experts, rows, columns) = (scales.shape[0], scales.shape[1], scales.shape[2] * MXFP4.blockSize)
  }

  /// Raw bytes of the blocks of consecutive rows of one expert. Valid while this tensor lives.
  public func blocks(expert: Int, rows range: Range<Int>) -> UnsafeRawBufferPointer { slice(blocks, expert, range, columns / 2) }

  /// Raw bytes of the scales of consecutive rows of one expert. Valid while this tensor lives.
  public func scales(expert: Int, rows range: Range<Int>) -> UnsafeRawBufferPointer { slice(scales, expert, range, columns / MXFP4.blockSize) }

  private func slice(_ view: TensorView, _ expert: Int, _ range: Range<Int>, _ rowBytes: Int) -> UnsafeRawBufferPointer {
    precondition(expert < experts && range.upperBound <= rows, "expert or rows out of range")
    return UnsafeRawBufferPointer(rebasing: view.bytes[(expert * rows + range.lowerBound) * rowBytes..<(expert * rows + range.upperBound) * rowBytes])
  }

  /// Dequantises consecutive rows of one expert, exactly, to `[range.count, columns]`.
  public func dequantize(expert: Int, rows range: Range<Int>, into output: UnsafeMutableBufferPointer<Float>) {
    MXFP4.dequantize(blocks: blocks(expert: expert, rows: range), scales: scales(expert: expert, rows: range), into: output)
  }
}

/// Weight `[outputs, inputs]` and bias `[outputs]`.
public struct LinearTensors: Sendable {
  public let weight: BF16Tensor
  public let bias: BF16Tensor
}

/// Weights of all experts and their bias `[experts, outputs]`.
public struct ExpertTensors: Sendable {
  public let weight: MXFP4Tensor
  public let bias: BF16Tensor
}

/// The weights of one transformer block, in the order of the forward pass. H hidden, A attention, E experts, I intermediate.
public struct LayerTensors: Sendable {
  /// `[H]`
  public let inputLayernorm: BF16Tensor
  /// `[A, H]`
  public let qProj: LinearTensors
  /// `[kv, H]`
  public let kProj: LinearTensors
  /// `[kv, H]`
  public let vProj: LinearTensors
  /// `[heads]`
  public let sinks: BF16Tensor
  /// `[H, A]`
  public let oProj: LinearTensors
  /// `[H]`
  public let postAttentionLayernorm: BF16Tensor
  /// `[E, H]`
  public let router: LinearTensors
  /// `[E, 2I, H]`; row 2i is gate i, row 2i + 1 is up i.
  public let gateUpProj: ExpertTensors
  /// `[E, H, I]`
  public let downProj: ExpertTensors
}
