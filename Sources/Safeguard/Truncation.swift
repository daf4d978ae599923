import Moderation

/// How much of a long text is shown, when the stage allows to show less than all: its beginning and its end, in Unicode scalars.
public struct Truncation: Sendable, Hashable {
  /// At most so many scalars stand in place of the middle.
  static let noteLength = 60

  public var head: Int
  public var tail: Int
  public init(head: Int, tail: Int) { (self.head, self.tail) = (head, tail) }

  /// The text, or its head and tail around a line that says how much is missing.
  func applied(to text: String) -> (text: String, cut: Bool) {
    let scalars = text.unicodeScalars
    let count = scalars.count
    guard count > head + tail else { return (text, false) }
    let headEnd = scalars.index(scalars.startIndex, offsetBy: head)
    let tailStart = scalars.index(scalars.endIndex, offsetBy: -tail)
    return ("\(text[..<headEnd])\n[… \(count - head - tail) characters left out …]\n\(text[tailStart...])", true)
  }

  func applied(to item: Item) -> (item: Item, cut: Bool) {
    switch item {
    case .message(let text):
      let part = applied(to: text)
      return (.message(part.text), part.cut)
    case .exchange(let prompt, let completion):
      let first = applied(to: prompt)
      let second = applied(to: completion)
      return (.exchange(prompt: first.text, completion: second.text), first.cut || second.cut)
    case .chat(let turns):
      let parts = turns.map { applied(to: $0.content) }
      return (.chat(zip(turns, parts).map { ChatTurn(role: $0.role, content: $1.text) }), parts.contains { $0.cut })
    }
  }
}

extension Item {
  /// All texts of the item, in order.
  var texts: [String] {
    switch self {
    case .message(let text): [text]
    case .exchange(let prompt, let completion): [prompt, completion]
    case .chat(let turns): turns.flatMap { [$0.role, $0.content] }
    }
  }
  /// Length in Unicode scalars.
  var length: Int { texts.reduce(0) { $0 + $1.unicodeScalars.count } }
}
