import Moderation
import Tuning

/// Tuning that asks the reasoner only where the choice of thresholds could change.
public struct LazyTuner: Sendable {
  public let evaluator: PipelineEvaluator
  public let goals: [Goal]
  public var options: TuningOptions
  /// Messages that may be asked about in all; with 0, what would have to be asked is supposed to be the worst that it could.
  public var limit: Int

  public init(evaluator: PipelineEvaluator, goals: [Goal], options: TuningOptions, limit: Int) {
    self.evaluator = evaluator
    self.goals = goals
    self.options = options
    self.limit = limit
  }

  /// More would have to be asked than the limit allows. What was asked until then stays in the recording.
  public struct LimitReached: Error, CustomStringConvertible {
    public var asked: Int
    public var inquiry: Inquiry
    public var limit: Int
    public var description: String {
      let before = asked == 0 ? "" : " after the \(asked) asked so far"
      return "\(inquiry.text)\(before) would pass the limit of \(limit); raise it with `--max-asked`, or give answers with `--recorded`"
    }
  }

  /// A whole round of questions brought nothing but failures.
  public struct NoAnswers: Error, CustomStringConvertible {
    public var count: Int
    public var cause: ReasonerError?
    public var description: String { "the reasoner answered none of \(count) messages\(cause.map { " (\($0))" } ?? ""); nothing was chosen" }
  }

  public struct Outcome: Sendable {
    public var result: TuningResult
    public var asked: Int
    /// What was supposed of the answers that are not known.
    public var unknown: UnknownAnswer
    /// What differs from a live run, one sentence each.
    public var notes: [String]
  }

  /// - Parameters:
  ///   - sample: from a run of the same evaluator over the same items.
  ///   - announce: called with each inquiry before it starts.
  public func run(
    _ items: [LabelledItem], _ sample: inout EvaluationSample, announce: @Sendable (Inquiry) -> Void = { _ in }, progress: @escaping PipelineEvaluator.Progress = { _ in }
  ) async throws -> Outcome {
    var asked = 0
    var options = options
    // A reasoner without a model would say no more if it were asked.
    options.unknown = .abstain
    if evaluator.canAsk {
      options.unknown = .correct
      while let inquiry = try Tuner(sample, goals: goals, options: options).nextInquiry() {
        if asked + inquiry.messages.count > limit {
          guard limit == 0 else { throw LimitReached(asked: asked, inquiry: inquiry, limit: limit) }
          options.unknown = .wrong
          break
        }
        announce(inquiry)
        let messages = inquiry.messages.map { Int($0) }
        await evaluator.ask(items, messages: messages, progress: progress)
        evaluator.update(&sample, messages: messages)
        asked += messages.count
        // What not even asking could answer is taken as an abstention, so that it is not asked for again.
        for message in messages { markUnanswered(message, in: &sample) }
        let entries = messages.map { evaluator.book.entry($0) }
        if entries.allSatisfy({ $0.map { !$0.failed.isEmpty && $0.findings.isEmpty } ?? false }) {
          throw NoAnswers(count: messages.count, cause: entries.first??.failure)
        }
      }
    }
    // With the supposition of the search: another one could end on thresholds that nobody was asked about.
    let result = try Tuner(sample, goals: goals, options: options).run()
    return Outcome(result: result, asked: asked, unknown: options.unknown, notes: evaluator.notes)
  }

  private func markUnanswered(_ message: Int, in sample: inout EvaluationSample) {
    guard let stage = evaluator.reasonerStage else { return }
    let known = evaluator.book.entry(message)?.known ?? CategorySet()
    for category in (0..<sample.categories.count).map({ CategoryIndex($0) }) where !known.contains(category) {
      sample.setFinding(.abstain, category: category, message: message)
    }
    if known.isEmpty { sample.setReasonerRun(status: .abstain, latency: .nan, usage: .init(), stage: stage, message: message) }
  }
}
