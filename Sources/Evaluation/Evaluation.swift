/// # Evaluation
///
/// Between files, a running pipeline and `Tuning`, which computes on values alone: labelled data in several forms are read
/// (``LabelledData``), sent through a pipeline once with every stage's scores kept (``PipelineEvaluator``), and written back
/// (``ThresholdFile``). The audit file of a live run feeds the same reports (``AuditEvidence``), and the reasoner's answers a new
/// classifier (``Distiller``).
///
/// The reasoner is asked as little as the question needs: answers are kept in an ``AnswerBook``, recorded ones are read for
/// nothing, and `tune` asks only where the choice of thresholds could change.
