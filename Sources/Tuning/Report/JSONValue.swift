import Moderation

/// A JSON value whose members keep their order: the same report is the same bytes.
public indirect enum JSONValue: Sendable {
  case null
  case bool(Bool)
  case int(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([(String, JSONValue)])

  static func optional(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
  static func optional(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
  static func strings(_ values: [String]) -> JSONValue { .array(values.map(JSONValue.string)) }

  /// Two blanks of indentation for each level; ends without a line break. NaN and infinities become null.
  public var text: String {
    var bytes: [UInt8] = []
    write(to: &bytes, depth: 0)
    return String(decoding: bytes, as: UTF8.self)
  }

  private func write(to bytes: inout [UInt8], depth: Int) {
    switch self {
    case .null: bytes += Array("null".utf8)
    case .bool(let value): bytes += Array((value ? "true" : "false").utf8)
    case .int(let value): bytes += Array(String(value).utf8)
    case .number(let value): bytes += Array((value.isFinite ? "\(value)" : "null").utf8)
    case .string(let value): JSONText.appendQuoted(value.utf8, to: &bytes)
    case .array(let values): Self.write(values, ("[", "]"), to: &bytes, depth) { $0.write(to: &$1, depth: depth + 1) }
    case .object(let members):
      Self.write(members, ("{", "}"), to: &bytes, depth) { member, bytes in
        JSONText.appendQuoted(member.0.utf8, to: &bytes)
        bytes += Array(": ".utf8)
        member.1.write(to: &bytes, depth: depth + 1)
      }
    }
  }

  private static func write<T>(_ parts: [T], _ brackets: (String, String), to bytes: inout [UInt8], _ depth: Int, _ body: (T, inout [UInt8]) -> Void) {
    bytes += Array(brackets.0.utf8)
    for (place, part) in parts.enumerated() {
      bytes += Array((place == 0 ? "\n" : ",\n").utf8) + indent(depth + 1)
      body(part, &bytes)
    }
    if !parts.isEmpty { bytes += [0x0A] + indent(depth) }
    bytes += Array(brackets.1.utf8)
  }

  private static func indent(_ depth: Int) -> [UInt8] { Array(repeating: 0x20, count: depth * 2) }
}

extension Estimate {
  var json: JSONValue {
    guard let interval else { return .object([("value", .number(value))]) }
    return .object([
      ("value", .number(value)), ("low", .number(interval.low)), ("high", .number(interval.high)), ("confidence", .number(interval.confidence)),
      ("method", .string(interval.method.rawValue)),
    ])
  }
  static func json(_ estimate: Estimate?) -> JSONValue { estimate?.json ?? .null }
}

extension LatencySummary {
  var json: JSONValue {
    .object([
      ("messages", .int(count)), ("mean_s", .number(mean)), ("p50_s", .number(p50)), ("p90_s", .number(p90)), ("p95_s", .number(p95)),
      ("p99_s", .number(p99)), ("max_s", .number(max)),
    ])
  }
}

extension Band {
  /// A threshold that the file leaves out is null.
  var json: JSONValue {
    func written(_ threshold: Double) -> JSONValue { (0...1).contains(threshold) ? .number(threshold) : .null }
    return .object([("allow_below", written(allowBelow)), ("block_above", written(blockAbove))])
  }
}
