import Moderation
import YAMLDocument

/// The YAML block at the top of a policy file.
struct FrontMatter {
  var id: String?
  var version: String?
  var categories: [String] = []
  var output: Output?

  /// `output:` of the front matter.
  struct Output {
    var format: String?
    var labels: [AnswerLabel] = []
    var tag: String?
    var field: String?
    var flags: [AnswerFormat.Flag] = []
    /// Only the keys that the front matter names.
    var shape = JSONAnswerShape(decision: "violation", category: nil, ruleIDs: nil, confidence: nil, rationale: nil)
    var namesKeys = false
  }

  static let keys = ["id", "version", "categories", "output"]
  static let outputKeys = ["format", "labels", "tag", "field", "flags", "decision", "category", "rule_ids", "confidence", "rationale"]
  static let formats = ["binary", "valid_invalid", "labels", "tag", "field", "list", "json", "flags"]

  init() {}

  /// The text between the first line `---` and the next one, with an empty line in place of the first, so that line numbers stay true.
  static func split(_ text: String) -> (yaml: String?, body: String) {
    let text = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard let first = lines.first, AnswerText.trimmed(first) == "---" else { return (nil, text) }
    guard let close = lines.dropFirst().firstIndex(where: { AnswerText.trimmed($0) == "---" }) else { return (nil, text) }
    let yaml = "\n" + lines[1..<close].joined(separator: "\n") + "\n"
    let body = lines[(close + 1)...].drop { AnswerText.trimmed($0).isEmpty }.joined(separator: "\n")
    return (yaml, body)
  }

  init(yaml: String, file: String, diagnostics: inout Diagnostics) {
    guard let root = YAMLDocument.parse(text: yaml, file: file, environment: nil, diagnostics: &diagnostics) else { return }
    guard let entries = root.entries else {
      if !root.isNull { diagnostics.error("policy-front-matter", "the front matter is not a map of keys", at: root.span) }
      return
    }
    for entry in entries {
      switch entry.key {
      case "id": id = Self.word(entry, &diagnostics)
      case "version": version = Self.word(entry, &diagnostics)
      case "categories": categories = Self.words(entry, &diagnostics)
      case "output": output = Output(entry.value, &diagnostics)
      default: Self.unknown(entry, known: Self.keys, &diagnostics)
      }
    }
  }

  /// The format that `output:` describes; `stated` (from the text) where it describes none.
  func format(stated: AnswerFormat?) -> AnswerFormat? {
    guard let output else { return stated }
    let labels = output.labels.isEmpty ? nil : output.labels
    func with(_ shape: AnswerFormat.Shape, or fallback: AnswerFormat = .binary01) -> AnswerFormat {
      AnswerFormat(labels: labels ?? fallback.labels, shape: shape)
    }
    switch output.format {
    case "binary": return with(.bare)
    case "valid_invalid": return with(.bare, or: .validInvalid)
    case "tag": return with(.tagged(output.tag ?? "answer"))
    case "field": return with(.field(output.field ?? "Answer"))
    case "list": return with(.list(output.field ?? "Violated Policies"))
    case "json":
      if !output.namesKeys, let stated, case .json = stated.shape { return with(stated.shape, or: stated) }
      return with(.json(output.shape))
    case "flags": return with(.flags(output.flags))
    case "labels": return with(.bare)
    default: return labels.map { AnswerFormat(labels: $0, shape: stated?.shape ?? .bare) } ?? stated
    }
  }

  // MARK: Values

  static func word(_ entry: Setting.Entry, _ diagnostics: inout Diagnostics) -> String? {
    switch entry.value.value {
    case .string(let text) where !text.isEmpty: return text
    case .int(let int): return String(int)
    case .double(let double): return "\(double)"
    default:
      diagnostics.error("policy-front-matter", "`\(entry.key)` must be a word", at: entry.value.span)
      return nil
    }
  }

  private static func words(_ entry: Setting.Entry, _ diagnostics: inout Diagnostics) -> [String] {
    if let one = entry.value.string { return [one] }
    guard let list = entry.value.list, list.allSatisfy({ $0.string != nil }) else {
      diagnostics.error("policy-front-matter", "`\(entry.key)` must be a list of words", at: entry.value.span)
      return []
    }
    return list.compactMap(\.string)
  }

  static func unknown(_ entry: Setting.Entry, known: [String], _ diagnostics: inout Diagnostics) {
    let near = nearestSpelling(to: entry.key, in: known)
    diagnostics.error(
      "policy-front-matter", "unknown key `\(entry.key)` in the front matter", at: entry.keySpan,
      hint: near.map { "did you mean `\($0)`?" } ?? "known keys: \(known.map { "`\($0)`" }.joined(separator: ", "))")
  }
}

extension FrontMatter.Output {
  /// `output: json` alone, or a map.
  init(_ setting: Setting, _ diagnostics: inout Diagnostics) {
    if setting.string != nil {
      readFormat(setting, &diagnostics)
    } else if let entries = setting.entries {
      for entry in entries { read(entry, &diagnostics) }
    } else {
      diagnostics.error("policy-front-matter", "`output` must be a format or a map", at: setting.span)
    }
    check(setting, &diagnostics)
  }

  private mutating func read(_ entry: Setting.Entry, _ diagnostics: inout Diagnostics) {
    if ["decision", "category", "rule_ids", "confidence", "rationale"].contains(entry.key) { namesKeys = true }
    switch entry.key {
    case "format": readFormat(entry.value, &diagnostics)
    case "labels": readLabels(entry, &diagnostics)
    case "tag": tag = FrontMatter.word(entry, &diagnostics)
    case "field": field = FrontMatter.word(entry, &diagnostics)
    case "flags": readFlags(entry, &diagnostics)
    case "decision": shape.decision = FrontMatter.word(entry, &diagnostics) ?? shape.decision
    case "category": shape.category = FrontMatter.word(entry, &diagnostics)
    case "rule_ids": shape.ruleIDs = FrontMatter.word(entry, &diagnostics)
    case "confidence": shape.confidence = FrontMatter.word(entry, &diagnostics)
    case "rationale": shape.rationale = FrontMatter.word(entry, &diagnostics)
    default: FrontMatter.unknown(entry, known: FrontMatter.outputKeys, &diagnostics)
    }
  }

  private mutating func readFormat(_ setting: Setting, _ diagnostics: inout Diagnostics) {
    guard let name = setting.string, FrontMatter.formats.contains(name) else {
      diagnostics.error(
        "policy-output-format", "unknown output format", at: setting.span,
        hint: "known formats: \(FrontMatter.formats.map { "`\($0)`" }.joined(separator: ", "))")
      return
    }
    format = name
  }

  private mutating func readLabels(_ entry: Setting.Entry, _ diagnostics: inout Diagnostics) {
    guard let entries = entry.value.entries, !entries.isEmpty else {
      diagnostics.error(
        "policy-output-format", "`labels` must map each label to what it means", at: entry.value.span,
        hint: "for example `{high: block, medium: review, low: allow}`")
      return
    }
    for label in entries {
      guard let word = label.value.string, let meaning = LabelMeaning(written: word) else {
        diagnostics.error(
          "policy-output-format", "label `\(label.key)` must mean one of \(LabelMeaning.writtenWords.map { "`\($0)`" }.joined(separator: ", "))",
          at: label.value.span)
        continue
      }
      labels.append(AnswerLabel(label.key, meaning))
    }
  }

  private mutating func readFlags(_ entry: Setting.Entry, _ diagnostics: inout Diagnostics) {
    if let list = entry.value.list {
      flags = list.compactMap { $0.string.map { AnswerFormat.Flag($0) } }
    } else if let entries = entry.value.entries {
      flags = entries.map { AnswerFormat.Flag($0.key, category: $0.value.string) }
    }
    if flags.isEmpty { diagnostics.error("policy-output-format", "`flags` must list the keys of the answer, or map them to categories", at: entry.value.span) }
  }

  /// What cannot work: labels that never block or never allow, flags without keys.
  private func check(_ setting: Setting, _ diagnostics: inout Diagnostics) {
    if !labels.isEmpty, Set(labels.map(\.meaning)).subtracting([.abstain]).count < 2 {
      diagnostics.error(
        "policy-output-format", "all labels mean the same", at: setting.span, hint: "map at least one label to `allow` and one to `block` or `review`")
    }
    if format == "flags", flags.isEmpty { diagnostics.error("policy-output-format", "format `flags` needs `flags`", at: setting.span) }
    if format == "labels", labels.isEmpty { diagnostics.error("policy-output-format", "format `labels` needs `labels`", at: setting.span) }
    let folded = labels.map { $0.name.lowercased() }
    if Set(folded).count < folded.count { diagnostics.error("policy-output-format", "labels differ only in case", at: setting.span) }
  }
}
