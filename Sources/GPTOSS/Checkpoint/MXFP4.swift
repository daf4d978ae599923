/// The 4-bit block format of the experts: 32 numbers share one power of two.
///
/// Source: OCP Microscaling Formats (MX) v1.0, and the loader of openai/gpt-oss (gpt_oss/torch/weights.py). A block is 16 bytes; byte b holds element
/// 2b in its low and 2b + 1 in its high nibble. A nibble is E2M1: a sign bit and an index into `0, 0.5, 1, 1.5, 2, 3, 4, 6`. The value is
/// that times 2^(scale - 127). Scale 255 is NaN in the format, does not occur, and is refused when a checkpoint is verified.
public enum MXFP4 {
  /// Numbers in a block, along the input dimension.
  public static let blockSize = 32
  public static let blockBytes = 16
  /// The scale byte that means NaN.
  public static let nanScale: UInt8 = 255

  /// The value of each nibble before scaling.
  public static let nibbleValues: [Float] = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6]

  /// 2^(scale - 127), exactly, subnormal for scale 0; NaN for 255.
  @inlinable public static func scaleValue(_ scale: UInt8) -> Float {
    switch scale {
    case 0: Float(bitPattern: 0x0040_0000)
    case 255: .nan
    default: Float(bitPattern: UInt32(scale) << 23)
    }
  }

  /// Dequantises whole rows, exactly: every product is representable, or overflows to infinity for scale 254 and magnitudes from 2.
  /// - Parameters:
  ///   - blocks: `[blocks, 16]` bytes.
  ///   - scales: `[blocks]` bytes.
  ///   - output: `[blocks * 32]` values.
  public static func dequantize(blocks: UnsafeRawBufferPointer, scales: UnsafeRawBufferPointer, into output: UnsafeMutableBufferPointer<Float>) {
    precondition(blocks.count == scales.count * blockBytes && output.count == scales.count * blockSize, "blocks, scales and output differ in size")
    nibbleValues.withUnsafeBufferPointer { values in
      for block in 0..<scales.count {
        let scale = scaleValue(scales[block])
        for byte in 0..<blockBytes {
          let pair = blocks[block * blockBytes + byte]
          output[block * blockSize + 2 * byte] = values[Int(pair & 15)] * scale
          output[block * blockSize + 2 * byte + 1] = values[Int(pair >> 4)] * scale
        }
      }
    }
  }
}
