import Moderation

extension TuningResult {
  /// Everything in the result, for machines.
  public var json: JSONValue { .object(members) }

  /// The same with a check of the promise on these data.
  public func json(resplits study: ResplitStudy) -> JSONValue { .object(members + [("resplits", study.json)]) }

  private var members: [(String, JSONValue)] {
    [
      ("stage", .string(stage)),
      ("parts", .object(GroupedSplit.Part.allCases.map { ("\($0)", .int(split.messages(of: $0).count)) })), ("groups", .int(split.groupCount)),
      ("changes", .object(changes.map { ($0.category, $0.band.json) })), ("goals", .array(goals.map(\.json))),
      ("budgets", .array(budgets.map { .object([("budget", .string($0.budget.text)), ("measured", .number($0.measured)), ("holds", .bool($0.holds))]) })),
      ("calibration", .array(calibrations.map(\.json))), ("flips", flips.json), ("supposed_answers", .int(unasked.count)), ("supposed", .string(unknown.rawValue)),
    ]
  }
}

extension CalibrationResult {
  var json: JSONValue {
    .object([
      ("category", .string(category)), ("fit", .string(calibrator.name)), ("brier_before", .optional(before.brier)), ("brier_after", .optional(after.brier)),
      ("ece_before", .optional(before.expectedCalibrationError)), ("ece_after", .optional(after.expectedCalibrationError)),
    ])
  }
}

extension OperatingPoint {
  func json(intervals: Bool) -> JSONValue {
    let metrics = Metric.allCases.filter { $0.percentile == nil }
    return .object([
      ("bands", .array(bands.map { $0?.json ?? .null })),
      ("metrics", .object(metrics.map { ($0.name, intervals ? Estimate.json(estimate($0)) : .optional(value($0))) })),
      ("recall_ceiling", .optional(recallCeiling)),
    ])
  }
}

extension GoalResult {
  var json: JSONValue {
    let (name, needs): (String, [LabelNeed]) =
      switch status {
      case .met: ("met", [])
      case .refused(let needs): ("refused", needs)
      case .infeasible(_, let needs): ("infeasible", needs)
      }
    return .object([
      ("goal", .string(goal.text)), ("categories", .strings(categories)), ("status", .string(name)), ("explanation", .strings(statusLines)),
      ("certificates", .array(certificates.map(\.json))), ("restated_precision", .array(restated.map(\.json))),
      ("label_needs", .array(needs.map(\.json))), ("notes", .strings(notes)),
      ("choosing", .object([("now", current.json(intervals: false)), ("chosen", chosen?.json(intervals: false) ?? .null)])),
      ("reporting", .object([("now", reportedCurrent.json(intervals: true)), ("chosen", reported?.json(intervals: true) ?? .null)])),
      ("latency", .object([("now", currentLatency?.json ?? .null), ("chosen", latency?.json ?? .null)])),
      ("frontier_metric", .string(frontierMetric.name)), ("frontier", .array(frontier.map { $0.json(intervals: false) })),
      ("simpler", .array(simpler.map { .object([("name", .string($0.name)), ("choosing", $0.chosen.json(intervals: false)), ("reporting", $0.reported.json(intervals: true))]) })),
      ("nearest", .array(nearest.map { .object([("text", .string($0.text)), ("point", $0.point.json(intervals: false))]) })),
    ])
  }
}

extension Certificate {
  var json: JSONValue {
    .object([
      ("bound", .string(bound.text)), ("bad", .int(bad)), ("trials", .int(trials)), ("risk_at_most", .number(riskAtMost)),
      ("confidence", .number(confidence)), ("method", .string(method.text)),
    ])
  }
}

extension RestatedPrecision {
  var json: JSONValue {
    .object([
      ("bound", .string(bound.text)), ("base_rate", .number(baseRate)), ("precision_at_least", .number(precisionAtLeast)),
      ("recall_at_least", .number(recallAtLeast)), ("false_positive_rate_at_most", .number(falsePositiveRateAtMost)),
      ("confidence", .number(confidence)), ("method", .string(method.text)),
    ])
  }
}

extension LabelNeed {
  var json: JSONValue {
    .object([
      ("bound", .string(bound.text)), ("unit", .string(unit)), ("have", .int(have)), ("need", .int(need)), ("label_at_least", .int(moreInAll)),
    ])
  }
}
