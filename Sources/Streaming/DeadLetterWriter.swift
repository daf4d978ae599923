import FoundationEssentials
import Moderation
import RecordIO

/// Writes dead letters as JSON Lines. The file comes into being with the first one.
struct DeadLetterWriter: ~Copyable {
  let path: String
  private var file: OutputFile?
  private(set) var length: Int

  init(path: String, keeping length: Int) throws(RecordIOError) {
    self.path = path
    self.length = length
    file = length > 0 ? try OutputFile(path: path, keeping: length) : nil
    if length == 0, FileManager.default.fileExists(atPath: path) {
      // A new run's dead letters are its own.
      file = try OutputFile(path: path)
    }
  }

  mutating func write(_ letters: [DeadLetter]) throws(RecordIOError) {
    guard !letters.isEmpty else { return }
    if file == nil { file = try OutputFile(path: path) }
    var bytes: [UInt8] = []
    for letter in letters { Self.append(letter, to: &bytes) }
    try file?.write(bytes)
    length += bytes.count
  }

  func synchronize() throws(RecordIOError) { try file?.synchronize() }

  private static func append(_ letter: DeadLetter, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: #"{"file":\#(JSONText.quoted(letter.file)),"line":\#(letter.line),"byte_offset":\#(letter.byteOffset)"#.utf8)
    bytes.append(contentsOf: #","reason":"\#(letter.reason.rawValue)","detail":\#(JSONText.quoted(letter.detail))"#.utf8)
    if let text = String(validating: letter.raw, as: UTF8.self) {
      bytes.append(contentsOf: #","raw":"#.utf8)
      JSONText.appendQuoted(text.utf8, to: &bytes)
    } else {
      bytes.append(contentsOf: #","raw_base64":"\#(Data(letter.raw).base64EncodedString())""#.utf8)
    }
    bytes.append(contentsOf: "}\n".utf8)
  }
}
