/// The spans of exceptions in one message. Hits inside one of them are hidden.
struct Exemptions: ~Copyable {
  private struct Span: BitwiseCopyable {
    var start: UInt32
    var end: UInt32
    var source: PatternSource
    /// The largest end of this and all earlier spans.
    var reach: UInt32
  }
  private var spans = Buffer<Span>()

  mutating func removeAll() { spans.removeAll() }

  /// Takes the exceptions among `matches`.
  mutating func collect(_ matches: borrowing Buffer<RawMatch>, sources: UnsafePointer<PatternSource>) {
    spans.removeAll()
    for index in 0..<matches.count {
      let match = matches.base[index]
      let source = sources[Int(match.source)]
      if source.effect == .exempt { spans.append(Span(start: match.start, end: match.end, source: source, reach: 0)) }
    }
    if spans.count > 1 { spans.sort { $0.start < $1.start } }
    var reach: UInt32 = 0
    for index in 0..<spans.count {
      reach = max(reach, spans.base[index].end)
      spans.base[index].reach = reach
    }
  }

  func hide(_ match: RawMatch, _ source: PatternSource) -> Bool {
    if spans.isEmpty { return false }
    var (low, high) = (0, spans.count)
    while low < high {
      let middle = (low + high) / 2
      if spans.base[middle].start <= match.start { low = middle + 1 } else { high = middle }
    }
    var index = low - 1
    while index >= 0, spans.base[index].reach >= match.end {
      let span = spans.base[index]
      let coversCategory = span.source.category == PatternSource.anyCategory || span.source.category == source.category
      let coversSource = span.source.scope < 0 || span.source.scope == match.source
      if span.end >= match.end, coversCategory, coversSource { return true }
      index -= 1
    }
    return false
  }
}
