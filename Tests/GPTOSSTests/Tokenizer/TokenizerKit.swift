import Foundation
import GPTOSS
import Testing

/// Tokenizers and goldens for the tests of tokens and harmony.
enum TokenizerKit {
  /// The published vocabulary is too large to commit. It is taken from `shared/reference/tokenizer` beside the repository (or
  /// `WINNOW_SHARED`), and the tests that need it say so when it is not there.
  static let publishedFile: String? = {
    let repository = ReferenceKit.golden.appendingPathComponent("../../..").standardizedFileURL
    let folders = [ProcessInfo.processInfo.environment["WINNOW_SHARED"], repository.appendingPathComponent("../shared").path].compactMap { $0 }
    return folders.map { "\($0)/reference/tokenizer/tokenizer.json.gz" }.first { FileManager.default.fileExists(atPath: $0) }
  }()

  static var hasPublished: Bool { publishedFile != nil }
  static let needsPublished: Comment = "needs the published vocabulary: reference/tokenizer/tokenizer.json.gz in the folder that WINNOW_SHARED names"

  private static let publishedResult = Result { () throws -> (json: [UInt8], tokenizer: Tokenizer) in
    let json = try gunzip(publishedFile ?? "")
    return (json, try Tokenizer(json: json))
  }

  static func published() throws -> Tokenizer { try publishedResult.get().tokenizer }
  static func publishedJSON() throws -> [UInt8] { try publishedResult.get().json }

  static func tiny(_ name: String) throws -> Tokenizer { try Tokenizer(json: ReferenceKit.bytes(ReferenceKit.golden("\(name)/tokenizer.json"))) }

  private static func gunzip(_ path: String) throws -> [UInt8] {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", path]
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return [UInt8](data)
  }

  /// The lines of a golden file.
  static func cases(_ path: String) throws -> [JSONValue] {
    try ReferenceKit.bytes(ReferenceKit.golden(path)).split(separator: 0x0A).map { try JSONValue.parse(Array($0)) }
  }
}

extension JSONValue {
  /// The integers of an array, as token ids.
  var ids: [TokenID] { elements.map { $0.compactMap { $0.int.map { TokenID($0) } } } ?? [] }

  var hexBytes: [UInt8] {
    let digits = bytes ?? []
    return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16) }
  }
}

/// A small deterministic generator, so that a failing test fails again.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
