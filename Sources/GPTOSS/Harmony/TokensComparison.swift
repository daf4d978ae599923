/// One case of ``TokensConformance``.
struct TokensComparison {
  private let golden: JSONValue
  private let tokenizer: Tokenizer
  let kind: String

  init(_ golden: JSONValue, _ tokenizer: Tokenizer) {
    self.golden = golden
    self.tokenizer = tokenizer
    kind =
      switch golden["kind"]?.string {
      case "utf8", "utf16": "ill-formed"
      case "render", "chat", "parse": golden["kind"]?.string ?? ""
      default: golden["bytes_hex"] != nil ? "decode" : golden["text"] != nil ? "tokenize" : "unknown"
      }
  }

  struct Difference: Hashable {
    var member: String
    var detail: String
  }

  func run() -> [Difference] {
    do {
      switch kind {
      case "tokenize": return try tokenize()
      case "ill-formed": return try illFormed()
      case "decode": return try decode()
      case "render": return try ids("ids", golden["ids"], HarmonyInput(golden).render(Harmony(tokenizer)))
      case "chat": return try chat()
      case "parse": return try parse()
      default: return [Difference(member: "", detail: "not a kind of case that is known")]
      }
    } catch {
      return [Difference(member: "", detail: "\(error)")]
    }
  }

  // MARK: - Tokens

  private func tokenize() throws -> [Difference] {
    let text = golden["text"]?.string ?? ""
    if golden["id"] == nil { return ids("ids", golden["ids"], tokenizer.encode(trustedTemplate: text)) }
    let ordinary = ids("ids", golden["ids"], tokenizer.encode(ordinary: text))
    guard let parsed = golden["ids_if_specials_parsed"] else { return ordinary }
    return ordinary + ids("ids_if_specials_parsed", parsed, tokenizer.encode(trustedTemplate: text))
  }

  private func illFormed() throws -> [Difference] {
    let found = try golden.encodedText(tokenizer)
    return ids("ids", golden["ids"], found) + text("replaced_text", golden["replaced_text"], tokenizer.decode(found))
  }

  private func decode() throws -> [Difference] {
    let ids = try golden.tokenIDs("ids")
    var streaming = StreamingDecoder(tokenizer)
    let streamed = ids.map { streaming.push($0) }.joined() + streaming.finish()
    return value("bytes_hex", golden["bytes_hex"], .hex(tokenizer.bytes(of: ids)))
      + value("per_token_bytes_hex", golden["per_token_bytes_hex"], .array(ids.map { .hex(tokenizer.bytes(of: $0)) }))
      + text("text_replace", golden["text_replace"], tokenizer.decode(ids)) + text("text_replace (streamed)", golden["text_replace"], streamed)
  }

  // MARK: - Harmony

  private func chat() throws -> [Difference] {
    let harmony = try Harmony(tokenizer)
    var differences: [Difference] = []
    for template in HarmonyChatTemplate.allCases {
      guard let expected = golden[template.rawValue] else { continue }
      let found = try HarmonyInput(golden).renderChat(harmony, template)
      differences += ids("\(template.rawValue).ids", expected["ids"], found)
      if expected["must_not_equal_ids"] != nil, try expected.tokenIDs("must_not_equal_ids") == found {
        differences.append(Difference(member: "\(template.rawValue).must_not_equal_ids", detail: "special tokens of the content were parsed"))
      }
    }
    return differences
  }

  private func parse() throws -> [Difference] {
    let harmony = try Harmony(tokenizer)
    let ids = try golden.tokenIDs("ids")
    let role = try golden.roleOfFirstMessage()
    let strict = HarmonyResult(ids, harmony, role: role, .strict, traces: golden["stream_trace"] != nil)
    let lenient = HarmonyResult(ids, harmony, role: role, .lenient, traces: false)
    let trace = JSONOutput.array(strict.trace.map(\.json))
    return result("strict", strict) + result("lenient", lenient) + value("stream_trace", golden["stream_trace"], trace)
  }

  /// The wording of an error is not compared.
  private func result(_ member: String, _ found: HarmonyResult) -> [Difference] {
    guard let expected = golden[member] else { return [] }
    let members = found.members.filter { $0.key != "error" }
    var differences: [Difference] = []
    if (expected["error"] != nil) != (found.failure != nil) {
      differences.append(Difference(member: member, detail: "expected \(expected["error"] == nil ? "messages" : "an error"), found \(found.failure.map { "`\($0.code.rawValue)`" } ?? "messages")"))
    }
    for part in members { differences += value("\(member).\(part.key)", expected[part.key], part.value) }
    return differences
  }

  // MARK: - Comparing

  private func ids(_ member: String, _ expected: JSONValue?, _ found: [TokenID]) -> [Difference] {
    guard let elements = expected?.elements else { return [Difference(member: member, detail: "the case does not have it")] }
    let wanted = elements.map { $0.int.flatMap { TokenID(exactly: $0) } ?? -1 }
    guard wanted != found else { return [] }
    let place = zip(wanted, found).prefix { $0 == $1 }.count
    func at(_ ids: [TokenID]) -> String { place < ids.count ? "\(ids[place])" : "the end" }
    return [Difference(member: member, detail: "expected \(at(wanted)) at \(place), found \(at(found)); \(wanted.count) and \(found.count) ids")]
  }

  /// A text that may be absent from the case. Compared by bytes: Swift's strings compare canonically.
  private func text(_ member: String, _ expected: JSONValue?, _ found: String) -> [Difference] {
    guard let expected, expected.bytes != Array(found.utf8) else { return [] }
    let wanted = expected.bytes ?? []
    let place = zip(wanted, found.utf8).prefix { $0 == $1 }.count
    return [Difference(member: member, detail: "texts of \(wanted.count) and \(found.utf8.count) bytes differ at byte \(place)")]
  }

  /// Any value that may be absent from the case.
  private func value(_ member: String, _ expected: JSONValue?, _ found: JSONOutput) -> [Difference] {
    guard let expected, let place = found.difference(from: expected) else { return [] }
    return [Difference(member: member, detail: place.isEmpty ? "differs" : "differs at `\(place)`")]
  }
}

extension JSONOutput {
  /// Path to the first difference, nil when the values are equal. Members that only `expected` has are not compared.
  fileprivate func difference(from expected: JSONValue) -> String? {
    switch self {
    case .object(let members):
      guard expected.kind == .object else { return "" }
      return members.lazy.compactMap { member in
        guard let value = expected[member.key] else { return member.key }
        return member.value.difference(from: value).map { $0.isEmpty ? member.key : "\(member.key).\($0)" }
      }.first
    case .array(let elements):
      guard let others = expected.elements, others.count == elements.count else { return "" }
      return zip(elements, others).enumerated().lazy.compactMap { index, pair in
        pair.0.difference(from: pair.1).map { $0.isEmpty ? "\(index)" : "\(index).\($0)" }
      }.first
    case .string(let text): return expected.bytes == Array(text.utf8) ? nil : ""
    case .int(let number): return expected.int == number ? nil : ""
    case .number(let number): return expected.double == number ? nil : ""
    case .bool(let flag): return expected.bool == flag ? nil : ""
    case .null: return expected.isNull ? nil : ""
    }
  }
}
