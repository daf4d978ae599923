import Moderation

/// Compiling one rule's pattern, with its problems as diagnostics.
enum RuleCheck {
  /// - Parameter parsed: what the parser made of the pattern; nil when it gave up.
  static func compile(
    _ rule: WrittenRule, parsed: ParsedPattern?, into patterns: PatternSet, limits: PatternLimits, diagnostics: inout Diagnostics
  ) -> Int? {
    for letter in rule.flags where !PatternSet.flags.contains(where: { $0.letter == letter }) {
      diagnostics.error(
        "invalid-flag", "unknown flag `\(letter)` in rule `\(rule.id)`", at: rule.span,
        hint: "the flags are `i`, `m`, `s`, `x`, `n` and `U`")
      return nil
    }
    if rule.pattern.isEmpty {
      diagnostics.error("empty-pattern", "the pattern of rule `\(rule.id)` is empty", at: rule.patternSpan)
      return nil
    }
    do {
      let number = try patterns.add(rule.pattern, flags: rule.flags, plainLength: WorstCase.plainLength(of: parsed))
      warnIfEverythingMatches(rule, patterns, number, limits, &diagnostics)
      return number
    } catch {
      diagnostics.error("invalid-pattern", "rule `\(rule.id)`: \(error.message)", at: place(of: error.offset, in: rule))
      return nil
    }
  }

  private static func warnIfEverythingMatches(
    _ rule: WrittenRule, _ patterns: PatternSet, _ number: Int, _ limits: PatternLimits, _ diagnostics: inout Diagnostics
  ) {
    let matcher = PatternMatcher(patterns, limits: limits)
    let blank: [UInt8] = [0x20, 0]
    blank.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress, case .match(let range) = matcher.match(number, in: base, count: 1, from: 0, isASCII: true), range.isEmpty else {
        return
      }
      guard case .match = matcher.match(number, in: base, count: 0, from: 0, isASCII: true) else { return }
      diagnostics.warning(
        "matches-everything", "rule `\(rule.id)` matches empty text, so it matches every message", at: rule.patternSpan,
        hint: "write `+` instead of `*`, or remove the empty branch")
    }
  }

  /// The column of a byte of the pattern, where the pattern stands as written on one line; else the pattern's start.
  static func place(of offset: Int, in rule: WrittenRule) -> SourceSpan {
    var span = rule.patternSpan
    let scalars = rule.pattern.unicodeScalars.count
    let quotes = span.length - scalars
    guard quotes == 0 || quotes == 2 else { return span }
    let bytes = rule.pattern.utf8
    let before = String(decoding: bytes.prefix(max(0, min(offset, bytes.count))), as: UTF8.self).unicodeScalars.count
    span.column += quotes / 2 + before
    span.length = 1
    return span
  }
}
