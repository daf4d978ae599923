import Moderation

extension StageSpec {
  /// The type's own fields, without those that every stage has.
  var ownFields: [FieldSpec] {
    fields.filter { field in field.name != PipelineSpec.bands.name && !PipelineSpec.stage.contains { $0.name == field.name } }
  }

  /// The common fields with this kind's defaults, and `bands` where the type gives probabilities.
  var commonFields: [FieldSpec] {
    let action = kind == .screen ? FailureAction.next : .review
    let fields = PipelineSpec.stage.map { field -> FieldSpec in
      guard field.name.hasPrefix("on_") else { return field }
      var field = field
      field.defaultText = action.rawValue
      return field
    }
    return fields + (scores ? [PipelineSpec.bands] : [])
  }

  /// The example as an item of `stages:`, whether or not it was written as one.
  var listedExample: String {
    let lines = example.trimmedLines.split(separator: "\n", omittingEmptySubsequences: false)
    guard let first = lines.first, !first.hasPrefix("- ") else { return example.trimmedLines }
    return lines.enumerated().map { ($0 == 0 ? "- " : $1.isEmpty ? "" : "  ") + $1 }.joined(separator: "\n")
  }
}
