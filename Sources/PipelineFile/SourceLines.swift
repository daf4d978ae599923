import Moderation
import YAMLDocument

/// Lines of the files that diagnostics point into, fit to be shown on a terminal: without control characters and without secrets.
///
/// Files are read again when a line of them is first needed, so that diagnostics stay small values.
final class SourceLines {
  private var files: [String: SourceText?] = [:]
  private let secrets: [SourceSpan]

  /// - Parameters:
  ///   - diagnostics: spans of `inline-secret` among them are masked on every line that is shown.
  ///   - texts: contents by file name, for what is not on disk.
  init(_ diagnostics: Diagnostics, texts: [String: String] = [:]) {
    secrets = diagnostics.all.filter { $0.code == "inline-secret" }.compactMap(\.span)
    for (file, text) in texts { files[file] = SourceText(text) }
  }

  /// The line of a span as scalars, nil when the file or line is not there.
  func line(_ span: SourceSpan) -> [Unicode.Scalar]? {
    guard let text = source(span.file), let bytes = text.line(span.line) else { return nil }
    var scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
    for secret in secrets where secret.file == span.file && secret.line == span.line {
      let start = min(max(secret.column - 1, 0), scalars.count)
      for index in start..<min(start + max(secret.length, 0), scalars.count) { scalars[index] = "*" }
    }
    maskAssignedSecrets(&scalars)
    return scalars.map(Self.visible)
  }

  private func source(_ file: String) -> SourceText? {
    if let known = files[file] { return known }
    var ignored = Diagnostics()
    let text = SourceFile.read(path: file, file: file, maxBytes: 64 << 20, diagnostics: &ignored).map { SourceText(bytes: $0) }
    files[file] = .some(text)
    return text
  }

  /// Masks the value behind a key that names a secret, for lines that are shown before anything could be checked (syntax errors, misspelt keys).
  /// References (`{env: …}`, `{file: …}`, `${…}`) stay readable.
  private func maskAssignedSecrets(_ scalars: inout [Unicode.Scalar]) {
    for colon in scalars.indices where scalars[colon] == ":" {
      let word = scalars[..<colon].reversed().drop { $0 == "\"" || $0 == "'" || $0 == " " }.prefix { $0.properties.isAlphabetic || $0 == "_" || $0 == "-" }
      let key = String(String.UnicodeScalarView(word.reversed())).lowercased()
      guard Self.secretWords.contains(where: { key == $0 || key.hasSuffix("_" + $0) || key.hasSuffix("-" + $0) }) else { continue }
      guard let start = scalars[(colon + 1)...].firstIndex(where: { $0 != " " && $0 != "\t" }) else { continue }
      guard scalars[start] != "{", !scalars[start...].starts(with: ["$", "{"]) else { continue }
      let end = scalars[start...].firstIndex { $0 == "," || $0 == "}" || $0 == " " } ?? scalars.endIndex
      for index in start..<end { scalars[index] = "*" }
    }
  }
  private static let secretWords = ["key", "apikey", "token", "secret", "password", "authorization"]

  /// A sentence with what a file holds in it, such as a misspelt key.
  static func visible(_ text: String) -> String { String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\n" ? "\u{FFFD}" : visible($0) })) }

  /// Control and bidirectional characters could rewrite the terminal: each is shown as a replacement character.
  private static func visible(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar.properties.generalCategory {
    case .control where scalar != "\t": "\u{FFFD}"
    case .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
    default: scalar
    }
  }
}
