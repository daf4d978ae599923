import Foundation
import Moderation
import RecordIO
import Testing

struct RecordReaderTests {
  @Test func everyLineBecomesAMessageOrADeadLetter() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("{\"id\":1,\"text\":\"a\"}\nnot json\n\n{\"id\":\"x\",\"text\":\"b\",\"more\":[1,{\"z\":null}]}")
    let result = try readAll([path])
    #expect(result.texts == ["a", "b"])
    #expect(result.ids == ["1", "\"x\""])
    #expect(result.deadLetters.map(\.line) == [2])
    #expect(result.deadLetters.map(\.byteOffset) == [20])
    #expect(result.deadLetters.first?.raw == Array("not json".utf8))
  }

  @Test(arguments: [
    (#"{"id":1}"#, DeadLetter.Reason.missingText), (#"{"text":"a"}"#, .missingID), (#"{"id":null,"text":"a"}"#, .invalidID),
    (#"{"id":[1],"text":"a"}"#, .invalidID), (#"{"id":1,"text":5}"#, .invalidText), (#"{"id":1,"text":null}"#, .invalidText),
    (#"{"id":1,"id":2,"text":"a"}"#, .duplicateKey), (#"{"id":1,"text":"a","te\u0078t":"b"}"#, .duplicateKey),
    (#"{"id":1,"text":"a","n":{"k":1,"k":2}}"#, .duplicateKey), (#"[1,2]"#, .notAnObject), (#""text""#, .notAnObject), ("17", .notAnObject),
    (#"{"id":1,"text":"a"} {"#, .invalidJSON), (#"{"id":1,"text":"a",}"#, .invalidJSON), (#"{"id":01,"text":"a"}"#, .invalidJSON),
    (#"{"id":1,"text":"a"#, .invalidJSON), (#"{"id":1 "text":"a"}"#, .invalidJSON), (#"{"id":1,"text":"\q"}"#, .invalidJSON),
    (#"{"id":1,"text":"\ud800"}"#, .loneSurrogate), (#"{"id":1,"text":"\udc00 \ud800"}"#, .loneSurrogate), (#"{"id":1,"text":"\u12"}"#, .invalidJSON),
    ("{\"id\":1,\"text\":\"a\u{0}b\"}", .invalidJSON), (#"{"id":1,"text":"a","x":tru}"#, .invalidJSON), (#"{"id":1,"text":"a","x":1.}"#, .invalidJSON),
    ("{", .invalidJSON), ("}", .invalidJSON), (#"{"id":1,"text":"a","x":+1}"#, .invalidJSON), (#"{'id':1}"#, .invalidJSON),
  ])
  func aBadRecordIsADeadLetterWithItsReason(line: String, reason: DeadLetter.Reason) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("{\"id\":0,\"text\":\"before\"}\n\(line)\n{\"id\":9,\"text\":\"after\"}\n")
    let result = try readAll([path])
    #expect(result.texts == ["before", "after"])
    #expect(result.deadLetters.map(\.reason) == [reason])
  }

  @Test func invalidUTF8IsADeadLetterAndKeepsItsBytes() throws {
    let folder = try TemporaryFolder()
    for bytes: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0xF4, 0x90, 0x80, 0x80], [0x80]] {
      let line = Array("{\"id\":1,\"text\":\"".utf8) + bytes + Array("\"}".utf8)
      let result = try readAll([try folder.write(line + [0x0A])])
      #expect(result.deadLetters.map(\.reason) == [.invalidUTF8])
      #expect(result.deadLetters.first?.raw == line)
    }
  }

  @Test func lineEndsByteOrderMarksAndBlankLinesAreNoContent() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([0xEF, 0xBB, 0xBF] + Array("{\"id\":1,\"text\":\"a\"}\r\n  \r\n{\"id\":2,\"text\":\"b\"}\r\n".utf8))
    let result = try readAll([path])
    #expect(result.texts == ["a", "b"])
    #expect(result.records == [#"{"id":1,"text":"a"}"#, #"{"id":2,"text":"b"}"#])
    #expect(try readAll([try folder.write("", as: "empty")]).texts.isEmpty)
    #expect(try readAll([try folder.write("\n\n\n", as: "blank")]).deadLetters.isEmpty)
  }

  @Test func escapesAreDecoded() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(#"{"id":1,"text":"a\n\t\"\\\/\b\f\r\u00e9\u4e2d\ud83d\ude00\u0000z","channel":"\u0063"}"#)
    var mapping = InputMapping()
    mapping.conversation = "channel"
    let result = try readAll([path], mapping: mapping)
    #expect(result.texts == ["a\n\t\"\\/\u{8}\u{C}\ré中😀\u{0}z"])
    let batch = try #require(result.batches.first)
    #expect(batch.string(batch.messages[0].conversation) == "c")
  }

  @Test func nestedPathsReachIntoObjects() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(#"{"data":{"message":{"body":"deep","id":7},"text":"other"},"text":"top","id":"top"}"#)
    var mapping = InputMapping()
    mapping.id = "data.message.id"
    mapping.text = "data.message.body"
    let result = try readAll([path], mapping: mapping)
    #expect(result.texts == ["deep"])
    #expect(result.ids == ["7"])
  }

  @Test func exchangesAndChatsAreItems() throws {
    let folder = try TemporaryFolder()
    var mapping = InputMapping()
    (mapping.prompt, mapping.completion) = ("p", "c")
    let exchange = try readAll([try folder.write(#"{"id":1,"p":"how\nso","c":"li\u006be this"}"#)], mapping: mapping).batches[0]
    #expect(exchange.item(at: 0) == .exchange(prompt: "how\nso", completion: "like this"))
    var chatMapping = InputMapping()
    chatMapping.messages = "messages"
    let chat = try readAll(
      [try folder.write(#"{"id":1,"messages":[{"role":"user","content":"hi \"x\""},{"content":[{"type":"text","text":"yo"}],"role":"assistant"}]}"#)],
      mapping: chatMapping
    ).batches[0]
    #expect(chat.item(at: 0) == .chat([ChatTurn(role: "user", content: "hi \"x\""), ChatTurn(role: "assistant", content: "yo")]))
    #expect(chat.string(chat.messages[0].text) == "hi \"x\"\nyo")
    let bad = try readAll([try folder.write(#"{"id":1,"messages":[{"role":"user"}]}"#)], mapping: chatMapping)
    #expect(bad.deadLetters.map(\.reason) == [.invalidText])
  }

  @Test func anEarlierResultIsCutOutOfTheRecord() throws {
    let folder = try TemporaryFolder()
    let lines = [
      #"{"id":1,"text":"a","winnow":{"verdict":"allow"}}"#, #"{"winnow":1,"id":1,"text":"a"}"#, #"{"id":1, "winnow":[1,2] ,"text":"a"}"#,
      #"{"id":1,"text":"a","winno\u0077":{"verdict":"allow"}}"#,
    ]
    let result = try readAll([try folder.write(lines.joined(separator: "\n"))])
    #expect(result.records == [#"{"id":1,"text":"a"}"#, #"{"id":1,"text":"a"}"#, #"{"id":1 ,"text":"a"}"#, #"{"id":1,"text":"a"}"#])
  }

  @Test func deepNestingIsRefusedWithoutRecursionToTheEnd() throws {
    let folder = try TemporaryFolder()
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
      let deep = String(repeating: open, count: 10_000) + "1" + String(repeating: close, count: 10_000)
      let result = try readAll([try folder.write("{\"id\":1,\"text\":\"a\",\"x\":\(deep)}\n")])
      #expect(result.deadLetters.map(\.reason) == [.tooDeep])
    }
  }

  @Test func anOverlongLineIsSkippedAndCounted() throws {
    let folder = try TemporaryFolder()
    let long = "{\"id\":2,\"text\":\"" + String(repeating: "x", count: 3_000_000) + "\"}"
    for tail in ["\n{\"id\":3,\"text\":\"c\"}\n", ""] {
      let path = try folder.write("{\"id\":1,\"text\":\"a\"}\n" + long + tail)
      let result = try readAll([path])
      #expect(result.texts == (tail.isEmpty ? ["a"] : ["a", "c"]))
      #expect(result.deadLetters.map(\.reason) == [.tooLong])
      #expect(result.deadLetters.first?.line == 2)
      #expect(result.deadLetters.first?.raw.count == 1024)
      #expect(result.end.byteOffset == 20 + long.utf8.count + tail.utf8.count)
    }
  }

  @Test(arguments: [1, 7, 4096]) func batchSizeChangesNothing(size: Int) throws {
    let folder = try TemporaryFolder()
    let lines = (0..<5000).map { "{\"id\":\($0),\"text\":\"m\($0) \(String(repeating: "é", count: $0 % 37))\"}" }
    let path = try folder.write(lines.joined(separator: "\n"))
    var limits = ReadLimits()
    limits.batchMessages = size
    let result = try readAll([path], limits: limits)
    #expect(result.records == lines)
    #expect(result.batches.allSatisfy { $0.count <= size })
    #expect(result.batches.flatMap { $0.messages.map(\.position) } == Array(0..<5000))
  }

  @Test func aReaderGoesOnWhereAnotherStopped() throws {
    let folder = try TemporaryFolder()
    let lines = (0..<1000).map { "{\"id\":\($0),\"text\":\"m\($0)\"}" }
    let path = try folder.write(lines.joined(separator: "\n") + "\n")
    var limits = ReadLimits()
    limits.batchMessages = 137
    let reader = try RecordReader(inputs: [path], mapping: .init(), limits: limits)
    let first = try #require(try reader.next())
    let rest = try readAll([path], from: first.end)
    #expect(rest.ids == (137..<1000).map(String.init))
    #expect(rest.batches[0].messages[0].position == 137)
  }

  @Test func anotherInputThanTheOneThatWasReadIsRefused() throws {
    let folder = try TemporaryFolder()
    func lines(_ word: String) -> String { (0..<10).map { "{\"id\":\($0),\"text\":\"\(word)\"}\n" }.joined() }
    var limits = ReadLimits()
    limits.batchMessages = 4
    let path = try folder.write(lines("one"))
    let end = try #require(try RecordReader(inputs: [path], mapping: .init(), limits: limits).next()).end
    #expect(try readAll([path], from: end).ids == ["4", "5", "6", "7", "8", "9"])
    _ = try folder.write(lines("two"))
    #expect(#expect(throws: RecordIOError.self) { try readAll([path], from: end) }?.code == .checkpoint)
    // Longer than before, but what was read is still there.
    _ = try folder.write(lines("one") + "{\"id\":10,\"text\":\"more\"}\n")
    #expect(try readAll([path], from: end).ids.last == "10")
  }
}

struct ReplacingTests {
  @Test func aLinkStaysALinkAndPermissionsStay() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("old", as: "real.yaml")
    let home = URL(fileURLWithPath: file).deletingLastPathComponent().path, link = home + "/link.yaml"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "real.yaml")
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    try replaceFile(path: link, with: Array("new".utf8))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "real.yaml")
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "new")
    #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
  }

  @Test func nothingIsLeftBehindWhereAFileCannotBeReplaced() throws {
    let folder = try TemporaryFolder()
    let home = folder.path + "/inside"
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: false)
    #expect(throws: RecordIOError.self) { try replaceFile(path: home, with: []) }
    #expect(!FileManager.default.fileExists(atPath: home + ".tmp"))
  }
}

struct LiveInputTests {
  /// A backlog before a live input is no live input: nobody waits for it.
  @Test func aBatchOfAFileIsNotLiveBesideAPipe() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("{\"id\":1,\"text\":\"a\"}\n")
    #expect(try readAll([file]).batches.map(\.isLive) == [false])
    let pipe = file + ".pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    let writer = Thread { try? Data("{\"id\":2,\"text\":\"a\"}\n".utf8).write(to: URL(fileURLWithPath: pipe)) }
    writer.start()
    #expect(try readAll([file, pipe]).batches.map(\.isLive) == [false, true])
  }

  @Test func aRegularFileIsThereAlreadyAndAPipeIsNot() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("text\n")
    let pipe = file + ".pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(!comesLive(file) && comesLive(pipe) && comesLive("/dev/null") && !comesLive(file + ".none"))
  }
}

struct CSVTests {
  /// Without a line end in sight, a header would grow with its input.
  @Test func aHeaderHasALongestLengthToo() throws {
    let folder = try TemporaryFolder()
    var limits = ReadLimits()
    (limits.recordBytes, limits.batchBytes) = (64 << 10, 16 << 10)
    var mapping = InputMapping()
    mapping.format = .csv
    for text in ["id,text\r" + String(repeating: "1,hello\r", count: 40_000), "id,\"text\n" + String(repeating: "1,hello\n", count: 40_000)] {
      let error = #expect(throws: RecordIOError.self) { _ = try readAll([try folder.write(text, as: "a.csv")], mapping: mapping, limits: limits) }
      #expect(error?.code == .badHeader && error?.detail.contains("longer than 65536 bytes") == true)
    }
  }

  /// Every line leaves a quote open, and all of them are one record that is too long: each is cut at its line, and what follows is read on.
  @Test func linesOfALongQuotationAreEachToldAndTheRestIsRead() throws {
    let folder = try TemporaryFolder()
    var limits = ReadLimits()
    (limits.recordBytes, limits.batchBytes) = (1 << 10, 1 << 10)
    var mapping = InputMapping()
    mapping.format = .csv
    let count = 3000
    let text = "id,text\n0,before\n" + String(repeating: "1,\"a\",\"b\n", count: count) + "\"\n2,after\n"
    let result = try readAll([try folder.write(text, as: "a.csv")], mapping: mapping, limits: limits)
    #expect(result.texts.first == "before" && result.texts.last == "after")
    #expect(result.deadLetters.contains { $0.reason == .tooLong } && result.texts.count + result.deadLetters.count >= count / 2)
    // Places are those of lines.
    #expect(zip(result.deadLetters, result.deadLetters.dropFirst()).allSatisfy { $0.line < $1.line && $0.byteOffset < $1.byteOffset })
    #expect(result.end.byteOffset == text.utf8.count && result.end.line == count + 4)
  }

  @Test func quotedFieldsAndLineBreaksInsideThem() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("id,text,who\r\n1,\"he said \"\"hi\"\", then\nleft\",ann\r\n2,plain,\n", as: "a.csv")
    var mapping = InputMapping()
    mapping.format = .csv
    mapping.author = "who"
    let result = try readAll([path], mapping: mapping)
    #expect(result.texts == ["he said \"hi\", then\nleft", "plain"])
    #expect(result.records[0] == #"{"id":"1","text":"he said \"hi\", then\nleft","who":"ann"}"#)
    let batch = result.batches[0]
    #expect(batch.string(batch.messages[0].author) == "ann")
  }

  @Test func wrongColumnCountsAndMissingColumnsAreSaid() throws {
    let folder = try TemporaryFolder()
    var mapping = InputMapping()
    mapping.format = .csv
    let result = try readAll([try folder.write("id,text\n1,a,b\n2,c\n")], mapping: mapping)
    #expect(result.deadLetters.map(\.reason) == [.wrongColumnCount])
    #expect(result.texts == ["c"])
    #expect(throws: RecordIOError.self) { try readAll([try folder.write("id,body\n1,a\n")], mapping: mapping) }
  }
}

struct CSVBoundaryTests {
  private var mapping: InputMapping {
    var mapping = InputMapping()
    mapping.format = .csv
    mapping.idOptional = true
    return mapping
  }

  @Test func aQuoteInsideAFieldIsACharacter() throws {
    let folder = try TemporaryFolder()
    let result = try readAll([try folder.write("text\n5\" pipe\nhello\n6\" pipe\n")], mapping: mapping)
    #expect(result.texts == ["5\" pipe", "hello", "6\" pipe"])
    #expect(result.deadLetters.isEmpty)
  }

  @Test func aFileWithAByteOrderMarkGoesOnWhereItStopped() throws {
    let folder = try TemporaryFolder()
    let rows = (0..<50).map { "\($0),row \($0)" }.joined(separator: "\n")
    let path = try folder.write([0xEF, 0xBB, 0xBF] + Array("id,text\n\(rows)\n".utf8), as: "bom.csv")
    var limits = ReadLimits()
    limits.batchMessages = 7
    let reader = try RecordReader(inputs: [path], mapping: mapping, limits: limits)
    let first = try #require(try reader.next())
    let rest = try readAll([path], mapping: mapping, from: first.end)
    #expect(rest.texts == (7..<50).map { "row \($0)" })
    #expect(rest.records.first == #"{"id":"7","text":"row 7"}"#)
  }

  @Test(arguments: [2, 300_000]) func aQuoteThatNothingClosesHidesNoRecordButItsOwn(following: Int) throws {
    let folder = try TemporaryFolder()
    let rows = (0..<following).map { "row \($0)\n" }.joined()
    let result = try readAll([try folder.write("text\na\n\"oops\n" + rows)], mapping: mapping)
    #expect(result.deadLetters.count == 1 && result.deadLetters.first?.line == 3)
    #expect(result.texts.count == 1 + following && result.texts.last == "row \(following - 1)")
  }

  /// Every line leaves a quote open: each is a record, and none is searched to the end again.
  @Test func linesThatAllLeaveAQuoteOpenAreEachARecord() throws {
    let folder = try TemporaryFolder()
    let result = try readAll([try folder.write("text\n" + String(repeating: "b\",\"\n", count: 100_001))], mapping: mapping)
    #expect(result.texts.count + result.deadLetters.count == 100_001)
  }

  @Test func aLastRecordWithALineBreakInQuotesNeedsNoLineEnd() throws {
    let folder = try TemporaryFolder()
    let result = try readAll([try folder.write("text\na\n\"two\nlines\"")], mapping: mapping)
    #expect(result.texts == ["a", "two\nlines"] && result.deadLetters.isEmpty)
  }

  @Test func anOverlongQuotedRecordIsCutTheSameWhateverTheReads() throws {
    let folder = try TemporaryFolder()
    var limits = ReadLimits()
    limits.recordBytes = 1000
    let long = "\"" + String(repeating: "line\n", count: 400) + "\""
    var outcomes: Set<[String]> = []
    for padding in [0, 100, 260_000] {
      let path = try folder.write("text\n" + String(repeating: "x\n", count: padding) + long + "\nafter\n", as: "long.csv")
      let result = try readAll([path], mapping: mapping, limits: limits)
      #expect(result.deadLetters.first?.reason == .tooLong)
      outcomes.insert(result.texts.dropFirst(padding) + result.deadLetters.flatMap { [$0.reason.rawValue, String(decoding: $0.raw, as: UTF8.self)] })
    }
    #expect(outcomes.count == 1)
  }

  @Test func anOverlongLineLeavesTheSameDeadLetterWhateverTheReads() throws {
    let folder = try TemporaryFolder()
    var limits = ReadLimits()
    limits.recordBytes = 100
    let long = String(repeating: "y", count: 600) + "\r\n"
    var letters: Set<[UInt8]> = []
    // The record stands in the middle of a read, and across the end of one.
    for start in [0, 1000, 262_144 - 300, 262_144 - 50] {
      let path = try folder.write(String(repeating: "\n", count: start) + long + "{\"id\":1,\"text\":\"a\"}\n", as: "long.jsonl")
      let result = try readAll([path], limits: limits)
      #expect(result.texts == ["a"])
      letters.formUnion(result.deadLetters.map(\.raw))
    }
    #expect(letters == [Array(long.utf8.dropLast(2))])
  }

  @Test func anEmptyIDIsTheLineNumberWhereOneIsOptional() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("id,text\n7,a\n,b\n")
    #expect(try readAll([path], mapping: mapping).ids == ["\"7\"", "3"])
    var strict = mapping
    strict.idOptional = false
    #expect(try readAll([path], mapping: strict).deadLetters.map(\.reason) == [.missingID])
  }

  @Test func aShorterInputThanTheCheckpointKnewIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("{\"id\":1,\"text\":\"a\"}\n")
    var position = StreamPosition()
    position.byteOffset = 1000
    #expect(throws: RecordIOError.self) { try readAll([path], from: position) }
  }
}

struct CompressionTests {
  static func run(_ tool: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [tool] + arguments
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test func gzipMembersOneAfterTheOtherAreOneStream() throws {
    let folder = try TemporaryFolder()
    let first = try folder.write("{\"id\":1,\"text\":\"a\"}\n{\"id\":2,", as: "a")
    let second = try folder.write("\"text\":\"b\"}\n", as: "b")
    try Self.run("gzip", [first, second])
    let joined = try Data(contentsOf: URL(fileURLWithPath: first + ".gz")) + Data(contentsOf: URL(fileURLWithPath: second + ".gz"))
    #expect(try readAll([try folder.write(Array(joined), as: "joined.gz")]).texts == ["a", "b"])
    let cut = try folder.write(Array(joined.dropLast(9)), as: "cut.gz")
    #expect(throws: RecordIOError.self) { try readAll([cut]) }
    let damaged = try folder.write(Array(joined.prefix(12)) + [1, 2, 3, 4, 5, 6], as: "damaged.gz")
    #expect(throws: RecordIOError.self) { try readAll([damaged]) }
  }

  @Test func whatCameWholeBeforeTheDamageIsRead() throws {
    let folder = try TemporaryFolder()
    let lines = (0..<6000).map { "{\"id\":\($0),\"text\":\"m\($0 &* 7919 % 6007)\"}\n" }.joined()
    let path = try folder.write(lines, as: "cut")
    try Self.run("gzip", [path])
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + ".gz")))
    let reader = try RecordReader(inputs: [try folder.write(Array(whole.dropLast(20)), as: "cut.gz")], mapping: .init())
    var ids: [String] = []
    let error = #expect(throws: RecordIOError.self) {
      while let read = try reader.next() { ids += read.batch.messages.map { read.batch.string($0.id) } }
    }
    #expect(error?.code == .badCompression)
    // All but the few records in the bytes that are gone, without a gap.
    #expect(ids.count > 5900 && ids == (0..<ids.count).map(String.init))
  }

  @Test func zerosBehindTheLastMemberAreNoDamage() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("{\"id\":1,\"text\":\"a\"}\n", as: "padded")
    try Self.run("gzip", [path])
    let padded = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + ".gz"))) + [UInt8](repeating: 0, count: 512)
    #expect(try readAll([try folder.write(padded, as: "padded.gz")]).texts == ["a"])
  }

  /// A frame with one block as it is (RFC 8878, 3.1.1).
  static func zstandard(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    let block = UInt32(bytes.count) << 3 | 1
    return [0x28, 0xB5, 0x2F, 0xFD, 0x20, UInt8(bytes.count), UInt8(block & 0xFF), UInt8(block >> 8 & 0xFF), UInt8(block >> 16)] + bytes
  }

  @Test func aSkippableFrameMayComeFirst() throws {
    let folder = try TemporaryFolder()
    let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]
    let path = try folder.write(skippable + Self.zstandard("{\"id\":1,\"text\":\"a\"}\n"), as: "parallel.zst")
    #expect(try readAll([path]).texts == ["a"])
  }

  @Test func aPipeIsReadAsWhatItsFirstBytesSay() throws {
    let folder = try TemporaryFolder()
    let line = "{\"id\":1,\"text\":\"a\"}\n"
    let plain = try folder.write(line, as: "plain")
    let zipped = try folder.write(line, as: "zipped")
    try Self.run("gzip", [zipped])
    for file in [plain, zipped + ".gz", try folder.write(Self.zstandard(line), as: "frames.zst")] {
      let pipe = folder.path + "/pipe"
      try Self.run("mkfifo", [pipe])
      let writer = Process()
      writer.executableURL = URL(fileURLWithPath: "/bin/sh")
      // Byte by byte, as a slow writer may.
      writer.arguments = ["-c", "exec dd if='\(file)' of='\(pipe)' bs=1 2> /dev/null"]
      try writer.run()
      #expect(try readAll([pipe]).texts == ["a"])
      writer.waitUntilExit()
      try FileManager.default.removeItem(atPath: pipe)
    }
  }

  /// What is decoded goes out, however long the next compressed bytes take.
  @Test func aPipeHoldsBackNothingThatIsDecoded() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.path + "/pipe"
    try Self.run("mkfifo", [pipe])
    let block = Self.zstandard("{\"id\":1,\"text\":\"a\"}\n")
    let first = try folder.write(block + block.prefix(5), as: "first"), rest = try folder.write(Array(block.dropFirst(5)), as: "rest")
    let writer = Process()
    writer.executableURL = URL(fileURLWithPath: "/bin/sh")
    // The second frame ends only when the record of the first has been seen.
    writer.arguments = ["-c", "exec > '\(pipe)'; cat '\(first)'; while [ ! -e '\(folder.path)/seen' ]; do sleep 0.01; done; cat '\(rest)'"]
    try writer.run()
    let reader = try RecordReader(inputs: [pipe], mapping: .init())
    #expect(try reader.next()?.batch.count == 1)
    _ = try folder.write("", as: "seen")
    #expect(try reader.next()?.batch.count == 1)
    #expect(try reader.next() == nil)
    writer.waitUntilExit()
  }

  @Test func aBombIsRefused() throws {
    let folder = try TemporaryFolder()
    let bomb = folder.path + "/bomb.gz"
    try Self.run("sh", ["-c", "head -c 400000000 /dev/zero | gzip -1 > \(bomb)"])
    var limits = ReadLimits()
    limits.maxExpansion = 100
    let error = #expect(throws: RecordIOError.self) { try readAll([bomb], limits: limits) }
    #expect(error?.code == .expansionTooLarge)
  }
}

struct OpeningTests {
  @Test func directoriesAndMissingFilesAreNamed() throws {
    let folder = try TemporaryFolder()
    let directory = #expect(throws: RecordIOError.self) { try readAll([folder.path]) }
    #expect(directory?.code == .isDirectory)
    let missing = #expect(throws: RecordIOError.self) { try readAll([folder.path + "/none.jsonl"]) }
    #expect(missing?.description.contains("No such file") == true)
  }

  @Test func aFullDiskIsSaid() throws {
    guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
    var file = try OutputFile(path: "/dev/full")
    var code: RecordIOError.Code?
    do { try file.write(Array("x".utf8)) } catch { code = error.code }
    #expect(code == .diskFull)
  }
}
