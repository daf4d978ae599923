#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif
import CKernels

/// Chooses one of some logits: the largest at temperature 0 (of equals the first), else at random by softmax(logits / temperature).
/// The generator belongs to the request and is used once for each choice, so a seed gives the same tokens in any batch.
struct Sampler: Sendable {
  let temperature: Float
  private let kernels: KernelSet
  private var state: UInt64

  init(temperature: Float, seed: UInt64, kernels: KernelSet) { (self.temperature, state, self.kernels) = (temperature, seed, kernels) }

  /// Index of the choice.
  /// - Throws: ``EngineError/notANumber`` when no logit is finite.
  mutating func choose(_ logits: UnsafeBufferPointer<Float>) throws(EngineError) -> Int {
    let best = kernels.table.pointee.argmax(logits.baseAddress, logits.count)
    guard logits.indices.contains(best), logits[best].isFinite else { throw .notANumber }
    guard temperature > 0 else { return best }
    // A temperature that is hardly above 0 must not make 0 · ∞.
    return kernels.table.pointee.sample(logits.baseAddress, logits.count, logits[best], min(1 / temperature, 1e30), uniform())
  }

  /// SplitMix64 (Steele, Lea, Flood 2014), 53 bits in 0 ..< 1.
  private mutating func uniform() -> Double {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
  }
}

/// softmax(logits), in double; empty for no logits.
func softmax(_ logits: [Float]) -> [Double] {
  guard let largest = logits.max() else { return [] }
  let weights = logits.map { exp(Double($0 - largest)) }, total = weights.reduce(0, +)
  return weights.map { $0 / total }
}
