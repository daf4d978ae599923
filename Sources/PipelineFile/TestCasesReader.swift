import Moderation
import YAMLDocument

/// `tests:` and the file of cases beside the pipeline → ``PipelineTestCase``s.
struct TestCasesReader {
  let checker: SettingChecker
  let pipelinePath: String
  let stageIDs: [String]
  /// Cases are many and flat.
  static let limits = YAMLDocument.Limits(bytes: 4 << 20, nodes: 200_000)

  func read(_ setting: Setting?, _ diagnostics: inout Diagnostics) -> [PipelineTestCase] {
    var cases: [PipelineTestCase] = []
    var read: Set<String> = []
    if let setting {
      if setting.string != nil {
        if let path = PathCheck(baseDirectory: checker.baseDirectory).existing(setting, name: "tests", filesOnly: true, &diagnostics)?.string {
          read.insert(path)
          let written = setting.string ?? path
          let shown = written.hasPrefix("/") ? written : PathCheck.beside(pipelinePath, written)
          cases += file(path, shown: shown, &diagnostics)
        }
      } else {
        cases += list(setting, name: "tests", &diagnostics)
      }
    }
    if let sibling = sibling(), !read.contains(sibling.path) { cases += file(sibling.path, shown: sibling.shown, &diagnostics) }
    return cases
  }

  /// `chat.tests.yaml` beside `chat.yaml`, when it is there.
  private func sibling() -> (path: String, shown: String)? {
    for (end, tests) in [(".yaml", ".tests.yaml"), (".yml", ".tests.yml")] where pipelinePath.hasSuffix(end) {
      let shown = pipelinePath.dropLast(end.count) + tests
      let path = PathCheck.absolute(String(shown), in: PathCheck.currentDirectory())
      if PathCheck.kind(of: path) != nil { return (path, String(shown)) }
    }
    return nil
  }

  /// A file holds a list of cases, or a map with nothing but `tests:`.
  private func file(_ path: String, shown: String, _ diagnostics: inout Diagnostics) -> [PipelineTestCase] {
    guard let root = YAMLDocument.load(path: path, file: shown, limits: Self.limits, diagnostics: &diagnostics) else { return [] }
    guard root.entries != nil else { return list(root, name: "a file of cases", quoted: false, &diagnostics) }
    let field = FieldSpec("tests", .list(.map(.string)), required: true, "")
    let others = Setting(.map((root.entries ?? []).filter { $0.key != "tests" }), at: root.span)
    _ = checker.object(others, fields: root["tests"] == nil ? [field] : [], others: [field], name: "a file of cases", &diagnostics)
    return root["tests"].map { list($0, name: "tests", &diagnostics) } ?? []
  }

  private func list(_ setting: Setting, name: String, quoted: Bool = true, _ diagnostics: inout Diagnostics) -> [PipelineTestCase] {
    guard let items = setting.list else {
      if !setting.isNull || !quoted {
        diagnostics.error(
          "wrong-type", "\(quoted ? "`\(name)`" : name) must be a list of cases, found \(setting.kind)", at: setting.span,
          hint: "start each case with `- name:`")
      }
      return []
    }
    reportDuplicateNames(items, &diagnostics)
    return items.compactMap { testCase($0, &diagnostics) }
  }

  // MARK: One case

  private func testCase(_ setting: Setting, _ diagnostics: inout Diagnostics) -> PipelineTestCase? {
    let name = setting["name"]?.string.map { "case `\($0.prefix(60))`" } ?? "this case"
    let checked = checker.object(setting, fields: PipelineSpec.testCase, name: name, &diagnostics)
    let item = setting.entries == nil ? nil : item(setting, name: name, &diagnostics)
    checkExpectation(setting["expect"], name: name, &diagnostics)
    guard let checked, let item else { return nil }
    var result = PipelineTestCase(name: checked["name"]?.string ?? "", item: item, author: checked["author"]?.string, span: setting.span)
    result.context = (checked["context"]?.list ?? []).map { turn in
      ChatTurn(role: turn["author"]?.string ?? "user", content: turn.string ?? turn["text"]?.string ?? "")
    }
    for entry in checked["reasoner"]?.entries ?? [] { result.reasoner[entry.key] = Self.answer(entry.value) }
    readExpectation(checked["expect"], into: &result)
    return result
  }

  /// A case shows one thing: a message, an exchange or a chat.
  private func item(_ setting: Setting, name: String, _ diagnostics: inout Diagnostics) -> Item? {
    let (text, messages) = (setting.entry("text"), setting.entry("messages"))
    let (prompt, completion) = (setting.entry("prompt"), setting.entry("completion"))
    let kinds = [text, prompt ?? completion, messages].compactMap { $0 }
    guard let kind = kinds.first else {
      diagnostics.error("missing-field", "\(name) needs a message", at: setting.span, hint: "add `text:`, `prompt:` and `completion:`, or `messages:`")
      return nil
    }
    if let second = kinds.dropFirst().first {
      diagnostics.error(
        "conflicting-fields", "`\(second.key)` cannot stand beside `\(kind.key)`", at: second.keySpan,
        notes: [.init("`\(kind.key)` is here", at: kind.keySpan)], hint: "write two cases")
      return nil
    }
    if let text { return text.value.string.map(Item.message) }
    if let messages {
      return .chat((messages.value.list ?? []).map { ChatTurn(role: $0["role"]?.string ?? "", content: $0["content"]?.string ?? "") })
    }
    guard let prompt, let completion else {
      let other = prompt == nil ? "prompt" : "completion"
      diagnostics.error("missing-field", "`\(kind.key)` needs `\(other)` beside it", at: kind.keySpan)
      return nil
    }
    guard let asked = prompt.value.string, let answered = completion.value.string else { return nil }
    return .exchange(prompt: asked, completion: answered)
  }

  private func readExpectation(_ setting: Setting?, into result: inout PipelineTestCase) {
    result.expectVerdict = (setting?.string ?? setting?["verdict"]?.string).flatMap(Verdict.init(name:))
    result.expectCategory = setting?["category"]?.string
    result.expectStage = setting?["stage"]?.string
    result.expectRule = setting?["rule"]?.string
  }

  private func checkExpectation(_ setting: Setting?, name: String, _ diagnostics: inout Diagnostics) {
    guard let setting else { return }
    if setting.entries?.isEmpty == true {
      diagnostics.error("missing-field", "\(name) expects nothing", at: setting.span, hint: "for example `expect: block`")
    }
    if let category = setting["category"], let word = category.string, !checker.categories.contains(word) {
      checker.unknownCategory(word, at: category.span, &diagnostics)
    }
    if let stage = setting["stage"], let word = stage.string, !stageIDs.contains(word) {
      diagnostics.error(
        "unknown-stage", "no stage has the id `\(word)`", at: stage.span,
        hint: nearestSpelling(to: word, in: stageIDs).map { "did you mean `\($0)`?" } ?? "one of \(FieldType.quoted(stageIDs))")
    }
  }

  /// An answer as the model would write it, also where YAML takes it for a number: `1`.
  private static func answer(_ setting: Setting) -> String {
    switch setting.value {
    case .string(let text): text
    case .int(let value): String(value)
    case .bool(let value): String(value)
    default: ""
    }
  }

  /// Names are unique in a file; a pipeline and the file beside it may each have an `allow`.
  private func reportDuplicateNames(_ items: [Setting], _ diagnostics: inout Diagnostics) {
    var first: [String: SourceSpan] = [:]
    for setting in items.compactMap({ $0["name"] }) {
      guard let name = setting.string else { continue }
      if let earlier = first[name] {
        diagnostics.error(
          "duplicate-name", "another case is called `\(name.prefix(60))`", at: setting.span, notes: [.init("first used here", at: earlier)],
          hint: "give each case a name of its own")
      } else {
        first[name] = setting.span
      }
    }
  }
}
