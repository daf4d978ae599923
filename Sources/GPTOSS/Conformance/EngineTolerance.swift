/// What the fast engine promises beside the oracle. Its activations have 8 bits, so no single logit can be promised: near a routing tie another expert is
/// taken, as between two bfloat16 implementations. Over all rows that are compared, the next-token distributions stay close and mostly agree in the
/// likeliest token, and completions with clear margins are equal token for token.
///
/// The numbers hold for the tiny random checkpoints, whose logits are unusually wild (standard deviation 3.7) and whose experts differ completely; a
/// trained model stays well within them.
public struct EngineTolerance: Sendable, Hashable {
  /// Mean over all rows of KL(oracle || engine), in nats.
  public var meanKL: Double
  /// Share of rows with the same likeliest token.
  public var argmaxAgreement: Double

  public init(meanKL: Double, argmaxAgreement: Double) { (self.meanKL, self.argmaxAgreement) = (meanKL, argmaxAgreement) }

  public static let stated = EngineTolerance(meanKL: 0.5, argmaxAgreement: 0.75)

  func holds(_ logits: LogitComparison) -> Bool { logits.rows == 0 || (logits.meanKL <= meanKL && logits.argmaxAgreement >= argmaxAgreement) }
}
