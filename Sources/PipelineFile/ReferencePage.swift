import Moderation

extension PipelineFile {
  /// The reference of pipeline files as Markdown, generated from the same specs that check them: `docs/pipeline-reference.md`.
  public static func referencePage(stageTypes: [StageType]) -> String {
    var page = """
      # Pipeline files

      <!-- Generated from the specs in Sources; a test holds it current. -->

      A pipeline file is YAML (1.2 scalars: only `true` and `false` are booleans) of at most 1 MiB. Paths are relative to the file.
      Text may hold `${VAR}`, `${VAR:-default}` and `${VAR:?message}`, replaced after the file is parsed; `$$` is one `$`. What a variable
      gives is read as what its field takes, so `messages: ${CONTEXT:-4}` is a number. Inside braces and brackets it needs quotes:
      `{messages: "${CONTEXT:-4}"}`. A field whose variable is empty counts as left out. Nothing is replaced under `tests:`.

      ## Fields


      """
    page += table(PipelineSpec.fields)
    for field in PipelineSpec.fields where field.name != "stages" {
      guard let inner = field.type.innerFields else { continue }
      page += "\n### `\(field.name)`\n\n\(field.doc)\n\n" + table(inner)
      for nested in inner { page += nestedTable(nested, of: field.name) }
    }
    page += "\n## Fields of every stage\n\n" + table(PipelineSpec.stage + [PipelineSpec.bands])
    page += "\n`bands` stands on stages that give probabilities, and holds for each category:\n\n" + table(PipelineSpec.band)
    for type in stageTypes { page += section(type.spec) }
    return page
  }

  private static func section(_ spec: StageSpec) -> String {
    let kind = spec.kind == .screen ? "A screen" : "A reasoner"
    var text = "\n## `type: \(spec.type)`\n\n\(kind)\(spec.scores ? " that gives probabilities" : ""): \(spec.summary)\n\n\(spec.description.trimmedLines)\n"
    if !spec.ownFields.isEmpty { text += "\n" + table(spec.ownFields) }
    for field in spec.ownFields { text += nestedTable(field, of: spec.type) }
    return text + "\n```yaml\n\(spec.listedExample)\n```\n"
  }

  private static func nestedTable(_ field: FieldSpec, of parent: String) -> String {
    guard let fields = field.type.innerFields else { return "" }
    return "\n`\(field.name)` of `\(parent)`:\n\n" + table(fields)
  }

  private static func table(_ fields: [FieldSpec]) -> String {
    func cell(_ text: String) -> String { text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|") }
    let rows = fields.map { field in
      "| `\(field.name)` | \(cell(field.type.words)) | \(field.required ? "required" : field.defaultText.map(cell) ?? "") | \(cell(field.doc)) |\n"
    }
    return "| field | value | default | |\n|---|---|---|---|\n" + rows.joined()
  }
}
