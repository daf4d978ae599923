import Moderation

/// Candidates for a fixed sequence, found and ordered on the calibration part alone.
///
/// Each bound is tightened to a fraction τ of its allowed risk, from almost nothing to a little beyond; the best thresholds
/// for every τ (for two bounds, every pair of them) are the candidates. They are tested in the order of their p-values on the calibration part, restated for the
/// size of the choosing part: those most likely to pass first (Pareto testing, Laufer-Goldenshluger et al. 2023).
struct CandidatePath {
  let search: GoalSearch
  /// Fractions of the allowed risk for each bound, by how many bounds there are.
  static func fractions(_ bounds: Int) -> [[Double]] {
    func steps(_ count: Int) -> [Double] { (1...count).map { Double($0) / Double(count) * 1.1 } }
    switch bounds {
    case 2: return steps(9).flatMap { first in steps(9).map { [first, $0] } }
    default: return steps(24).map { Array(repeating: $0, count: bounds) }
    }
  }

  func candidates() -> [[Band?]] {
    let tuner = search.tuner
    // The candidates of one category cost one sweep for all of them; those of several a sweep for each step.
    let part = search.unit.categories.count == 1 ? tuner.part(.calibration) : tuner.part(.calibration).thinned(to: GoalSearch.jointMessages)
    var found: [(bands: [Band?], pValue: Double, rank: Rank)] = []
    var finder = search.unit.search(tuner, aim: search.unit.aim, levels: min(512, tuner.options.levels))
    finder.prepare(part, from: tuner.current)
    for fractions in Self.fractions(search.unit.goal.guaranteed.count) {
      finder.aim.bounds = tightened(by: fractions)
      guard let best = finder.run(part, from: tuner.current) else { continue }
      if found.contains(where: { $0.bands == best.bands }) { continue }
      let counts = tuner.scene.counts(part.messages, best.bands, scope: search.unit.scope)
      found.append((best.bands, predictedPValue(counts), best.rank))
    }
    return found.sorted { ($0.pValue, -$0.rank.objective) < ($1.pValue, -$1.rank.objective) }.map(\.bands)
  }

  private func tightened(by fractions: [Double]) -> [Bound] {
    var rest = fractions[...]
    return search.unit.goal.bounds.map { bound in
      guard let limit = bound.riskLimit else { return bound }
      let tight = min(1, limit * (rest.popFirst() ?? 1))
      return Bound(bound.metric, bound.relation, bound.relation == .atLeast ? 1 - tight : tight)
    }
  }

  /// The worst p-value that the rates of the calibration part would give at the size of the choosing part.
  private func predictedPValue(_ counts: OutcomeCounts) -> Double {
    let tuner = search.tuner
    let growth = Double(tuner.part(.choosing).messages.count) / Double(max(1, tuner.part(.calibration).messages.count))
    var scaled = counts
    scaled.lanes = (counts.lanes * growth).rounded(.toNearestOrAwayFromZero)
    return search.unit.goal.guaranteed.map { RiskControl.pValue($0, scaled, tuner.options) }.max() ?? 1
  }
}
