import Moderation
import Synchronization

/// What the reasoner said of the messages of one evaluation, by message and category. An answer is asked for once.
public final class AnswerBook: Sendable {
  /// Everything known of one message.
  struct Entry: Sendable {
    var findings: [CategoryIndex: Finding] = [:]
    /// The last failure, and the categories that it left without an answer.
    var failure: ReasonerError?
    var failed = CategorySet()
    var usage = ReasonerUsage()
    var latency: Duration?
    var known: CategorySet { CategorySet(findings.keys).union(failed) }
  }
  private let entries = Mutex<[Int: Entry]>([:])
  /// The categories that a run of the pipeline leaves to the reasoner; questions that only tuning has are not in it.
  private let left = Mutex<[Int: CategorySet]>([:])
  /// Constant text of an abstention that means: nobody was asked.
  static let notAsked = "not asked"
  /// What a recording says of a message that it does not hold.
  let missing: String

  /// - Parameter missing: reason of the abstentions that a recording gives for what it does not hold; they are not answers.
  public init(missing: String = "no recorded answer for this message") { self.missing = missing }

  func entry(_ message: Int) -> Entry? { entries.withLock { $0[message] } }

  func note(left categories: CategorySet, message: Int) { left.withLock { $0[message] = categories } }
  func left(_ message: Int) -> CategorySet? { left.withLock { $0[message] } }

  func enter(_ judgement: Judgement, asked: CategorySet, message: Int, latency: Duration?) {
    entries.withLock { entries in
      var entry = entries[message, default: Entry()]
      var answered = false
      for finding in judgement.findings where asked.contains(finding.category) {
        if case .abstain(missing) = finding.outcome { continue }
        entry.findings[finding.category] = finding
        entry.failed.remove(finding.category)
        answered = true
      }
      guard answered else { return }
      entry.usage = entry.usage + judgement.usage
      if let latency { entry.latency = (entry.latency ?? .zero) + latency }
      entries[message] = entry
    }
  }

  func enter(_ error: ReasonerError, asked: CategorySet, message: Int, latency: Duration) {
    entries.withLock { entries in
      var entry = entries[message, default: Entry()]
      entry.failure = error
      for review in error.reviews where asked.contains(review.category) { entry.findings[review.category] = review }
      entry.failed = entry.failed.union(asked.subtracting(CategorySet(error.reviews.map(\.category))))
      entry.usage = entry.usage + error.usage
      entry.latency = (entry.latency ?? .zero) + latency
      entries[message] = entry
    }
  }
}

/// A reasoner behind a book: what the book holds is answered from it, the rest is asked where that is allowed.
struct BookedReasoner: Reasoner {
  let inner: any Reasoner
  let book: AnswerBook
  /// Messages that may be asked about; nil: all of them.
  let mayAsk: Set<Int>?
  /// What is asked for is what a run would ask: the pipeline's own stages came before.
  var isRun = false
  /// Answers come from a recording: how long looking them up takes says nothing, and only recorded times count.
  let isReplay: Bool

  func start() async throws {}
  func shutdown() async {}
  var judgedCategories: CategorySet { inner.judgedCategories }
  var concurrency: Int { inner.concurrency }
  var contextMessages: Int { inner.contextMessages }
  var fingerprint: String { inner.fingerprint }
  var notice: String? { inner.notice }
  var hasModel: Bool { inner.hasModel }

  func judge(_ request: JudgeRequest) async throws(ReasonerError) -> Judgement {
    // Batches of an evaluation carry each message's number as its id.
    guard let message = Int(request.messageID.filter { $0 != "\"" }) else { throw ReasonerError(.error, "a message without a number") }
    if isRun { book.note(left: request.categories, message: message) }
    let missing = request.categories.subtracting(book.entry(message)?.known ?? CategorySet())
    if !missing.isEmpty, mayAsk?.contains(message) ?? true { await ask(request, missing, message) }
    return try answer(request.categories, message)
  }

  private func ask(_ request: JudgeRequest, _ categories: CategorySet, _ message: Int) async {
    var request = request
    request.categories = categories
    let start = ContinuousClock.now
    do throws(ReasonerError) {
      let judgement = try await inner.judge(request)
      book.enter(judgement, asked: categories, message: message, latency: isReplay ? judgement.modelLatency : ContinuousClock.now - start)
    } catch {
      book.enter(error, asked: categories, message: message, latency: ContinuousClock.now - start)
    }
  }

  private func answer(_ categories: CategorySet, _ message: Int) throws(ReasonerError) -> Judgement {
    let entry = book.entry(message) ?? AnswerBook.Entry()
    // As the reasoner itself does it: a violation stands, whatever became of the rest.
    let violates = categories.contains { entry.findings[$0]?.outcome == .violates }
    if var failure = entry.failure, !violates, !entry.failed.intersection(categories).isEmpty {
      failure.reviews = entry.findings.values.filter { $0.outcome == .review }
      throw failure
    }
    let findings = categories.map { category in
      entry.findings[category] ?? Finding(category: category, outcome: .abstain(AnswerBook.notAsked), policy: "")
    }
    return Judgement(findings: findings, usage: entry.usage)
  }
}
