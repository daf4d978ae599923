import Moderation

/// A goal with the categories that it moves.
struct TuningUnit: Sendable {
  var goal: Goal
  var categories: [Int]
  /// The category that quality is measured on; nil for the message as a whole.
  var scope: Int?

  var aim: Aim { Aim(direction: goal.direction, objective: goal.objective, bounds: goal.bounds) }

  /// Goals with their scopes resolved, budgets added. An unqualified goal is one unit for each category without a goal of its own that
  /// thresholds can move: of one that always escalates no score settles anything.
  static func units(of goals: [Goal], sample: EvaluationSample, budgets: [Bound]) throws(TuningError) -> [TuningUnit] {
    let names = sample.categories.categories.map(\.name)
    var owned: Set<Int> = []
    for goal in goals {
      guard case .category(let name) = goal.scope else { continue }
      guard let category = names.firstIndex(of: name) else { throw .mismatch("the pipeline has no category `\(name)`") }
      if !owned.insert(category).inserted { throw .mismatch("category `\(name)` has two goals") }
      if sample.categories.categories[category].alwaysEscalate { throw .mismatch("category `\(name)` always escalates, so no threshold changes it") }
    }
    let movable = names.indices.filter { !sample.categories.categories[$0].alwaysEscalate }
    if movable.isEmpty, !goals.isEmpty { throw .mismatch("every category always escalates, so no threshold changes anything") }
    let free = movable.filter { !owned.contains($0) }
    if goals.count(where: { $0.scope == .anyCategory || $0.scope == .eachCategory }) > 1 { throw .mismatch("at most one goal may stand without a category") }
    // Its bound speaks of the message as a whole, so thresholds that other goals choose on the same labels would undo its proof.
    if !owned.isEmpty, goals.contains(where: { $0.scope == .anyCategory }) { throw .mismatch("an `any:` goal moves every category, so it stands alone") }
    let unitCount = goals.reduce(0) { $0 + ($1.scope == .eachCategory ? free.count : 1) }
    return goals.flatMap { goal -> [TuningUnit] in
      var goal = goal
      goal.bounds += budgets.filter { budget in !goal.bounds.contains { $0.metric == budget.metric } }.map { $0.part(of: unitCount) }
      switch goal.scope {
      case .category(let name): return names.firstIndex(of: name).map { [TuningUnit(goal: goal, categories: [$0], scope: $0)] } ?? []
      case .anyCategory: return [TuningUnit(goal: goal, categories: movable, scope: nil)]
      case .eachCategory:
        return free.map { category in
          var own = goal
          own.scope = .category(names[category])
          return TuningUnit(goal: own, categories: [category], scope: category)
        }
      }
    }
  }

  func search(_ tuner: Tuner, aim: Aim, levels: Int) -> CoordinateSearch {
    CoordinateSearch(
      scene: tuner.scene, aim: aim, categories: categories, scope: scope, movesAllow: goal.movesAllow, movesBlock: goal.movesBlock,
      current: tuner.current, levels: levels)
  }

  /// Whether one ascending threshold is all there is to choose, and only misses are guaranteed: then every cut can be tested
  /// in turn on the choosing part, without candidates from elsewhere.
  var isMonotone: Bool {
    categories.count == 1 && !goal.movesBlock && !goal.guaranteed.isEmpty
      && goal.guaranteed.allSatisfy { $0.metric == .recall || $0.metric == .missRate }
  }
}

extension Bound {
  /// What one of `count` categories may use of a budget, if it is one that adds up.
  func part(of count: Int) -> Bound {
    switch metric {
    case .escalationRate, .llmCalls, .reviewRate, .blockRate: Bound(metric, relation, value / Double(max(1, count)))
    default: self
    }
  }
}
