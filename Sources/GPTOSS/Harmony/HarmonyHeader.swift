/// What stands between `<|start|>` and `<|message|>`.
///
/// The rules are openai-harmony 0.0.8's, oddities included: readers of the same output must agree on what it says. The header's tokens are decoded
/// to text first, so a control token there is its name. One oddity is worth knowing: a lone `<|constrain|>json` counts as the recipient.
struct HarmonyHeader: Sendable, Hashable {
  var role: HarmonyRole
  var name: String?
  var channel: String?
  var recipient: String?
  var contentType: String?
  /// Words that are no part of a header.
  var rest: [String] = []

  private static let channelMarker = Array("<|channel|>".unicodeScalars)
  private static let constrainMarker = Array("<|constrain|>".unicodeScalars)

  /// - Parameters:
  ///   - text: role (unless `role` is given), channel, recipient and content type.
  ///   - readsRecipient: otherwise all words behind role and channel are `rest`.
  init(_ text: String, role: HarmonyRole?, readsRecipient: Bool = true) throws(HarmonyParseError.Code) {
    var text = Array(text.unicodeScalars)
    channel = try Self.takeChannel(from: &text)
    var words = Self.words(Self.separatingConstrain(text))
    (self.role, name) = try Self.takeRole(from: &words, given: role)
    if words.first == self.role.rawValue { words.removeFirst() }
    if readsRecipient { (recipient, contentType) = Self.takeRecipient(from: &words) }
    rest = words
  }

  /// Removes the first channel marker and the word directly behind it.
  private static func takeChannel(from text: inout [Unicode.Scalar]) throws(HarmonyParseError.Code) -> String? {
    guard let start = firstIndex(of: channelMarker, in: text) else { return nil }
    let nameStart = start + channelMarker.count
    let end = text[nameStart...].firstIndex { $0.properties.isWhitespace || $0 == "<" } ?? text.count
    guard end > nameStart else { throw .emptyChannel }
    let name = string(text[nameStart..<end])
    text.removeSubrange(start..<end)
    return name
  }

  /// `to=x<|constrain|>json` has no space before the marker; the words are split as if it had.
  private static func separatingConstrain(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var rest = text[...]
    var separated: [Unicode.Scalar] = []
    while let first = rest.first {
      if rest.starts(with: constrainMarker) {
        separated.append(" ")
        separated.append(contentsOf: constrainMarker)
        rest = rest.dropFirst(constrainMarker.count)
      } else {
        separated.append(first)
        rest = rest.dropFirst()
      }
    }
    return separated
  }

  /// White space around the whole is Unicode's, between words ASCII's.
  private static func words(_ text: [Unicode.Scalar]) -> [String] {
    let isSpace: (Unicode.Scalar) -> Bool = { $0.properties.isWhitespace }
    let start = text.firstIndex { !isSpace($0) } ?? text.endIndex
    let end = (text.lastIndex { !isSpace($0) } ?? start - 1) + 1
    let separators: Set<Unicode.Scalar> = [" ", "\t", "\n", "\u{C}", "\r"]
    return text[start..<max(start, end)].split { separators.contains($0) }.map(string)
  }

  private static func takeRole(
    from words: inout [String], given: HarmonyRole?
  ) throws(HarmonyParseError.Code) -> (role: HarmonyRole, name: String?) {
    if let given { return (given, nil) }
    guard let word = words.first else { throw .missingRole }
    if let role = HarmonyRole(rawValue: word) { return (role, role == .tool ? word : nil) }
    // An unknown role with a recipient is a tool that speaks under its own name.
    guard words.count > 1 || word.utf8.starts(with: "to=".utf8) else { throw .unknownRole }
    words.removeFirst()
    return (.tool, word)
  }

  /// Removes the last word, which is `to=recipient`, a lone recipient, or a content type behind a recipient.
  private static func takeRecipient(from words: inout [String]) -> (recipient: String?, contentType: String?) {
    let isOnly = words.count == 1
    guard let last = words.popLast() else { return (nil, nil) }
    if let recipient = withoutTo(last) { return (recipient, nil) }
    if isOnly { return (last, nil) }
    let recipient = words.removeLast()
    return (withoutTo(recipient) ?? recipient, last)
  }

  private static func withoutTo(_ word: String) -> String? {
    word.utf8.starts(with: "to=".utf8) ? String(decoding: Array(word.utf8.dropFirst(3)), as: UTF8.self) : nil
  }

  private static func firstIndex(of marker: [Unicode.Scalar], in text: [Unicode.Scalar]) -> Int? {
    text.indices.first { text[$0...].starts(with: marker) }
  }

  private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String { String(String.UnicodeScalarView(scalars)) }
}
