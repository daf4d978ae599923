import RemoteModel

/// Final answer → label of the policy, or a reason why there is none.
///
/// The idea: a label counts only where the model can mean nothing else by it: as the whole answer, inside the tag or the JSON key that was
/// asked for, or on a line of its own or after `Answer:`. What merely *contains* a label (a story, a list, an id such as `GS0`, the
/// prompt's own `(VALID or INVALID)`) is not an answer. Where two places disagree, nothing is read, nor where one of them cannot be read.
///
/// The contract: only the final channel is read, never the reasoning; no verdict comes out of refusals, stories and empty answers; every
/// doubt is an abstention, which the pipeline sends to a person. The price: a correct verdict in an unforeseen form is lost to review.
public enum AnswerReader {
  /// Reads the answer to one policy.
  /// - Parameter fence: the fence of the prompt; when the answer echoes the content, only what follows the echo is read, and what stands before
  ///   it must not say otherwise.
  public static func read(_ final: String?, format: AnswerFormat, fence: String? = nil) -> AnswerReading {
    switch prepare(final, fence: fence) {
    case .failure(let reason): .abstain(reason)
    case .success(let answer): answer.settled(reading(of: answer.text, format: format), labels: format.labels) { reading(of: $0, format: format) }
    }
  }

  /// Reads one answer to several policies: a JSON object keyed by policy id.
  public static func read(_ final: String?, policies: [(id: String, format: AnswerFormat)], fence: String? = nil) -> [AnswerReading] {
    switch prepare(final, fence: fence) {
    case .failure(let reason): return policies.map { _ in .abstain(reason) }
    case .success(let answer):
      return zip(policies.indices, readings(of: answer.text, policies: policies)).map { index, reading in
        answer.settled(reading, labels: []) { readings(of: $0, policies: policies)[index] }
      }
    }
  }

  private static func readings(of text: String, policies: [(id: String, format: AnswerFormat)]) -> [AnswerReading] {
    let objects = JSONAnswers.objects(in: text).filter { object in policies.contains { object[$0.id] != nil } }
    guard let object = objects.first else { return policies.map { _ in .abstain(refuses(text) ? .refusal : .malformed) } }
    guard objects.count == 1, !object.hasDuplicateKeys else { return policies.map { _ in .abstain(.conflicting) } }
    if JSONAnswers.hasUnread(text, keys: policies.map(\.id)) { return policies.map { _ in .abstain(.malformed) } }
    return policies.map { policy in
      guard let value = object[policy.id] else { return .abstain(.notAnswered) }
      return JSONAnswers.reading(of: value, format: policy.format)
    }
  }

  enum Prepared {
    case success(EchoedAnswer)
    case failure(AbstainReason)
  }

  /// The text to read: final channel only, nothing of an echo of the content, blanks unified.
  static func prepare(_ final: String?, fence: String?) -> Prepared {
    guard let final else { return .failure(.empty) }
    guard let channel = HarmonyMarkup.finalChannel(of: final) else { return .failure(.markup) }
    let answer = EchoedAnswer(AnswerText.unified(channel), fence: fence)
    // What was not looked at might say the opposite.
    if [answer.before, answer.text].contains(where: JSONAnswers.hasTooManyBraces) { return .failure(.malformed) }
    return answer.text.isEmpty ? .failure(.empty) : .success(answer)
  }

  private static func reading(of text: String, format: AnswerFormat) -> AnswerReading {
    switch format.shape {
    case .flags(let flags): return JSONAnswers.flagReading(text, flags: flags, labels: format.labels)
    case .list(let field): return ListAnswer.reading(text, field: field, labels: format.labels)
    case .field(let field): return AnswerLines(text).reading(labels: format.labels, keys: [field.lowercased()]) ?? none(text)
    case .tagged(let tag): return labelReading(text, format: format, tags: tag == "answer" ? [tag] : [tag, "answer"])
    case .bare, .json: return labelReading(text, format: format, tags: ["answer"])
    }
  }

  /// The label in any of the forms that models use; the model may quote an answer of one form beside its own of another.
  private static func labelReading(_ text: String, format: AnswerFormat, tags: [String]) -> AnswerReading {
    if let label = AnswerText.wholeLabel(text, labels: format.labels) { return AnswerReading(.label(label)) }
    // What stands inside the one object that is the whole answer is its data, whatever it quotes.
    if JSONAnswers.isWhole(text) { return JSONAnswers.reading(in: text, format: format) ?? none(text, format: format) }
    let tagged = tags.compactMap { TaggedAnswer.reading(text, tag: $0, labels: format.labels) }
    if tagged.isEmpty, refuses(text) { return .abstain(.refusal) }
    let json = JSONAnswers.reading(in: text, format: format)
    if json != nil, JSONAnswers.hasUnread(text, keys: JSONAnswers.decisionKeys(of: format)) { return .abstain(.malformed) }
    let lines = AnswerLines(JSONAnswers.withoutObjects(text))
    let isAlone = tagged.isEmpty && json == nil
    let readings = tagged + [json, lines.reading(labels: format.labels, keys: AnswerLines.commonKeys, isAlone: isAlone)].compactMap { $0 }
    guard let first = readings.first else { return none(text, format: format) }
    guard readings.dropFirst().allSatisfy({ $0.label?.meaning == first.label?.meaning && $0.label != nil }) else { return .abstain(.conflicting) }
    if let label = first.label, lines.contradict(label, labels: format.labels) { return .abstain(.conflicting) }
    return readings.max { $0.citedRules.count < $1.citedRules.count } ?? first
  }

  private static func none(_ text: String, format: AnswerFormat? = nil) -> AnswerReading {
    if refuses(text) { return .abstain(.refusal) }
    if let format, case .json = format.shape, text.contains("{") { return .abstain(.malformed) }
    return .abstain(.noLabel)
  }

  static func refuses(_ text: String) -> Bool { AnswerText.startsWithRefusal(text) }
}
