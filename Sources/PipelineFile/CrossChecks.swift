import Moderation

/// What only shows when the parts of a pipeline are seen together: stages that no message reaches, categories that nothing settles,
/// failure modes that let messages through.
struct CrossChecks {
  let definition: PipelineDefinition
  let root: Setting

  func run(_ diagnostics: inout Diagnostics) {
    checkFailureModes(&diagnostics)
    checkDeadline(&diagnostics)
    // With a stage or all categories missing, what follows would complain of what is only a consequence.
    guard definition.stages.count == root["stages"]?.list?.count, !definition.stages.isEmpty, definition.categories.count > 0 else { return }
    checkAnythingDecides(&diagnostics)
    checkReachability(&diagnostics)
    checkLateHits(&diagnostics)
    checkCategories(&diagnostics)
    checkReasonerSettings(&diagnostics)
    checkBandsPresent(&diagnostics)
  }

  private var deciding: [StageDefinition] { definition.stages.filter { $0.mode == .enforce } }
  private var reasoners: [StageDefinition] { definition.stages.filter { $0.mode != .off && $0.spec.kind == .reasoner } }

  private func written(_ stage: StageDefinition) -> Setting? {
    root["stages"]?.list?.first { $0.span == stage.span }
  }

  // MARK: Failing open, failing late

  private func checkFailureModes(_ diagnostics: inout Diagnostics) {
    for stage in deciding {
      for name in ["on_error", "on_timeout", "on_abstain", "on_overload"] {
        guard let action = written(stage)?[name], action.string == FailureAction.allow.rawValue else { continue }
        diagnostics.warning(
          "fail-open", "`\(name): allow` lets messages through unjudged whenever stage `\(stage.id)` fails", at: action.span,
          hint: "write `review`, unless losing the stage must never hold up a message")
      }
    }
  }

  private func checkDeadline(_ diagnostics: inout Diagnostics) {
    for stage in definition.stages where stage.mode != .off {
      guard let field = stage.spec.fields.first(where: { $0.name == "timeout" && $0.type == .duration }) else { continue }
      let setting = stage.configuration.settings["timeout"]
      guard let timeout = setting?.duration ?? field.defaultText.flatMap(Duration.init(written:)), timeout > definition.deadline else { continue }
      let deadline = definition.deadline.inSeconds.asWritten
      let place = setting?.span ?? root["deadline"]?.span ?? stage.span
      diagnostics.warning(
        "deadline-too-short", "stage `\(stage.id)` may take \(timeout.inSeconds.asWritten)s, but a message has only \(deadline)s in all", at: place,
        hint: "raise `deadline`, or lower the stage's `timeout`")
    }
  }

  // MARK: What no message reaches, and what nothing settles

  private func checkAnythingDecides(_ diagnostics: inout Diagnostics) {
    guard deciding.isEmpty, let place = root.entry("stages")?.keySpan else { return }
    diagnostics.warning(
      "nothing-decides", "no stage is in `mode: enforce`, so every message is allowed", at: place, hint: "set `mode: enforce` on at least one stage")
  }

  /// A reasoner with a policy for every category answers all that are open, so after it a message is open only where a failure mode says `next`.
  private func settlesEverything(_ stage: StageDefinition) -> Bool {
    stage.spec.kind == .reasoner && !stage.failure.passesOn && judges(stage).count == definition.categories.count
  }

  private func checkReachability(_ diagnostics: inout Diagnostics) {
    let stages = deciding
    guard let last = stages.firstIndex(where: settlesEverything) else { return }
    for stage in stages[(last + 1)...] {
      diagnostics.warning(
        "unreachable-stage", "no message reaches stage `\(stage.id)`", at: written(stage)?["id"]?.span ?? stage.span,
        notes: [.init("stage `\(stages[last].id)` settles every category that is still open", at: stages[last].span)],
        hint: "move it before `\(stages[last].id)`, or pass messages on with `on_abstain: next`")
    }
  }

  /// What a screen has allowed no later stage looks at, whatever its lexicons and rules would find.
  private func checkLateHits(_ diagnostics: inout Diagnostics) {
    let reached = deciding.prefix { !settlesEverything($0) }
    for (place, stage) in reached.enumerated() where stage.spec.kind == .screen && !stage.spec.scores {
      guard let earlier = reached[..<place].first(where: mayAllow) else { continue }
      diagnostics.warning(
        "late-hits", "stage `\(stage.id)` never sees what `\(earlier.id)` has allowed", at: written(stage)?["id"]?.span ?? stage.span,
        notes: [.init("stage `\(earlier.id)` may allow a message alone", at: earlier.span)], hint: "move it before `\(earlier.id)`")
    }
  }

  private func mayAllow(_ stage: StageDefinition) -> Bool {
    guard stage.spec.kind == .screen else { return false }
    return stage.bands.values.contains { $0.allowBelow >= 0 } || stage.configuration.settings["on_no_hit"]?.string == FailureAction.allow.rawValue
  }

  private func checkCategories(_ diagnostics: inout Diagnostics) {
    let reasoners = deciding.filter { $0.spec.kind == .reasoner }
    let judged = reasoners.reduce(CategorySet()) { $0.union(judges($1)) }
    let hasUnscored = deciding.contains { $0.spec.kind == .screen && !$0.spec.scores }
    for (index, category) in definition.categories.categories.enumerated() {
      guard let place = root["categories"]?.entry(category.name) else { continue }
      let banded = deciding.contains { $0.bands[CategoryIndex(index)] != nil }
      if category.alwaysEscalate, !judged.contains(CategoryIndex(index)) {
        diagnostics.warning(
          "escalates-to-nobody", "`\(category.name)` always escalates, but no reasoner judges it, so every message goes to review",
          at: place.value["always_escalate"]?.span ?? place.keySpan,
          hint: reasoners.isEmpty ? "add a reasoner, or remove `always_escalate`" : "give it a `policy`")
      } else if !judged.contains(CategoryIndex(index)), !banded, !hasUnscored, !deciding.isEmpty {
        diagnostics.warning(
          "unsettled-category", "no stage looks at `\(category.name)`, so it never changes a verdict", at: place.keySpan,
          hint: reasoners.isEmpty
            ? "give it `bands` on a scoring stage, or add a reasoner" : "give it a `policy` for the reasoner, or `bands` on a scoring stage")
      }
    }
  }

  /// The categories that a reasoner has a policy for; all of them where no policy is named anywhere, for then it needs none.
  private func judges(_ stage: StageDefinition) -> CategorySet {
    let categories = definition.categories
    let own = stage.configuration.settings["policies"]
    let withPolicy = CategorySet(
      categories.categories.indices.lazy.filter { categories.categories[$0].policyPath != nil || own?[categories.categories[$0].name] != nil }
        .map { CategoryIndex($0) })
    return withPolicy.isEmpty ? categories.all : withPolicy
  }

  private func checkReasonerSettings(_ diagnostics: inout Diagnostics) {
    for (name, fields) in [("audit_sample", PipelineSpec.auditSample), ("budget", PipelineSpec.budget)] {
      guard let entry = root.entry(name) else { continue }
      if reasoners.isEmpty {
        diagnostics.warning(
          "no-reasoner", "`\(name)` does nothing without a reasoner", at: entry.keySpan, hint: "add a stage that asks a reasoner, or remove it")
      } else if entry.value.entries?.isEmpty == true {
        diagnostics.warning(
          "empty-setting", "`\(name)` sets nothing, so it does nothing", at: entry.keySpan,
          hint: "give it one of \(FieldType.quoted(fields.map(\.name))), or remove it")
      }
    }
  }

  private func checkBandsPresent(_ diagnostics: inout Diagnostics) {
    for stage in definition.stages where stage.mode == .enforce && stage.spec.scores && stage.spec.kind == .screen && stage.bands.isEmpty {
      diagnostics.warning(
        "no-bands", "stage `\(stage.id)` has no `bands`, so it decides nothing", at: stage.span,
        hint: "add `bands`, for example `bands: {\(definition.categories.categories[0].name): {allow_below: 0.03, block_above: 0.97}}`")
    }
  }
}

extension FailureModes {
  /// Whether any failure leaves the message to the next stage.
  fileprivate var passesOn: Bool { [onError, onTimeout, onAbstain, onOverload].contains(.next) }
}
