import Moderation
import PipelineFile
import Testing
import YAMLDocument

/// Shows that the schema for editors agrees with the checks: JSON is YAML, so the schema is read with our own reader.
struct JSONSchemaTests {
  static let text = PipelineFile.jsonSchema(stageTypes: FakeStages.all)

  static func schema() throws -> Setting {
    var diagnostics = Diagnostics()
    let schema = YAMLDocument.parse(text: text, file: "schema.json", limits: .lexicon, diagnostics: &diagnostics)
    #expect(diagnostics.isEmpty)
    return try #require(schema)
  }

  @Test func theSchemaIsAsAgreed() { Golden.expect(Self.text, is: "schema.json") }

  @Test(arguments: ["good/chat.yaml"]) func aGoodFileFitsTheSchema(name: String) throws {
    var diagnostics = Diagnostics()
    let file = try #require(YAMLDocument.load(path: "\(Golden.folder)/\(name)", diagnostics: &diagnostics))
    #expect(SchemaCheck(root: try Self.schema()).problems(file) == [])
  }

  @Test(arguments: ["01-unknown-fields", "02-wrong-types", "09-unknown-stage-type", "10-no-stages", "11-missing-everything", "15-category-names", "16-tests"])
  func aBrokenFileDoesNot(name: String) throws {
    var diagnostics = Diagnostics()
    guard let file = YAMLDocument.load(path: "\(Golden.folder)/broken/\(name).yaml", diagnostics: &diagnostics) else { return }
    #expect(SchemaCheck(root: try Self.schema()).problems(file) != [])
  }
}

/// As much of JSON Schema draft 7 as ours uses.
struct SchemaCheck {
  let root: Setting

  func problems(_ value: Setting) -> [String] { problems(value, root, at: "") }

  private func problems(_ value: Setting, _ schema: Setting, at path: String) -> [String] {
    var found: [String] = []
    if let reference = schema["$ref"]?.string {
      let name = String(reference.dropFirst("#/definitions/".count))
      guard let target = root["definitions"]?[name] else { return ["\(path): no definition \(name)"] }
      return problems(value, target, at: path)
    }
    if let type = schema["type"]?.string, !fits(value, type) { return ["\(path): not \(type)"] }
    if let choices = schema["enum"]?.list, !choices.contains(where: { $0.value == value.value }) { found.append("\(path): not in enum") }
    if let const = schema["const"], const.value != value.value { found.append("\(path): not const") }
    if let low = schema["minimum"]?.double, let number = value.double, number < low { found.append("\(path): below minimum") }
    if let high = schema["maximum"]?.double, let number = value.double, number > high { found.append("\(path): above maximum") }
    if let pattern = schema["pattern"]?.string, let text = value.string, let regex = try? Regex(pattern), text.firstMatch(of: regex) == nil {
      found.append("\(path): not \(pattern)")
    }
    if let least = schema["minItems"]?.int, let items = value.list, items.count < least { found.append("\(path): too few") }
    for all in schema["allOf"]?.list ?? [] {
      if let condition = all["if"] {
        if problems(value, condition, at: path).isEmpty, let then = all["then"] { found += problems(value, then, at: path) }
      } else {
        found += problems(value, all, at: path)
      }
    }
    if let any = schema["anyOf"]?.list, !any.contains(where: { problems(value, $0, at: path).isEmpty }) { found.append("\(path): fits none") }
    for key in schema["required"]?.list ?? [] where value.entries != nil && value.entry(key.string ?? "") == nil {
      found.append("\(path): lacks \(key.string ?? "")")
    }
    for entry in value.entries ?? [] {
      if let property = schema["properties"]?[entry.key] {
        found += problems(entry.value, property, at: "\(path)/\(entry.key)")
      } else if schema["additionalProperties"]?.bool == false {
        found.append("\(path): unknown \(entry.key)")
      } else if let additional = schema["additionalProperties"], additional.entries != nil {
        found += problems(entry.value, additional, at: "\(path)/\(entry.key)")
      }
    }
    if let items = schema["items"] { for (index, item) in (value.list ?? []).enumerated() { found += problems(item, items, at: "\(path)/\(index)") } }
    return found
  }

  private func fits(_ value: Setting, _ type: String) -> Bool {
    switch type {
    case "object": value.entries != nil
    case "array": value.list != nil
    case "string": value.string != nil
    case "boolean": value.bool != nil
    case "integer": value.int != nil
    case "number": value.double != nil
    default: false
    }
  }
}
