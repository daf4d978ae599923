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
    if spans.count > 1 {
      spans.sort { $0.start != $1.start ? $0.start < $1.start : $0.end > $1.end }
      dropCovered()
    }
    var reach: UInt32 = 0
    for index in 0..<spans.count {
      reach = max(reach, spans.base[index].end)
      spans.base[index].reach = reach
    }
  }

  /// Drops spans inside an earlier one that hides all that they do: below one long span, every hit would go through all of them.
  private mutating func dropCovered() {
    let all = Int(PatternSource.anyCategory)
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: all + 1) { reaches in
      // For each category, one behind the furthest end of its spans that hide hits of every source.
      reaches.initialize(repeating: 0)
      var kept = 0
      for index in 0..<spans.count {
        let span = spans.base[index]
        let category = Int(span.source.category)
        if UInt64(span.end) < max(reaches[all], reaches[category]) { continue }
        if span.source.scope < 0 { reaches[category] = max(reaches[category], UInt64(span.end) + 1) }
        spans.base[kept] = span
        kept += 1
      }
      spans.truncate(to: kept)
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
