import Foundation
import RemoteModel

/// Reference data that may lie beside the repository; tests that use it are skipped where it is absent.
enum SharedData {
  static let root: String? = {
    if let path = ProcessInfo.processInfo.environment["WINNOW_SHARED"] { return path }
    var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    while folder.path != "/" {
      let candidate = folder.deletingLastPathComponent().appendingPathComponent("shared").path
      if FileManager.default.fileExists(atPath: candidate + "/data/dev") { return candidate }
      folder.deleteLastPathComponent()
    }
    return nil
  }()
  static var isPresent: Bool { root != nil }

  /// The records of a gzipped JSONL file.
  static func records(_ path: String) throws -> [JSONValue] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", (root ?? "") + "/" + path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let bytes = [UInt8](pipe.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    return try bytes.split(separator: 0x0A).map { try JSONValue(parsing: $0) }
  }

  static func text(_ path: String) throws -> String { try String(contentsOfFile: (root ?? "") + "/" + path, encoding: .utf8) }
}

/// Files beside the tests.
enum Golden {
  static func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden/\(name)").path
  }
  static var isUpdating: Bool { ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" }

  /// The golden text; rewritten first when `UPDATE_GOLDEN=1`.
  static func text(_ name: String, actual: String) throws -> String {
    if isUpdating { try actual.write(toFile: path(name), atomically: true, encoding: .utf8) }
    return try String(contentsOfFile: path(name), encoding: .utf8)
  }
}
