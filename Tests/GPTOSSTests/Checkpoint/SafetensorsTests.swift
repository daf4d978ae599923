import Foundation
import GPTOSS
import Testing

@Suite struct SafetensorsTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var file: [UInt8]
    var tensors: [String]?
    var testDescription: String { name }
  }

  static let cases: [Case] = {
    let text = (try? ReferenceKit.bytes(ReferenceKit.golden("safetensors/cases.jsonl"))) ?? []
    return text.split(separator: 0x0A).compactMap { line in
      guard let value = try? JSONValue.parse(Array(line)), let name = value["name"]?.string, let data = value["file_base64"]?.string else { return nil }
      let accepted = value["accept"]?.bool == true
      return Case(name: name, file: [UInt8](Data(base64Encoded: data) ?? Data()), tensors: accepted ? value["tensors"]?.elements?.compactMap(\.string) : nil)
    }
  }()

  private func header(_ file: [UInt8]) throws -> SafetensorsHeader { try file.withUnsafeBytes { try SafetensorsHeader($0, file: "x") } }

  private func file(_ header: String, data: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8) + [UInt8](repeating: 7, count: data)
  }

  @Test func allCasesAreThere() { #expect(Self.cases.count == 44) }

  @Test(arguments: cases) func givesTheOfficialVerdict(_ sample: Case) throws {
    guard let tensors = sample.tensors else {
      #expect(throws: CheckpointError.self) { try header(sample.file) }
      return
    }
    #expect(try header(sample.file).entries.map(\.spec.name).sorted() == tensors.sorted())
  }

  /// Verdicts of safetensors 0.8.0 on oddities that the cases do not hold.
  @Test(arguments: [
    (#"{"a":["U8",[1],[0,1]]}"#, true), (#"{"a":["U8",[1],[0,1],5]}"#, false), (#"{"a":{"dtype":{"U8":null},"shape":[1],"data_offsets":[0,1]}}"#, true),
    (#"{"a":{"dtype":{"U8":5},"shape":[1],"data_offsets":[0,1]}}"#, false), (#"{"__metadata__":null,"a":["U8",[1],[0,1]]}"#, true),
    (#"{"__metadata__":{},"__metadata__":{},"a":["U8",[1],[0,1]]}"#, false), (#"{"__metadata__":[],"a":["U8",[1],[0,1]]}"#, false),
    (#"{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, false), (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[-0,1]}}"#, false),
    (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1e400}}"#, false), (#"{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}"#, true),
    (#"{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}}"#, false), (#"{"a":["U8",[9],[1,2]],"a":["U8",[1],[0,1]]}"#, true),
    (#"{"a":["U8",[1],[0,1]],"a":["U8",[9],[1,2]]}"#, false), (#"{"a":5,"a":["U8",[1],[0,1]]}"#, false), (#"{"a":null}"#, false), ("null", false), ("", false),
    (#"{"a":["U8",[1],[0,1]],"z":["U8",[0],[0,0]],"y":["U8",[0,3],[1,1]]}"#, true),
    (#"{"a":["U8",[1],[0,1]],"z":["U8",[9223372036854775808,4,0],[1,1]]}"#, false),
    (#"{"a":["U8",[1],{"0":0,"1":1}]}"#, false), (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":"\ud800"}}"#, false),
  ])
  func agreesOnOddities(_ text: String, isAccepted: Bool) throws {
    let bytes = file(text, data: 1)
    if isAccepted { #expect(try header(bytes).entries.contains { $0.spec == TensorSpec("a", .u8, [1]) || $0.spec.type == .f4 }) }
    if !isAccepted { #expect(throws: CheckpointError.self) { try header(bytes) } }
  }

  @Test func keepsOffsetsShapesMetadataAndTellsDuplicates() throws {
    let found = try header(file(#"{"__metadata__":{"format":"pt"},"b":["BF16",[2,1],[3,7]],"a":["U8",[3],[0,3]],"b":["BF16",[1,2],[3,7]]}"#, data: 7))
    #expect(found.entries.map(\.spec) == [TensorSpec("a", .u8, [3]), TensorSpec("b", .bf16, [1, 2])])
    #expect(found.entries.map(\.range) == [0..<3, 3..<7])
    #expect(found.metadata == ["format": "pt"] && found.duplicateNames == ["b"])
  }

  @Test func everyTruncationOfAValidFileIsRefused() throws {
    let valid = try #require(Self.cases.first { $0.name == "valid-metadata" }).file
    for length in 0..<valid.count {
      #expect(throws: CheckpointError.self) { try header(Array(valid[..<length])) }
    }
  }

  @Test(arguments: ["model-00000-of-00002", "model-00001-of-00002", "model-00002-of-00002"])
  func readsThePublishedShardHeaders(_ name: String) throws {
    let prefix = try ReferenceKit.bytes(ReferenceKit.golden("real-configs/gpt-oss-20b/shard_headers/\(name).safetensors.header"))
    let sizes = try JSONValue.parse(ReferenceKit.bytes(ReferenceKit.golden("real-configs/gpt-oss-20b/shard_sizes.json")))
    let size = try #require(sizes["published_file_bytes"]?["\(name).safetensors"]?.int)
    let found = try prefix.withUnsafeBytes { try SafetensorsHeader(prefix: $0, fileSize: size, file: name) }
    #expect(found.dataStart == prefix.count && found.entries.last?.range.upperBound == size - prefix.count)
    #expect(throws: CheckpointError.self) { try prefix.withUnsafeBytes { try SafetensorsHeader(prefix: $0, fileSize: size - 1, file: name) } }
  }

  @Test func refusesWhatIsNoRegularFile() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      #expect(throws: CheckpointError.self) { try SafetensorsFile(path: folder) }
      #expect(throws: CheckpointError.self) { try SafetensorsFile(path: "\(folder)/absent") }
      try #require(mkfifo("\(folder)/pipe", 0o600) == 0)
      #expect(throws: CheckpointError.self) { try SafetensorsFile(path: "\(folder)/pipe") }
      try ReferenceKit.write([], to: "\(folder)/empty")
      #expect(throws: CheckpointError.self) { try SafetensorsFile(path: "\(folder)/empty") }
    }
  }

  @Test func noticesThatAMappedFileWasWrittenTo() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      let path = "\(folder)/x.safetensors"
      try ReferenceKit.write(file(#"{"a":["U8",[1],[0,1]]}"#, data: 1), to: path)
      let opened = try SafetensorsFile(path: path)
      try opened.file.checkUnchanged()
      #expect(opened.tensor("a")?.bytes.elementsEqual([7]) == true && opened.tensor("b") == nil)
      try #require(truncate(path, 3) == 0)
      let error = #expect(throws: CheckpointError.self) { try opened.file.checkUnchanged() }
      #expect(error?.issues.map(\.code) == [.changed])
    }
  }
}
