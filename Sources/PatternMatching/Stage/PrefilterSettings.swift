import Moderation
import Text

/// The stage's settings, read.
struct PrefilterSettings {
  var lexicons: [Setting]
  var rules: [Setting]
  var defaults = PatternDefaults()
  var minimumSeverity: Severity?
  var ignoresOtherCategories: Bool
  /// nil: no normalised copy.
  var normalization: NormalizationOptions?
  var limits = PatternLimits()
  var allowsWithoutHits: Bool

  init(_ settings: Setting, diagnostics: inout Diagnostics) {
    lexicons = settings["lexicons"]?.list ?? []
    rules = settings["rules"]?.list ?? []
    defaults.category = settings["category"]?.string
    let effect = settings["effect"]
    defaults.effect = SettingFields.effect(
      effect?.string.flatMap(PatternEffect.init(name:)), isFinal: settings["final"]?.bool, outer: .signal,
      at: effect?.span ?? settings["final"]?.span, diagnostics: &diagnostics)
    if let match = settings["match"]?.string.flatMap(PhraseMatch.init(name:)) { defaults.match = match }
    minimumSeverity = settings["min_severity"]?.string.flatMap(Severity.init(rawValue:))
    ignoresOtherCategories = settings["other_categories"]?.string == "ignore"
    normalization = Self.normalization(settings["normalise"])
    if let limits = settings["limits"] {
      if let match = limits["match"]?.int { self.limits.match = match }
      if let depth = limits["depth"]?.int { self.limits.depth = depth }
      if let heap = limits["heap"]?.byteCount { self.limits.heap = heap }
    }
    allowsWithoutHits = settings["on_no_hit"]?.string == "allow"
    if lexicons.isEmpty, rules.isEmpty {
      diagnostics.error("empty-prefilter", "a prefilter needs `lexicons` or `rules`", at: settings.span, hint: "name at least one file")
    }
  }

  private static func normalization(_ setting: Setting?) -> NormalizationOptions? {
    guard let setting, !setting.isNull else { return .standard }
    if let isOn = setting.bool { return isOn ? .standard : nil }
    var options = NormalizationOptions.standard
    func read(_ key: String, _ path: WritableKeyPath<NormalizationOptions, Bool>) {
      if let value = setting[key]?.bool { options[keyPath: path] = value }
    }
    read("nfkc", \.compatibility)
    read("confusables", \.confusables)
    read("invisible", \.invisibles)
    read("marks", \.marks)
    read("repeats", \.repeats)
    read("leet", \.leet)
    read("spacing", \.spacing)
    return options
  }
}
