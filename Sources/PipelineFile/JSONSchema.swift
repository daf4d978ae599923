import Moderation

extension PipelineFile {
  /// The JSON Schema of pipeline files for editors, generated from the specs that check them.
  ///
  /// Draft 7, which is what YAML editors know best. Each stage type is a definition of its own, chosen by `type`. A value that is not text may
  /// also be a text with `${VAR}`.
  public static func jsonSchema(stageTypes: [StageType]) -> String {
    let writer = SchemaWriter(stageTypes: stageTypes.map(\.spec))
    return writer.document.pretty
  }
}

struct SchemaWriter {
  let stageTypes: [StageSpec]

  var document: JSONTree {
    let fields = PipelineSpec.fields.map { field -> (String, JSONTree) in
      field.name == "stages" ? ("stages", stages(field)) : (field.name, described(field))
    }
    return .object([
      ("$schema", "http://json-schema.org/draft-07/schema#"), ("title", "Winnow pipeline"), ("type", "object"),
      ("required", .strings(PipelineSpec.fields.filter(\.required).map(\.name))), ("properties", .object(fields)), ("additionalProperties", false),
      ("definitions", .object(definitions)),
    ])
  }

  private var definitions: [(String, JSONTree)] {
    let common: [(String, JSONTree)] = [
      ("variable", .object([("type", "string"), ("pattern", "\\$\\{[A-Za-z_]")])),
      (
        "duration",
        .object([
          (
            "anyOf",
            .array([
              .object([("type", "number"), ("minimum", 0)]), .object([("type", "string"), ("pattern", "^[0-9.]+ *(ms|s|m|h|d)$")]), variable,
            ])
          )
        ])
      ),
      (
        "byteCount",
        .object([
          (
            "anyOf",
            .array([
              .object([("type", "integer"), ("minimum", 0)]), .object([("type", "string"), ("pattern", "^[0-9.]+ *(B|KB|MB|GB|KiB|MiB|GiB)$")]), variable,
            ])
          )
        ])
      ),
      (
        "share",
        .object([
          (
            "anyOf",
            .array([
              .object([("type", "number"), ("minimum", 0), ("maximum", 1)]), .object([("type", "string"), ("pattern", "^[0-9.]+ *%$")]), variable,
            ])
          )
        ])
      ),
      (
        "secret",
        .object([
          ("type", "object"), ("minProperties", 1), ("maxProperties", 1), ("additionalProperties", false),
          ("properties", .object([("env", .object([("type", "string")])), ("file", .object([("type", "string")]))])),
        ])
      ),
    ]
    return common + stageTypes.map { ("stage." + $0.type, stage($0)) }
  }

  private var variable: JSONTree { .object([("$ref", "#/definitions/variable")]) }

  /// `type` chooses the definition that the rest of the stage must fit.
  private func stages(_ field: FieldSpec) -> JSONTree {
    let types = JSONTree.object([("enum", .strings(stageTypes.map(\.type))), ("description", "What the stage is.")])
    let choices = stageTypes.map { spec in
      JSONTree.object([
        ("if", .object([("properties", .object([("type", .object([("const", .string(spec.type))]))])), ("required", ["type"])])),
        ("then", .object([("$ref", .string("#/definitions/stage." + spec.type))])),
      ])
    }
    let item: [(String, JSONTree)] = [
      ("type", "object"), ("required", ["type"]), ("properties", .object([("type", types)])), ("allOf", .array(choices)),
    ]
    return .object([("description", .string(field.doc)), ("type", "array"), ("minItems", 1), ("items", .object(item))])
  }

  private func stage(_ spec: StageSpec) -> JSONTree {
    let fields = spec.commonFields + spec.ownFields
    let properties = fields.map { field -> (String, JSONTree) in
      field.name == "type" ? ("type", .object([("const", .string(spec.type)), ("description", .string(spec.summary))])) : (field.name, described(field))
    }
    return .object([
      ("title", .string(spec.type)), ("description", .string(spec.summary)), ("type", "object"),
      ("required", .strings(fields.filter(\.required).map(\.name))), ("properties", .object(properties)), ("additionalProperties", false),
    ])
  }

  private func described(_ field: FieldSpec) -> JSONTree {
    var parts: [(String, JSONTree)] = [("description", .string(field.defaultText.map { "\(field.doc) Default: \($0)." } ?? field.doc))]
    switch schema(field.type) {
    // Draft 7 ignores whatever stands beside a reference.
    case .object(let inner) where inner.first?.0 == "$ref": parts.append(("allOf", .array([.object(inner)])))
    case .object(let inner): parts += inner
    default: break
    }
    return .object(parts)
  }

  private func schema(_ type: FieldType) -> JSONTree {
    switch type {
    case .string, .path, .existingPath: .object([("type", "string")])
    case .url: .object([("type", "string"), ("pattern", "^https?://|\\$\\{")])
    case .boolean: orVariable([("type", "boolean")])
    case .integer(let range): orVariable([("type", "integer")] + limits(range))
    case .number(let range): orVariable([("type", "number")] + limits(range))
    case .choice(let names): orVariable([("enum", .strings(names))])
    case .share: reference("share")
    case .duration: reference("duration")
    case .byteCount: reference("byteCount")
    case .secret: reference("secret")
    case .list(let element): .object([("type", "array"), ("items", schema(element))])
    case .map(let value), .perCategory(let value): .object([("type", "object"), ("additionalProperties", schema(value))])
    case .object(let fields): object(fields)
    case .either(let types): .object([("anyOf", .array(types.map(schema)))])
    }
  }

  private func object(_ fields: [FieldSpec]) -> JSONTree {
    var parts: [(String, JSONTree)] = [("type", "object")]
    let required = fields.filter(\.required).map(\.name)
    if !required.isEmpty { parts.append(("required", .strings(required))) }
    return .object(parts + [("properties", .object(fields.map { ($0.name, described($0)) })), ("additionalProperties", false)])
  }

  private func orVariable(_ fields: [(String, JSONTree)]) -> JSONTree { .object([("anyOf", .array([.object(fields), variable]))]) }
  private func reference(_ name: String) -> JSONTree { .object([("$ref", .string("#/definitions/\(name)"))]) }

  private func limits(_ range: ClosedRange<Int>) -> [(String, JSONTree)] {
    (range.lowerBound > .min ? [("minimum", .int(range.lowerBound))] : []) + (range.upperBound < .max ? [("maximum", .int(range.upperBound))] : [])
  }

  private func limits(_ range: ClosedRange<Double>) -> [(String, JSONTree)] {
    let (low, high) = (range.lowerBound, range.upperBound)
    return (low > -.greatestFiniteMagnitude ? [("minimum", .number(low))] : []) + (high < .greatestFiniteMagnitude ? [("maximum", .number(high))] : [])
  }
}
