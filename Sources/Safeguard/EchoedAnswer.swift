/// An answer that may repeat the content between its fences: a quotation, which is not read.
struct EchoedAnswer {
  /// What follows the echo, or the whole answer when there is none.
  var text: String
  /// What stands before the echo. The model may have answered there, and then run on.
  var before = ""
  /// The echo was never closed: what follows its last fence is content, and no answer.
  var isOpen = false

  init(_ whole: String, fence: String?) {
    text = whole
    // The code inside the one object that is the whole answer is part of its data.
    guard let fence, !fence.isEmpty, !JSONAnswers.isWhole(whole) else { return }
    let echoes = whole.ranges(of: fence)
    guard let first = echoes.first, let last = echoes.last else { return }
    let opening = Self.line(before: first, in: whole), closing = Self.line(before: last, in: whole)
    before = AnswerText.trimmed(whole[..<(opening.firstRange(of: Fence.mark)?.lowerBound ?? first.lowerBound)])
    isOpen = !closing.drop { "#>*` ".contains($0) }.hasPrefix(Fence.mark + " end of ")
    text = AnswerText.trimmed(whole[last.upperBound...].drop { "=*`\"” ".contains($0) })
  }

  /// What stands before a place on its line.
  private static func line(before place: Range<String.Index>, in text: String) -> Substring {
    let head = text[..<place.lowerBound]
    return head[(head.lastIndex(of: "\n").map(head.index(after:)) ?? head.startIndex)...]
  }

  /// The reading of `text`, unless the echo is open or what stands before it says otherwise.
  /// - Parameters:
  ///   - labels: those that may stand before it on lines of their own.
  ///   - read: reads what stands before.
  func settled(_ reading: AnswerReading, labels: [AnswerLabel], _ read: (String) -> AnswerReading) -> AnswerReading {
    guard reading.label != nil || !reading.flags.isEmpty else { return reading }
    if !before.isEmpty {
      let earlier = read(before)
      if earlier.abstainReason == .refusal { return earlier }
      if Self.differ(earlier, reading) || contradicts(reading.label, labels: labels) { return .abstain(.conflicting) }
    }
    return isOpen ? .abstain(.malformed) : reading
  }

  private func contradicts(_ label: AnswerLabel?, labels: [AnswerLabel]) -> Bool {
    label.map { AnswerLines(JSONAnswers.withoutObjects(before)).contradict($0, labels: labels) } ?? false
  }

  private static func differ(_ earlier: AnswerReading, _ reading: AnswerReading) -> Bool {
    if earlier.abstainReason == .conflicting { return true }
    if let label = earlier.label, label.meaning != reading.label?.meaning { return true }
    return !earlier.flags.isEmpty && earlier.flags != reading.flags
  }
}
