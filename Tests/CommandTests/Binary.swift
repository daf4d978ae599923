import Foundation
import Testing

/// The real binary, run as a user runs it.
enum Binary {
  /// Beside the test bundle, or where `WINNOW_BINARY` says.
  static let path: String = {
    if let path = ProcessInfo.processInfo.environment["WINNOW_BINARY"] { return path }
    return URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("winnow").path
  }()
  static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  struct Output {
    var status: Int32
    var output: String
    var error: String
  }

  static func process(_ arguments: [String], in directory: String = repository, environment: [String: String] = [:]) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    var variables = ProcessInfo.processInfo.environment
    variables["WINNOW_MODEL"] = nil
    process.environment = variables.merging(environment) { $1 }
    return process
  }

  /// Runs to the end; standard input is `input`, or nothing.
  static func run(_ arguments: [String], input: String = "", in directory: String = repository, environment: [String: String] = [:]) throws -> Output {
    let process = process(arguments, in: directory, environment: environment)
    let folder = try Folder()
    // Files instead of pipes: no output can fill a pipe that nobody reads.
    let names = ["in", "out", "err"].map { folder.path + "/" + $0 }
    try input.write(toFile: names[0], atomically: false, encoding: .utf8)
    for name in names[1...] { FileManager.default.createFile(atPath: name, contents: nil) }
    process.standardInput = FileHandle(forReadingAtPath: names[0])
    process.standardOutput = FileHandle(forWritingAtPath: names[1])
    process.standardError = FileHandle(forWritingAtPath: names[2])
    try process.run()
    process.waitUntilExit()
    return Output(
      status: process.terminationStatus, output: try String(contentsOfFile: names[1], encoding: .utf8), error: try String(contentsOfFile: names[2], encoding: .utf8))
  }
}

/// A folder that goes away with the test.
final class Folder: Sendable {
  let path: String
  init() throws {
    path = NSTemporaryDirectory() + "winnow-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  @discardableResult func write(_ text: String, as name: String) throws -> String {
    try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8)
    return path + "/" + name
  }
  func read(_ name: String) throws -> String { try String(contentsOfFile: path + "/" + name, encoding: .utf8) }
}
