import Foundation
import Moderation
import RecordIO

/// A folder that goes away with the test.
final class TemporaryFolder: Sendable {
  let path: String
  init() throws {
    path = NSTemporaryDirectory() + "winnow-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ bytes: [UInt8], as name: String = "input.jsonl") throws -> String {
    let file = path + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }
  func write(_ text: String, as name: String = "input.jsonl") throws -> String { try write(Array(text.utf8), as: name) }
}

struct ReadResult {
  var texts: [String] = []
  var ids: [String] = []
  var records: [String] = []
  var batches: [MessageBatch] = []
  var deadLetters: [DeadLetter] = []
  var end = StreamPosition()
}

func readAll(_ inputs: [String], mapping: InputMapping = .init(), limits: ReadLimits = .init(), from start: StreamPosition = .init()) throws -> ReadResult {
  let reader = try RecordReader(inputs: inputs, mapping: mapping, limits: limits, from: start)
  var result = ReadResult()
  while let read = try reader.next() {
    for message in read.batch.messages {
      result.texts.append(read.batch.string(message.text))
      result.ids.append(read.batch.string(message.id))
      result.records.append(read.batch.string(message.record))
    }
    result.batches.append(read.batch)
    result.deadLetters += read.deadLetters
    result.end = read.end
  }
  return result
}
