import Moderation

/// A file of PCRE2 rules: a list of rules, or a map with defaults and `rules`.
///
/// ```yaml
/// category: spam
/// flags: i
/// rules:
///   - id: free-nitro
///     pattern: 'free\s+nitro'
///     effect: escalate
///     description: offers of free subscriptions
/// ```
struct RulesFile {
  private static let shared = ["category", "severity", "effect", "final", "flags", "on"]
  private static let mapFields = shared + ["rules", "description"]
  private static let ruleFields = ["id", "pattern"] + shared + ["description"]
  let file: Int32
  let name: String

  func read(_ setting: Setting, defaults: PatternDefaults, into patterns: inout WrittenPatterns, diagnostics: inout Diagnostics) {
    var own = defaults
    var rules = setting.list
    if rules == nil, let fields = SettingFields(setting, what: "rules file", allowed: Self.mapFields, diagnostics: &diagnostics) {
      own = fields.defaults(over: defaults, diagnostics: &diagnostics)
      rules = fields.setting("rules")?.list
      if rules == nil { diagnostics.error("missing-field", "the file needs a list `rules`", at: fields.setting("rules")?.span ?? setting.span) }
    } else if rules == nil {
      diagnostics.error("wrong-type", "a rules file is a list of rules, or a map with `rules`", at: setting.span)
    }
    var ids: [String: SourceSpan] = [:]
    for rule in rules ?? [] {
      guard let read = readRule(rule, defaults: own, diagnostics: &diagnostics) else { continue }
      if let first = ids[read.id] {
        diagnostics.error("duplicate-id", "rule `\(read.id)` stands twice", at: read.span, notes: [.init("first here", at: first)])
        continue
      }
      ids[read.id] = read.span
      patterns.rules.append(read)
    }
  }

  private func readRule(_ item: Setting, defaults: PatternDefaults, diagnostics: inout Diagnostics) -> WrittenRule? {
    guard let fields = SettingFields(item, what: "rule", allowed: Self.ruleFields, diagnostics: &diagnostics) else {
      diagnostics.error("wrong-type", "a rule must be a map with `id` and `pattern`", at: item.span)
      return nil
    }
    let own = fields.defaults(over: defaults, diagnostics: &diagnostics)
    for key in ["id", "pattern"] where fields.setting(key) == nil {
      diagnostics.error("missing-field", "a rule needs the field `\(key)`", at: item.span)
    }
    guard let id = fields.string("id", diagnostics: &diagnostics), let pattern = fields.string("pattern", diagnostics: &diagnostics),
      let patternSpan = fields.setting("pattern")?.span
    else { return nil }
    if id.trimmingSpaces.isEmpty {
      diagnostics.error("empty-id", "`id` must not be empty", at: fields.setting("id")?.span)
      return nil
    }
    return WrittenRule(
      id: id, pattern: pattern, flags: own.flags, category: own.category, severity: own.severity, effect: own.effect, streams: own.streams,
      description: fields.string("description", diagnostics: &diagnostics), span: fields.setting("id")?.span ?? item.span, patternSpan: patternSpan)
  }
}
