import Moderation

/// The fields of one map in a file, read with their problems reported.
struct SettingFields {
  let entries: [Setting.Entry]
  let what: String

  /// - Parameter what: the thing described, for messages: `phrase`, `rule`.
  init?(_ setting: Setting, what: String, allowed: [String], diagnostics: inout Diagnostics) {
    guard let entries = setting.entries else { return nil }
    self.entries = entries
    self.what = what
    for entry in entries where !allowed.contains(entry.key) {
      let hint = nearestSpelling(to: entry.key, in: allowed).map { "did you mean `\($0)`?" } ?? "a \(what) has \(Self.listed(allowed))"
      diagnostics.error("unknown-field", "unknown field `\(entry.key)` in a \(what)", at: entry.keySpan, hint: hint)
    }
  }

  static func listed(_ names: [String]) -> String { names.map { "`\($0)`" }.joined(separator: ", ") }

  func setting(_ key: String) -> Setting? { entries.first { $0.key == key }?.value }

  func string(_ key: String, diagnostics: inout Diagnostics) -> String? {
    guard let setting = setting(key), !setting.isNull else { return nil }
    if let text = setting.asWritten { return text }
    diagnostics.error("wrong-type", "`\(key)` must be text", at: setting.span, hint: "put it in quotes")
    return nil
  }

  func bool(_ key: String, diagnostics: inout Diagnostics) -> Bool? {
    guard let setting = setting(key), !setting.isNull else { return nil }
    if let bool = setting.bool { return bool }
    diagnostics.error("wrong-type", "`\(key)` must be `true` or `false`", at: setting.span)
    return nil
  }

  /// One of the named values.
  func choice<Value>(_ key: String, _ values: [(String, Value)], diagnostics: inout Diagnostics) -> Value? {
    guard let setting = setting(key), !setting.isNull else { return nil }
    return Self.choice(setting.string ?? "", key, values, at: setting.span, diagnostics: &diagnostics)
  }

  static func choice<Value>(_ word: String, _ key: String, _ values: [(String, Value)], at span: SourceSpan, diagnostics: inout Diagnostics) -> Value? {
    if let match = values.first(where: { $0.0 == word }) { return match.1 }
    let names = values.map(\.0)
    let hint = nearestSpelling(to: word, in: names).map { "did you mean `\($0)`?" } ?? "one of \(listed(names))"
    diagnostics.error("unknown-choice", "`\(key)` cannot be `\(word)`", at: span, hint: hint)
    return nil
  }

  static let effects = PatternEffect.allCases.map { ($0.name, $0) }
  static let severities = Severity.allCases.map { ($0.rawValue, $0) }
  static let matches = PhraseMatch.allCases.map { ($0.name, $0) }
  static let streams: [(String, TextStreams)] = [("original", .original), ("normalised", .normalised), ("both", .both)]
}

extension Setting {
  /// Text, or a whole number whose digits are the text: not `+18` or `0x88`, of which YAML keeps only what they amount to.
  var asWritten: String? {
    if let string { return string }
    guard let int, String(int).utf8.count == span.length else { return nil }
    return String(int)
  }
}

extension SettingFields {
  /// The defaults that this map states, over those from outside.
  func defaults(over outer: PatternDefaults, diagnostics: inout Diagnostics) -> PatternDefaults {
    var result = outer
    if let category = string("category", diagnostics: &diagnostics) { result.category = category }
    if let severity = choice("severity", Self.severities, diagnostics: &diagnostics) { result.severity = severity }
    if let match = choice("match", Self.matches, diagnostics: &diagnostics) { result.match = match }
    if let flags = string("flags", diagnostics: &diagnostics) { result.flags = flags }
    if let streams = choice("on", Self.streams, diagnostics: &diagnostics) { result.streams = streams }
    result.effect = effect(outer: outer.effect, diagnostics: &diagnostics)
    return result
  }

  /// The effect that this map states, or the outer one. To block, both `effect: block` and `final: true` must stand here.
  private func effect(outer: PatternEffect, diagnostics: inout Diagnostics) -> PatternEffect {
    let written = choice("effect", Self.effects, diagnostics: &diagnostics)
    let isFinal = bool("final", diagnostics: &diagnostics)
    let span = (setting("effect") ?? setting("final"))?.span
    return Self.effect(written, isFinal: isFinal, outer: outer, at: span, diagnostics: &diagnostics)
  }

  static func effect(_ written: PatternEffect?, isFinal: Bool?, outer: PatternEffect, at span: SourceSpan?, diagnostics: inout Diagnostics) -> PatternEffect {
    if written == .block, isFinal != true {
      diagnostics.error(
        "block-without-final", "`effect: block` decides alone and needs `final: true` beside it", at: span,
        hint: "write `final: true`, or `effect: escalate` to ask the next stages")
    }
    if isFinal == true, (written ?? outer) != .block {
      diagnostics.error("final-without-block", "`final: true` needs `effect: block` beside it", at: span)
    }
    if isFinal == false, written == nil, outer == .block {
      diagnostics.error(
        "block-without-final", "`final: false` does not change the effect `block` of the file or stage, which decides alone", at: span,
        hint: "write `effect: escalate` or `effect: signal` beside it")
    }
    return written ?? outer
  }
}
