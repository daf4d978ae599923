import Moderation
import RecordIO
import Tuning
import YAMLDocument

import enum RemoteModel.JSONValue

/// The tests of promptfoo: a list of `{vars, assert}`, alone or under `tests:` of a configuration. A JSON file may also be a list of plain rows.
///
/// The text is the variable of a usual name, or the only one. What is right comes from `vars.label`, `metadata.label`, or an assertion that compares
/// the output with a word (`equals`, `contains`, their `i` and `not-` forms).
struct PromptfooFile {
  let path: String
  let yaml: Bool

  func read(_ reader: LabelledDataReader, into data: inout LabelledData) throws {
    let tests = try yaml ? yamlTests() : jsonTests()
    for (number, test) in tests.enumerated() {
      do throws(RowProblem) {
        if test.value["vars"] == nil {
          try reader.add(test.value, id: "\(number + 1)", to: &data)
        } else {
          try add(test.value, number: number + 1, reader, &data)
        }
      } catch { data.addDead("\(path):\(test.line)", error.reason) }
    }
  }

  private func yamlTests() throws -> [(value: JSONValue, line: Int)] {
    var diagnostics = Diagnostics()
    let root = YAMLDocument.parse(bytes: try bytes(), file: path, limits: .lexicon, diagnostics: &diagnostics)
    guard let root, !diagnostics.hasErrors else { throw DiagnosticsError(diagnostics) }
    guard let list = root.list ?? root["tests"]?.list else {
      diagnostics.error("no-tests", "no list of tests here, and none under `tests`", at: root.span)
      throw DiagnosticsError(diagnostics)
    }
    return list.map { (JSONValue($0), $0.span.line) }
  }

  /// Unpacked, without a byte order mark.
  private func bytes() throws(RecordIOError) -> [UInt8] {
    let bytes = try readUnpacked(path: path, limit: 64 << 20)
    return bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes[3...]) : bytes
  }

  private func jsonTests() throws -> [(value: JSONValue, line: Int)] {
    let root: JSONValue
    do { root = try JSONValue(parsing: try bytes()) } catch let error as RecordIOError { throw error } catch {
      throw RecordIOError(.readFailed, path: path, detail: "is not JSON: \(error) (name a file of JSON Lines `.jsonl`)")
    }
    guard let list = root.array ?? root["tests"]?.array else { throw RecordIOError(.readFailed, path: path, detail: "holds no list of tests or rows") }
    // Places inside a JSON document are not kept: entries are counted instead.
    return list.enumerated().map { ($1, $0 + 1) }
  }

  private func add(_ test: JSONValue, number: Int, _ reader: LabelledDataReader, _ data: inout LabelledData) throws(RowProblem) {
    guard let vars = test["vars"], let members = vars.members else { throw RowProblem("`vars` is not a map of variables") }
    let item: Item
    do throws(RowProblem) { item = try reader.fields.item(vars) } catch {
      let texts = members.filter { $0.key != "label" && $0.key != "labels" }.compactMap(\.value.string)
      guard texts.count == 1, case .message = reader.fields.mapping.kind else { throw error }
      item = .message(texts[0])
    }
    let stated = try reader.fields.labels(vars) ?? test["metadata"]?["labels"] ?? test["metadata"]?["label"]
    let labels: [Label]
    if reader.ignoresLabels {
      labels = reader.rules.unknown
    } else if let stated {
      labels = try reader.rules.labels(stated, stray: &data.strayLabels)
    } else {
      labels = try expected(test["assert"]?.array ?? [], reader, &data)
    }
    let id = reader.fields.id(vars) ?? test["description"]?.string ?? "\(number)"
    reader.add(item, id: id, row: vars, labels: labels, to: &data)
  }

  private func expected(_ assertions: [JSONValue], _ reader: LabelledDataReader, _ data: inout LabelledData) throws(RowProblem) -> [Label] {
    let compared: Set<String> = ["equals", "contains", "icontains", "starts-with"]
    for assertion in assertions {
      guard var type = assertion["type"]?.string, let word = RowFields.name(assertion["value"]) else { continue }
      let isNegated = type.hasPrefix("not-")
      if isNegated { type.removeFirst(4) }
      guard compared.contains(type) else { continue }
      if let truth = LabelRules.truth(word) { return try reader.rules.fromBare(truth != isNegated) }
      if !isNegated { return try reader.rules.labels(.string(word), stray: &data.strayLabels) }
    }
    throw RowProblem("no assertion compares the output with a word that says what is right")
  }
}

extension JSONValue {
  /// A YAML value without its places.
  fileprivate init(_ setting: Setting) {
    switch setting.value {
    case .null: self = .null
    case .bool(let bool): self = .bool(bool)
    case .int(let int): self = .number("\(int)")
    case .double(let double): self = .number("\(double)")
    case .string(let text): self = .string(text)
    case .list(let items): self = .array(items.map { JSONValue($0) })
    case .map(let entries): self = .object(entries.map { JSONValue.Member($0.key, JSONValue($0.value)) })
    }
  }
}
