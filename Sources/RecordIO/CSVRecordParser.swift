import Moderation

/// CSV as RFC 4180 writes it, with a header row. A record becomes a JSON object of strings.
struct CSVRecordParser {
  private(set) var columns: [String] = []
  private let mapping: InputMapping
  typealias Failure = JSONRecordParser.Failure

  init(_ mapping: InputMapping) { self.mapping = mapping }

  /// Reads the column names and checks that the mapped ones are there.
  mutating func readHeader(_ bytes: UnsafeBufferPointer<UInt8>, path: String) throws(RecordIOError) {
    do throws(Failure) {
      guard isValidUTF8(bytes) else { throw Failure(reason: .invalidUTF8, detail: "the header is not valid UTF-8") }
      columns = try split(bytes, 0..<bytes.count).map { String(decoding: $0, as: UTF8.self) }
    } catch { throw RecordIOError(.badHeader, path: path, detail: error.detail) }
    if Set(columns).count != columns.count { throw RecordIOError(.badHeader, path: path, detail: "a column name stands twice in the header") }
    for (field, name) in mapping.paths where !columns.contains(name) {
      if field == .id, mapping.idOptional { continue }
      throw RecordIOError(.badHeader, path: path, detail: "no column `\(name)`; the first line has \(columns.count) columns and must be the header")
    }
  }

  func fields(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) throws(Failure) -> [[UInt8]] {
    guard isValidUTF8(UnsafeBufferPointer(rebasing: bytes[range])) else { throw Failure(reason: .invalidUTF8, detail: "the record is not valid UTF-8") }
    let fields = try split(bytes, range)
    guard fields.count == columns.count else {
      throw Failure(reason: .wrongColumnCount, detail: "the record has \(fields.count) columns; the header has \(columns.count)")
    }
    return fields
  }

  private func split(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) throws(Failure) -> [[UInt8]] {
    var fields: [[UInt8]] = []
    var field: [UInt8] = []
    var at = range.lowerBound
    while true {
      field.removeAll()
      if at < range.upperBound, bytes[at] == UInt8(ascii: "\"") {
        at = try readQuoted(bytes, from: at + 1, to: range.upperBound, into: &field)
      } else {
        while at < range.upperBound, bytes[at] != UInt8(ascii: ",") {
          field.append(bytes[at])
          at += 1
        }
      }
      fields.append(field)
      if at >= range.upperBound { return fields }
      guard bytes[at] == UInt8(ascii: ",") else { throw Failure(reason: .truncatedRecord, detail: "text behind a closing quote") }
      at += 1
    }
  }

  private func readQuoted(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, into field: inout [UInt8]) throws(Failure) -> Int {
    var at = start
    while at < end {
      if bytes[at] != UInt8(ascii: "\"") {
        field.append(bytes[at])
        at += 1
      } else if at + 1 < end, bytes[at + 1] == UInt8(ascii: "\"") {
        field.append(UInt8(ascii: "\""))
        at += 2
      } else {
        return at + 1
      }
    }
    throw Failure(reason: .truncatedRecord, detail: "a quoted column has no closing quote")
  }

  func message(_ fields: [[UInt8]], _ mapping: InputMapping, at position: StreamPosition, state: inout BatchBuilder.State) throws(Failure) -> MessageRecord {
    var json: [UInt8] = [UInt8(ascii: "{")]
    for (index, column) in columns.enumerated() where column != "winnow" {
      if json.count > 1 { json.append(UInt8(ascii: ",")) }
      JSONText.appendQuoted(column.utf8, to: &json)
      json.append(UInt8(ascii: ":"))
      JSONText.appendQuoted(fields[index], to: &json)
    }
    json.append(UInt8(ascii: "}"))
    func field(_ name: String?) -> [UInt8] { name.flatMap { columns.firstIndex(of: $0) }.map { fields[$0] } ?? [] }
    var id: [UInt8] = []
    if !field(mapping.id).isEmpty {
      JSONText.appendQuoted(field(mapping.id), to: &id)
    } else {
      guard mapping.idOptional else { throw Failure(reason: .missingID, detail: "column `\(mapping.id)` is empty") }
      id = Array("\(position.line + 1)".utf8)
    }
    var message = MessageRecord(position: position.record, kind: mapping.kind, id: state.append(id), text: .empty, record: state.append(json))
    switch mapping.kind {
    case .message: message.text = state.append(field(mapping.text))
    case .exchange:
      message.promptLength = UInt32(field(mapping.prompt).count)
      message.text = state.append(field(mapping.prompt) + [0x0A] + field(mapping.completion))
    case .chat: throw Failure(reason: .invalidText, detail: "a CSV column cannot hold a list of {role, content}; use JSONL")
    }
    message.conversation = state.append(field(mapping.conversation))
    message.author = state.append(field(mapping.author))
    message.timestamp = state.append(field(mapping.timestamp))
    return message
  }
}
