/// The code on the lines around content: it cannot occur inside, so nothing that somebody wrote can close the fence.
enum Fence {
  static let digits = 16

  /// Hex digits of a hash of the texts; hashed again until none of them contains the code. The same texts give the same code.
  static func code(for texts: [String]) -> String {
    var seed = texts.map { "\($0.utf8.count):" + $0 }.joined()
    while true {
      let code = String(hexSHA256(seed).prefix(digits))
      if !texts.contains(where: { $0.lowercased().contains(code) }) { return code }
      seed = code + seed
    }
  }

  /// Text of which no line begins as a fence does: the question speaks of the last two such lines. They are set in by a blank.
  static func setIn(_ text: String) -> String {
    // Characters would hide a mark behind a joiner or an accent.
    guard text.utf8.firstRange(of: mark.utf8) != nil else { return text }
    var lines = String.UnicodeScalarView()
    var rest = text.unicodeScalars[...]
    var startsLine = true
    while let scalar = rest.first {
      if startsLine, rest.starts(with: mark.unicodeScalars) { lines.append(" ") }
      lines.append(scalar)
      startsLine = Character(scalar).isNewline
      rest.removeFirst()
    }
    return String(lines)
  }

  /// What the lines around content begin with.
  static let mark = "====="
}
