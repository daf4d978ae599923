/// Tools that a system or developer message declares, in the TypeScript-like form that the models were trained with.
public struct HarmonyToolNamespace: Sendable, Hashable {
  public var name: String
  public var description: String?
  public var tools: [HarmonyTool]
  public init(name: String, description: String? = nil, tools: [HarmonyTool] = []) {
    self.name = name
    self.description = description
    self.tools = tools
  }

  /// The section `# Tools`: namespaces in the order of their keys.
  static func section(_ namespaces: [String: HarmonyToolNamespace]) -> String {
    let ordered = namespaces.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    return (["# Tools"] + ordered.map(\.value.text)).joined(separator: "\n\n")
  }

  private var text: String {
    var lines = ["## \(name)\n"]
    for line in (description ?? "").harmonyLines { lines.append(tools.isEmpty ? line : "// \(line)") }
    guard !tools.isEmpty else { return lines.joined(separator: "\n") }
    lines.append("namespace \(name) {\n")
    for tool in tools {
      lines += tool.description.harmonyLines.map { "// \($0)" }
      lines.append(tool.parameterType.map { "type \(tool.name) = (_: \($0)) => any;\n" } ?? "type \(tool.name) = () => any;\n")
    }
    lines.append("} // namespace \(name)")
    return lines.joined(separator: "\n")
  }
}

public struct HarmonyTool: Sendable, Hashable {
  public var name: String
  public var description: String
  /// The TypeScript type of its argument; nil when it takes none.
  public var parameterType: String?

  /// - Parameter schema: JSON schema of the argument.
  public init(name: String, description: String, schema: JSONValue? = nil) {
    self.name = name
    self.description = description
    parameterType = schema.map { HarmonyToolSchema.type($0, indent: "") }
  }
}

/// JSON schema to TypeScript, as openai-harmony writes it (`json_schema_to_typescript`).
enum HarmonyToolSchema {
  static func type(_ schema: JSONValue, indent: String) -> String {
    if let variants = schema["oneOf"]?.elements {
      return variants.map { "\n\(indent) | \(annotated($0, indent: indent, comment: comment($0, describes: true, quotesEnumDefaults: true)))" }.joined()
    }
    if let names = schema["type"]?.elements?.compactMap(\.string), !names.isEmpty {
      return names.map { $0 == "integer" ? "number" : $0 }.joined(separator: " | ")
    }
    switch schema["type"]?.string {
    case "object": return object(schema, indent: indent)
    case "string":
      let values = schema["enum"]?.elements?.compactMap(\.string) ?? []
      return values.isEmpty ? "string" : values.map { "\"\($0)\"" }.joined(separator: " | ")
    case "number", "integer": return "number"
    case "boolean": return "boolean"
    case "array": return schema["items"].map { "\(type($0, indent: indent))[]" } ?? "Array<any>"
    default: return "any"
    }
  }

  /// A type that says when it may be null.
  private static func nullable(_ schema: JSONValue, indent: String) -> String {
    let type = type(schema, indent: indent)
    let addsNull = schema["nullable"]?.bool == true && !type.utf8.harmonyContains("null")
    return addsNull ? "\(type) | null" : type
  }

  private static func annotated(_ variant: JSONValue, indent: String, comment: String) -> String { nullable(variant, indent: indent + "   ") + comment }

  /// ` // description default: …`, or nothing.
  private static func comment(_ schema: JSONValue, describes: Bool, quotesEnumDefaults: Bool) -> String {
    var parts: [String] = []
    if describes, let description = schema["description"]?.string { parts.append(description) }
    if let value = defaultText(schema, quotesEnums: quotesEnumDefaults) { parts.append("default: \(value)") }
    return parts.isEmpty ? "" : " // \(parts.joined(separator: " "))"
  }

  /// Strings in quotes, but those of an enumeration without, except where `quotesEnums`; other values as JSON.
  private static func defaultText(_ schema: JSONValue, quotesEnums: Bool) -> String? {
    guard let value = schema["default"] else { return nil }
    guard let text = value.string else { return value.compactText }
    let isEnum = (schema["enum"]?.elements?.count ?? 0) > 0
    if isEnum { return quotesEnums ? value.compactText : text }
    return "\"\(text)\""
  }

  // MARK: - Objects

  private static func object(_ schema: JSONValue, indent: String) -> String {
    var out = schema["description"]?.string.map { "\(indent)// \($0)\n" } ?? ""
    out += "{\n"
    let required = Set(schema["required"]?.elements?.compactMap(\.bytes) ?? [])
    for (key, value) in schema["properties"]?.members.map(Array.init) ?? [] {
      let mark = required.contains(key.bytes ?? []) ? "" : "?"
      out += property("\(key.string ?? "")\(mark)", value, indent: indent)
    }
    return "\(out)\(indent)}"
  }

  private static func property(_ name: String, _ schema: JSONValue, indent: String) -> String {
    var out = ""
    if let title = schema["title"]?.string { out += "\(indent)// \(title)\n\(indent)//\n" }
    if schema["oneOf"] == nil, let description = schema["description"]?.string { out += "\(indent)// \(description)\n" }
    if let examples = schema["examples"]?.elements, examples.count > 0 {
      out += "\(indent)// Examples:\n"
      for example in examples.compactMap(\.string) { out += "\(indent)// - \"\(example)\"\n" }
    }
    if let variants = schema["oneOf"]?.elements { return out + union(name, schema, Array(variants), indent: indent) }
    let comment = schema["oneOf"] == nil ? comment(schema, describes: false, quotesEnumDefaults: false) : ""
    return "\(out)\(indent)\(name): \(nullable(schema, indent: indent + "    ")),\(comment)\n"
  }

  /// A property of several possible types. Its description stands above it, unless the first variant has the same.
  private static func union(_ name: String, _ schema: JSONValue, _ variants: [JSONValue], indent: String) -> String {
    let description = schema["description"]?.string
    let standsAbove = description != nil && description != variants.first?["description"]?.string
    var out = standsAbove ? "\(indent)// \(description ?? "")\n" : ""
    if let value = defaultText(schema, quotesEnums: false) { out += "\(indent)// default: \(value)\n" }
    out += "\(indent)\(name):\n"
    for (index, variant) in variants.enumerated() {
      let describes = !(index == 0 && standsAbove) && variant["description"]?.string != description
      out += "\(indent) | \(annotated(variant, indent: indent, comment: comment(variant, describes: describes, quotesEnumDefaults: false)))\n"
    }
    return "\(out)\(indent),\n"
  }
}

extension String {
  /// Lines without their ends (`\n` or `\r\n`); no empty line behind a last line break.
  fileprivate var harmonyLines: [String] {
    var lines = Array(utf8).split(separator: 0x0A, omittingEmptySubsequences: false)
    for i in lines.indices.dropLast() where lines[i].last == 0x0D { lines[i].removeLast() }
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines.map { String(decoding: $0, as: UTF8.self) }
  }
}

extension String.UTF8View {
  fileprivate func harmonyContains(_ word: String) -> Bool {
    let (text, word) = (Array(self), Array(word.utf8))
    return text.indices.contains { text[$0...].starts(with: word) }
  }
}

extension JSONValue {
  /// The value on one line.
  fileprivate var compactText: String { output.text }

  private var output: JSONOutput {
    switch kind {
    case .null: .null
    case .true: true
    case .false: false
    case .integer: int.map { .int($0) } ?? .number(double ?? 0)
    case .number: .number(double ?? 0)
    case .string: .string(string ?? "")
    case .array: .array(elements.map { $0.map(\.output) } ?? [])
    case .object: .object(members.map { $0.map { JSONOutput.Member($0.key.string ?? "", $0.value.output) } } ?? [])
    }
  }
}
