/// The spans of exceptions in one message. Hits inside one of them are hidden.
struct Exemptions {
  private struct Span {
    var start: UInt32
    var end: UInt32
    var source: PatternSource
    /// The largest end of this and all earlier spans.
    var reach: UInt32
  }
  private var spans: ContiguousArray<Span> = []

  var isEmpty: Bool { spans.isEmpty }

  /// Takes the exceptions among `matches`.
  mutating func collect(_ matches: ContiguousArray<RawMatch>, sources: UnsafePointer<PatternSource>) {
    spans.removeAll(keepingCapacity: true)
    for match in matches {
      let source = sources[Int(match.source)]
      if source.effect == .exempt { spans.append(Span(start: match.start, end: match.end, source: source, reach: 0)) }
    }
    guard !spans.isEmpty else { return }
    spans.sort { $0.start < $1.start }
    var reach: UInt32 = 0
    for index in spans.indices {
      reach = max(reach, spans[index].end)
      spans[index].reach = reach
    }
  }

  func hide(_ match: RawMatch, _ source: PatternSource) -> Bool {
    var (low, high) = (0, spans.count)
    while low < high {
      let middle = (low + high) / 2
      if spans[middle].start <= match.start { low = middle + 1 } else { high = middle }
    }
    var index = low - 1
    while index >= 0, spans[index].reach >= match.end {
      let span = spans[index]
      let coversCategory = span.source.category == PatternSource.anyCategory || span.source.category == source.category
      let coversSource = span.source.scope < 0 || span.source.scope == match.source
      if span.end >= match.end, coversCategory, coversSource { return true }
      index -= 1
    }
    return false
  }
}
