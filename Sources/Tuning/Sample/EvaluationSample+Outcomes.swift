import Moderation

extension EvaluationSample {
  /// Works out how each category of each message came out by itself, at the thresholds in force: a block in one category ends a message in
  /// the pipeline, and says nothing of the others. A category that only an answer could settle, and that nobody was asked about, is
  /// ``CategoryOutcome/unsettled``. Does nothing without a scoring stage, and where the stages stand in an order that cannot be replayed
  /// (``StageOrder``).
  public mutating func settleCategories() {
    guard let stage = scoringStage, StageOrder.problem(stages) == nil else { return }
    for category in labels.indices {
      let columns = CascadeColumns(self, stage: stage, category: category, unknown: .abstain)
      let band = stages[stage].bands[category]
      for message in ids.indices {
        let state = columns.state(message, under: band)
        let isUnknown = state == .open && columns.unasked[message] && verdicts[message] == .block
        let outcome = CategoryOutcome(state == .open ? columns.resolutions[message] : Verdict(rawValue: state.rawValue) ?? .review)
        setOutcome(isUnknown ? .unsettled : outcome, category: category, message: message)
      }
    }
  }
}
