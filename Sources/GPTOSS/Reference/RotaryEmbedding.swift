#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Rotary position embedding with YaRN's "NTK by parts" frequencies, applied from position 0 at any length.
///
/// Source: Peng et al. 2023, arXiv:2309.00071; gpt_oss/torch/model.py `RotaryEmbedding`. Dimension i of the first half turns together with
/// dimension i of the second half (not with its neighbour). Cosine and sine are both multiplied by ``concentration``, so q · k grows by its square.
public struct RotaryEmbedding: Sendable {
  /// Radians per position, `[headDim / 2]`. Computed in float32, and multiplied in float32 with the position, because both references do so:
  /// computing more precisely moves logits by up to 1e-3 at position 4,000.
  public let inverseFrequencies: [Float]
  /// YaRN's `0.1 ln(factor) + 1`.
  public let concentration: Float

  public init(_ config: ModelConfig) {
    let half = config.headDim / 2
    let (low, high) = Self.interpolationBounds(config)
    let factor = Float(config.ropeScalingFactor)
    inverseFrequencies = (0..<half).map { i in
      let wavelength = powf(Float(config.ropeTheta), Float(2 * i) / Float(config.headDim))
      let ramp = min(max((Float(i) - Float(low)) / Float(high - low), 0), 1)
      return 1 / (factor * wavelength) * ramp + 1 / wavelength * (1 - ramp)
    }
    concentration = Float(0.1 * log(config.ropeScalingFactor) + 1)
  }

  /// Dimensions below the first bound keep their frequency, above the second one they are interpolated, between they are mixed.
  static func interpolationBounds(_ config: ModelConfig) -> (low: Double, high: Double) {
    func dimension(ofRotations rotations: Double) -> Double {
      Double(config.headDim / 2) * log(Double(config.initialContextLength) / (rotations * 2 * Double.pi)) / log(config.ropeTheta)
    }
    var (low, high) = (dimension(ofRotations: config.ropeNtkBeta), dimension(ofRotations: config.ropeNtkAlpha))
    if config.ropeTruncate { (low, high) = (low.rounded(.down), high.rounded(.up)) }
    (low, high) = (max(low, 0), min(high, Double(config.headDim - 1)))
    // As in transformers: equal bounds would divide by zero.
    return (low, high > low ? high : low + 0.001)
  }

  /// Rotates `heads` vectors of one token, `[heads, headDim]`, in place.
  func apply(to vectors: UnsafeMutablePointer<Float>, heads: Int, position: Int) {
    let half = inverseFrequencies.count
    for i in 0..<half {
      let angle = Float(position) * inverseFrequencies[i]
      let (cosine, sine) = (cosf(angle) * concentration, sinf(angle) * concentration)
      for head in 0..<heads {
        let first = head * 2 * half + i
        let (a, b) = (vectors[first], vectors[first + half])
        vectors[first] = a * cosine - b * sine
        vectors[first + half] = b * cosine + a * sine
      }
    }
  }
}
