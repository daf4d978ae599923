import Moderation

extension EvaluationReport {
  /// Everything in the report, for machines.
  public var json: JSONValue {
    .object([
      ("pipeline", .string(pipeline)), ("messages", .int(summary.messages)), ("confidence", .number(confidence)),
      ("review_counts_as", .string(reviewCounts.rawValue)), ("base_rate", .optional(baseRate)), ("warnings", .strings(summary.warnings)),
      ("verdicts", .object(Verdict.allCases.map { ($0.name, .int(verdicts[$0] ?? 0)) })),
      ("review_rate", .optional(reviewed.value)), ("escalation_rate", .optional(escalated.value)), ("abstain_rate", .optional(abstained.value)),
      ("error_rate", .optional(failed.value)), ("degraded", .object(DegradedCause.allCases.map { ($0.rawValue, .int(degraded[$0] ?? 0)) })),
      ("overall", overall.json), ("categories", .array(categories.map(\.json))), ("stages", .array(stages.map(\.json))),
      ("paths", .array(paths.map { .object([("path", .string($0.path)), ("messages", .int($0.messages)), ("latency", $0.latency?.json ?? .null)]) })),
      ("per_1000_messages", usage.json), ("slices", .array(slices.map(\.json))), ("cost", cost?.json ?? .null),
    ])
  }
}

extension Quality {
  var json: JSONValue {
    .object([
      ("true_positives", .int(confusion.truePositives)), ("false_positives", .int(confusion.falsePositives)),
      ("false_negatives", .int(confusion.falseNegatives)), ("true_negatives", .int(confusion.trueNegatives)), ("precision", Estimate.json(precision)),
      ("recall", Estimate.json(recall)), ("false_positive_rate", Estimate.json(falsePositiveRate)), ("f1", Estimate.json(f1)),
      ("precision_at_base_rate", Estimate.json(livePrecision)),
    ])
  }
}

extension ScopeReport {
  var json: JSONValue {
    .object([
      ("category", .optional(category)), ("labelled", .int(labelled)), ("settled_by_other_categories", .int(settledElsewhere)), ("quality", quality.json),
      ("coverage", Estimate.json(coverage)), ("selective_risk", Estimate.json(selectiveRisk)), ("recall_ceiling", .optional(recallCeiling)),
      ("scores", scores?.json ?? .null), ("baselines", .array(baselines.map(\.json))),
      ("recall_frontier", Self.curve(recallFrontier, "escalation_rate", "recall")), ("f1_frontier", Self.curve(f1Frontier, "escalation_rate", "f1")),
    ])
  }

  static func curve(_ points: [ScoreReport.CurvePoint], _ x: String, _ y: String) -> JSONValue {
    .array(points.map { .object([(x, .number($0.x)), (y, .number($0.y))]) })
  }
}

extension ScoreReport {
  var json: JSONValue {
    .object([
      ("stage", .string(stage)), ("scored", .int(scored)), ("missing", .int(missing)), ("band", band?.json ?? .null), ("auroc", Estimate.json(auroc)),
      ("average_precision", Estimate.json(averagePrecision)), ("brier", .optional(reliability.brier)),
      ("expected_calibration_error", .optional(reliability.expectedCalibrationError)), ("calibration_error_name", .string(Reliability.name)),
      ("reliability", .array(reliability.bins.map(\.json))), ("roc", ScopeReport.curve(roc, "false_positive_rate", "recall")),
      ("precision_recall", ScopeReport.curve(precisionRecall, "recall", "precision")),
      ("positive_scores", .array(positiveScores.counts.map(JSONValue.int))), ("negative_scores", .array(negativeScores.counts.map(JSONValue.int))),
    ])
  }
}

extension Reliability.Bin {
  var json: JSONValue {
    .object([
      ("low", .number(low)), ("high", .number(high)), ("count", .int(count)), ("mean_score", .optional(meanScore)),
      ("positive_share", Estimate.json(positiveShare.estimate())),
    ])
  }
}

extension Baseline {
  var json: JSONValue {
    .object([
      ("name", .string(name)), ("known", .int(known)), ("quality", quality.json), ("pipeline_on_the_same", pipelineOnSame.json),
      ("calls_per_message", .number(callShare)), ("note", .optional(note)),
    ])
  }
}

extension StageReport {
  var json: JSONValue {
    .object([
      ("id", .string(id)), ("reached", .int(reached)), ("allowed", .int(allowed)), ("reviewed", .int(reviewed)), ("blocked", .int(blocked)),
      ("escalation_rate", .optional(escalation.value)), ("statuses", .object(StageStatus.allCases.map { ($0.rawValue, .int(statuses[$0] ?? 0)) })),
      ("missed", missed.json), ("wrongly_flagged", wronglyFlagged.json), ("latency", latency?.json ?? .null),
    ])
  }
}

extension StageReport.Errors {
  var json: JSONValue { .object([("count", .int(count)), ("examples", .strings(examples))]) }
}

extension UsageReport {
  var json: JSONValue {
    .object([
      ("calls", .number(calls)), ("retries", .number(retries)), ("prompt_tokens", .number(promptTokens)),
      ("cached_prompt_tokens", .number(cachedPromptTokens)), ("completion_tokens", .number(completionTokens)),
    ])
  }
}

extension SliceReport {
  var json: JSONValue {
    .object([
      ("slice", .string(slice)), ("value", .string(value)), ("messages", .int(messages)), ("quality", quality.json),
      ("escalation_rate", .optional(escalated.value)),
    ])
  }
}

extension CostReport {
  var json: JSONValue {
    .object([
      ("prefilter", .number(model.prefilter)), ("classifier", .number(model.classifier)), ("reasoner", .number(model.reasoner)),
      ("reaching_classifier", .number(reachingClassifier)), ("reasoner_calls_per_message", .number(reasonerCalls)), ("expected", .number(expected)),
      ("break_even_escalation", .number(breakEven)), ("recall_ceiling", .optional(recallCeiling)),
    ])
  }
}
