import Foundation
import Moderation
import PatternMatching
import Testing
import YAMLDocument

/// A hit as tests read it.
struct Found: Hashable, Sendable, CustomStringConvertible {
  var rule: String
  var text: String
  var effect: HitEffect = .signal
  var description: String { "\(rule): \(text.debugDescription) \(effect.name)" }
}

/// A prefilter built from files and settings written in the test, starting from YAML text as a pipeline does.
struct Prefilter: Sendable {
  var screen: PrefilterScreen

  static let categories = CategoryTable(["spam", "hate", "harassment", "threats"].map { Category(name: $0) })

  /// - Parameters:
  ///   - files: name and content; `*.rules.yaml` become `rules`, all others `lexicons`.
  ///   - settings: further fields of the stage, as YAML.
  init(_ files: KeyValuePairs<String, String>, settings: String = "category: spam") throws {
    let (configuration, folder) = try Self.configuration(files, settings: settings)
    defer { try? FileManager.default.removeItem(at: folder) }
    do {
      screen = try PrefilterStage.screen(configuration)
    } catch {
      for problem in error.diagnostics.all { Issue.record("\(problem)") }
      throw error
    }
  }

  static func configuration(_ files: KeyValuePairs<String, String>, settings: String) throws -> (StageConfiguration, URL) {
    let folder = FileManager.default.temporaryDirectory.appending(path: "prefilter-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (name, content) in files { try content.write(to: folder.appending(path: name), atomically: false, encoding: .utf8) }
    let rules = files.map(\.key).filter { $0.hasSuffix(".rules.yaml") }
    let lexicons = files.map(\.key).filter { !$0.hasSuffix(".rules.yaml") }
    var yaml = settings + "\n"
    if !lexicons.isEmpty { yaml += "lexicons: [\(lexicons.joined(separator: ", "))]\n" }
    if !rules.isEmpty { yaml += "rules: [\(rules.joined(separator: ", "))]\n" }
    var diagnostics = Diagnostics()
    let setting = try #require(YAMLDocument.parse(text: yaml, file: "stage.yaml", diagnostics: &diagnostics))
    try #require(diagnostics.isEmpty, "\(diagnostics.all)")
    return (StageConfiguration(id: "prefilter", settings: setting, categories: categories, baseDirectory: folder.path), folder)
  }

  /// The problems of files, as `file:line:column: severity: message [code] (hint)`.
  static func problems(_ files: KeyValuePairs<String, String>, settings: String = "category: spam") throws -> [String] {
    let (configuration, folder) = try configuration(files, settings: settings)
    defer { try? FileManager.default.removeItem(at: folder) }
    var diagnostics = Diagnostics()
    PrefilterStage.stageType.check(configuration, &diagnostics)
    return diagnostics.all.map { problem in
      let place = problem.span.map { "\($0.file.split(separator: "/").last ?? ""):\($0.line):\($0.column)" } ?? "-"
      let hint = problem.hint.map { " (\($0))" } ?? ""
      return "\(place): \(problem.severity.rawValue): \(problem.message) [\(problem.code)]\(hint)".replacingOccurrences(of: folder.path + "/", with: "")
    }
  }

  func output(_ texts: [String], exhaustive: Bool = false) -> ScreenOutput {
    var batch = MessageBatch()
    for (index, text) in texts.enumerated() { batch.append(id: "\(index)", text: text) }
    var output = ScreenOutput()
    let worker = exhaustive ? screen.makeExhaustiveWorker() : screen.makeWorker()
    worker.evaluate(batch, asked: texts.indices.map { Int32($0) }, into: &output)
    return output
  }

  /// The hits in one text; nil where a span does not lie on character boundaries.
  func find(_ text: String) -> [Found] {
    output([text]).hits.map { hit in
      let bytes = Array(text.utf8)[hit.span.range]
      return Found(rule: screen.describe(source: hit.source).rule, text: String(validating: bytes, as: UTF8.self) ?? "<broken>", effect: hit.effect)
    }
  }

  func texts(_ text: String) -> [String] { find(text).map(\.text) }
}

/// SplitMix64: the same sequence on every platform.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}

/// Data beside the repository that not every machine has.
enum SharedData {
  static let folder: URL? = {
    let environment = ProcessInfo.processInfo.environment["WINNOW_SHARED"].map { URL(filePath: $0) }
    let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let beside = repository.resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "shared")
    return [environment, beside].compactMap { $0 }.first { FileManager.default.fileExists(atPath: $0.appending(path: "peers/inputs").path) }
  }()

  static func lines(_ path: String) throws -> [String] {
    let url = try #require(folder).appending(path: path)
    guard path.hasSuffix(".gz") else { return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map(String.init) }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", url.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
