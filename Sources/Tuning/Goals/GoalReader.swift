import Moderation

/// The words of a goal with their columns.
struct GoalReader {
  struct Token {
    var text: String
    /// 1-based, in Unicode scalars.
    var column: Int
    var length: Int
  }

  private let tokens: [Token]
  private let end: Int
  private let source: String
  private var place = 0
  private(set) var diagnostics = Diagnostics()

  init(text: String, source: String) {
    self.source = source
    let scalars = Array(text.unicodeScalars)
    end = scalars.count + 1
    tokens = Self.tokens(scalars)
  }

  func peek(_ ahead: Int = 0) -> Token? { place + ahead < tokens.count ? tokens[place + ahead] : nil }
  var previous: Token? { place > 0 && place <= tokens.count ? tokens[place - 1] : nil }
  mutating func advance(_ count: Int = 1) { place += count }
  mutating func skip(_ text: String) -> Bool {
    guard peek()?.text == text else { return false }
    advance()
    return true
  }

  /// Reports at `token`, or at the end of the text.
  mutating func error(_ code: String, _ message: String, at token: Token?, hint: String? = nil) {
    let span = SourceSpan(file: source, line: 1, column: token?.column ?? end, length: token?.length ?? 1)
    diagnostics.error(code, message, at: span, hint: hint)
  }

  private enum Kind { case space, word, relation, mark }

  private static func kind(_ scalar: Unicode.Scalar) -> Kind {
    switch scalar {
    case " ", "\t", "\n", "\r": .space
    case "<", ">", "=", "≤", "≥": .relation
    case ":", ",", "@": .mark
    default: .word
    }
  }

  private static func tokens(_ scalars: [Unicode.Scalar]) -> [Token] {
    var tokens: [Token] = []
    var start = 0
    while start < scalars.count {
      let kind = kind(scalars[start])
      var end = start + 1
      while end < scalars.count, kind != .mark, Self.kind(scalars[end]) == kind { end += 1 }
      if kind != .space {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[start..<end])
        tokens.append(Token(text: String(text), column: start + 1, length: end - start))
      }
      start = end
    }
    return mergingUnits(tokens)
  }

  /// `5 %` and `300 ms` are one value.
  private static func mergingUnits(_ tokens: [Token]) -> [Token] {
    var merged: [Token] = []
    for token in tokens {
      if let last = merged.last, ["%", "ms", "s"].contains(token.text), Double(last.text) != nil {
        merged[merged.count - 1] = Token(text: last.text + token.text, column: last.column, length: token.column + token.length - last.column)
      } else {
        merged.append(token)
      }
    }
    return merged
  }
}
