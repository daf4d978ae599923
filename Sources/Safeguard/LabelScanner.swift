/// Finds labels at a place in text, as whole words.
enum LabelScanner {
  /// The label that `text` starts with, and what follows it. The longest label wins (`ALLOW_WITH_VALIDATION` before `ALLOW`);
  /// a label that runs on into a word or a number (`INVALIDATED`, `1.5`, `0%`) is none.
  static func leading(_ text: Substring, labels: [AnswerLabel]) -> (label: AnswerLabel, rest: Substring)? {
    for label in labels.sorted(by: { $0.name.count > $1.name.count }) {
      guard text.count >= label.name.count else { continue }
      let end = text.index(text.startIndex, offsetBy: label.name.count)
      guard text[..<end].lowercased() == label.name.lowercased(), endsWord(text[end...], numeric: label.isNumeric) else { continue }
      return (label, text[end...])
    }
    return nil
  }

  private static func endsWord(_ rest: Substring, numeric: Bool) -> Bool {
    guard let next = rest.first else { return true }
    if next.isLetter || next.isNumber || next == "_" { return false }
    let second = rest.dropFirst().first
    if numeric, next == "%" || next == "/" || next == "\u{2044}" { return false }
    if ".,-:–'".contains(next), let second, second.isNumber || (second.isLetter && next != ":" && next != ".") { return false }
    return true
  }

  /// The different labels that stand in `text` as whole words, in exactly the policy's spelling.
  static func mentioned(in text: some StringProtocol, labels: [AnswerLabel]) -> [AnswerLabel] {
    let words = Set(text.split(whereSeparator: { !isWordCharacter($0) }).map { String($0) })
    let numbers = Set(text.split(whereSeparator: { !isWordCharacter($0) && $0 != "." }).flatMap { wholeWords($0.split(separator: ".", omittingEmptySubsequences: false)) })
    return labels.filter { ($0.isNumeric ? numbers : words).contains($0.name) }
  }

  private static func isWordCharacter(_ character: Character) -> Bool { character.isLetter || character.isNumber || character == "_" }

  /// Of words with a dot between each and the next, those that are no part of a decimal: `0.9` holds no label `0`.
  private static func wholeWords(_ words: [some StringProtocol]) -> [String] {
    func isDecimal(_ first: Int) -> Bool {
      words.indices.contains(first) && words.indices.contains(first + 1) && words[first].last?.isNumber ?? false && words[first + 1].first?.isNumber ?? false
    }
    return words.indices.filter { !isDecimal($0 - 1) && !isDecimal($0) }.map { String(words[$0]) }
  }
}
