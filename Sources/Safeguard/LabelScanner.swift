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
    let words = Set(text.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_") }).map { String($0) })
    return labels.filter { words.contains($0.name) }
  }
}
