import Moderation

/// The two systems that a cascade stands between.
extension GoalSearch {
  func simplerSystems() -> [GoalResult.Simpler] {
    [reasonerForAll(), classifierAlone()].compactMap { $0 }
  }

  private func simpler(_ name: String, _ bands: [Band?]) -> GoalResult.Simpler {
    GoalResult.Simpler(name: name, chosen: point(bands, .choosing), reported: point(bands, .reporting))
  }

  /// Thresholds that no score reaches. Only where the reasoner's answer is known of every message, and not all of them are abstentions.
  private func reasonerForAll() -> GoalResult.Simpler? {
    guard tuner.scene.hasReasoner else { return nil }
    var bands = tuner.current
    for category in unit.categories { bands[category] = Band(allowBelow: -1, blockAbove: 2) }
    let measured = tuner.part(.choosing).messages + tuner.part(.reporting).messages
    let answers = unit.categories.map { tuner.sample.findings[$0] }
    guard answers.allSatisfy({ $0.contains(.violates) || $0.contains(.safe) }), tuner.unasked(under: bands, among: measured, scope: unit.scope).isEmpty else { return nil }
    return simpler("all to the reasoner", bands)
  }

  /// One threshold for each category, the best by F1 on the choosing part.
  private func classifierAlone() -> GoalResult.Simpler? {
    var bands = tuner.current
    let messages = tuner.part(.choosing).messages
    for category in unit.categories {
      let scores = tuner.sample.probabilities[tuner.stage][category], labels = tuner.sample.labels[category]
      guard let levels = try? ScoreLevels(scores: messages.map { scores[Int($0)] }, labels: messages.map { labels[Int($0)] }), levels.positiveCount > 0 else { return nil }
      let f1 = levels.confusions().map { $0.f1 ?? 0 }
      guard let best = f1.indices.max(by: { f1[$0] < f1[$1] }) else { return nil }
      let threshold = levels.scores[best]
      bands[category] = Band(allowBelow: Double(threshold.nextDown), blockAbove: Double(threshold))
    }
    return simpler("no reasoner", bands)
  }
}
