#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Chooses one of some logits: the largest at temperature 0 (of equals the first), else at random by softmax(logits / temperature).
/// The generator belongs to the request and is used once for each choice, so a seed gives the same tokens in any batch.
struct Sampler: Sendable {
  let temperature: Float
  private var state: UInt64

  init(temperature: Float, seed: UInt64) { (self.temperature, state) = (temperature, seed) }

  /// Index of the choice.
  /// - Throws: ``EngineError/notANumber`` when no logit is finite.
  mutating func choose(_ logits: [Float]) throws(EngineError) -> Int {
    let best = argmax(logits)
    guard logits.indices.contains(best), logits[best].isFinite else { throw .notANumber }
    guard temperature > 0 else { return best }
    var remaining = uniform() * logits.reduce(0.0) { $0 + weight($1, logits[best]) }
    for i in logits.indices {
      remaining -= weight(logits[i], logits[best])
      if remaining < 0 { return i }
    }
    return best
  }

  private func weight(_ logit: Float, _ largest: Float) -> Double { logit.isNaN ? 0 : exp(Double((logit - largest) / temperature)) }

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
