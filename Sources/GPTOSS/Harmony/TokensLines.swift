/// What `winnow tokens encode|decode|render|parse` does with each line of its input: one JSON object in, one out.
///
/// | command | in | out |
/// | --- | --- | --- |
/// | `encode` | `{"text": …}`, `{"utf8_hex": …}` or `{"utf16_code_units": […]}`; `"specials": true` parses special tokens (trusted text only) | `{"ids": […]}` |
/// | `decode` | `{"ids": […]}` | `{"text": …, "bytes_hex": …, "per_token_bytes_hex": […]}` |
/// | `render` | `{"messages": […], "mode": "completion" \| "conversation" \| "training", "auto_drop_analysis": true}` in openai-harmony's form, or `{"chat": [{"role": …, "content": …}], "reasoning_effort": "medium", "date": "2025-06-28", "template": "harmony" \| "hf_template" \| "harmony_no_commentary"}` | `{"ids": […], "decoded": …}` |
/// | `parse` | `{"ids": […], "role": "assistant" \| null, "strictness": "strict" \| "lenient", "trace": false}`; a null role means a transcript that begins with `<\|start\|>` | `{"messages": […]}` or `{"error": …, "failed_at_token": …, "messages_before_error": […]}`; with `"trace": true` also `stream_trace` |
///
/// A member `id` of the input comes first in the output. Members not named here are ignored, so the goldens' lines can be fed as they are.
public struct TokensLines: Sendable {
  public enum Command: String, Sendable, CaseIterable {
    case encode, decode, render, parse
  }

  /// Why a line cannot be answered. An error of the parser is an answer, not this.
  public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String
  }

  private let tokenizer: Tokenizer

  public init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }

  /// The output line for an input line, without line break.
  public func answer(_ line: [UInt8], _ command: Command) throws(Failure) -> String {
    let input: JSONValue
    do { input = try JSONValue.parse(line) } catch { throw Failure(description: "\(error)") }
    guard input.kind == .object else { throw Failure(description: "the line is not a JSON object") }
    var members: [JSONOutput.Member] = []
    if let id = input["id"]?.string { members.append(.init("id", .string(id))) }
    switch command {
    case .encode: members += try encode(input)
    case .decode: members += try decode(input)
    case .render: members += try render(input)
    case .parse: members += try parse(input)
    }
    return JSONOutput.object(members).text
  }

  private func encode(_ input: JSONValue) throws(Failure) -> [JSONOutput.Member] { [.init("ids", .ids(try input.encodedText(tokenizer)))] }

  private func decode(_ input: JSONValue) throws(Failure) -> [JSONOutput.Member] {
    let ids = try input.tokenIDs("ids")
    return [
      .init("text", .string(tokenizer.decode(ids))), .init("bytes_hex", .hex(tokenizer.bytes(of: ids))),
      .init("per_token_bytes_hex", .array(ids.map { .hex(tokenizer.bytes(of: $0)) })),
    ]
  }

  private func render(_ input: JSONValue) throws(Failure) -> [JSONOutput.Member] {
    do {
      let ids = try HarmonyInput(input).render(Harmony(tokenizer))
      return [.init("ids", .ids(ids)), .init("decoded", .string(tokenizer.decode(ids)))]
    } catch { throw Failure(description: "\(error)") }
  }

  private func parse(_ input: JSONValue) throws(Failure) -> [JSONOutput.Member] {
    let role = try input.roleOfFirstMessage()
    guard let strictness = HarmonyParser.Strictness(rawValue: input["strictness"]?.string ?? "strict") else {
      throw Failure(description: "`strictness` is neither `strict` nor `lenient`")
    }
    let ids = try input.tokenIDs("ids")
    do {
      let result = HarmonyResult(ids, try Harmony(tokenizer), role: role, strictness)
      return result.members + (input["trace"]?.bool == true ? [.init("stream_trace", .array(result.trace.map(\.json)))] : [])
    } catch { throw Failure(description: "\(error)") }
  }
}

extension JSONValue {
  /// Token ids of a member that is an array of integers.
  func tokenIDs(_ key: String) throws(TokensLines.Failure) -> [TokenID] {
    guard let elements = self[key]?.elements else { throw TokensLines.Failure(description: "`\(key)` is not an array") }
    let ids = elements.compactMap { element in element.int.flatMap { TokenID(exactly: $0) } }
    guard ids.count == elements.count else { throw TokensLines.Failure(description: "`\(key)` holds something that is not a token id") }
    return ids
  }

  /// The tokens of `text`, `utf8_hex` or `utf16_code_units`.
  func encodedText(_ tokenizer: Tokenizer) throws(TokensLines.Failure) -> [TokenID] {
    let specials = self["specials"]?.bool ?? false
    if let text = self["text"]?.string { return specials ? tokenizer.encode(trustedTemplate: text) : tokenizer.encode(ordinary: text) }
    guard !specials else { throw TokensLines.Failure(description: "`specials` goes with `text` only") }
    if let hex = self["utf8_hex"]?.bytes {
      guard let bytes = Self.bytes(hex: hex) else { throw TokensLines.Failure(description: "`utf8_hex` is not hexadecimal") }
      var ids: [TokenID] = []
      bytes.withUnsafeBufferPointer { tokenizer.encode(ordinary: $0, into: &ids) }
      return ids
    }
    guard let elements = self["utf16_code_units"]?.elements else {
      throw TokensLines.Failure(description: "none of `text`, `utf8_hex`, `utf16_code_units` is there")
    }
    let units = elements.compactMap { element in element.int.flatMap { UInt16(exactly: $0) } }
    guard units.count == elements.count else { throw TokensLines.Failure(description: "`utf16_code_units` holds something that is not a 16-bit number") }
    return tokenizer.encode(ordinary: units)
  }

  /// The member `role`: nil when it is null, the assistant when it is absent.
  func roleOfFirstMessage() throws(TokensLines.Failure) -> HarmonyRole? {
    guard let value = self["role"] else { return .assistant }
    if value.isNull { return nil }
    guard let role = value.string.flatMap({ HarmonyRole(rawValue: $0) }) else { throw TokensLines.Failure(description: "`role` is not a harmony role") }
    return role
  }

  private static func bytes(hex: [UInt8]) -> [UInt8]? {
    guard hex.count.isMultiple(of: 2) else { return nil }
    let bytes = stride(from: 0, to: hex.count, by: 2).compactMap { i in
      hex[i..<i + 2].allSatisfy { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") } ? UInt8(String(decoding: hex[i..<i + 2], as: UTF8.self), radix: 16) : nil
    }
    return bytes.count == hex.count / 2 ? bytes : nil
  }
}

extension JSONOutput {
  static func ids(_ ids: [TokenID]) -> JSONOutput { .array(ids.map { .int(Int($0)) }) }

  static func optional(_ text: String?) -> JSONOutput { text.map { .string($0) } ?? .null }

  static func hex(_ bytes: [UInt8]) -> JSONOutput {
    let digits = Array("0123456789abcdef".utf8)
    return .string(String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self))
  }
}
