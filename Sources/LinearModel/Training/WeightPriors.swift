/// How far each weight may go from zero: the variance of its prior, from what the feature says about the label on its own.
///
/// A plain L2 penalty holds every weight alike. With a few hundred rows that costs much: thousands of features that say nothing share what a few should say. Here
/// a feature whose share among positive rows differs from its share among negative ones is held less. It is the scaling of features by their naive Bayes log-count
/// ratio (Wang and Manning 2012, "Baselines and Bigrams", NBSVM), with its root instead of the ratio, and written as a prior, so that scoring does not change.
struct WeightPriors {
  /// Rows that are added to the counts, in the proportion of the classes: what a feature of few rows says is pulled to nothing. This, the floor and the root
  /// are the setting of nine (root, ratio and between; 0.5 to 12 rows; floors of 0.1 to 0.3) that gained on each of three small sets of prompts; with few added
  /// rows some lost.
  static let smoothing = 12.0
  /// Added to the root of the ratio: no feature is shut out.
  static let floor = 0.2

  /// The variance of the weight of `bucket` for `label`.
  static func variance(_ counts: FeatureCounts, bucket: Int, label: Int) -> Float {
    let (positives, negatives) = (Double(counts.positives[label]), Double(counts.negatives[label]))
    // A fold may hold one class alone: then nothing can be said.
    guard positives > 0, negatives > 0 else { return 1 }
    let place = bucket * counts.labelCount + label
    let share = positives / (positives + negatives)
    let inPositives = (Double(counts.bucketPositives[place]) + smoothing * share) / (positives + smoothing * share)
    let inNegatives = (Double(counts.bucketNegatives[place]) + smoothing * (1 - share)) / (negatives + smoothing * (1 - share))
    let deviation = abs(ExactMath.log(inPositives / inNegatives)).squareRoot() + floor
    return Float(deviation * deviation)
  }
}
