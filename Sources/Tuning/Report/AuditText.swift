import Moderation

extension AuditEstimate {
  /// Tables for a terminal. `drift` by category name, where there is a reference.
  ///
  /// - Parameters:
  ///   - uncovered: messages that a failure or the budget decided: none of them was ever drawn.
  ///   - cheaplyReviewed: messages that the cheap stages sent to people.
  public func text(drift: [String: Drift] = [:], uncovered: Int = 0, cheaplyReviewed: Int = 0) -> String {
    var table = TextTable([
      .init("category"), .init("audited", .right), .init("missed among allowed", .right), .init("wrong among blocked", .right), .init("miss rate", .right),
      .init("no answer", .right), .init("drift (PSI)", .right),
    ])
    func moved(_ name: String) -> String { drift[name].map { "\(NumberText.fixed($0.psi, 3)) \($0.reading.rawValue)" } ?? "—" }
    for category in [overall] + categories {
      table.add(
        category.name, grouped(category.audited), GoalResult.percent(category.missedAmongAllowed), GoalResult.percent(category.wrongAmongBlocked),
        GoalResult.percent(category.missRate), grouped(category.unanswered), moved(category.name))
    }
    // Scores may have moved of what the reasoner never spoke of.
    for name in drift.keys.sorted() where !categories.contains(where: { $0.name == name }) { table.add(name, "0", "—", "—", "—", "0", moved(name)) }
    let rejected = rejected > 0 ? "  ! \(counted(rejected, "entry")) without a usable inclusion chance left out\n" : ""
    var notes = rejected
    if uncovered > 0 { notes += "  ! \(counted(uncovered, "message")) decided by a failure or the budget: never drawn, so in no figure\n" }
    if cheaplyReviewed > 0 {
      notes += "  ! \(counted(cheaplyReviewed, "message")) sent to people by the cheap stages: what violates among them is not known, and the miss rate counts none of it\n"
    }
    return "What the cheap stages miss and wrongly block, as the reasoner sees it (\(counted(audited, "audited message")))\n" + table.render() + notes
  }

  public func json(drift: [String: Drift] = [:], uncovered: Int = 0, cheaplyReviewed: Int = 0) -> JSONValue {
    .object([
      ("audited", .int(audited)), ("rejected", .int(rejected)), ("uncovered", .int(uncovered)), ("cheaply_reviewed", .int(cheaplyReviewed)), ("overall", overall.json),
      ("categories", .array(categories.map(\.json))),
      ("drift", .object(drift.sorted { $0.key < $1.key }.map { name, drift in
        (name, .object([("psi", .number(drift.psi)), ("noise", .number(drift.noise)), ("reading", .string(drift.reading.rawValue))]))
      })),
    ])
  }
}

extension AuditEstimate.Category {
  var json: JSONValue {
    .object([
      ("category", .string(name)), ("audited", .int(audited)), ("unanswered", .int(unanswered)), ("missed_among_allowed", Estimate.json(missedAmongAllowed)),
      ("wrong_among_blocked", Estimate.json(wrongAmongBlocked)), ("miss_rate", Estimate.json(missRate)),
    ])
  }
}

extension GainReport {
  /// A table for a terminal.
  public var text: String {
    var table = TextTable([.init("metric"), .init("before", .right), .init("after", .right), .init("difference", .right), .init("")])
    for change in changes {
      table.add(
        change.metric, NumberText.fixed(change.before ?? .nan, 4), NumberText.fixed(change.after ?? .nan, 4), NumberText.estimate(change.difference, digits: 4),
        change.isGain ? "gain" : "within chance or worse")
    }
    return "On \(counted(labelled, "labelled message")), \(grouped(positives)) positive\n" + table.render()
  }

  public var json: JSONValue {
    .object([
      ("labelled", .int(labelled)), ("positives", .int(positives)),
      ("changes", .array(changes.map { change in
        .object([
          ("metric", .string(change.metric)), ("before", .optional(change.before)), ("after", .optional(change.after)),
          ("difference", Estimate.json(change.difference)), ("gain", .bool(change.isGain)),
        ])
      })),
    ])
  }
}
