/// JSON to be written: what `winnow model … --json` prints.
public indirect enum JSONOutput: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByDictionaryLiteral
{
  /// Members in this order.
  case object([Member])
  case array([JSONOutput])
  case string(String)
  case int(Int)
  /// Infinity and NaN are written as null.
  case number(Double)
  case bool(Bool)
  case null

  public struct Member: Sendable, Hashable {
    public var key: String
    public var value: JSONOutput
    public init(_ key: String, _ value: JSONOutput) {
      self.key = key
      self.value = value
    }
  }

  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .int(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }

  /// A float with the fewest digits that tell it from its neighbours.
  public static func float(_ value: Float) -> JSONOutput { .number(Double(value.description) ?? .nan) }

  public init(dictionaryLiteral members: (String, JSONOutput)...) { self = .object(members.map(Member.init)) }

  /// On one line, without spaces.
  public var text: String {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private func append(to bytes: inout [UInt8]) {
    switch self {
    case .object(let members):
      Self.appendList(members, "{", "}", to: &bytes) { member, bytes in
        Self.appendQuoted(member.key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        member.value.append(to: &bytes)
      }
    case .array(let elements): Self.appendList(elements, "[", "]", to: &bytes) { $0.append(to: &$1) }
    case .string(let text): Self.appendQuoted(text, to: &bytes)
    case .int(let value): bytes += Array(String(value).utf8)
    case .number(let value): bytes += Array((value.isFinite ? String(value) : "null").utf8)
    case .bool(let value): bytes += Array((value ? "true" : "false").utf8)
    case .null: bytes += Array("null".utf8)
    }
  }

  private static func appendList<Element>(
    _ elements: [Element], _ open: Unicode.Scalar, _ close: Unicode.Scalar, to bytes: inout [UInt8], _ body: (Element, inout [UInt8]) -> Void
  ) {
    bytes.append(UInt8(ascii: open))
    for (i, element) in elements.enumerated() {
      if i > 0 { bytes.append(UInt8(ascii: ",")) }
      body(element, &bytes)
    }
    bytes.append(UInt8(ascii: close))
  }

  private static func appendQuoted(_ text: String, to bytes: inout [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case 0..<0x20: bytes += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
