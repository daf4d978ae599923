import Foundation

/// Where the golden files lie: beside the tests, and for what is too large to commit in `shared/reference` beside the repository.
enum ReferenceKit {
  static let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Golden")

  static func golden(_ path: String) -> String { golden.appendingPathComponent(path).path }

  static func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

  /// A folder of the test's own, removed afterwards.
  static func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gptoss-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.path)
  }

  static func write(_ bytes: [UInt8], to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

  /// Copies a golden checkpoint so that a test may damage it.
  static func copyCheckpoint(_ name: String, to folder: String) throws {
    for file in try FileManager.default.contentsOfDirectory(atPath: golden(name)) where file != "goldens" {
      try FileManager.default.copyItem(atPath: "\(golden(name))/\(file)", toPath: "\(folder)/\(file)")
    }
  }
}

extension ReferenceKit {
  /// The toy moderator with its weights unpacked (25.8 MB); without a tokenizer.
  static func unpackToyModerator(to folder: String) throws {
    try copyCheckpoint("toy-moderator", to: folder)
    let gzip = Process()
    gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    gzip.arguments = ["gzip", "-d", "\(folder)/model.safetensors.gz"]
    try gzip.run()
    gzip.waitUntilExit()
  }
}
