import Moderation
import RecordIO
import Tuning

import enum RemoteModel.JSONValue

/// Reads labelled data: JSON Lines with `labels` maps, `{text, label}` rows, OpenAI evals, CSV, and promptfoo test files (YAML or JSON).
public struct LabelledDataReader: Sendable {
  public var rules: LabelRules
  public var slices: [SliceRule]
  /// For data of which only the messages count: whatever stands for labels is passed over.
  public var ignoresLabels = false
  /// For data of which the labels are a bonus: a row whose labels cannot be read stays, unlabelled.
  public var takesUnreadableLabels = false
  let fields: RowFields

  /// - Parameters:
  ///   - mapping: the pipeline's own, looked at first.
  ///   - text: dotted path of the text; nil takes the mapping's, then the usual names.
  ///   - label: dotted path of the labels; nil takes `labels`, `label`, `expected_triggers`, `ideal`.
  public init(mapping: InputMapping, rules: LabelRules, text: String? = nil, label: String? = nil, slices: [SliceRule] = []) {
    self.rules = rules
    self.slices = slices
    fields = RowFields(mapping: mapping, text: text, label: label)
  }

  /// What cannot be read at all throws; a row that cannot be used is counted and named.
  public func read(_ paths: [String]) throws -> LabelledData {
    var data = LabelledData()
    for path in paths {
      switch Self.ending(path) {
      case "yaml", "yml": try PromptfooFile(path: path, yaml: true).read(self, into: &data)
      case "json": try PromptfooFile(path: path, yaml: false).read(self, into: &data)
      case "csv": try readCSV(path, into: &data)
      default: try readLines(path, into: &data)
      }
    }
    return data
  }

  private static func ending(_ path: String) -> String {
    var name = path.split(separator: "/").last.map { $0.lowercased() } ?? path
    for packed in [".gz", ".zst"] where name.hasSuffix(packed) { name.removeLast(packed.count) }
    return name.split(separator: ".").count > 1 ? name.split(separator: ".").last.map(String.init) ?? "" : ""
  }

  private func readLines(_ path: String, into data: inout LabelledData) throws {
    var kept = data
    try TextLines.forEach(path) { line, number in take(line, place: "\(path):\(number)", number: number, into: &kept) }
    data = kept
  }

  /// A CSV record becomes a JSON line first, as everywhere else in Winnow.
  private func readCSV(_ path: String, into data: inout LabelledData) throws {
    var mapping = fields.mapping
    mapping.format = .csv
    mapping.idOptional = true
    if let text = fields.text { mapping.text = text }
    (mapping.conversation, mapping.author, mapping.timestamp) = (nil, nil, nil)
    let (reader, first) = try openCSV(path, mapping)
    var next = first
    while let batch = next {
      for letter in batch.deadLetters { data.addDead("\(path):\(letter.line)", "\(letter.reason.rawValue): \(letter.detail)") }
      for (message, number) in zip(batch.batch.messages, batch.lines) {
        take(Array(batch.batch.bytes[message.record.range]), place: "\(path):\(number)", number: number, into: &data)
      }
      next = try reader.next()
    }
  }

  /// The reader and its first batch. Where the header lacks the column of the text, and none was named, columns of the usual names are tried.
  private func openCSV(_ path: String, _ mapping: InputMapping) throws -> (RecordReader, ReadBatch?) {
    let problem: RecordIOError
    do { return try Self.begin(path, mapping) } catch let error as RecordIOError { problem = error }
    guard problem.code == .badHeader, fields.text == nil, case .message = mapping.kind else { throw problem }
    for name in RowFields.usualTexts where name != mapping.text {
      var other = mapping
      other.text = name
      if let opened = try? Self.begin(path, other) { return opened }
    }
    throw RecordIOError(.badHeader, path: path, detail: "\(problem.detail); name the column of the text with `--text-field`")
  }

  private static func begin(_ path: String, _ mapping: InputMapping) throws -> (RecordReader, ReadBatch?) {
    var limits = ReadLimits()
    limits.keepsLines = true
    let reader = try RecordReader(inputs: [path], mapping: mapping, limits: limits)
    return (reader, try reader.next())
  }

  private func take(_ line: [UInt8], place: String, number: Int, into data: inout LabelledData) {
    do throws(RowProblem) {
      let row: JSONValue
      do { row = try JSONValue(parsing: line) } catch { throw RowProblem("not JSON: \(error)") }
      guard row.members != nil else { throw RowProblem("not a JSON object") }
      try add(row, id: "\(number)", to: &data)
    } catch { data.addDead(place, error.reason) }
  }

  /// `id` stands in for one that the row does not have.
  func add(_ row: JSONValue, id: String, to data: inout LabelledData) throws(RowProblem) {
    let item = try fields.item(row)
    let labels = ignoresLabels ? rules.unknown : try self.labels(row, &data)
    add(item, id: fields.id(row) ?? id, row: row, labels: labels, to: &data)
  }

  private func labels(_ row: JSONValue, _ data: inout LabelledData) throws(RowProblem) -> [Label] {
    do throws(RowProblem) { return try rules.labels(try fields.labels(row), stray: &data.strayLabels) } catch {
      guard takesUnreadableLabels else { throw error }
      data.unreadableLabels += 1
      return rules.unknown
    }
  }

  func add(_ item: Item, id: String, row: JSONValue, labels: [Label], to data: inout LabelledData) {
    var labelled = LabelledItem(id: id, item: item, conversation: fields.conversation(row), author: fields.author(row), labels: labels)
    if !slices.isEmpty {
      let text = labelled.text
      labelled.slices = slices.map { $0.value(row, text: text) }
    }
    data.items.append(labelled)
  }

  // MARK: Labels from a file of their own

  /// Joins `{id, labels}` rows of `path` onto `data` by id. What does not join is counted and said.
  public func joinLabels(_ path: String, onto data: inout LabelledData) throws {
    var (ids, labels): ([String], [[Label]]) = ([], [])
    var joined = data
    try TextLines.forEach(path) { line, number in
      do throws(RowProblem) {
        guard let row = try? JSONValue(parsing: line), row.members != nil else { throw RowProblem("not a JSON object") }
        guard let id = fields.id(row) else { throw RowProblem("no id at `\(fields.mapping.id)`") }
        labels.append(try rules.labels(try fields.labels(row), stray: &joined.strayLabels))
        ids.append(id)
      } catch { joined.addDead("\(path):\(number)", error.reason) }
    }
    data = joined
    let join = IDJoin(values: ids, onto: data.items.map(\.id))
    var first: [Int: [Label]] = [:]
    var contradicted: Set<Int> = []
    for (value, message) in join.messages.enumerated() {
      guard let message else { continue }
      if let known = first[message], known != labels[value] { contradicted.insert(message) }
      first[message] = labels[value]
      data.items[message].labels = labels[value]
    }
    for message in contradicted { data.items[message].labels = rules.unknown }
    note(join, ids.count, contradicted.count, path, &data)
  }

  private func note(_ join: IDJoin, _ values: Int, _ contradicted: Int, _ path: String, _ data: inout LabelledData) {
    if join.unmatched > 0 { data.joinNotes.append("\(join.unmatched) of \(values) labels in \(path) have an id that no message has") }
    if join.missing > 0 { data.joinNotes.append("\(join.missing) messages have no label in \(path)") }
    if join.ambiguous > 0 { data.joinNotes.append("\(join.ambiguous) labels in \(path) have an id that several messages share: joined to the first") }
    if contradicted > 0 { data.joinNotes.append("\(contradicted) ids with contradictory labels in \(path): left unlabelled") }
  }
}
