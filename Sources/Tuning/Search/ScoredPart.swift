import Moderation

/// The messages of one part, with the order of their scores per category.
struct ScoredPart: Sendable {
  let messages: [Int32]
  /// `[category]`: messages with a score that thresholds are compared with, ascending.
  let orders: [[Int32]]
  /// `[category]`: the others.
  let rests: [[Int32]]

  /// All parts of `split` at once: one sort per category.
  static func parts(of scene: MessageScene, _ split: GroupedSplit) -> [GroupedSplit.Part: ScoredPart] {
    let sorted = scene.columns.map { RadixOrder.ascending($0.scores) }
    var parts: [GroupedSplit.Part: ScoredPart] = [:]
    for part in GroupedSplit.Part.allCases {
      let messages = split.messages(of: part)
      parts[part] = ScoredPart(
        messages: messages,
        orders: sorted.map { order in order.filter { split.parts[Int($0)] == part } },
        rests: scene.columns.map { column in messages.filter { column.scores[Int($0)].isNaN } })
    }
    return parts
  }
}

extension ScoredPart {
  /// About `limit` of the messages, picked by a hash of their number: for finding candidates, which need not be exact.
  func thinned(to limit: Int) -> ScoredPart {
    let keepOneIn = UInt64(messages.count / max(1, limit))
    guard keepOneIn > 1 else { return self }
    func keeps(_ message: Int32) -> Bool { SeededGenerator.mix(UInt64(message)) % keepOneIn == 0 }
    return ScoredPart(messages: messages.filter(keeps), orders: orders.map { $0.filter(keeps) }, rests: rests.map { $0.filter(keeps) })
  }
}

extension MessageScene {
  /// What the categories other than `category` make of each message of `part` under `bands`.
  func others(than category: Int, _ bands: [Band?], _ part: ScoredPart) -> [OthersState] {
    var states = [OthersState](repeating: OthersState(), count: sample.count)
    for other in columns.indices where other != category {
      for message in part.messages {
        let index = Int(message)
        states[index].add(columns[other].state(index, under: bands[other]), resolution: columns[other].resolutions[index])
      }
    }
    return states
  }

  /// The counts of `messages` under `bands`, one by one: what every sweep must agree with. In the scope of a category, the
  /// other categories are as if they were not there.
  func counts(_ messages: [Int32], _ bands: [Band?], scope: Int?) -> OutcomeCounts {
    let category = scope ?? 0
    var total = OutcomeCounts.zero
    for message in messages {
      let index = Int(message)
      var others = OthersState()
      for other in columns.indices where scope == nil && other != category {
        others.add(columns[other].state(index, under: bands[other]), resolution: columns[other].resolutions[index])
      }
      total += contribution(index, category: category, own: columns[category].state(index, under: bands[category]), others: others, scope: scope)
    }
    return total
  }

  /// What becomes of one message under `bands`.
  func replay(_ message: Int, _ bands: [Band?]) -> (verdict: Verdict, escalated: Bool) {
    var states = OthersState()
    for category in columns.indices {
      states.add(columns[category].state(message, under: bands[category]), resolution: columns[category].resolutions[message])
    }
    return states.blocked ? (.block, false) : (states.verdict, states.open)
  }
}
