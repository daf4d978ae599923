import Moderation
import Text

extension PrefilterScan {
  /// The text that rules are run on: the original, or the copy with its way back.
  private struct RuleText {
    var bytes: UnsafePointer<UInt8>
    var count: Int
    var streams: TextStreams
    var isASCII: Bool
    var copy: NormalizedText?
  }

  /// Asks PCRE2 about the rules that may match, exceptions first.
  /// - Returns: what the first rule that failed says.
  mutating func runRules(on text: UnsafeBufferPointer<UInt8>, isASCII: Bool, isCopied: Bool) -> String? {
    for rule in screen.unconditionalRules {
      originalRules.add(rule)
      if isCopied { copyRules.add(rule) }
    }
    guard !originalRules.numbers.isEmpty || (isCopied && !copyRules.numbers.isEmpty), let base = text.baseAddress else {
      if facts.hasExemptions { exemptions.collect(matches, sources: sources) }
      return nil
    }
    originalRules.sort()
    copyRules.sort()
    let original = RuleText(bytes: base, count: text.count, streams: isCopied ? .original : .both, isASCII: isASCII)
    let normalised = isCopied ? RuleText(bytes: copy.bytes, count: copy.count, streams: .normalised, isASCII: isASCII, copy: copy) : nil
    var failure: (rule: Int, words: String)?
    if facts.hasExemptions {
      run(exempt: true, original, normalised, failure: &failure)
      exemptions.collect(matches, sources: sources)
    }
    run(exempt: false, original, normalised, failure: &failure)
    return failure.map { "\($0.words) in rule \(screen.describe(source: screen.rules[$0.rule].source).rule)" }
  }

  private mutating func run(exempt: Bool, _ original: RuleText, _ normalised: RuleText?, failure: inout (rule: Int, words: String)?) {
    var present: UInt64?
    for index in 0..<originalRules.numbers.count {
      run(Int(originalRules.numbers.base[index]), exempt: exempt, on: original, present: &present, failure: &failure)
    }
    guard let normalised else { return }
    present = nil
    for index in 0..<copyRules.numbers.count {
      run(Int(copyRules.numbers.base[index]), exempt: exempt, on: normalised, present: &present, failure: &failure)
    }
  }

  /// - Parameter present: the byte classes of the text, once they have been asked for.
  private mutating func run(_ number: Int, exempt: Bool, on text: RuleText, present: inout UInt64?, failure: inout (rule: Int, words: String)?) {
    let rule = screen.rules[number]
    guard rule.isExempt == exempt, !rule.streams.isDisjoint(with: text.streams) else { return }
    if let first = rule.first, !isExhaustive, text.count == 0 || !first.contains(text.bytes[0]) { return }
    if rule.needs != 0, !isExhaustive {
      let classes = present ?? ByteClasses.present(text.bytes, count: text.count, table: screen.tables.byteClasses.base)
      present = classes
      guard classes & rule.needs == rule.needs else { return }
    }
    guard let words = match(rule, text) else { return }
    if failure.map({ number < $0.rule }) ?? true { failure = (number, words) }
  }

  /// Adds all matches of a rule. After a match that ends where the search began, the search goes on one character further: after an empty one,
  /// and after one that `\K` in a look-behind lets start before that place.
  /// - Returns: the words of a failure.
  private mutating func match(_ rule: CompiledRule, _ text: RuleText) -> String? {
    var start = 0
    var kept = 0
    matcher.begin(rule.pattern)
    while start <= text.count, kept < Self.mostHitsPerRule {
      switch matcher.match(rule.pattern, in: text.bytes, count: text.count, from: start, isASCII: text.isASCII) {
      case .none: return nil
      case .failure(let words): return words
      case .match(let range):
        let span = text.copy?.originalSpan(of: range) ?? range
        let match = RawMatch(
          start: UInt32(truncatingIfNeeded: span.lowerBound), end: UInt32(truncatingIfNeeded: span.upperBound), source: rule.source)
        if rule.isExempt || !exemptions.hide(match, sources[Int(rule.source)]) {
          matches.append(match)
          if !rule.isExempt { kept += 1 }
        }
        let isStuck = range.isEmpty || range.upperBound <= start
        start = max(range.upperBound, start)
        guard isStuck else { continue }
        start += 1
        while start < text.count, text.bytes[start] & 0xC0 == 0x80 { start += 1 }
      }
    }
    return nil
  }

  /// Sorts what was found, drops doubles and what is exempt, and writes the hits.
  mutating func emit(message: Int32, into output: inout ScreenOutput) {
    if !facts.hasRules, facts.hasExemptions { exemptions.collect(matches, sources: sources) }
    if matches.count > 1 { matches.sort(by: RawMatch.precedes) }
    for index in 0..<matches.count {
      let match = matches.base[index]
      if index > 0 {
        let previous = matches.base[index - 1]
        if previous.start == match.start, previous.end == match.end, previous.source == match.source { continue }
      }
      let source = sources[Int(match.source)]
      guard let effect = source.effect.hitEffect, !(facts.hasExemptions && exemptions.hide(match, source)) else { continue }
      output.hits.append(
        Hit(
          message: message, category: CategoryIndex(Int(source.category)), effect: effect, source: match.source,
          span: ByteRange(start: match.start, end: match.end)))
    }
  }
}
