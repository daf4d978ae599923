/// Small readings of answer text that several readers share.
enum AnswerText {
  /// Trimmed; exotic blanks become plain ones, curly apostrophes straight, zero-width characters vanish.
  static func unified(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0xA0, 0x2007, 0x2009, 0x200A, 0x202F, 0x3000, 0x09: scalars.append(" ")
      case 0x200B...0x200D, 0x2060, 0xFEFF: continue
      case 0x2018, 0x2019: scalars.append("'")
      case 0x0D: continue
      default: scalars.append(scalar)
      }
    }
    return trimmed(Substring(String(scalars)))
  }

  static func trimmed(_ text: Substring) -> String {
    var text = text
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }

  /// Markdown emphasis, quotes and brackets around an answer carry no meaning.
  static func undecorated(_ text: some StringProtocol) -> String {
    let decoration: Set<Character> = ["*", "`", "\"", "“", "”", "_", "#", ">", "[", "]", "{", "}", "•", " ", "\n"]
    var text = Substring(text)
    while let first = text.first, decoration.contains(first) { text.removeFirst() }
    while let last = text.last, decoration.contains(last) || last == "." || last == "!" || last == "," { text.removeLast() }
    return String(text)
  }

  /// The label that the whole text is, code fence and decoration aside.
  static func wholeLabel(_ text: String, labels: [AnswerLabel]) -> AnswerLabel? {
    let bare = undecorated(withoutCodeFence(text))
    return labels.first { $0.name == bare } ?? unique(labels.filter { $0.name.lowercased() == bare.lowercased() })
  }

  static func unique<T>(_ items: [T]) -> T? { items.count == 1 ? items[0] : nil }

  /// What stands between ``` and ``` when the whole text is one fenced block.
  static func withoutCodeFence(_ text: String) -> String {
    guard text.hasPrefix("```"), let firstLineEnd = text.firstIndex(of: "\n"), let close = text.ranges(of: "```").last, close.lowerBound > firstLineEnd else {
      return text
    }
    guard trimmed(text[close.upperBound...]).isEmpty else { return text }
    return trimmed(text[text.index(after: firstLineEnd)..<close.lowerBound])
  }

  private static let refusalOpenings = [
    "i'm sorry", "i am sorry", "sorry,", "sorry but", "i can't", "i cannot", "i can not", "i won't", "i will not", "i'm not able", "i am not able",
    "i'm unable", "i am unable", "i must decline", "<refusal>", "i apologize", "my apologies", "as an ai", "i'm really sorry", "unfortunately, i can",
  ]

  /// Whether the text opens as a refusal does.
  static func startsWithRefusal(_ text: String) -> Bool {
    let opening = undecorated(text.prefix(60)).lowercased()
    let raw = text.prefix(60).lowercased()
    return refusalOpenings.contains { opening.hasPrefix($0) || raw.hasPrefix($0) }
  }
}
