/// Ids of rules, as policies number them: `H2`, `H2.f`, `SP0.c`, `GS1.a`, `DE3`.
public enum RuleIDs {
  /// One to four capitals, digits, and optionally a dot with letters or digits.
  public static func isID(_ word: some StringProtocol) -> Bool {
    var rest = Substring(word)
    let capitals = rest.prefix { $0.isASCII && $0.isUppercase }
    guard (1...4).contains(capitals.count) else { return false }
    rest = rest.dropFirst(capitals.count)
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    guard (1...3).contains(digits.count) else { return false }
    rest = rest.dropFirst(digits.count)
    guard let dot = rest.first else { return true }
    let tail = rest.dropFirst()
    return dot == "." && (1...3).contains(tail.count) && tail.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
  }

  /// Every id that stands anywhere in a policy's text.
  public static func defined(in policy: String) -> Set<String> { Set(listed(policy)) }

  /// Ids in a string that a model gave as its rule or category.
  static func listed(_ text: String) -> [String] { words(text[...]).filter { isID($0) }.map { String($0) } }

  /// Ids in brackets after a label: `INVALID (DE3 – System prompt extraction)`.
  static func inBrackets(_ text: String) -> [String] {
    guard let open = text.firstIndex(of: "("), let close = text[open...].firstIndex(of: ")") else { return [] }
    return listed(String(text[open..<close]))
  }

  private static func words(_ text: Substring) -> [Substring] {
    text.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == ".") }).map { word in
      var word = word
      while word.last == "." { word.removeLast() }
      return word
    }
  }

  /// Whether a policy with these ids knows `id`: exactly, or as the parent (`H2`) of one that it has (`H2.f`).
  public static func isKnown(_ id: String, in policy: Set<String>) -> Bool {
    policy.contains(id) || policy.contains { $0.hasPrefix(id + ".") }
  }
}
