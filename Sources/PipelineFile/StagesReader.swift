import Moderation

/// `stages:` → ``StageDefinition``s, each checked against its type's spec and then by the type itself.
struct StagesReader {
  let checker: SettingChecker
  let types: [StageType]
  let table: CategoryTable

  struct Result {
    var definitions: [StageDefinition] = []
    /// All ids, also of stages that are wrong.
    var ids: [String] = []
  }

  func read(_ setting: Setting?, at root: SourceSpan, _ diagnostics: inout Diagnostics) -> Result {
    var result = Result()
    guard let setting else { return result }
    guard let items = setting.list else {
      _ = checker.check(setting, as: .list(.object([])), name: "stages", &diagnostics)
      return result
    }
    if items.isEmpty {
      diagnostics.error("no-stages", "a pipeline needs at least one stage", at: setting.span, hint: "`winnow explain` lists the types of stages")
    }
    if items.count > Self.mostStages {
      diagnostics.error(
        "too-many-stages", "a pipeline has at most \(Self.mostStages) stages, found \(items.count)", at: items[Self.mostStages].span,
        hint: "put rules of one kind into the files of one stage")
    }
    var places: [String: SourceSpan] = [:]
    for item in items {
      guard item.entries != nil else {
        _ = checker.check(item, as: .object([]), name: "stage", &diagnostics)
        continue
      }
      let stage = stage(item, &diagnostics)
      let id = stage.id
      let place = item["id"]?.span ?? item["type"]?.span ?? item.span
      if let id, let earlier = places[id] {
        diagnostics.error(
          "duplicate-id", "stage id `\(id)` is taken", at: place, notes: [.init("first used here", at: earlier)], hint: "give each stage an `id` of its own")
      }
      if let id {
        places[id] = places[id] ?? place
        result.ids.append(id)
      }
      if let definition = stage.definition { result.definitions.append(definition) }
    }
    return result
  }

  /// A verdict names its stage in one byte, and one value of it means none.
  static let mostStages = 255

  // MARK: One stage

  private func stage(_ item: Setting, _ diagnostics: inout Diagnostics) -> (id: String?, definition: StageDefinition?) {
    let type = stageType(item, &diagnostics)
    let id = id(item, &diagnostics)
    let name = "stage `\(id ?? item["type"]?.string ?? "?")`"
    guard let type else {
      checkCommonFields(item, name: name, &diagnostics)
      return (id, nil)
    }
    let before = diagnostics.all.count
    if !type.spec.scores, let bands = item.entry("bands") { refuseBands(bands, of: type.spec, &diagnostics) }
    let shown = without(item, type.spec.scores ? [] : ["bands"])
    let checked = checker.object(shown, fields: type.spec.ownFields + type.spec.commonFields, name: name, &diagnostics)
    // The checked one: a threshold that came from a variable is text until then.
    let bands = (checked?["bands"] ?? shown["bands"]).map { BandsReader(table: table).read($0, &diagnostics) } ?? [:]
    let isRight = checked != nil && !diagnostics.all[before...].contains { $0.severity == .error }
    if isRight, let checked {
      type.check(configuration(checked, id: id ?? type.spec.type), &diagnostics)
    } else {
      checkWhatIsRight(shown, id: id ?? type.spec.type, type, &diagnostics)
    }
    guard let checked, let id else { return (id, nil) }
    return (id, definition(checked, id: id, type: type, bands: bands, at: item.span))
  }

  /// Lets the type look at the files of a stage that is wrong in other fields, so that all problems are told at once. What it says of the
  /// stage as a whole, or of what has an error already, may be a mere consequence and is not passed on.
  private func checkWhatIsRight(_ item: Setting, id: String, _ type: StageType, _ diagnostics: inout Diagnostics) {
    let common = PipelineSpec.stage
    let fields = type.spec.ownFields + (type.spec.scores ? [PipelineSpec.bands] : [])
    let own = without(item, common.map(\.name))
    guard let right = checker.rightFields(of: own, fields: fields, others: common) else { return }
    var found = Diagnostics()
    type.check(configuration(right, id: id), &found)
    for problem in found.all where problem.span != item.span && !(problem.span.map(diagnostics.hasError) ?? false) { diagnostics.add(problem) }
  }

  /// The stage's own fields, as its type sees them.
  private func configuration(_ checked: Setting, id: String) -> StageConfiguration {
    StageConfiguration(
      id: id, settings: without(checked, PipelineSpec.stage.map(\.name)), categories: table, baseDirectory: checker.baseDirectory)
  }

  private func definition(
    _ checked: Setting, id: String, type: StageType, bands: [CategoryIndex: Band], at span: SourceSpan
  ) -> StageDefinition {
    let spec = type.spec
    var failure = spec.kind == .screen ? FailureModes.screen : .reasoner
    func action(_ name: String) -> FailureAction? { checked[name]?.string.flatMap(FailureAction.init) }
    failure.onError = action("on_error") ?? failure.onError
    failure.onTimeout = action("on_timeout") ?? failure.onTimeout
    failure.onAbstain = action("on_abstain") ?? failure.onAbstain
    failure.onOverload = action("on_overload") ?? failure.onOverload
    return StageDefinition(
      id: id, spec: spec, mode: checked["mode"]?.string.flatMap(StageMode.init) ?? .enforce, failure: failure, bands: bands,
      configuration: configuration(checked, id: id), span: span)
  }

  private func stageType(_ item: Setting, _ diagnostics: inout Diagnostics) -> StageType? {
    guard let setting = item["type"] else {
      diagnostics.error("missing-field", "a stage needs `type`", at: item.span, hint: "one of \(FieldType.quoted(types.map(\.spec.type)))")
      return nil
    }
    guard let word = checker.check(setting, as: .string, name: "type", &diagnostics)?.string else { return nil }
    if let type = types.first(where: { $0.spec.type == word }) { return type }
    let names = types.map(\.spec.type)
    diagnostics.error(
      "unknown-stage-type", "no stage type \(setting.isInterpolated ? "has this name" : "`\(word)`")", at: setting.span,
      hint: nearestSpelling(to: word, in: names).map { "did you mean `\($0)`?" } ?? "one of \(FieldType.quoted(names))")
    return nil
  }

  /// The stage's id, or its type where it has none.
  private func id(_ item: Setting, _ diagnostics: inout Diagnostics) -> String? {
    guard let setting = item["id"] else { return item["type"]?.string }
    guard let id = checker.check(setting, as: .string, name: "id", &diagnostics)?.string else { return nil }
    let allowed = id.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte) || "_-.".utf8.contains(byte)
    }
    if id.isEmpty || !allowed || id.utf8.count > 64 {
      diagnostics.error("stage-id", "a stage id is 1 to 64 letters, digits, `_`, `-` or `.`", at: setting.span)
      return nil
    }
    return id
  }

  /// Of a stage of unknown type only the common fields can be checked.
  private func checkCommonFields(_ item: Setting, name: String, _ diagnostics: inout Diagnostics) {
    let common = PipelineSpec.stage.filter { $0.name != "type" && $0.name != "id" }
    let known = Setting(.map((item.entries ?? []).filter { entry in common.contains { $0.name == entry.key } }), at: item.span)
    _ = checker.object(known, fields: common, name: name, &diagnostics)
  }

  private func refuseBands(_ bands: Setting.Entry, of spec: StageSpec, _ diagnostics: inout Diagnostics) {
    let scoring = types.filter(\.spec.scores).map(\.spec.type)
    diagnostics.error(
      "bands-without-scores", "a `\(spec.type)` stage gives no probabilities for bands to stand on", at: bands.keySpan,
      hint: scoring.isEmpty ? "remove them" : "put them on a stage of type \(FieldType.quoted(scoring))")
  }

  private func without(_ map: Setting, _ names: [String]) -> Setting {
    Setting(.map((map.entries ?? []).filter { !names.contains($0.key) }), at: map.span)
  }
}

/// `bands:` → thresholds by category. What is of the wrong type or out of range has been reported, and is passed over.
struct BandsReader {
  let table: CategoryTable
  /// Outside 0...1: a threshold that no probability reaches.
  static let never = (allow: -1.0, block: 2.0)

  func read(_ setting: Setting, _ diagnostics: inout Diagnostics) -> [CategoryIndex: Band] {
    var bands: [CategoryIndex: Band] = [:]
    for entry in setting.entries ?? [] {
      guard let index = table.index(of: entry.key), entry.value.entries != nil else { continue }
      let (allow, block) = (entry.value["allow_below"], entry.value["block_above"])
      if allow == nil, block == nil {
        diagnostics.error(
          "missing-field", "the band of `\(entry.key)` needs `allow_below`, `block_above` or both", at: entry.keySpan,
          hint: "for example `{allow_below: 0.03, block_above: 0.97}`")
      }
      let band = Band(allowBelow: Self.threshold(allow) ?? Self.never.allow, blockAbove: Self.threshold(block) ?? Self.never.block)
      if band.allowBelow >= band.blockAbove, let allow, let block {
        let (low, high) = (band.allowBelow.asWritten, band.blockAbove.asWritten)
        diagnostics.error(
          "band-order", "`allow_below` (\(low)) must be less than `block_above` (\(high)) for `\(entry.key)`", at: allow.span,
          notes: [.init("`block_above` is here", at: block.span)],
          hint: band.allowBelow > band.blockAbove ? "exchange the two" : "leave a gap between them for what is uncertain")
      }
      bands[index] = band
    }
    return bands
  }

  private static func threshold(_ setting: Setting?) -> Double? {
    setting?.share.flatMap { (0...1).contains($0) ? $0 : nil }
  }
}
