import Moderation
import Text

extension PrefilterScan {
  /// Asks PCRE2 about the rules that may match, exceptions first.
  /// - Returns: what the first rule that failed says.
  mutating func runRules(on text: UnsafeBufferPointer<UInt8>, isCopied: Bool) -> String? {
    guard !screen.rules.isEmpty else {
      exemptions.collect(matches, sources: sources)
      return nil
    }
    for rule in screen.unconditionalRules {
      originalRules.add(rule)
      if isCopied { copyRules.add(rule) }
    }
    originalRules.sort()
    copyRules.sort()
    var failure: (rule: Int, words: String)?
    run(exempt: true, text, isCopied: isCopied, failure: &failure)
    exemptions.collect(matches, sources: sources)
    run(exempt: false, text, isCopied: isCopied, failure: &failure)
    return failure.map { "\($0.words) in rule \(screen.describe(source: screen.rules[$0.rule].source).rule)" }
  }

  private mutating func run(exempt: Bool, _ text: UnsafeBufferPointer<UInt8>, isCopied: Bool, failure: inout (rule: Int, words: String)?) {
    guard let base = text.baseAddress else { return }
    let streams: TextStreams = isCopied ? .original : .both
    run(exempt: exempt, originalRules.numbers, on: base, count: text.count, copy: nil, streams: streams, failure: &failure)
    if isCopied { run(exempt: exempt, copyRules.numbers, on: copy.bytes, count: copy.count, copy: copy, streams: .normalised, failure: &failure) }
  }

  private mutating func run(
    exempt: Bool, _ numbers: ContiguousArray<Int32>, on text: UnsafePointer<UInt8>, count: Int, copy: NormalizedText?, streams: TextStreams,
    failure: inout (rule: Int, words: String)?
  ) {
    var present: UInt64?
    for number in numbers {
      let rule = screen.rules[Int(number)]
      guard rule.isExempt == exempt, !rule.streams.isDisjoint(with: streams) else { continue }
      if rule.needs != 0, !isExhaustive {
        let classes = present ?? ByteClasses.present(text, count: count, table: screen.tables.byteClasses.base)
        present = classes
        guard classes & rule.needs == rule.needs else { continue }
      }
      guard let words = match(rule, text, count: count, copy: copy) else { continue }
      if failure.map({ Int(number) < $0.rule }) ?? true { failure = (Int(number), words) }
    }
  }

  /// Adds all matches of a rule. After an empty match the search goes on one character further.
  /// - Returns: the words of a failure.
  private mutating func match(_ rule: CompiledRule, _ text: UnsafePointer<UInt8>, count: Int, copy: NormalizedText?) -> String? {
    var start = 0
    var kept = 0
    matcher.begin(rule.pattern)
    while start <= count, kept < Self.mostHitsPerRule {
      switch matcher.match(rule.pattern, in: text, count: count, from: start) {
      case .none: return nil
      case .failure(let words): return words
      case .match(let range):
        let span = copy?.originalSpan(of: range) ?? range
        let match = RawMatch(
          start: UInt32(truncatingIfNeeded: span.lowerBound), end: UInt32(truncatingIfNeeded: span.upperBound), source: rule.source)
        if rule.isExempt || !exemptions.hide(match, sources[Int(rule.source)]) {
          matches.append(match)
          if !rule.isExempt { kept += 1 }
        }
        start = max(range.upperBound, start)
        guard range.isEmpty else { continue }
        start += 1
        while start < count, text[start] & 0xC0 == 0x80 { start += 1 }
      }
    }
    return nil
  }

  /// Sorts what was found, drops doubles and what is exempt, and writes the hits.
  mutating func emit(message: Int32, into output: inout ScreenOutput) {
    guard !matches.isEmpty else { return }
    if matches.count > 1 { matches.sort(by: RawMatch.precedes) }
    var previous: RawMatch?
    for match in matches {
      if let previous, previous.start == match.start, previous.end == match.end, previous.source == match.source { continue }
      previous = match
      let source = sources[Int(match.source)]
      guard let effect = source.effect.hitEffect, !exemptions.hide(match, source) else { continue }
      output.hits.append(
        Hit(
          message: message, category: CategoryIndex(Int(source.category)), effect: effect, source: match.source,
          span: ByteRange(start: match.start, end: match.end)))
    }
  }
}
