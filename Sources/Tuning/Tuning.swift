/// # Tuning
///
/// Thresholds from a goal, with a guarantee. Everything here is computation on values: no files, no clocks, no model.
///
/// An ``EvaluationSample`` holds labelled messages after one run through a pipeline: every stage's score, the hits that
/// force an outcome, and the reasoner's answer where it was asked. From it come
/// - metrics with intervals (``Evaluation``), a comparison of two pipelines (``ComparisonReport``), and pages about them;
/// - thresholds for a ``Goal`` (``Tuner``). A message's outcome under a pair of thresholds is one of three: below, between,
///   above. So every count that a goal speaks of is a sum of two running totals, one per threshold, and a sweep over all
///   pairs costs one sort and then constant work per pair (``OutcomeSweep``);
/// - the proof: a bounded risk (missed violations, wrong blocks) is tested, not estimated. Candidates are ordered before
///   the labels that test them are looked at, and testing stops at the first failure, so that the stated confidence holds
///   although many candidates were tried (``RiskControl``).
///
/// The price: three disjoint parts of the labels (``GroupedSplit``), and a refusal where there are too few.
