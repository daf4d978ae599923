import Moderation

extension ComparisonReport {
  /// Everything in the report, for machines.
  public var json: JSONValue {
    .object([
      ("messages", .int(messages)), ("first", first.json), ("second", second.json), ("agreement", Estimate.json(agreement.agreed.estimate())),
      ("kappa", .optional(agreement.kappa)), ("kappa_flagged", .optional(flagAgreement.kappa)), ("mcnemar", mcNemar?.json ?? .null),
      ("flips", .array(flips.map(\.json))), ("categories", .array(categories.map(\.json))),
    ])
  }
}

extension ComparisonReport.Side {
  var json: JSONValue {
    .object([
      ("name", .string(name)), ("verdicts", .object(Verdict.allCases.map { ($0.name, .int(verdicts[$0] ?? 0)) })),
      ("escalation_rate", .optional(escalated.value)), ("calls", .int(usage.calls)), ("prompt_tokens", .int(usage.promptTokens)),
      ("completion_tokens", .int(usage.completionTokens)), ("precision", Estimate.json(confusion?.precision.estimate())),
      ("recall", Estimate.json(confusion?.recall.estimate())), ("f1", .optional(confusion?.f1)),
    ])
  }
}

extension ComparisonReport.Flip {
  var json: JSONValue {
    .object([
      ("from", .string(from.name)), ("to", .string(to.name)), ("count", .int(count)), ("better", .int(fixed)), ("worse", .int(broken)),
      ("examples", .strings(examples)),
    ])
  }
}

extension ComparisonReport.Category {
  var json: JSONValue {
    .object([
      ("category", .string(name)), ("newly_flagged", .int(newlyFlagged)), ("newly_allowed", .int(newlyAllowed)), ("kappa", .optional(kappa)),
      ("mcnemar", mcNemar?.json ?? .null), ("newly_flagged_examples", .strings(newlyFlaggedExamples)),
      ("newly_allowed_examples", .strings(newlyAllowedExamples)),
    ])
  }
}

extension McNemar {
  var json: JSONValue {
    .object([
      ("only_first_right", .int(onlyFirst)), ("only_second_right", .int(onlySecond)), ("exact_p", .number(exactP)), ("mid_p", .number(midP)),
      ("chi_square", .number(chiSquare.statistic)), ("chi_square_p", .number(chiSquare.p)),
    ])
  }
}
