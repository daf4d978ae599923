import Moderation

/// A lexicon as YAML: a list of entries, or a map with defaults, `phrases`, `exempt` and `groups` that have the same fields again.
///
/// ```yaml
/// category: hate
/// severity: high
/// effect: escalate
/// phrases:
///   - plain phrase
///   - {phrase: another one, effect: block, final: true, id: another}
///   - phrase: cunt
///     match: anywhere
///     exempt: [scunthorpe]
/// exempt: [cockpit, penistone]
/// groups:
///   - category: harassment
///     effect: signal
///     phrases: [idiot, moron]
/// ```
struct YAMLLexicon {
  private static let shared = ["category", "severity", "effect", "final", "match"]
  private static let mapFields = shared + ["phrases", "exempt", "groups", "description"]
  private static let phraseFields = ["phrase"] + shared + ["id", "exempt", "description"]
  let file: Int32
  let name: String

  func read(_ setting: Setting, defaults: PatternDefaults, into patterns: inout WrittenPatterns, diagnostics: inout Diagnostics) {
    if let list = setting.list {
      for item in list { readPhrase(item, defaults: defaults, into: &patterns, diagnostics: &diagnostics) }
    } else if setting.isNull {
      diagnostics.warning("empty-lexicon", "the lexicon holds no phrases", at: setting.span)
    } else {
      readMap(setting, isGroup: false, defaults: defaults, into: &patterns, diagnostics: &diagnostics)
    }
  }

  private func readMap(
    _ setting: Setting, isGroup: Bool, defaults: PatternDefaults, into patterns: inout WrittenPatterns, diagnostics: inout Diagnostics
  ) {
    let what = isGroup ? "group" : "lexicon"
    let allowed = isGroup ? Self.mapFields.filter { $0 != "groups" } : Self.mapFields
    guard let fields = SettingFields(setting, what: what, allowed: allowed, diagnostics: &diagnostics) else {
      diagnostics.error("wrong-type", "a \(what) must be a map with `phrases`", at: setting.span)
      return
    }
    let own = fields.defaults(over: defaults, diagnostics: &diagnostics)
    for item in list("phrases", fields, diagnostics: &diagnostics) {
      readPhrase(item, defaults: own, into: &patterns, diagnostics: &diagnostics)
    }
    var exempt = own
    exempt.effect = .exempt
    // Exceptions are whole words and hold for all categories, unless an entry says otherwise.
    exempt.match = .word
    exempt.category = nil
    for item in list("exempt", fields, diagnostics: &diagnostics) {
      readPhrase(item, defaults: exempt, into: &patterns, diagnostics: &diagnostics)
    }
    for group in list("groups", fields, diagnostics: &diagnostics) {
      readMap(group, isGroup: true, defaults: own, into: &patterns, diagnostics: &diagnostics)
    }
  }

  private func list(_ key: String, _ fields: SettingFields, diagnostics: inout Diagnostics) -> [Setting] {
    guard let setting = fields.setting(key), !setting.isNull else { return [] }
    if let list = setting.list { return list }
    diagnostics.error("wrong-type", "`\(key)` must be a list", at: setting.span)
    return []
  }

  private func readPhrase(_ item: Setting, defaults: PatternDefaults, into patterns: inout WrittenPatterns, diagnostics: inout Diagnostics) {
    if let text = item.asWritten {
      add(text, defaults: defaults, id: nil, exempt: [], at: item.span, into: &patterns, diagnostics: &diagnostics)
      return
    }
    guard let fields = SettingFields(item, what: "phrase", allowed: Self.phraseFields, diagnostics: &diagnostics) else {
      diagnostics.error("wrong-type", "a phrase must be text, or a map with `phrase`", at: item.span, hint: "put numbers and `true` in quotes")
      return
    }
    guard let text = fields.string("phrase", diagnostics: &diagnostics) else {
      if fields.setting("phrase")?.isNull ?? true { diagnostics.error("missing-field", "a phrase needs the field `phrase`", at: item.span) }
      return
    }
    let own = fields.defaults(over: defaults, diagnostics: &diagnostics)
    let id = fields.string("id", diagnostics: &diagnostics)
    var exempt: [String] = []
    for item in list("exempt", fields, diagnostics: &diagnostics) {
      guard let text = item.string else {
        diagnostics.error("wrong-type", "`exempt` must be a list of texts", at: item.span)
        continue
      }
      if let clean = PhraseCheck.clean(text, at: item.span, diagnostics: &diagnostics) { exempt.append(clean) }
    }
    let span = fields.setting("phrase")?.span ?? item.span
    add(text, defaults: own, id: id, exempt: exempt, at: span, into: &patterns, diagnostics: &diagnostics)
  }

  private func add(
    _ text: String, defaults: PatternDefaults, id: String?, exempt: [String], at span: SourceSpan, into patterns: inout WrittenPatterns,
    diagnostics: inout Diagnostics
  ) {
    guard let clean = PhraseCheck.clean(text, at: span, diagnostics: &diagnostics) else { return }
    patterns.phrases.append(
      WrittenPhrase(
        text: clean, category: defaults.category, severity: defaults.severity, effect: defaults.effect, match: defaults.match, id: id,
        exempt: exempt, file: file, line: Int32(truncatingIfNeeded: span.line), column: Int32(truncatingIfNeeded: span.column)))
  }
}
