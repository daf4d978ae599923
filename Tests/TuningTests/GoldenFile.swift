import Foundation
import Testing

/// Compares with a file under `Golden`; `UPDATE_GOLDEN=1` rewrites it.
func expectGolden(_ text: String, _ name: String, at location: SourceLocation = #_sourceLocation) throws {
  let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name)")
  if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
    try text.write(to: file, atomically: true, encoding: .utf8)
    return
  }
  let golden = try String(contentsOf: file, encoding: .utf8)
  if golden != text {
    let pair = zip(golden.split(separator: "\n", omittingEmptySubsequences: false), text.split(separator: "\n", omittingEmptySubsequences: false))
    let first = pair.first { $0 != $1 }.map { "expected \($0), found \($1)" } ?? "one is longer"
    Issue.record("\(name) differs: \(first)", sourceLocation: location)
  }
}
