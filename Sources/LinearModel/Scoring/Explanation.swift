import Moderation

/// Why a text got its score for one label: what each feature added to the log-odds.
public struct Explanation: Sendable, Equatable {
  public struct Contribution: Sendable, Equatable {
    public var kind: FeatureKind
    /// The feature as it was looked up: normalised, `▁` for the edge of a word, `@name` and `link` for what stands for a name or a link.
    public var text: String
    /// Where it stands in the original text, in UTF-8 bytes, rising.
    public var spans: [ByteRange]
    /// Added to the log-odds, all its occurrences together.
    public var logOdds: Float
  }
  public var label: String
  public var probability: Float
  /// Before calibration: `bias` plus all contributions, but for rounding.
  public var logOdds: Float
  public var bias: Float
  /// All features, the strongest first, whether they speak for or against.
  public var contributions: [Contribution]
}

extension LinearModel {
  /// Explains `text` for every label. Slow beside scoring: for single texts.
  public func explain(_ text: String) -> [Explanation] {
    var text = text
    return text.withUTF8 { explain($0) }
  }

  private func explain(_ text: UnsafeBufferPointer<UInt8>) -> [Explanation] {
    let features = FeatureCollector.collect(text, card.features)
    let (logits, inverseLength) = makeScorer().logitsAndInverseLength(text)
    return labels.indices.map { label in
      var contributions = features.map { feature in
        let sum = Double(table.weight(Int(feature.bucket), label)) * feature.factor
        return Explanation.Contribution(
          kind: feature.kind, text: feature.text, spans: feature.spans, logOdds: table.units[label] * Float(sum) * inverseLength)
      }
      contributions.sort { (abs($1.logOdds), $0.spans[0].start, $0.text) < (abs($0.logOdds), $1.spans[0].start, $1.text) }
      return Explanation(
        label: labels[label], probability: card.calibrations[label].probability(logits[label]), logOdds: logits[label], bias: table.biases[label],
        contributions: contributions)
    }
  }
}

extension WeightTable {
  /// One whole-number weight; at `lane` ``labelCount`` the bucket's step.
  func weight(_ bucket: Int, _ lane: Int) -> Int64 {
    switch storage {
    case .int8(let weights): Int64(weights[bucket * stride + lane])
    case .fixed(let weights): Int64(weights[bucket * stride + lane])
    }
  }
}
