import RemoteModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#endif

/// Probabilities of the labels at the token that decides.
///
/// After a chain of thought they saturate near 0 and 1: calibrate before trusting them. They are the probabilities *given the reasoning*.
enum LabelScore {
  /// By label name; empty when the deciding token cannot be found. The server's tokens may cover markup and reasoning before the final
  /// answer, so the final is looked for at the end of the tokens' joined text.
  static func probabilities(final: String, tokens: [TokenScore], format: AnswerFormat) -> [String: Double] {
    guard let start = decisionOffset(final, format: format), let token = token(at: start, of: final, in: tokens) else { return [:] }
    var sums: [String: Double] = [:]
    var seen: Set<String> = []
    for alternative in token.alternatives + [token.token] where seen.insert(alternative.text).inserted {
      guard let label = label(beginningWith: alternative.text, labels: format.askedLabels) else { continue }
      sums[label.name, default: 0] += exp(alternative.logprob)
    }
    return sums.mapValues { min(1, $0) }
  }

  /// UTF-8 offset in the final answer of the label that was read: in JSON the first mention after its key, else the last mention.
  private static func decisionOffset(_ final: String, format: AnswerFormat) -> Int? {
    guard let label = AnswerReader.read(final, format: format).label else { return nil }
    var text = final[...]
    var isJSON = false
    if case .json(let shape) = format.shape, let key = final.firstRange(of: "\"\(shape.decision)\"") {
      text = final[key.upperBound...]
      isJSON = true
    }
    let mentions = text.ranges(of: label.name).filter { isWord($0, in: final) }
    guard let range = isJSON ? mentions.first : mentions.last else { return nil }
    return final.utf8.distance(from: final.utf8.startIndex, to: range.lowerBound)
  }

  private static func isWord(_ range: Range<String.Index>, in text: String) -> Bool {
    let before = range.lowerBound > text.startIndex ? text[text.index(before: range.lowerBound)] : " "
    let after = range.upperBound < text.endIndex ? text[range.upperBound] : " "
    return !(before.isLetter || before.isNumber || before == "_" || after.isLetter || after.isNumber || after == "_")
  }

  private static func token(at offset: Int, of final: String, in tokens: [TokenScore]) -> TokenScore? {
    let joined = tokens.map(\.token.text).joined()
    guard let place = joined.ranges(of: final).last else { return nil }
    let target = joined.utf8.distance(from: joined.utf8.startIndex, to: place.lowerBound) + offset
    var position = 0
    for token in tokens {
      let end = position + token.token.text.utf8.count
      if target >= position, target < end { return token }
      position = end
    }
    return nil
  }

  /// The only label that this token can begin: `INV` begins `INVALID`; a token that begins two labels counts for none.
  private static func label(beginningWith text: String, labels: [AnswerLabel]) -> AnswerLabel? {
    let word = text.filter { !" \"`*".contains($0) }
    guard !word.isEmpty else { return nil }
    return AnswerText.unique(labels.filter { $0.name.hasPrefix(word) || word == $0.name })
  }

  /// Share of the violating labels among all labels that were seen; nil without any.
  static func violationScore(_ probabilities: [String: Double], labels: [AnswerLabel]) -> Double? {
    var violating = 0.0
    var total = 0.0
    for label in labels {
      guard let probability = probabilities[label.name], probability.isFinite, probability >= 0 else { continue }
      total += probability
      if label.meaning == .violates { violating += probability }
    }
    return total > 0 ? violating / total : nil
  }
}
