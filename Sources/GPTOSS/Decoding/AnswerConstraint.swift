/// What the final answer must look like, byte for byte. Decoding under a constraint cannot give a malformed answer: tokens that would leave it
/// are not even scored, and text that it leaves no choice about costs no model step.
public struct AnswerConstraint: Sendable, Hashable {
  /// One member of a JSON object, in the order in which it is written.
  public enum Field: Sendable, Hashable {
    /// One of some JSON values, written as they are: `0`, `true`.
    case literal(String, [String])
    /// One of some strings.
    case label(String, [String])
    /// An array of strings, each one of some; may be empty, and has no more items than there are strings (at most 16).
    case labels(String, [String])
    /// A number from 0 to 1 with at most two decimals.
    case fraction(String)
    /// Any string.
    case text(String)
    /// An object with members of its own.
    case object(String, [Field])
  }

  /// A decision point: its name, and what can be decided. `labels` constraints name theirs `label`, JSON fields their key, those of an object inside
  /// `key.key`.
  public struct Choice: Sendable, Hashable {
    public var name: String
    public var alternatives: [String]
  }

  let pattern: BytePattern
  /// The single decisions, in order. Arrays are not decisions in this sense.
  public let choices: [Choice]

  /// The answer is one of these texts and nothing else: `0`/`1`, `VALID`/`INVALID`, category ids.
  public static func labels(_ labels: [String]) -> AnswerConstraint {
    AnswerConstraint(pattern: .choice(0, labels.map { Array($0.utf8) }), choices: [Choice(name: "label", alternatives: labels)])
  }

  /// `{"violation":1,"policy_category":"H2.f"}` without spaces, keys in the order given.
  public static func json(_ fields: [Field]) -> AnswerConstraint {
    var object = ObjectPattern()
    object.add(fields)
    return AnswerConstraint(pattern: .sequence(object.parts), choices: object.choices)
  }

  /// Collects the pattern of an object, with the objects inside it in their places: decisions are numbered as they are written.
  private struct ObjectPattern {
    var parts: [BytePattern] = []
    var choices: [Choice] = []

    mutating func add(_ fields: [Field], path: String = "") {
      parts.append(.text("{"))
      for (index, field) in fields.enumerated() { add(field, path, end: index == fields.count - 1 ? "}" : ",") }
      if fields.isEmpty { parts.append(.text("}")) }
    }

    private mutating func add(_ field: Field, _ path: String, end: String) {
      switch field {
      // What follows belongs to the alternative, so that no alternative is the beginning of another.
      case .literal(let key, let values): choice(key, path, values, values, after: end)
      case .label(let key, let values): choice(key, path, values, values.map(quoted), after: end)
      case .labels(let key, let values):
        parts += [.text("\(quoted(key)):["), list(of: values.map { .text(quoted($0)) }), .text("]\(end)")]
      case .fraction(let key): parts += [.text("\(quoted(key)):"), .fraction, .text(end)]
      case .text(let key): parts += [.text("\(quoted(key)):\""), .jsonCharacters, .text("\"\(end)")]
      case .object(let key, let fields):
        parts.append(.text("\(quoted(key)):"))
        add(fields, path: "\(path)\(key).")
        parts.append(.text(end))
      }
    }

    private mutating func choice(_ key: String, _ path: String, _ values: [String], _ written: [String], after: String) {
      parts += [.text("\(quoted(key)):"), .choice(choices.count, written.map { Array(($0 + after).utf8) })]
      choices.append(Choice(name: path + key, alternatives: values))
    }
  }

  /// Whether it is sure to compile: larger ones may need more states than the automaton has.
  public var isCompact: Bool { pattern.byteCount <= ByteAutomaton.maxStates }

  /// A text brought to its shortest end; nil when no answer begins with it.
  /// - Throws: ``EngineError/badConstraint(_:)`` when there is no answer at all.
  package func shortest(from text: String) throws(EngineError) -> String? {
    let automaton = try ByteAutomaton(pattern), state = automaton.run(ByteAutomaton.start, text.utf8)
    return state == ByteAutomaton.dead ? nil : text + String(decoding: automaton.completion(state), as: UTF8.self)
  }

  /// No more items than there are to choose from, so that a model that repeats itself comes to an end; at most 16.
  private static func list(of items: [BytePattern]) -> BytePattern {
    var rest = BytePattern.bytes([])
    for _ in 1..<max(1, min(items.count, 16)) { rest = .optional(.sequence([.text(","), .oneOf(items), rest])) }
    return .optional(.sequence([.oneOf(items), rest]))
  }

  /// A JSON string literal.
  static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\t": out += "\\t"
      case "\r": out += "\\r"
      case "\0"..."\u{1f}": out += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}

/// A regular set of byte strings.
indirect enum BytePattern: Sendable, Hashable {
  case bytes([UInt8])
  /// Any one byte of some ranges.
  case range([ClosedRange<UInt8>])
  case sequence([BytePattern])
  case oneOf([BytePattern])
  case star(BytePattern)
  case optional(BytePattern)
  /// One of some byte strings; the number says which decision it is.
  case choice(Int, [[UInt8]])

  static func text(_ text: String) -> BytePattern { .bytes(Array(text.utf8)) }

  /// No way through the pattern, repetitions taken once, has more bytes.
  var forcedBound: Int {
    switch self {
    case .bytes(let bytes): bytes.count
    case .range: 1
    case .sequence(let parts): parts.reduce(0) { $0 + $1.forcedBound }
    case .oneOf(let parts): parts.map(\.forcedBound).max() ?? 0
    case .star(let part), .optional(let part): part.forcedBound
    case .choice(_, let alternatives): alternatives.map(\.count).max() ?? 0
    }
  }

  /// Bytes of all ways through the pattern together, repetitions written once.
  var byteCount: Int {
    switch self {
    case .bytes(let bytes): bytes.count
    case .range: 1
    case .sequence(let parts), .oneOf(let parts): parts.reduce(0) { $0 + $1.byteCount }
    case .star(let part), .optional(let part): part.byteCount
    case .choice(_, let alternatives): alternatives.reduce(0) { $0 + $1.count }
    }
  }

  /// `0`, `1`, `0.5`, `0.85`, `1.0`
  static var fraction: BytePattern {
    let digit = BytePattern.range([0x30...0x39])
    return .oneOf([
      .sequence([.text("0"), .optional(.sequence([.text("."), digit, .optional(digit)]))]),
      .sequence([.text("1"), .optional(.sequence([.text(".0"), .optional(.text("0"))]))]),
    ])
  }

  /// The inside of a JSON string: RFC 8259 characters and escapes, well-formed UTF-8 (RFC 3629).
  static var jsonCharacters: BytePattern {
    let tail = BytePattern.range([0x80...0xbf])
    func multi(_ first: [ClosedRange<UInt8>], _ second: ClosedRange<UInt8>, _ tails: Int) -> BytePattern {
      .sequence([.range(first), .range([second])] + Array(repeating: tail, count: tails))
    }
    return .star(
      .oneOf([
        .range([0x20...0x21, 0x23...0x5b, 0x5d...0x7e]), multi([0xc2...0xdf], 0x80...0xbf, 0),
        multi([0xe0...0xe0], 0xa0...0xbf, 1), multi([0xe1...0xec, 0xee...0xef], 0x80...0xbf, 1), multi([0xed...0xed], 0x80...0x9f, 1),
        multi([0xf0...0xf0], 0x90...0xbf, 2), multi([0xf1...0xf3], 0x80...0xbf, 2), multi([0xf4...0xf4], 0x80...0x8f, 2),
        .sequence([
          .text("\\"),
          .oneOf([.range([0x22...0x22, 0x2f...0x2f, 0x5c...0x5c, 0x62...0x62, 0x66...0x66, 0x6e...0x6e, 0x72...0x72, 0x74...0x74]),
            .sequence([.text("u"), utf16Escape])]),
        ]),
      ]))
  }

  /// What follows `\u`: four hex digits, and where they are one half of a character the other half. By itself a half is refused by readers, ours too.
  private static var utf16Escape: BytePattern {
    let digit: ClosedRange<UInt8> = 0x30...0x39, hex = BytePattern.range([digit, 0x41...0x46, 0x61...0x66])
    let d = BytePattern.range([0x44...0x44, 0x64...0x64])
    return .oneOf([
      .sequence([.range([digit, 0x41...0x43, 0x45...0x46, 0x61...0x63, 0x65...0x66]), hex, hex, hex]),
      .sequence([d, .range([0x30...0x37]), hex, hex]),
      .sequence([
        d, .range([0x38...0x39, 0x41...0x42, 0x61...0x62]), hex, hex, .text("\\u"), d, .range([0x43...0x46, 0x63...0x66]), hex, hex,
      ]),
    ])
  }
}
