import Moderation

/// The `classifier` stage: calibrated probabilities from a linear model, for bands to decide on.
///
/// A probability at or below a category's `allow_below` settles it, one at or above `block_above` blocks, and everything between goes on.
public enum ClassifierStage {
  public static let spec = StageSpec(
    type: "classifier", kind: .screen, summary: "scores messages with a small linear model",
    description: """
      Reads words and the character n-grams inside them, about a microsecond a message, and gives each of its labels a calibrated probability. `bands` say \
      what to do with it: allow, block, or leave it to the next stage. Train a model with `winnow train`; choose bands on labelled messages that it has not seen. A category \
      without a band is scored and recorded, and decided by nobody here.
      """,
    fields: [
      FieldSpec("model", .existingPath, required: true, "Model file, as `winnow train` writes it."),
      FieldSpec(
        "labels", .map(.string), default: "labels named like a category",
        "Which label of the model scores which category: `toxic: harassment`. Labels that are not named here and not called like a category are not used."),
    ],
    scores: true,
    example: """
      id: linear
      type: classifier
      model: ../examples/models/chat.linear
      bands:
        harassment: {allow_below: 0.05, block_above: 0.97}
      """)

  public static let type = StageType(spec: spec, check: { check($0, &$1) }, build: { configuration, _ in .screen(try build(configuration)) })

  /// Opens the model and compares its labels with the pipeline's categories and the stage's bands.
  public static func check(_ configuration: StageConfiguration, _ diagnostics: inout Diagnostics) { _ = screen(configuration, &diagnostics) }

  public static func build(_ configuration: StageConfiguration) throws -> LinearScreen {
    var diagnostics = Diagnostics()
    guard let screen = screen(configuration, &diagnostics), !diagnostics.hasErrors else { throw DiagnosticsError(diagnostics) }
    return screen
  }

  private static func screen(_ configuration: StageConfiguration, _ diagnostics: inout Diagnostics) -> LinearScreen? {
    guard let setting = configuration.settings["model"], let path = setting.string else { return nil }
    let model: LinearModel
    do { model = try LinearModel(path: configuration.resolve(path)) } catch {
      diagnostics.error(
        "unreadable-model", "the model of stage `\(configuration.id)` cannot be used: \(error)", at: setting.span, hint: "make one with `winnow train`")
      return nil
    }
    let columns = columns(model, configuration, &diagnostics)
    if columns.isEmpty, !diagnostics.hasErrors {
      diagnostics.error(
        "no-scored-category", "the model of stage `\(configuration.id)` scores none of the pipeline's categories", at: setting.span,
        hint:
          "it has \(list(model.labels)); name them under `labels:`, for example `labels: {\(model.labels.first ?? "label"): \(configuration.categories.categories.first?.name ?? "category")}`"
      )
    }
    if !columns.isEmpty, !diagnostics.hasErrors { checkBands(model, columns, configuration, &diagnostics) }
    return LinearScreen(model: model, columns: columns)
  }

  /// A band without a score decides nothing: what it was written for would be allowed.
  private static func checkBands(
    _ model: LinearModel, _ columns: [LinearScreen.Column], _ configuration: StageConfiguration, _ diagnostics: inout Diagnostics
  ) {
    for entry in configuration.settings["bands"]?.entries ?? [] {
      guard let category = configuration.categories.index(of: entry.key), !columns.contains(where: { $0.category == category }) else { continue }
      diagnostics.error(
        "unscored-band", "the model of stage `\(configuration.id)` gives no probability for `\(entry.key)`, so its band decides nothing", at: entry.keySpan,
        hint: "the model has \(list(model.labels)): map one of them under `labels:`, or remove the band")
    }
  }

  private static func columns(_ model: LinearModel, _ configuration: StageConfiguration, _ diagnostics: inout Diagnostics) -> [LinearScreen.Column] {
    var columns: [LinearScreen.Column] = []
    let mapping = configuration.settings["labels"]?.entries ?? []
    for entry in mapping {
      guard let label = model.labels.firstIndex(of: entry.key) else {
        diagnostics.error(
          "unknown-label", "the model has no label `\(entry.key)`", at: entry.keySpan,
          hint: nearestSpelling(to: entry.key, in: model.labels).map { "did you mean `\($0)`?" } ?? "it has \(list(model.labels))")
        continue
      }
      guard let category = entry.value.string.flatMap({ configuration.categories.index(of: $0) }) else {
        let names = configuration.categories.categories.map(\.name)
        diagnostics.error(
          "unknown-category", "`\(entry.value.string ?? "")` is no category of this pipeline", at: entry.value.span,
          hint: nearestSpelling(to: entry.value.string ?? "", in: names).map { "did you mean `\($0)`?" } ?? "its categories: \(list(names))")
        continue
      }
      if columns.contains(where: { $0.category == category }) {
        diagnostics.error("duplicate-category", "two labels score `\(configuration.categories[category].name)`", at: entry.value.span)
        continue
      }
      columns.append(.init(label: label, category: category))
    }
    for (label, name) in model.labels.enumerated() where !mapping.contains(where: { $0.key == name }) {
      guard let category = configuration.categories.index(of: name), !columns.contains(where: { $0.category == category }) else { continue }
      columns.append(.init(label: label, category: category))
    }
    return columns.sorted { $0.category < $1.category }
  }

  private static func list(_ names: [String]) -> String { names.map { "`\($0)`" }.joined(separator: ", ") }

  /// Explanations of what ``check(_:_:)`` reports.
  public static let codes: [CodeExplanation] = [
    CodeExplanation(
      "unreadable-model", "a classifier's model file cannot be used",
      meaning: "the file is missing parts, is damaged, or was not written by `winnow train`",
      why: "a stage without its model would leave every message to the next one, at the next one's price",
      fix: "train it again, or copy it again; `winnow score MODEL --card` shows what a good one says of itself"),
    CodeExplanation(
      "unknown-label", "`labels` names a label that the model does not have", meaning: "a model knows the labels that it was trained on, and only those",
      why: "the category would silently go unscored", example: "labels: {toxicity: harassment}   # the model has `toxic`",
      fix: "use one of the names that the message lists, or train with that label"),
    CodeExplanation(
      "duplicate-category", "two labels of a model score one category", meaning: "`labels` maps a second label to a category that has one",
      why: "a category has one probability, and bands compare with it", fix: "map one of them, or train a model that joins them: `--labels category=a+b`"),
    CodeExplanation(
      "unscored-band", "a band stands on a category that the model does not score",
      meaning: "none of the model's labels is called like the category, and `labels` maps none to it",
      why: "the band would decide nothing, and where no other stage looks at the category every message would be allowed in it",
      example: "bands: {threats: {allow_below: 0.05}}   # the model has `threat`", fix: "map the label, `labels: {threat: threats}`, or remove the band"),
    CodeExplanation(
      "no-scored-category", "a classifier scores nothing of this pipeline",
      meaning: "none of the model's labels is called like a category, and `labels` maps none", why: "the stage would cost time and do nothing",
      fix: "map labels to categories: `labels: {toxic: harassment}`"),
  ]
}
