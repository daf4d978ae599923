/// In how many training rows each bucket occurs: in all, and for each label among its positive and its negative rows.
struct FeatureCounts {
  let labelCount: Int
  private(set) var rows = 0
  /// One for each bucket.
  private(set) var rowCounts: [Int32]
  /// `[labels]`: positive and negative rows.
  private(set) var positives: [Int32]
  private(set) var negatives: [Int32]
  /// `[buckets, labels]`: of them the ones in which the bucket occurs.
  private(set) var bucketPositives: [Int32]
  private(set) var bucketNegatives: [Int32]
  private var lastRow: [Int32]

  init(bucketCount: Int, labelCount: Int) {
    self.labelCount = labelCount
    rowCounts = [Int32](repeating: 0, count: bucketCount)
    lastRow = [Int32](repeating: -1, count: bucketCount)
    positives = [Int32](repeating: 0, count: labelCount)
    negatives = positives
    bucketPositives = [Int32](repeating: 0, count: bucketCount * labelCount)
    bucketNegatives = bucketPositives
  }

  /// - Parameter targets: 1, 0 or -1 (unknown) for each label.
  mutating func add(_ features: RowFeatures.Row, _ targets: ArraySlice<Int8>) {
    let row = Int32(rows)
    rows += 1
    for (label, target) in targets.enumerated() where target >= 0 {
      if target == 1 { positives[label] += 1 } else { negatives[label] += 1 }
    }
    for bucket in features.buckets.lazy.map(Int.init) where lastRow[bucket] != row {
      lastRow[bucket] = row
      rowCounts[bucket] += 1
      for (label, target) in targets.enumerated() where target >= 0 {
        if target == 1 { bucketPositives[bucket * labelCount + label] += 1 } else { bucketNegatives[bucket * labelCount + label] += 1 }
      }
    }
  }
}
