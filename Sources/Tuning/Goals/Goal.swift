/// One bound: `recall >= 0.95`, `llm_calls <= 5%`, `p95_latency <= 300ms`.
public struct Bound: Sendable, Hashable {
  public enum Relation: String, Sendable { case atLeast = ">=", atMost = "<=" }
  public var metric: Metric
  public var relation: Relation
  /// A share 0...1, seconds, or the unit of the cost model.
  public var value: Double
  public init(_ metric: Metric, _ relation: Relation, _ value: Double) { (self.metric, self.relation, self.value) = (metric, relation, value) }

  public func holds(_ measured: Double) -> Bool {
    // Shares are ratios of counts: a hair of tolerance keeps 0.95 >= 0.95 true after division.
    relation == .atLeast ? measured >= value - 1e-12 : measured <= value + 1e-12
  }

  /// How far a value is from holding, 0 when it holds.
  public func violation(_ measured: Double) -> Double {
    max(0, relation == .atLeast ? value - measured : measured - value)
  }

  /// For testable metrics: the greatest share of bad events (misses, wrong flags) that the bound allows.
  public var riskLimit: Double? {
    switch metric {
    case .recall, .precision: relation == .atLeast ? 1 - value : nil
    case .missRate, .falsePositiveRate, .selectiveRisk: relation == .atMost ? value : nil
    default: nil
    }
  }

  public var text: String { "\(metric.name) \(relation.rawValue) \(NumberText.bound(self))" }
}

/// A sentence such as `minimum escalation_rate @ recall >= 0.95`: what to optimise, and what must hold.
public struct Goal: Sendable, Hashable {
  public enum Scope: Sendable, Hashable {
    /// The category of this name.
    case category(String)
    /// Every category that has no goal of its own, one by one.
    case eachCategory
    /// The message as a whole: violating when any category is.
    case anyCategory
  }
  public enum Direction: String, Sendable { case minimum, maximum }

  public var scope: Scope
  public var direction: Direction
  public var objective: Metric
  public var bounds: [Bound]
  public init(scope: Scope = .eachCategory, direction: Direction, objective: Metric, bounds: [Bound]) {
    (self.scope, self.direction, self.objective, self.bounds) = (scope, direction, objective, bounds)
  }

  /// The bounds that are tested at the stated confidence; the others hold as measured.
  public var guaranteed: [Bound] { bounds.filter { $0.riskLimit != nil } }
  public var measuredBounds: [Bound] { bounds.filter { $0.riskLimit == nil } }

  /// Whether the goal says what a missed violation costs. Without a word about misses, `allow_below` stays as it is:
  /// the cheapest cascade would otherwise allow everything.
  public var movesAllow: Bool { objective.concernsMisses || bounds.contains { $0.metric.concernsMisses } }
  /// The same for wrong blocks and `block_above`.
  public var movesBlock: Bool { objective.concernsWrongFlags || bounds.contains { $0.metric.concernsWrongFlags } }

  public func isBetter(_ a: Double, than b: Double) -> Bool { direction == .minimum ? a < b : a > b }

  public var text: String {
    let prefix: String =
      switch scope {
      case .category(let name): name + ": "
      case .eachCategory: ""
      case .anyCategory: "any: "
      }
    let conditions = bounds.isEmpty ? "" : " @ " + bounds.map(\.text).joined(separator: ", ")
    return prefix + direction.rawValue + " " + objective.name + conditions
  }
}
