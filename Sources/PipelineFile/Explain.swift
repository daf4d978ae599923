import Moderation
import YAMLDocument

/// What `winnow explain` prints: pages on stage types, on parts of a pipeline file, and on diagnostic codes.
enum Explain {
  static func page(_ code: CodeExplanation) -> String {
    var text = "\(code.code)\n\(code.title)\n\nWhat it means\n\(indented(code.meaning))\n\nWhy it is bad\n\(indented(code.why))\n"
    if !code.example.isEmpty { text += "\nExample\n\(indented(code.example))\n" }
    if !code.fix.isEmpty { text += "\nUse instead\n\(indented(code.fix))\n" }
    return text
  }

  static func page(_ spec: StageSpec) -> String {
    let kind = spec.kind == .screen ? "screen: cheap, for every message" : "reasoner: slow, for what is still uncertain"
    var text = "\(spec.type)\n\(spec.summary)\n(\(kind))\n\n\(spec.description)\n\nFields\n\(table(spec.ownFields))"
    text += "\nFields of every stage\n\(table(spec.commonFields))"
    return text + "\nExample\n\(indented(spec.listedExample))\n"
  }

  static func page(_ field: FieldSpec) -> String {
    var text = "\(field.name)\n\(field.doc)\n\nIt is \(field.type.words)."
    if let value = field.defaultText { text += " Default: \(value)." }
    text += "\n"
    if let fields = field.type.innerFields { text += "\nFields\n\(table(fields))" }
    return text
  }

  private static func table(_ fields: [FieldSpec]) -> String {
    fields.map { field in
      let facts = [field.required ? "required" : nil, field.defaultText.map { "default \($0)" }].compactMap { $0 }.joined(separator: ", ")
      return "  \(field.name): \(field.type.words)\(facts.isEmpty ? "" : " (\(facts))")\n      \(field.doc)\n"
    }.joined()
  }

  private static func indented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "  " + $0 }.joined(separator: "\n")
  }
}

extension PipelineFile {
  /// Explanations of every code that reading YAML and pipeline files can report.
  public static var codes: [CodeExplanation] { (YAMLDocument.codes + pipelineCodes + stageCodes).sorted { $0.code < $1.code } }

  /// The page on a stage type, a diagnostic code, or a field of the pipeline file, in this order; nil for any other word.
  ///
  /// - Parameter codes: explanations of codes that other modules report.
  public static func explain(_ word: String, stageTypes: [StageType], codes: [CodeExplanation] = []) -> String? {
    if let type = stageTypes.first(where: { $0.spec.type == word }) { return Explain.page(type.spec) }
    if let code = (Self.codes + codes).first(where: { $0.code == word }) { return Explain.page(code) }
    return PipelineSpec.fields.first { $0.name == word }.map(Explain.page)
  }

  /// All words that ``explain(_:stageTypes:codes:)`` knows, each with its first line.
  public static func explainIndex(stageTypes: [StageType], codes: [CodeExplanation] = []) -> String {
    func table(_ rows: [(String, String)]) -> String {
      let width = rows.map(\.0.count).max() ?? 0
      return rows.map { "  \($0.0)\(String(repeating: " ", count: width - $0.0.count))  \($0.1)\n" }.joined()
    }
    let all = (Self.codes + codes).sorted { $0.code < $1.code }
    return "Stage types\n" + table(stageTypes.map { ($0.spec.type, $0.spec.summary) })
      + "\nFields of a pipeline file\n" + table(PipelineSpec.fields.map { ($0.name, $0.doc) })
      + "\nDiagnostic codes\n" + table(all.map { ($0.code, $0.title) })
  }

  /// The word nearest to one that ``explain(_:stageTypes:codes:)`` does not know.
  public static func explainSuggestion(for word: String, stageTypes: [StageType], codes: [CodeExplanation] = []) -> String? {
    nearestSpelling(to: word, in: stageTypes.map(\.spec.type) + (Self.codes + codes).map(\.code) + PipelineSpec.fields.map(\.name))
  }
}

extension FieldType {
  /// The fields of the map that a value of this type is or holds.
  var innerFields: [FieldSpec]? {
    switch self {
    case .object(let fields): fields
    case .list(let element), .map(let element), .perCategory(let element): element.innerFields
    case .either(let types): types.lazy.compactMap(\.innerFields).first
    default: nil
    }
  }
}

extension String {
  /// Without blank lines at both ends.
  var trimmedLines: String {
    var lines = split(separator: "\n", omittingEmptySubsequences: false)
    while let first = lines.first, first.trimmingSpaces.isEmpty { lines.removeFirst() }
    while let last = lines.last, last.trimmingSpaces.isEmpty { lines.removeLast() }
    return lines.joined(separator: "\n")
  }
}
