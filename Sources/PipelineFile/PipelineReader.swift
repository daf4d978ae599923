import Moderation

/// Reads the parts of one pipeline file in the order in which they need each other: categories, stages, cases; then checks across them.
struct PipelineReader {
  let root: Setting
  let path: String
  var checker: SettingChecker
  let stageTypes: [StageType]

  init(root: Setting, path: String, checker: SettingChecker, stageTypes: [StageType]) {
    (self.root, self.path, self.checker, self.stageTypes) = (root, path, checker, stageTypes)
  }

  /// - Returns: the definition as far as it could be read; usable only when no error was reported.
  mutating func read(fingerprint: String, _ diagnostics: inout Diagnostics) -> PipelineDefinition? {
    let categories = CategoriesReader(checker: checker).read(root.entry("categories"), &diagnostics)
    checker.categories = categories.categories.map(\.name)
    readUnknownAndMissing(&diagnostics)
    if let input = root["input"] { InputReader.checkKind(input, &diagnostics) }
    let input = value("input", &diagnostics).map(InputReader.read) ?? InputMapping()
    let stages = StagesReader(checker: checker, types: stageTypes, table: categories).read(root.entry("stages")?.value, at: root.span, &diagnostics)
    let tests = TestCasesReader(checker: checker, pipelinePath: path, stageIDs: stages.ids).read(root["tests"], &diagnostics)
    let definition = PipelineDefinition(
      name: value("pipeline", &diagnostics)?.string ?? "", path: path, fingerprint: fingerprint, input: input,
      deadline: value("deadline", &diagnostics)?.duration ?? .seconds(30), categories: categories, stages: stages.definitions,
      auditSample: readAuditSample(&diagnostics), budget: readBudget(&diagnostics), seed: UInt64(value("seed", &diagnostics)?.int ?? 1), tests: tests)
    CrossChecks(definition: definition, root: root).run(&diagnostics)
    return definition
  }

  /// Checks one field of the outermost map against ``PipelineSpec/fields``.
  private func value(_ name: String, _ diagnostics: inout Diagnostics) -> Setting? {
    guard let entry = root.entry(name), let field = PipelineSpec.fields.first(where: { $0.name == name }) else { return nil }
    if entry.value.isLeftOut, !field.required { return nil }
    return checker.check(entry.value, as: field.type, name: name, &diagnostics)
  }

  private func readUnknownAndMissing(_ diagnostics: inout Diagnostics) {
    let shells = PipelineSpec.fields.map { FieldSpec($0.name, $0.type, required: $0.required, $0.doc) }
    let missing = shells.filter { $0.required && root.entry($0.name) == nil }
    let present = Setting(.map((root.entries ?? []).filter { entry in !shells.contains { $0.name == entry.key } }), at: root.span)
    _ = checker.object(present, fields: missing, others: shells, name: "the pipeline file", &diagnostics)
  }

  private func readAuditSample(_ diagnostics: inout Diagnostics) -> AuditSample {
    guard let setting = value("audit_sample", &diagnostics) else { return .none }
    return AuditSample(allowed: setting["allowed"]?.share ?? 0, blocked: setting["blocked"]?.share ?? 0)
  }

  private func readBudget(_ diagnostics: inout Diagnostics) -> EscalationBudget? {
    guard let setting = value("budget", &diagnostics) else { return nil }
    return EscalationBudget(share: setting["share"]?.share, perSecond: setting["per_second"]?.double)
  }
}

/// `input:` → ``InputMapping``.
enum InputReader {
  static func read(_ setting: Setting) -> InputMapping {
    var mapping = InputMapping()
    func path(_ name: String) -> String? { setting[name]?.string }
    mapping.format = path("format").flatMap(InputMapping.Format.init) ?? .jsonl
    mapping.id = path("id") ?? mapping.id
    mapping.text = path("text") ?? mapping.text
    mapping.conversation = path("conversation")
    mapping.author = path("author")
    mapping.timestamp = path("timestamp")
    mapping.prompt = path("prompt")
    mapping.completion = path("completion")
    mapping.messages = path("messages")
    mapping.idOptional = setting["id_optional"]?.bool ?? false
    return mapping
  }

  /// A record is one thing: a message, an exchange or a chat.
  static func checkKind(_ setting: Setting, _ diagnostics: inout Diagnostics) {
    let pair = ["prompt", "completion"].map { setting.entry($0) }
    if let alone = pair.compactMap({ $0 }).first, pair.contains(where: { $0 == nil }) {
      let other = alone.key == "prompt" ? "completion" : "prompt"
      diagnostics.error("missing-field", "`\(alone.key)` needs `\(other)` beside it", at: alone.keySpan, hint: "add `\(other): \(other)`")
    }
    let kinds = [setting.entry("text"), pair[0] ?? pair[1], setting.entry("messages")].compactMap { $0 }
    if let second = kinds.dropFirst().first {
      diagnostics.error(
        "conflicting-fields", "`\(second.key)` cannot stand beside `\(kinds[0].key)`", at: second.keySpan,
        notes: [.init("`\(kinds[0].key)` is here", at: kinds[0].keySpan)],
        hint: "a record is a message (`text`), an exchange (`prompt` and `completion`) or a chat (`messages`)")
    }
    if setting["format"]?.string == "csv", let messages = setting.entry("messages") {
      diagnostics.error("conflicting-fields", "CSV holds no chats", at: messages.keySpan, hint: "use `format: jsonl`")
    }
  }
}
