extension ResplitStudy {
  /// A table for a terminal: how often the promise was broken, beside how often it may be.
  public var text: String {
    var table = TextTable([
      .init("bound"), .init("thresholds found", .right), .init("broken on all messages", .right), .init("on the other half", .right), .init("disproved there", .right),
      .init("mean there", .right), .init("escalated", .right),
    ])
    for outcome in outcomes {
      let refuted = Proportion(outcome.refuted, of: outcome.found + outcome.withoutThresholds)
      table.add(
        outcome.bound.text, "\(outcome.found) of \(resplits)", NumberText.percent(outcome.brokenOnTheWhole.value ?? .nan), NumberText.percent(outcome.brokenShare.value ?? .nan),
        NumberText.percent(refuted.value ?? .nan), NumberText.value(outcome.meanValue, of: outcome.bound.metric), NumberText.percent(outcome.meanEscalation))
    }
    return "\(resplits) halvings; \(promiseText), broken in at most \(NumberText.percent(1 - confidence, 0))\n" + table.render()
      + (supposed > 0 ? "  ! \(counted(supposed, "message")) of uncertain score without an answer of the reasoner: \(unknown.words)\n" : "")
  }

  private var promiseText: String {
    switch promise {
    case .trueShare: "promised of the true share (here: of all messages together)"
    case .measured: "promised of what the other half will measure"
    }
  }

  public var json: JSONValue {
    .object([
      ("promise", .string(promise == .measured ? "measure" : "share")), ("resplits", .int(resplits)), ("confidence", .number(confidence)),
      ("supposed_answers", .int(supposed)), ("supposed", .string(unknown.rawValue)),
      ("bounds", .array(outcomes.map { outcome in
        .object([
          ("bound", .string(outcome.bound.text)), ("found", .int(outcome.found)), ("broken_on_all_messages", .optional(outcome.brokenOnTheWhole.value)),
          ("broken_on_the_other_half", .optional(outcome.brokenShare.value)), ("disproved", .int(outcome.refuted)), ("mean", .number(outcome.meanValue)),
          ("mean_escalation_rate", .number(outcome.meanEscalation)),
        ])
      })),
    ])
  }
}
