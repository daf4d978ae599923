import Moderation

/// Which decided messages are shown to the reasoner as well. Depends on the seed and the message's place in the stream only, so a resumed run takes the same.
struct AuditSampler: Sendable {
  private let allowed: UInt64
  private let blocked: UInt64
  private let seed: UInt64
  var isActive: Bool { allowed > 0 || blocked > 0 }

  init(_ sample: AuditSample, seed: UInt64) {
    allowed = Self.threshold(sample.allowed)
    blocked = Self.threshold(sample.blocked)
    self.seed = seed
  }

  private static func threshold(_ share: Double) -> UInt64 { share >= 1 ? .max : share <= 0 ? 0 : UInt64(share * 18_446_744_073_709_549_568) }

  func takes(_ verdict: Verdict, position: Int) -> Bool {
    switch verdict {
    case .allow: draw(position) < allowed
    case .block: draw(position) < blocked
    case .review: false
    }
  }

  /// SplitMix64 (Steele, Lea, Flood 2014) of seed and position: uniform over 64 bits.
  private func draw(_ position: Int) -> UInt64 {
    var z = seed &+ UInt64(bitPattern: Int64(position)) &* 0x9E37_79B9_7F4A_7C15 &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
