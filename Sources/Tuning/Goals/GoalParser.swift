import Moderation

/// Reads goals and budgets as people write them, and says what is wrong where.
///
/// ```
/// goal    = [ category ":" ] ( "minimum" | "maximum" ) metric [ "@" bound { ("," | "and") bound } ]
/// budget  = bound { ("," | "and") bound }
/// bound   = metric ( ">=" | "<=" ) number [ "%" | "ms" | "s" ]
/// ```
/// `any:` instead of a category means the message as a whole. `min`, `max`, `≥`, `≤` are understood.
public struct GoalParser {
  /// Categories of the pipeline, for checking and for spelling hints; empty accepts any name.
  public var categories: [String]
  /// What spans name as their file, for example `--goal`.
  public var source: String
  public init(categories: [String] = [], source: String = "--goal") { (self.categories, self.source) = (categories, source) }

  /// nil when there is any error; all of them are added to `diagnostics`.
  public func goal(_ text: String, _ diagnostics: inout Diagnostics) -> Goal? {
    var reader = GoalReader(text: text, source: source)
    let goal = parseGoal(&reader)
    diagnostics.add(contentsOf: reader.diagnostics)
    return reader.diagnostics.hasErrors ? nil : goal
  }

  /// nil when there is any error; all of them are added to `diagnostics`.
  public func budget(_ text: String, _ diagnostics: inout Diagnostics) -> [Bound]? {
    var reader = GoalReader(text: text, source: source)
    let bounds = parseBounds(&reader)
    diagnostics.add(contentsOf: reader.diagnostics)
    return reader.diagnostics.hasErrors ? nil : bounds
  }

  private func parseGoal(_ reader: inout GoalReader) -> Goal? {
    let scope = parseScope(&reader)
    guard let direction = parseDirection(&reader), let (objective, span) = parseMetric(&reader, after: "`\(direction.rawValue)`") else { return nil }
    let sensible: Goal.Direction = objective.higherIsBetter ? .maximum : .minimum
    if direction != sensible {
      reader.error(
        "goal-direction", "`\(direction.rawValue) \(objective.name)` asks for the worst", at: span,
        hint: "did you mean `\(sensible.rawValue) \(objective.name)`?")
    }
    var bounds: [Bound] = []
    if let mark = reader.peek() {
      if mark.text == "@" {
        reader.advance()
        bounds = parseBounds(&reader)
      } else {
        reader.error("goal-syntax", "expected `@` and a bound after the objective, found `\(mark.text)`", at: mark, hint: Self.example)
      }
    }
    let goal = Goal(scope: scope, direction: direction, objective: objective, bounds: bounds)
    checkBalance(goal, at: span, &reader)
    return goal
  }

  /// A goal that weighs neither misses nor wrong flags has no best threshold.
  private func checkBalance(_ goal: Goal, at span: GoalReader.Token, _ reader: inout GoalReader) {
    if goal.objective.percentile != nil {
      reader.error("goal-metric", "`\(goal.objective.name)` can be bounded but not optimised", at: span, hint: "minimise `escalation_rate` or `cost` instead")
    } else if !goal.movesAllow, !goal.movesBlock, !reader.diagnostics.hasErrors {
      reader.error(
        "goal-unbalanced", "the goal says neither what a missed violation costs nor what a wrong block does", at: span,
        hint: "add a bound such as `@ recall >= 0.95`")
    }
  }

  static let example = "write a goal like `minimum escalation_rate @ recall >= 0.95`"

  private func parseScope(_ reader: inout GoalReader) -> Goal.Scope {
    guard let word = reader.peek(), let colon = reader.peek(1), colon.text == ":" else { return .eachCategory }
    reader.advance(2)
    if word.text == "any" { return .anyCategory }
    if !categories.isEmpty, !categories.contains(word.text) {
      reader.error(
        "unknown-category", "the pipeline has no category `\(word.text)`", at: word,
        hint: nearestSpelling(to: word.text, in: categories + ["any"]).map { "did you mean `\($0)`?" })
    }
    return .category(word.text)
  }

  private func parseDirection(_ reader: inout GoalReader) -> Goal.Direction? {
    guard let word = reader.peek() else {
      reader.error("goal-syntax", "the goal is empty", at: nil, hint: Self.example)
      return nil
    }
    reader.advance()
    switch word.text {
    case "minimum", "min", "minimize", "minimise": return .minimum
    case "maximum", "max", "maximize", "maximise": return .maximum
    default:
      let near = nearestSpelling(to: word.text, in: ["minimum", "maximum"])
      reader.error(
        "goal-syntax", "a goal begins with `minimum` or `maximum`, found `\(word.text)`", at: word,
        hint: near.map { "did you mean `\($0)`?" } ?? Self.example)
      return nil
    }
  }

  private func parseMetric(_ reader: inout GoalReader, after place: String) -> (Metric, GoalReader.Token)? {
    guard let word = reader.peek() else {
      reader.error("goal-syntax", "expected a metric after \(place)", at: nil, hint: Self.example)
      return nil
    }
    reader.advance()
    if let metric = Metric(written: word.text) { return (metric, word) }
    let names = Metric.allCases.map(\.name)
    let hint = nearestSpelling(to: word.text, in: names + Metric.synonyms.keys.sorted()).map { "did you mean `\($0)`?" }
    reader.error("unknown-metric", "unknown metric `\(word.text)`", at: word, hint: hint ?? "metrics are \(names.map { "`\($0)`" }.joined(separator: ", "))")
    return nil
  }

  private func parseBounds(_ reader: inout GoalReader) -> [Bound] {
    var bounds: [Bound] = []
    repeat {
      guard let bound = parseBound(&reader) else { return bounds }
      if bounds.contains(where: { $0.metric == bound.metric && $0.relation == bound.relation }) {
        reader.error("goal-syntax", "`\(bound.metric.name)` is bounded twice", at: reader.previous)
      }
      bounds.append(bound)
    } while reader.skip(",") || reader.skip("and")
    if let rest = reader.peek() { reader.error("goal-syntax", "unexpected `\(rest.text)` after the bound", at: rest, hint: "separate bounds with `,`") }
    return bounds
  }

  private func parseBound(_ reader: inout GoalReader) -> Bound? {
    guard let (metric, word) = parseMetric(&reader, after: "`@` or `,`") else { return nil }
    guard let relation = parseRelation(&reader, metric), let value = parseValue(&reader, metric) else { return nil }
    let sensible: Bound.Relation = metric.higherIsBetter ? .atLeast : .atMost
    if relation != sensible {
      reader.error(
        "goal-direction", "`\(metric.name)` is bounded with `\(sensible.rawValue)`", at: word,
        hint: "more of it is \(metric.higherIsBetter ? "better" : "worse")")
    }
    return Bound(metric, relation, value)
  }

  private func parseRelation(_ reader: inout GoalReader, _ metric: Metric) -> Bound.Relation? {
    let token = reader.peek()
    reader.advance()
    switch token?.text {
    case ">=", "≥", "=>": return .atLeast
    case "<=", "≤", "=<": return .atMost
    case ">": return .atLeast
    case "<": return .atMost
    default:
      let found = token.map { ", found `\($0.text)`" } ?? ""
      reader.error("goal-syntax", "expected `>=` or `<=` after `\(metric.name)`\(found)", at: token)
      return nil
    }
  }

  private func parseValue(_ reader: inout GoalReader, _ metric: Metric) -> Double? {
    guard let token = reader.peek() else {
      reader.error("goal-syntax", "expected a number for `\(metric.name)`", at: nil)
      return nil
    }
    reader.advance()
    guard let (value, hint) = Self.value(token.text, metric.unit) else {
      reader.error("goal-value", "`\(token.text)` is not a value of `\(metric.name)`", at: token, hint: Self.valueHint(metric.unit))
      return nil
    }
    if let hint { reader.error("goal-value", "`\(token.text)` is outside the range of `\(metric.name)`", at: token, hint: hint) }
    return value
  }

  private static func valueHint(_ unit: Metric.Unit) -> String {
    switch unit {
    case .share: "write a share such as `0.95` or `95%`"
    case .seconds: "write a time such as `300ms` or `2s`"
    case .cost: "write a number in the unit of the costs"
    }
  }

  /// The value, and a hint when it is out of range; nil when it cannot be read.
  private static func value(_ text: String, _ unit: Metric.Unit) -> (Double, String?)? {
    switch unit {
    case .seconds:
      guard let duration = Duration(written: text) else { return nil }
      // Attoseconds times a power of ten is off in the last bit; nobody bounds latencies to the nanosecond.
      return ((duration.inSeconds * 1e6).rounded() / 1e6, nil)
    case .cost:
      guard let number = Double(text), number.isFinite, number >= 0 else { return nil }
      return (number, nil)
    case .share:
      let percent = text.hasSuffix("%")
      guard let number = Double(percent ? String(text.dropLast()) : text), number.isFinite else { return nil }
      let share = percent ? number / 100 : number
      if share >= 0, share <= 1 { return (share, nil) }
      return (share, !percent && number > 1 && number <= 100 ? "did you mean `\(text)%`?" : "shares are between 0 and 1")
    }
  }
}
