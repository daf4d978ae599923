import Moderation

import enum RemoteModel.JSONValue

/// Finds the parts of a row, wherever its kind of data set keeps them.
struct RowFields: Sendable {
  let mapping: InputMapping
  /// Dotted paths that people named; nil looks in the usual places.
  var text: String?
  var label: String?

  /// The value at a dotted path; a key that holds the dots itself goes first.
  static func value(_ row: JSONValue, _ path: String) -> JSONValue? {
    if let direct = row[path] { return direct }
    var value: JSONValue? = row
    for part in path.split(separator: ".") { value = value?[String(part)] }
    return value
  }

  static let usualTexts = ["text", "content", "message", "data", "input", "prompt", "query"]
  private static let usualLabels = ["labels", "label", "expected_triggers", "ideal"]

  /// A string or a number, as text.
  static func name(_ value: JSONValue?) -> String? {
    switch value {
    case .string(let text): text.isEmpty ? nil : text
    case .number(let text): text
    default: nil
    }
  }

  func id(_ row: JSONValue) -> String? { Self.name(Self.value(row, mapping.id)) ?? Self.name(row["id"]) }
  func conversation(_ row: JSONValue) -> String? {
    mapping.conversation.flatMap { Self.name(Self.value(row, $0)) } ?? Self.name(row["conversation_id"])
  }
  func author(_ row: JSONValue) -> String? { mapping.author.flatMap { Self.name(Self.value(row, $0)) } }

  func labels(_ row: JSONValue) throws(RowProblem) -> JSONValue? {
    if let label {
      guard let value = Self.value(row, label) else { throw RowProblem("no field `\(label)`") }
      return value
    }
    return Self.usualLabels.lazy.compactMap { row[$0] }.first
  }

  func item(_ row: JSONValue) throws(RowProblem) -> Item {
    switch mapping.kind {
    case .message: return .message(try messageText(row))
    case .exchange:
      let prompt = Self.value(row, mapping.prompt ?? "prompt") ?? row["prompt"]
      let completion = Self.value(row, mapping.completion ?? "completion") ?? row["completion"] ?? row["response"]
      guard let prompt = prompt?.string, let completion = completion?.string else {
        throw RowProblem("no text at `\(mapping.prompt ?? "prompt")` and `\(mapping.completion ?? "completion")`")
      }
      return .exchange(prompt: prompt, completion: completion)
    case .chat:
      let path = mapping.messages ?? "messages"
      guard let list = Self.value(row, path)?.array ?? row["input"]?.array else { throw RowProblem("no list of turns at `\(path)`") }
      return .chat(try Self.turns(list))
    }
  }

  private func messageText(_ row: JSONValue) throws(RowProblem) -> String {
    if let text {
      guard let found = Self.value(row, text)?.string else { throw RowProblem("no text at `\(text)`") }
      return found
    }
    if let found = Self.value(row, mapping.text)?.string { return found }
    for name in Self.usualTexts {
      if let found = row[name]?.string { return found }
      // OpenAI evals: a chat whose last turn of the user is what is judged.
      if let turns = row[name]?.array, let last = try Self.turns(turns).last(where: { $0.role == "user" }) { return last.content }
    }
    throw RowProblem("no text at `\(mapping.text)`; name its field with `--text-field`")
  }

  private static func turns(_ list: [JSONValue]) throws(RowProblem) -> [ChatTurn] {
    var turns: [ChatTurn] = []
    for entry in list {
      guard let role = entry["role"]?.string, let content = entry["content"]?.string else { throw RowProblem("a turn without `role` and `content`") }
      turns.append(ChatTurn(role: role, content: content))
    }
    return turns
  }
}
