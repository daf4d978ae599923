import Moderation

/// How much the model reasons before it answers.
public enum ReasoningEffort: String, Sendable, Hashable, CaseIterable, Codable { case low, medium, high }

/// One call: which policies are asked of which content, as the exact bytes that the model sees.
public struct SafeguardPrompt: Sendable, Hashable {
  /// The developer part: policies and answer format. A function of the policies alone, so that every message shares its cached prefix.
  public var system: String
  /// The user part: context and content inside their fences, then the question.
  public var user: String
  public var effort: ReasoningEffort
  public var policies: [Policy]
  /// The answer that is asked for under each policy, in the order of `policies`.
  public var formats: [AnswerFormat]
  /// Code of the fence around the content.
  public var fence: String
  /// How many pieces of special-token text were broken.
  public var neutralisedTokens: Int
  /// Whether the middle of a long text was left out.
  public var isTruncated: Bool
  /// Key of the recorded answer; see ``RecordedAnswers``.
  public var recordKey: String
}

/// Builds prompts; everything that a run keeps the same about them.
public struct PromptBuilder: Sendable, Hashable {
  /// Changed with every change of the texts below: part of the stage's fingerprint.
  public static let templateVersion = 1

  public var effort: ReasoningEffort
  /// Ask for a JSON object with label, rule ids and a short reason in place of the bare label.
  public var asksRationale: Bool
  /// Ask for the label alone where the policy would have more: fewest tokens.
  public var asksLabelOnly = false
  public var truncation: Truncation?
  /// Longest content in Unicode scalars, after truncation.
  public var maximumContent: Int

  public init(effort: ReasoningEffort = .low, asksRationale: Bool = false, truncation: Truncation? = nil, maximumContent: Int = 60_000) {
    self.effort = effort
    self.asksRationale = asksRationale
    self.truncation = truncation
    self.maximumContent = maximumContent
  }

  /// - Throws: `.error` when the content is longer than ``maximumContent``.
  public func prompt(policies: [Policy], item: Item, context: [ChatTurn]) throws(ReasonerError) -> SafeguardPrompt {
    var shown = item
    var isTruncated = false
    if item.length > maximumContent, let truncation { (shown, isTruncated) = truncation.applied(to: item) }
    // The line in place of the middle does not count.
    guard shown.length <= maximumContent + (isTruncated ? Truncation.noteLength * shown.texts.count : 0) else {
      throw ReasonerError(.error, "content too long: \(item.length) characters, at most \(maximumContent)")
    }
    let content = ContentText(item: shown, context: context)
    let formats = policies.map(format)
    return SafeguardPrompt(
      system: SystemText.text(policies: policies, formats: formats), user: content.text(question: SystemText.question(policies: policies, formats: formats)),
      effort: effort, policies: policies, formats: formats, fence: content.fence, neutralisedTokens: content.neutralisedTokens, isTruncated: isTruncated,
      recordKey: RecordKey.key(policies: policies, item: item, context: context))
  }

  /// The developer part for these policies.
  public func system(policies: [Policy]) -> String {
    SystemText.text(policies: policies, formats: policies.map(format))
  }

  private func format(_ policy: Policy) -> AnswerFormat {
    asksRationale ? policy.format.withRationale : asksLabelOnly ? policy.format.withLabelOnly : policy.format
  }
}
