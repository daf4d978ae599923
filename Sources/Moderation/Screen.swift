/// What a prefilter hit does.
public enum HitEffect: UInt8, Sendable, CaseIterable {
  /// Recorded and shown; decides nothing.
  case signal
  /// The classifier's allow does not count for the hit's category: the message goes on to the reasoner.
  case escalate
  /// Blocks alone (`final: true`).
  case block

  public var name: String {
    switch self {
    case .signal: "signal"
    case .escalate: "escalate"
    case .block: "block"
    }
  }
}

/// One match of a rule or phrase in one message. `exempt` rules leave none: they hide the hits inside their span.
public struct Hit: Sendable, Hashable {
  /// Index into the batch.
  public var message: Int32
  public var category: CategoryIndex
  public var effect: HitEffect
  /// The stage's own number of the rule; ``Screen/describe(source:)`` gives it a name.
  public var source: Int32
  /// Span of the match in the *original* text, in UTF-8 bytes from the text's start.
  public var span: ByteRange
  @inlinable public init(message: Int32, category: CategoryIndex, effect: HitEffect, source: Int32, span: ByteRange) {
    self.message = message
    self.category = category
    self.effect = effect
    self.source = source
    self.span = span
  }
}

/// A stage could not judge one message (for example: a match limit was hit). Never the same as "no match".
public struct ScreenFailure: Sendable, Hashable {
  public var message: Int32
  public var cause: DegradedCause
  /// Constant words, without message text: `match limit reached in rule spam/7`.
  public var detail: String
  public init(message: Int32, cause: DegradedCause, detail: String) {
    self.message = message
    self.cause = cause
    self.detail = detail
  }
}

/// What a screen found in the messages that it was asked about. Reused from batch to batch: cleared, not freed.
public struct ScreenOutput: Sendable {
  /// Grouped by message in the order asked; inside a message by span start.
  public var hits: [Hit] = []
  /// `[asked messages, scored categories]` row-major calibrated probabilities 0...1; NaN where the screen has none. Empty for a screen that does not score.
  public var probabilities: [Float] = []
  public var failures: [ScreenFailure] = []
  public init() {}

  public mutating func removeAll() {
    hits.removeAll(keepingCapacity: true)
    probabilities.removeAll(keepingCapacity: true)
    failures.removeAll(keepingCapacity: true)
  }
}

/// Name and place of a rule, for people.
public struct SourceDescription: Sendable, Hashable {
  /// For example `slurs/213` or `spam.free-nitro`.
  public var rule: String
  /// `file:line` where it is written, when known.
  public var location: String?
  public init(rule: String, location: String? = nil) {
    self.rule = rule
    self.location = location
  }
}

/// A cheap stage: synchronous, pure CPU, a batch at a time. A value with everything compiled; shared by all threads.
public protocol Screen: Sendable {
  /// The categories that columns of ``ScreenOutput/probabilities`` stand for; empty for a screen that does not score.
  var scoredCategories: [CategoryIndex] { get }
  /// A worker with its own scratch memory; one per thread.
  func makeWorker() -> any ScreenWorker
  func describe(source: Int32) -> SourceDescription
  /// Hash of all that determines its answers (rules, weights): hex, for the audit record.
  var fingerprint: String { get }
  /// Whether this screen alone allows a message in every category that it has no hit in (`on_no_hit: allow`). A failed message is never allowed this way.
  var allowsWithoutHits: Bool { get }
}

extension Screen {
  public var allowsWithoutHits: Bool { false }
}

/// One thread's hands on a screen. Not Sendable: made, used and dropped on one thread.
public protocol ScreenWorker: AnyObject {
  /// Judges the messages of `batch` with the ascending indices `asked`, appending to the (cleared) `output`.
  /// Allocates nothing per message once warm. Never throws: what cannot be judged is a ``ScreenFailure``.
  func evaluate(_ batch: MessageBatch, asked: [Int32], into output: inout ScreenOutput)
}
