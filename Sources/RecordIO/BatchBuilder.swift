import Moderation

/// Turns parsed records into a batch's messages.
struct BatchBuilder {
  let mapping: InputMapping
  let path: String

  struct State {
    /// Decoded fields, to be laid behind the raw records, whose size `rawCount` is known from the start.
    var decoded: [UInt8] = []
    var rawCount: Int
    var wasRecord = false
  }

  func start(_ batch: inout MessageBatch, raw: UnsafeBufferPointer<UInt8>, messages: Int) -> State {
    batch.bytes.reserveCapacity(raw.count + raw.count / 8)
    batch.bytes.append(contentsOf: raw)
    batch.messages.reserveCapacity(messages)
    return State(rawCount: raw.count)
  }

  func finish(_ batch: inout MessageBatch, state: State) { batch.bytes.append(contentsOf: state.decoded) }

  /// Adds the record at `range` of the raw bytes, or says why not. Blank lines are no records.
  func add(
    _ range: Range<Int>, at position: StreamPosition, to batch: inout MessageBatch, json: inout JSONRecordParser, csv: CSVRecordParser?,
    state: inout State
  ) -> DeadLetter? {
    let isBlank = batch.bytes.withUnsafeBufferPointer { bytes in range.allSatisfy { bytes[$0] == 0x20 || bytes[$0] == 0x09 } }
    state.wasRecord = !isBlank
    if isBlank { return nil }
    do throws(JSONRecordParser.Failure) {
      if let csv {
        try addCSV(range, at: position, to: &batch, parser: csv, state: &state)
      } else {
        try addJSON(range, at: position, to: &batch, parser: &json, state: &state)
      }
      return nil
    } catch {
      return DeadLetter(
        reason: error.reason, detail: error.detail, file: path, line: position.line + 1, byteOffset: position.byteOffset,
        raw: Array(batch.bytes[range]))
    }
  }

  private func addJSON(
    _ range: Range<Int>, at position: StreamPosition, to batch: inout MessageBatch, parser: inout JSONRecordParser, state: inout State
  ) throws(JSONRecordParser.Failure) {
    var failure: JSONRecordParser.Failure?
    var message: MessageRecord?
    var turns: [ChatTurn]?
    let (mapping, index) = (mapping, batch.messages.count)
    batch.bytes.withUnsafeBufferPointer { bytes in
      do throws(JSONRecordParser.Failure) {
        try parser.parse(UnsafeBufferPointer(rebasing: bytes[range]))
        let fields = CapturedFields(bytes: bytes, origin: range.lowerBound, captures: parser.captures)
        message = try fields.message(mapping, at: position, record: range, state: &state, turns: &turns)
        if let earlier = parser.earlierResult {
          message?.record = state.append(bytes, range, without: (earlier.lowerBound + range.lowerBound)..<(earlier.upperBound + range.lowerBound))
        }
      } catch { failure = error }
    }
    if let failure { throw failure }
    if let message { batch.messages.append(message) }
    if let turns { batch.chats[index] = turns }
  }

  private func addCSV(
    _ range: Range<Int>, at position: StreamPosition, to batch: inout MessageBatch, parser: CSVRecordParser, state: inout State
  ) throws(JSONRecordParser.Failure) {
    let result = batch.bytes.withUnsafeBufferPointer { bytes -> Result<[[UInt8]], JSONRecordParser.Failure> in
      do throws(JSONRecordParser.Failure) { return .success(try parser.fields(bytes, range)) } catch { return .failure(error) }
    }
    let fields = try result.get()
    batch.messages.append(try parser.message(fields, mapping, at: position, state: &state))
  }
}

extension BatchBuilder.State {
  /// Appends bytes and returns where they will lie in the batch.
  mutating func append(_ bytes: some Sequence<UInt8>) -> ByteRange {
    let start = rawCount + decoded.count
    decoded.append(contentsOf: bytes)
    return ByteRange(start..<(rawCount + decoded.count))
  }

  mutating func append(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, without hole: Range<Int>) -> ByteRange {
    let start = rawCount + decoded.count
    decoded.append(contentsOf: bytes[range.lowerBound..<hole.lowerBound])
    decoded.append(contentsOf: bytes[hole.upperBound..<range.upperBound])
    return ByteRange(start..<(rawCount + decoded.count))
  }
}

/// The fields of one JSON record, on their way into a message.
struct CapturedFields {
  let bytes: UnsafeBufferPointer<UInt8>
  let origin: Int
  let captures: [JSONCapture]

  typealias Failure = JSONRecordParser.Failure

  func message(
    _ mapping: InputMapping, at position: StreamPosition, record: Range<Int>, state: inout BatchBuilder.State, turns: inout [ChatTurn]?
  ) throws(Failure) -> MessageRecord {
    var message = MessageRecord(position: position.record, kind: mapping.kind, id: try id(mapping, line: position.line + 1, state: &state), text: .empty, record: ByteRange(record))
    switch mapping.kind {
    case .message: message.text = try string(.text, mapping.text, state: &state)
    case .exchange: (message.text, message.promptLength) = try exchange(mapping, state: &state)
    case .chat: message.text = try chat(mapping, state: &state, turns: &turns)
    }
    message.conversation = try optional(.conversation, mapping.conversation, state: &state)
    message.author = try optional(.author, mapping.author, state: &state)
    message.timestamp = try optional(.timestamp, mapping.timestamp, state: &state)
    return message
  }

  private func range(_ capture: JSONCapture) -> ByteRange { ByteRange((origin + capture.start)..<(origin + capture.end)) }

  private func decoded(_ capture: JSONCapture, state: inout BatchBuilder.State) -> ByteRange {
    if capture.kind != .escapedString { return range(capture) }
    let start = state.rawCount + state.decoded.count
    JSONEscapes.decode(UnsafeBufferPointer(rebasing: bytes[(origin + capture.start)..<(origin + capture.end)]), into: &state.decoded)
    return ByteRange(start..<(state.rawCount + state.decoded.count))
  }

  /// The id as a literal, with its quotes when it is a string.
  private func id(_ mapping: InputMapping, line: Int, state: inout BatchBuilder.State) throws(Failure) -> ByteRange {
    let capture = captures[RecordField.id.rawValue]
    switch capture.kind {
    case .number: return range(capture)
    case .string, .escapedString: return ByteRange((origin + capture.start - 1)..<(origin + capture.end + 1))
    case .none where mapping.idOptional: return state.append("\(line)".utf8)
    case .none: throw Failure(reason: .missingID, detail: "no field `\(mapping.id)`; name the id field under `input:`, or set `id_optional: true`")
    case .other: throw Failure(reason: .invalidID, detail: "field `\(mapping.id)` is neither a string nor a number")
    }
  }

  private func string(_ field: RecordField, _ name: String, state: inout BatchBuilder.State) throws(Failure) -> ByteRange {
    let capture = captures[field.rawValue]
    switch capture.kind {
    case .string, .escapedString: return decoded(capture, state: &state)
    case .none: throw Failure(reason: .missingText, detail: "no field `\(name)`")
    case .number, .other: throw Failure(reason: .invalidText, detail: "field `\(name)` is not a string")
    }
  }

  private func exchange(_ mapping: InputMapping, state: inout BatchBuilder.State) throws(Failure) -> (ByteRange, UInt32) {
    let prompt = try string(.prompt, mapping.prompt ?? "", state: &state)
    let completion = try string(.completion, mapping.completion ?? "", state: &state)
    let start = state.rawCount + state.decoded.count
    appendCopy(of: prompt, state: &state)
    let length = UInt32(state.rawCount + state.decoded.count - start)
    state.decoded.append(0x0A)
    appendCopy(of: completion, state: &state)
    return (ByteRange(start..<(state.rawCount + state.decoded.count)), length)
  }

  private func appendCopy(of range: ByteRange, state: inout BatchBuilder.State) {
    if Int(range.start) < state.rawCount {
      state.decoded.append(contentsOf: bytes[range.range])
    } else {
      state.decoded.append(contentsOf: Array(state.decoded[(Int(range.start) - state.rawCount)..<(Int(range.end) - state.rawCount)]))
    }
  }

  private func chat(_ mapping: InputMapping, state: inout BatchBuilder.State, turns: inout [ChatTurn]?) throws(Failure) -> ByteRange {
    let capture = captures[RecordField.messages.rawValue]
    guard capture.kind != .none else { throw Failure(reason: .missingText, detail: "no field `\(mapping.messages ?? "")`") }
    guard capture.kind == .other, let read = ChatTurnReader.read(UnsafeBufferPointer(rebasing: bytes[(origin + capture.start)..<(origin + capture.end)])) else {
      throw Failure(reason: .invalidText, detail: "field `\(mapping.messages ?? "")` is not a list of {role, content}")
    }
    turns = read
    return state.append(read.map(\.content).joined(separator: "\n").utf8)
  }

  private func optional(_ field: RecordField, _ name: String?, state: inout BatchBuilder.State) throws(Failure) -> ByteRange {
    guard let name else { return .empty }
    let capture = captures[field.rawValue]
    switch capture.kind {
    case .none: return .empty
    case .string, .escapedString: return decoded(capture, state: &state)
    case .number: return range(capture)
    case .other:
      let literal = bytes[(origin + capture.start)..<(origin + capture.end)]
      if literal.elementsEqual("null".utf8) { return .empty }
      throw Failure(reason: .invalidField, detail: "field `\(name)` is neither a string nor a number")
    }
  }
}
