/// Reads `Answer: INVALID`, `**Classification:** VALID (DE0)`, and label lines without a key.
///
/// The prompt's own answer line is often echoed, `Answer (VALID or INVALID): INVALID`, sometimes with the content before it. So what
/// stands in brackets after the key is not the answer, and of several answer lines only the last line of all can be the model's own; it
/// counts when no other one is graver, for a quotation must not take a violation back.
struct AnswerLines {
  static let commonKeys: Set<String> = [
    "answer", "final answer", "classification", "label", "verdict", "decision", "output", "result", "violation", "judgement", "judgment", "final label",
    "final classification", "final decision", "final verdict",
  ]

  private struct Found {
    var line: Int
    var label: AnswerLabel
    var keyed: Bool
    var rest: String
  }

  private let lines: [String]

  init(_ text: String) {
    lines = text.split(separator: "\n").map { Self.plain($0) }.filter { !$0.isEmpty }
  }

  /// A line without emphasis, quotes, list and heading marks.
  private static func plain(_ line: Substring) -> String {
    let kept = line.filter { $0 != "*" && $0 != "`" }
    var view = Substring(kept)
    while let first = view.first, "#>•– \"'“[".contains(first) || view.hasPrefix("- ") { view.removeFirst() }
    while let last = view.last, last == " " || last == "\"" || last == "”" || last == "]" { view.removeLast() }
    return String(view)
  }

  /// The label, `.conflicting`, or nil when no line is an answer.
  /// - Parameter isAlone: whether the text holds no answer of another form. A line that would be none by itself still speaks against one.
  func reading(labels: [AnswerLabel], keys: Set<String>, isAlone: Bool = true) -> AnswerReading? {
    var found: [Found] = []
    for index in lines.indices {
      if let answer = answer(at: index, labels: labels, keys: keys) {
        guard let answer = answer.label else { return .abstain(.conflicting) }
        found.append(answer)
      }
    }
    guard let chosen = choose(found, isAlone: isAlone) else { return nil }
    guard let answer = chosen.label, !contradict(answer.label, labels: labels) else { return .abstain(.conflicting) }
    return AnswerReading(.label(answer.label), citedRules: RuleIDs.inBrackets(answer.rest))
  }

  /// A `Found`, or a line that answers two things at once.
  private enum LineAnswer {
    case one(Found)
    case conflict
    var label: Found? { if case .one(let found) = self { found } else { nil } }
  }

  private func answer(at index: Int, labels: [AnswerLabel], keys: Set<String>) -> LineAnswer? {
    if let value = keyedValue(lines[index], keys: keys, labels: labels) {
      if !value.isEmpty { return label(of: value, line: index, keyed: true, labels: labels) }
      guard index + 1 < lines.count else { return nil }
      return label(of: lines[index + 1], line: index + 1, keyed: true, labels: labels)
    }
    return bareLabel(at: index, labels: labels)
  }

  private func label(of value: String, line: Int, keyed: Bool, labels: [AnswerLabel]) -> LineAnswer? {
    let opening = value.drop { "([\"'“ ".contains($0) }
    guard let (label, rest) = LabelScanner.leading(opening, labels: labels) else { return nil }
    let others = LabelScanner.mentioned(in: rest, labels: labels).filter { !$0.agrees(with: label) }
    guard others.isEmpty else { return .conflict }
    if label.isNumeric, let next = rest.drop(while: { $0 == " " }).first, next == "," || next.isNumber { return .conflict }
    if label.isNumeric, rest.lowercased().hasPrefix(" or ") { return .conflict }
    return .one(Found(line: line, label: label, keyed: keyed, rest: String(rest)))
  }

  /// What follows `key:`, `key (…):`, `key =`, `key is`; the label in `key (LABEL)`. Nil when the line has no such key.
  private func keyedValue(_ line: String, keys: Set<String>, labels: [AnswerLabel]) -> String? {
    let head = line.prefix(80)
    guard let keyEnd = head.firstIndex(where: { "(:=→".contains($0) }) ?? head.firstRange(of: " is ")?.lowerBound else { return nil }
    guard keys.contains(AnswerText.trimmed(line[..<keyEnd]).lowercased()) else { return nil }
    var rest = line[keyEnd...]
    if rest.first == "(" {
      guard let close = rest.firstIndex(of: ")") else { return nil }
      let bracketed = rest[rest.index(after: rest.startIndex)..<close]
      rest = rest[rest.index(after: close)...].drop { $0 == " " }
      if rest.isEmpty { return AnswerText.wholeLabel(String(bracketed), labels: labels) == nil ? "" : String(bracketed) }
    }
    if rest.hasPrefix(" is ") { return AnswerText.trimmed(rest.dropFirst(4)) }
    guard let mark = rest.first, ":=→".contains(mark) else { return nil }
    return AnswerText.trimmed(rest.dropFirst())
  }

  /// A line that is a label, with at most an id or a reason after it.
  private func bareLabel(at index: Int, labels: [AnswerLabel]) -> LineAnswer? {
    var line = Substring(lines[index])
    if line.first == "(", let close = line.firstIndex(of: ")"), LabelScanner.mentioned(in: line[..<close], labels: labels).isEmpty {
      line = line[line.index(after: close)...].drop { $0 == " " }
    }
    guard let (label, rest) = LabelScanner.leading(line, labels: labels) else { return nil }
    let tail = AnswerText.trimmed(rest)
    let others = LabelScanner.mentioned(in: tail, labels: labels).filter { !$0.agrees(with: label) }
    // A digit on a line of its own is an answer only when there is no more than that line: else it may be a page number or a list.
    if label.isNumeric {
      guard lines.count == 1, tail.isEmpty || tail == "." || isBracketed(tail) else { return nil }
      return others.isEmpty ? .one(Found(line: index, label: label, keyed: false, rest: tail)) : .conflict
    }
    guard tail.isEmpty || isBracketed(tail) || ".,;:–—-(".contains(tail.first ?? "x") else { return nil }
    guard line.hasPrefix(label.name) || tail.isEmpty else { return nil }
    return others.isEmpty ? .one(Found(line: index, label: label, keyed: false, rest: tail)) : .conflict
  }

  private func isBracketed(_ text: String) -> Bool { text.hasPrefix("(") && (text.hasSuffix(")") || text.hasSuffix(").")) }

  private func choose(_ found: [Found], isAlone: Bool) -> LineAnswer? {
    guard let last = found.last else { return nil }
    if isAlone, last.keyed, last.label.isNumeric, isBuried(last) { return nil }
    if found.allSatisfy({ $0.label.agrees(with: last.label) }) { return .one(found.last { $0.keyed } ?? last) }
    // They differ: an echo of the content may hold an answer line; the model's own is keyed and the last line of all. A milder one may as well be
    // the content's, quoted behind the model's own.
    let unkeyedAgree = found.allSatisfy { $0.keyed || $0.label.agrees(with: last.label) }
    let isGravest = found.allSatisfy { $0.label.meaning.gravity <= last.label.meaning.gravity }
    return last.keyed && last.line == lines.count - 1 && unkeyedAgree && isGravest ? .one(last) : .conflict
  }

  /// Whether the text says another label as well: on a line that is nothing but a label (a second thought, or the model's own answer with a
  /// quotation behind it), or at the very beginning.
  func contradict(_ found: AnswerLabel, labels: [AnswerLabel]) -> Bool {
    let opening = lines.first.flatMap { LabelScanner.leading($0[...], labels: labels)?.label }
    let others = lines.compactMap { lineLabel($0, labels: labels) } + [opening].compactMap { $0 }
    return others.contains { !$0.agrees(with: found) }
  }

  /// The label that a line is, with at most something in brackets behind it.
  private func lineLabel(_ line: String, labels: [AnswerLabel]) -> AnswerLabel? {
    if let label = AnswerText.wholeLabel(line, labels: labels) { return label }
    guard let (label, rest) = LabelScanner.leading(line[...], labels: labels), isBracketed(AnswerText.trimmed(rest)) else { return nil }
    return label
  }

  /// A numeric answer line at the end of a long text that does not echo the content: the model solved the message's own exercise.
  private func isBuried(_ found: Found) -> Bool {
    let others = lines.enumerated().filter { $0.offset != found.line }
    let length = others.reduce(0) { $0 + $1.element.count }
    guard length > 300 else { return false }
    return !lines[0].lowercased().hasPrefix("content")
  }
}
