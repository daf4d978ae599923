/// Harmony markup that a server left in the content instead of splitting it into channels.
///
/// Seen: `<|channel|>analysis<|message|>…<|end|><|start|>assistant<|channel|>final<|message|>0` (llama.cpp with `reasoning_format: none`,
/// also without the final header), `analysis…assistantfinal0` (special tokens dropped in decoding), and headers cut off by a token limit.
/// Other reasoning models leave `<think>…</think>`.
enum HarmonyMarkup {
  /// The text of the final channel; the text itself when it has no markup; nil when there is markup but no final channel.
  static func finalChannel(of text: String) -> String? {
    if text.contains("<|") { return special(text) }
    if text.hasPrefix("<think>") { return text.ranges(of: "</think>").last.map { String(text[$0.upperBound...]) } }
    if let text = stripped(text) { return text }
    return text
  }

  private static func special(_ text: String) -> String? {
    let header = "<|channel|>final"
    if let last = text.ranges(of: header).last {
      guard let message = text[last.upperBound...].firstRange(of: "<|message|>") else { return nil }
      return untilMarker(text[message.upperBound...])
    }
    // The server took the final header away and kept the analysis: what follows the last end is the final answer.
    if text.contains("<|channel|>analysis"), let end = text.ranges(of: "<|end|>").last {
      let rest = text[end.upperBound...]
      return rest.contains("<|") ? nil : String(rest)
    }
    // Only end markers: the answer stands before them.
    let answer = untilMarker(text[...])
    return answer.isEmpty || text.contains("<|channel") || text.contains("<|start") || text.contains("<|message") ? nil : answer
  }

  private static func untilMarker(_ text: Substring) -> String { String(text.prefix(upTo: text.firstRange(of: "<|")?.lowerBound ?? text.endIndex)) }

  /// `analysis … assistantfinal …`: the special tokens vanished, their text between did not.
  private static func stripped(_ text: String) -> String? {
    guard let last = text.ranges(of: "assistantfinal").last else { return nil }
    guard text.hasPrefix("analysis") || text.hasPrefix("assistantfinal") || text.hasPrefix("commentary") else { return nil }
    return String(text[last.upperBound...])
  }
}
