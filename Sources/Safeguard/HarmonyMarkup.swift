import RemoteModel

/// Harmony markup that a server left in the content instead of splitting it into channels.
///
/// Seen: `<|channel|>analysis<|message|>…<|end|><|start|>assistant<|channel|>final<|message|>0` (llama.cpp with `reasoning_format: none`,
/// also without the final header), `analysis…assistantfinal0` (special tokens dropped in decoding), and headers cut off by a token limit.
/// Other reasoning models leave `<think>…</think>`.
///
/// The judged message may hold the same marks, and the model may quote them. So an end of the reasoning counts only where it cannot be a quotation.
enum HarmonyMarkup {
  /// The text of the final channel; the text itself when it has no markup; nil when there is markup but no final channel, or more than one
  /// place where it may begin.
  static func finalChannel(of text: String) -> String? {
    let text = AnswerText.trimmed(text[...])
    if text.contains("<|"), !isObject(text) { return special(text).flatMap(withoutReasoning) }
    return withoutReasoning(text)
  }

  private static func special(_ text: String) -> String? {
    let headers = text.ranges(of: "<|channel|>final")
    // Behind words of another kind a header is a quotation, or they are reasoning without its beginning: the answer may be on either side.
    let opensAsReasoning = text.hasPrefix("<|") || text.hasPrefix("analysis")
    if let header = headers.first {
      guard headers.count == 1, opensAsReasoning, let message = text[header.upperBound...].firstRange(of: "<|message|>") else { return nil }
      return untilMarker(text[message.upperBound...])
    }
    // The server took the final header away and kept the analysis: what follows the last end is the final answer.
    if text.contains("<|channel|>analysis"), let end = text.ranges(of: "<|end|>").last {
      let rest = text[end.upperBound...]
      return rest.contains("<|") || !opensAsReasoning ? nil : String(rest)
    }
    // Only end markers: the answer stands before them.
    let answer = untilMarker(text[...])
    return answer.isEmpty || text.contains("<|channel") || text.contains("<|start") || text.contains("<|message") ? nil : answer
  }

  private static func untilMarker(_ text: Substring) -> String { String(text.prefix(upTo: text.firstRange(of: "<|")?.lowerBound ?? text.endIndex)) }

  /// Behind `<think>…</think>`, or `analysis … assistantfinal`, where the special tokens vanished and their text between did not.
  private static func withoutReasoning(_ text: String) -> String? {
    let text = AnswerText.trimmed(text[...])
    // A mark inside the one object that is the whole answer is a quotation.
    if isObject(text) { return text }
    if text.hasPrefix("<think>") { return answer(in: text, after: "</think>") }
    // An end without its beginning: what stands before it may be the answer as well as the reasoning.
    if text.contains("</think>") { return nil }
    let openings = ["analysis", "assistantfinal", "commentary"]
    return text.contains("assistantfinal") && openings.contains(where: text.hasPrefix) ? answer(in: text, after: "assistantfinal") : text
  }

  /// What follows the end of the reasoning. Of several ends all but one are quotations, and only an answer that is one JSON object tells which.
  private static func answer(in text: String, after end: String) -> String? {
    let ends = text.ranges(of: end)
    guard let first = ends.first else { return nil }
    let rest = AnswerText.trimmed(text[first.upperBound...])
    return ends.count == 1 || isObject(rest) ? rest : nil
  }

  private static func isObject(_ text: String) -> Bool { (try? JSONValue(parsing: AnswerText.withoutCodeFence(text)))?.members != nil }
}
