import LinearModel
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#endif

struct ModelFileTests {
  private static let trained = try? Sample.train(Sample.set(200), Sample.configuration(bits: 8) { $0.calibration = .isotonic })
  private let file: [UInt8]
  private let model: LinearModel
  init() throws {
    let trained = try #require(Self.trained)
    (file, model) = (trained.file, trained.model)
  }

  private var headerLength: Int { file[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) } }

  /// The file with its header's text changed.
  private func changed(_ old: String, _ new: String) throws -> [UInt8] {
    let header = String(decoding: file[8..<8 + headerLength], as: UTF8.self)
    try #require(header.contains(old))
    var text = Array(header.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false).joined(separator: new).utf8)
    while text.count % 8 != 0 { text.append(0x20) }
    let length = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    return length + text + file[(8 + headerLength)...]
  }

  @Test func readsBackWhatWasWritten() throws {
    let read = try LinearModel(bytes: file)
    #expect(read.card.json == model.card.json)
    #expect(read.card.training == model.card.training)
    #expect(read.card.calibrations == model.card.calibrations)
    #expect(read.fingerprint == model.fingerprint && read.fingerprint.count == 64)
    for line in Sample.texts(40, seed: 7) { #expect(read.makeScorer().logits(line.text) == model.makeScorer().logits(line.text)) }
  }

  @Test func cardTellsHowTheModelCameToBe() throws {
    let result = try Sample.train(
      Sample.set(60),
      Sample.configuration(bits: 8) {
        $0.sources = [.init(name: "a \"set\"", license: "MIT")]
        $0.notes = ["ümlaut\n"]
        $0.description = "for tests"
        $0.seed = .max
      })
    let card = try LinearModel(bytes: result.file).card
    #expect(card.sources == [.init(name: "a \"set\"", license: "MIT")])
    #expect(card.notes == ["ümlaut\n"] && card.description == "for tests" && card.training.seed == .max && card.training.rows == 60)
    #expect(card.training.dataSHA256 == Sample.set(60).fingerprint)
    #expect(card.metrics.map(\.label) == ["rude", "spam"] && card.metrics[0].positives == 20)
  }

  @Test func everyTruncationIsRefused() {
    for count in Array(stride(from: 0, to: file.count, by: 37)) + [file.count - 1] {
      #expect(throws: LinearModelError.self) { try LinearModel(bytes: Array(file[..<count])) }
    }
  }

  @Test func damagedFilesNeverCrash() {
    var numbers = Numbers(21)
    for _ in 0..<1500 {
      var bytes = file
      for _ in 0..<Int.random(in: 1...4, using: &numbers) {
        bytes[Int.random(in: 0..<headerLength + 8, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
      }
      if let model = try? LinearModel(bytes: bytes) { #expect(model.makeScorer().probabilities("you idiot").allSatisfy { (0...1).contains($0) }) }
    }
  }

  static let wrong = [
    (#""shape":[2,256]"#, #""shape":[2,255]"#), (#""shape":[2,256]"#, #""shape":[-2,-256]"#), (#""shape":[2,256]"#, #""shape":[4611686018427387904,4]"#),
    (#""shape":[2,256]"#, #""shape":[1e30,2]"#), (#""shape":[2,256]"#, #""shape":[512]"#), (#""data_offsets":[0,512]"#, #""data_offsets":[512,0]"#),
    (#""data_offsets":[0,512]"#, #""data_offsets":[0,99999]"#), (#""data_offsets":[0,512]"#, #""data_offsets":[-8,504]"#),
    (#""data_offsets":[512,520]"#, #""data_offsets":[504,512]"#), (#""dtype":"I8""#, #""dtype":"F16""#), (#""weights":{"#, #""waits":{"#),
    (#"winnow.card"#, #"other.card"#), (#"\"bucket_bits\":8"#, #"\"bucket_bits\":60"#), (#"\"bucket_bits\":8"#, #"\"bucket_bits\":9"#),
    (#"\"word_ngrams\":2"#, #"\"word_ngrams\":7"#), (#"\"character_ngrams\":[3,5]"#, #"\"character_ngrams\":[5,3]"#),
    (#"\"character_ngrams\":[3,5]"#, #"\"character_ngrams\":[0,500]"#), (#"\"long_text_bytes\":256"#, #"\"long_text_bytes\":-16"#),
    (#"\"long_text_bytes\":256"#, #"\"long_text_bytes\":\"a\""#), (#"\"weights\":\"int8\""#, #"\"weights\":\"int4\""#),
    (#"\"labels\":[\"rude\",\"spam\"]"#, #"\"labels\":[\"rude\",\"rude\"]"#), (#"\"labels\":[\"rude\",\"spam\"]"#, #"\"labels\":[]"#),
    (#"\"labels\":[\"rude\",\"spam\"]"#, #"\"labels\":[\"a\",\"b\",\"c\"]"#), (#"\"method\":\"isotonic\""#, #"\"method\":\"magic\""#),
    (#"\"scores\":["#, #"\"scores\":[1e9,"#), (#"\"scores\":["#, #"\"scores\":[null,"#), (#"\"probabilities\":["#, #"\"probabilities\":[2,"#),
    (#"{"__metadata__""#, #"[{"__metadata__""#), (#"\"format_version\":1"#, #"\"format_version\":1.5"#),
  ]

  @Test(arguments: wrong.indices)
  func impossibleFilesAreRefused(_ index: Int) throws {
    let bytes = try changed(Self.wrong[index].0, Self.wrong[index].1)
    let error = #expect(throws: LinearModelError.self) { try LinearModel(bytes: bytes) }
    #expect(error?.code == .invalidModel)
  }

  @Test(arguments: [(#"\"format_version\":1"#, #"\"format_version\":2"#), (#"\"hash\":\"mf1\""#, #"\"hash\":\"mf9\""#)])
  func newerFilesAreNamedAsSuch(_ old: String, _ new: String) throws {
    let bytes = try changed(old, new)
    #expect(throws: LinearModelError.self) { try LinearModel(bytes: bytes) }
    do { _ = try LinearModel(bytes: bytes) } catch { #expect(error.code == .unsupportedModel) }
  }

  @Test(arguments: [Float.nan, .infinity, 1e30, -1])
  func weightsThatAreNoNumbersAreRefused(_ value: Float) {
    // The last tensors are units (before steps and biases) and biases: 2 floats each.
    for end in [file.count, file.count - 8 - 256] where !(value == -1 && end == file.count) {
      var bytes = file
      for index in 0..<4 { bytes[end - 4 + index] = UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * index)) }
      #expect(throws: LinearModelError.self) { try LinearModel(bytes: bytes) }
    }
    var bytes = file
    bytes[file.count - 9] = 0x80
    #expect(throws: LinearModelError.self) { try LinearModel(bytes: bytes) }
  }

  @Test func headerLengthsBeyondTheFileAreRefused() {
    for length: UInt64 in [.max, 1 << 63, UInt64(file.count), UInt64(file.count - 7), 1 << 40] {
      var bytes = file
      for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: length >> UInt64(8 * index)) }
      #expect(throws: LinearModelError.self) { try LinearModel(bytes: bytes) }
    }
  }

  @Test(arguments: ["/nonexistent/model", "/", "/dev/null", ""])
  func pathsThatAreNoModelsAreRefused(_ path: String) {
    #expect(throws: LinearModelError.self) { try LinearModel(path: path) }
  }

  @Test func opensAFile() throws {
    let path = "/tmp/winnow-model-test-\(getpid()).linear"
    defer { unlink(path) }
    let stream = try #require(fopen(path, "w"))
    _ = file.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, stream) }
    fclose(stream)
    #expect(try LinearModel(path: path).fingerprint == model.fingerprint)
  }
}
