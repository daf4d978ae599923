#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Random values of one tensor: random bits of which some are kept and to which a constant is added, eight bytes at a time.
///
/// A bfloat16 value keeps sign, two bits of exponent and the mantissa: magnitudes from m to 16m, root mean square about 7m. Block bytes are raw random bits;
/// scale bytes keep two bits.
struct RandomWeights {
  private let keep: UInt64
  private let add: UInt64

  init(_ spec: TensorSpec) {
    switch spec.type {
    case .bf16: (keep, add) = Self.bfloat16(spec)
    case .u8 where spec.name.hasSuffix("_scales"):
      // A nibble has root mean square 2.9, the four scales 1.15; together 1/√inputs, which keeps the output's magnitude near the input's.
      let inputs = Double((spec.shape.last ?? 1) * MXFP4.blockSize)
      let exponent = (-log2(2.9 * inputs.squareRoot())).rounded()
      (keep, add) = (0x0303_0303_0303_0303, 0x0101_0101_0101_0101 &* UInt64(125 + exponent))
    default: (keep, add) = (.max, 0)
    }
  }

  private static func bfloat16(_ spec: TensorSpec) -> (keep: UInt64, add: UInt64) {
    if spec.name.hasSuffix("norm.weight") { return (four(0x00FF), four(126 << 7)) }  // 0.5 ..< 2
    let rms: Double =
      switch spec.name {
      case _ where spec.name.hasSuffix("bias") || spec.name.hasSuffix("_bias"): 0.1
      case _ where spec.name.hasSuffix("sinks"), _ where spec.name.hasPrefix("model.embed_tokens"): 1
      case _ where spec.name.hasPrefix("lm_head"): 4 / Double(spec.shape.last ?? 1).squareRoot()
      case _ where spec.name.contains("router"): 2 / Double(spec.shape.last ?? 1).squareRoot()
      default: 1 / Double(spec.shape.last ?? 1).squareRoot()
      }
    let exponent = log2(rms / 7).rounded()
    return (four(0x81FF), four(UInt64(127 + exponent) << 7))
  }

  /// A 16-bit pattern in every lane.
  private static func four(_ pattern: UInt64) -> UInt64 { pattern &* 0x0001_0001_0001_0001 }

  /// Little-endian values in memory. No lane overflows into the next: the kept bits plus the constant fit the lane.
  func fill(_ buffer: inout [UInt64], _ generator: inout SplitMix64) {
    for i in buffer.indices { buffer[i] = ((generator.next() & keep) &+ add).littleEndian }
  }
}
