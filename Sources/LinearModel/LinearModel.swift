/// A linear text classifier: hashed word and character n-grams, one weight for each bucket and label, calibrated probabilities.
///
/// Idea: word 1- and 2-grams carry meaning, character n-grams inside words carry spelling that people vary (they are worth 0.02 to 0.06 AUPRC on chat).
/// All features are hashed into 2^18 buckets, so there is no vocabulary to keep, and a message costs about a microsecond.
///
/// Contract: a probability depends on the text and the model file alone — not on batch, thread, memo or platform. Training the same rows with the same
/// settings gives the same file, byte for byte. A model file is untrusted input.
///
/// Price: it reads words, not meaning. It cannot see context, sarcasm or a new coinage, and it inherits the bias of its rows. It settles the clear cases;
/// bands leave the others to the next stage.
public struct LinearModel: Sendable {
  public static let maximumLabels = 64

  public let card: ModelCard
  /// SHA-256 of the file, hex.
  public let fingerprint: String
  let table: WeightTable

  public var labels: [String] { card.labels }

  /// A scorer with scratch memory of its own, for texts one at a time.
  public func makeScorer() -> Scorer { Scorer(self) }

  /// Scores single texts. Not for sharing between threads.
  public final class Scorer {
    private let model: LinearModel
    private var texts: TextScorer

    init(_ model: LinearModel) {
      self.model = model
      texts = TextScorer(model.table, model.card.features)
    }

    /// Log-odds before calibration, one for each label.
    public func logits(_ text: String) -> [Float] {
      var text = text
      return text.withUTF8 { logits($0) }
    }

    public func logits(_ text: UnsafeBufferPointer<UInt8>) -> [Float] { logitsAndInverseLength(text).logits }

    func logitsAndInverseLength(_ text: UnsafeBufferPointer<UInt8>) -> (logits: [Float], inverseLength: Float) {
      texts.sum(text, readable: text.count)
      let inverseLength = texts.inverseLength
      return (model.labels.indices.map { texts.logit($0, inverseLength: inverseLength) }, inverseLength)
    }

    /// Calibrated probabilities 0...1, one for each label.
    public func probabilities(_ text: String) -> [Float] { zip(logits(text), model.card.calibrations).map { $1.probability($0) } }
  }
}
