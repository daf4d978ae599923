import RemoteModel

/// Final answer → label of the policy, or a reason why there is none.
///
/// The idea: a label counts only where the model can mean nothing else by it: as the whole answer, inside the tag or the JSON key that was
/// asked for, or on a line of its own or after `Answer:`. What merely *contains* a label (a story, a list, an id such as `GS0`, the
/// prompt's own `(VALID or INVALID)`) is not an answer. Where two places disagree, nothing is read.
///
/// The contract: only the final channel is read, never the reasoning; no verdict comes out of refusals, stories and empty answers; every
/// doubt is an abstention, which the pipeline sends to a person. The price: a correct verdict in an unforeseen form is lost to review.
public enum AnswerReader {
  /// Reads the answer to one policy.
  /// - Parameter fence: the fence of the prompt; when the answer echoes it, only what follows its last occurrence is read.
  public static func read(_ final: String?, format: AnswerFormat, fence: String? = nil) -> AnswerReading {
    switch prepare(final, fence: fence) {
    case .failure(let reason): .abstain(reason)
    case .success(let text): reading(of: text, format: format)
    }
  }

  /// Reads one answer to several policies: a JSON object keyed by policy id.
  public static func read(_ final: String?, policies: [(id: String, format: AnswerFormat)], fence: String? = nil) -> [AnswerReading] {
    switch prepare(final, fence: fence) {
    case .failure(let reason): return policies.map { _ in .abstain(reason) }
    case .success(let text):
      let objects = JSONAnswers.objects(in: text).filter { object in policies.contains { object[$0.id] != nil } }
      guard let object = objects.first else { return policies.map { _ in .abstain(refuses(text) ? .refusal : .malformed) } }
      guard objects.count == 1, !object.hasDuplicateKeys else { return policies.map { _ in .abstain(.conflicting) } }
      return policies.map { policy in
        guard let value = object[policy.id] else { return .abstain(.notAnswered) }
        return JSONAnswers.reading(of: value, format: policy.format)
      }
    }
  }

  enum Prepared {
    case success(String)
    case failure(AbstainReason)
  }

  /// The text to read: final channel only, nothing before an echoed fence, blanks unified.
  static func prepare(_ final: String?, fence: String?) -> Prepared {
    guard let final else { return .failure(.empty) }
    guard var text = HarmonyMarkup.finalChannel(of: final) else { return .failure(.markup) }
    if let fence, !fence.isEmpty, let echo = text.ranges(of: fence).last {
      text = String(text[echo.upperBound...].drop { $0 != "\n" })
    }
    text = AnswerText.unified(text)
    // What was not looked at might say the opposite.
    if text.utf8.count(where: { $0 == UInt8(ascii: "{") }) > JSONAnswers.maximumObjects { return .failure(.malformed) }
    return text.isEmpty ? .failure(.empty) : .success(text)
  }

  private static func reading(of text: String, format: AnswerFormat) -> AnswerReading {
    switch format.shape {
    case .flags(let flags): return JSONAnswers.flagReading(text, flags: flags, labels: format.labels)
    case .list(let field): return ListAnswer.reading(text, field: field, labels: format.labels)
    case .field(let field): return AnswerLines(text).reading(labels: format.labels, keys: [field.lowercased()]) ?? none(text)
    case .tagged(let tag):
      if let reading = TaggedAnswer.reading(text, tag: tag, labels: format.labels) { return reading }
    case .bare, .json: break
    }
    return labelReading(text, format: format)
  }

  private static func labelReading(_ text: String, format: AnswerFormat) -> AnswerReading {
    if let label = AnswerText.wholeLabel(text, labels: format.labels) { return AnswerReading(.label(label)) }
    if let reading = TaggedAnswer.reading(text, tag: "answer", labels: format.labels) { return reading }
    if refuses(text) { return .abstain(.refusal) }
    if let reading = JSONAnswers.reading(in: text, format: format) { return reading }
    if let reading = AnswerLines(text).reading(labels: format.labels, keys: AnswerLines.commonKeys) { return reading }
    return none(text, format: format)
  }

  private static func none(_ text: String, format: AnswerFormat? = nil) -> AnswerReading {
    if refuses(text) { return .abstain(.refusal) }
    if let format, case .json = format.shape, text.contains("{") { return .abstain(.malformed) }
    return .abstain(.noLabel)
  }

  static func refuses(_ text: String) -> Bool { AnswerText.startsWithRefusal(text) }
}
