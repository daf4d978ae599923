/// Isotonic regression by pooling adjacent violators, thinned so that a card stays small.
enum IsotonicFit {
  /// At most this many points in a card.
  static let maximumPoints = 128

  private struct Block {
    var score, positives, count: Double
    var share: Double { positives / count }
    mutating func absorb(_ other: Block) {
      score = (score * count + other.score * other.count) / (count + other.count)
      positives += other.positives
      count += other.count
    }
  }

  static func fit(_ scores: [Float], _ labels: [Bool]) -> Calibration {
    let blocks = thinned(pooled(sorted(scores, labels)), total: labels.count)
    // No share of a finite sample proves 0 or 1: the rule of succession bounds both ends.
    let least = 1 / Float(labels.count + 2)
    var points: [Float] = []
    var shares: [Float] = []
    for block in blocks {
      let share = min(max(Float(block.share), least), 1 - least)
      // Different means can be the same `Float`; the later, higher share stands.
      if points.last == Float(block.score) {
        shares[shares.count - 1] = share
        continue
      }
      points.append(Float(block.score))
      shares.append(share)
    }
    return .isotonic(scores: points, probabilities: shares)
  }

  /// One block for each different score, rising.
  private static func sorted(_ scores: [Float], _ labels: [Bool]) -> [Block] {
    var blocks: [Block] = []
    for i in scores.indices.sorted(by: { (scores[$0], $0) < (scores[$1], $1) }) {
      let one = Block(score: Double(scores[i]), positives: labels[i] ? 1 : 0, count: 1)
      if let last = blocks.last, last.score == one.score {
        blocks[blocks.count - 1].positives += one.positives
        blocks[blocks.count - 1].count += 1
      } else {
        blocks.append(one)
      }
    }
    return blocks
  }

  private static func pooled(_ blocks: [Block]) -> [Block] {
    var stack: [Block] = []
    for block in blocks {
      stack.append(block)
      while stack.count > 1, stack[stack.count - 2].share >= stack[stack.count - 1].share {
        let top = stack.removeLast()
        stack[stack.count - 1].absorb(top)
      }
    }
    return stack
  }

  /// Joins neighbours until every block but the last has a 128th of the labels; joined neighbours of a rising list still rise.
  private static func thinned(_ blocks: [Block], total: Int) -> [Block] {
    guard blocks.count > maximumPoints else { return blocks }
    let least = Double(total) / Double(maximumPoints)
    var result: [Block] = []
    for block in blocks {
      if let last = result.last, last.count < least {
        result[result.count - 1].absorb(block)
      } else {
        result.append(block)
      }
    }
    return result
  }
}
