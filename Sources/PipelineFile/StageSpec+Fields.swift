import Moderation

extension StageSpec {
  /// The type's own fields, without those that every stage has.
  var ownFields: [FieldSpec] {
    fields.filter { field in field.name != PipelineSpec.bands.name && !PipelineSpec.stage.contains { $0.name == field.name } }
  }

  /// The common fields, with `bands` where the type gives probabilities.
  var commonFields: [FieldSpec] { PipelineSpec.stage + (scores ? [PipelineSpec.bands] : []) }
}
