import Moderation

/// JSON with its fields in the order given, for output that must be the same byte for byte on every platform.
indirect enum JSONTree: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
  case string(String)
  case int(Int)
  case number(Double)
  case bool(Bool)
  case array([JSONTree])
  case object([(String, JSONTree)])

  init(stringLiteral value: String) { self = .string(value) }
  init(integerLiteral value: Int) { self = .int(value) }
  init(booleanLiteral value: Bool) { self = .bool(value) }
  static func strings(_ values: [String]) -> JSONTree { .array(values.map(JSONTree.string)) }

  /// Indented by two blanks a level; scalars of an array on one line. Ends with a line feed.
  var pretty: String { written(indent: "") + "\n" }

  private func written(indent: String) -> String {
    let inner = indent + "  "
    switch self {
    case .string(let text): return JSONText.quoted(text)
    case .int(let value): return String(value)
    case .number(let value): return value.asWritten
    case .bool(let value): return String(value)
    case .array(let items):
      guard items.contains(where: \.isContainer) else { return "[" + items.map { $0.written(indent: "") }.joined(separator: ", ") + "]" }
      return "[\n" + items.map { inner + $0.written(indent: inner) }.joined(separator: ",\n") + "\n\(indent)]"
    case .object(let fields):
      guard !fields.isEmpty else { return "{}" }
      return "{\n" + fields.map { "\(inner)\(JSONText.quoted($0.0)): \($0.1.written(indent: inner))" }.joined(separator: ",\n") + "\n\(indent)}"
    }
  }

  private var isContainer: Bool {
    switch self {
    case .array, .object: true
    default: false
    }
  }
}

extension JSONTree: ExpressibleByArrayLiteral {
  init(arrayLiteral elements: JSONTree...) { self = .array(elements) }
}
