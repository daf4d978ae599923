import FoundationEssentials
import Moderation
import RecordIO

/// Writes dead letters as JSON Lines. The file comes into being with the first one.
struct DeadLetterWriter: ~Copyable {
  let path: String
  private let appends: Bool
  private var file: OutputFile?
  private(set) var length: Int

  /// - Parameters:
  ///   - length: what a checkpoint knows to be there; the rest is cut with the first batch.
  ///   - appends: behind those of other runs, which are the only trace of their records; else this run's letters take their place, as its output does.
  init(path: String, keeping length: Int, appends: Bool) throws(RecordIOError) {
    (self.path, self.length, self.appends) = (path, length, appends)
    try refuseUnwritable(path)
    let isCut = !appends && (length > 0 || FileManager.default.fileExists(atPath: path))
    file = isCut ? try OutputFile(path: path, cutLaterTo: length) : nil
  }

  /// Cuts what an earlier run left, where this one's letters take their place.
  mutating func begin() throws(RecordIOError) { try file?.cut() }

  mutating func write(_ letters: [DeadLetter]) throws(RecordIOError) {
    guard !letters.isEmpty else { return }
    if file == nil { file = appends ? try OutputFile(appendingTo: path) : try OutputFile(path: path) }
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
