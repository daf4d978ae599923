import Moderation
import Yams

/// Text to YAML nodes, with the parser's errors told in our words.
///
/// The parser stops at the first mapping with a duplicate key and names one of its places only. So that all of them are reported, with both
/// places, a duplicate key is overwritten by as many private-use characters, which keeps every column, and the text is composed again.
struct Composer {
  let source: SourceText
  let file: String
  /// After this many duplicate keys the rest of the file is not looked at.
  static let duplicateLimit = 20

  struct Composed {
    /// Nil for an empty file.
    var root: Node?
    /// Stand-in → the key that it stands for.
    var placeholders: [String: String]
  }

  func compose(diagnostics: inout Diagnostics) -> Composed? {
    var bytes = source.bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(source.bytes.dropFirst(3)) : source.bytes
    var placeholders: [String: String] = [:]
    while true {
      do throws(ComposerError) {
        if let mark = try aliasInKey(bytes) {
          diagnostics.error(
            "alias-in-key", "an alias inside a key can grow without bound", at: SourceSpan(file: file, line: mark.line, column: 1),
            hint: "write keys as plain text")
          return nil
        }
        return Composed(root: try root(of: String(decoding: bytes, as: UTF8.self)), placeholders: placeholders)
      } catch {
        guard case .duplicate(let found, let mark) = error else {
          report(error, to: &diagnostics)
          return nil
        }
        let key = AliasGuard.revealed(found)
        let number = placeholders.count
        guard number < Self.duplicateLimit, let stand = overwrite(key, at: mark, number: number, in: &bytes) else {
          diagnostics.error(
            "duplicate-key", "duplicate key `\(key)`", at: SourceSpan(file: file, line: mark.line, column: mark.column, length: key.unicodeScalars.count),
            hint: "keep one of them")
          return nil
        }
        placeholders[stand] = key
      }
    }
  }

  /// Asked again after each change of the text, as only a text without such aliases may be composed.
  private func aliasInKey(_ bytes: [UInt8]) throws(ComposerError) -> Mark? {
    guard let concealed = AliasGuard.concealed(bytes) else { return nil }
    return try root(of: String(decoding: concealed, as: UTF8.self)).flatMap(AliasGuard.aliasInKey)
  }

  private enum ComposerError: Error {
    case duplicate(key: String, mark: Mark)
    case several(Mark?)
    case yaml(YamlError)
    case other
  }

  /// Tags are resolved by the walker alone: the basic resolver has no rules, so that hashing a key costs no regular expression.
  private func root(of text: String) throws(ComposerError) -> Node? {
    do {
      let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
      let root = try parser.nextRoot()
      if root != nil, let second = try parser.nextRoot() { throw ComposerError.several(second.mark) }
      return root
    } catch let error as ComposerError {
      throw error
    } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
      throw .duplicate(key: keys.first ?? "", mark: context.mark)
    } catch let error as YamlError {
      throw .yaml(error)
    } catch {
      throw .other
    }
  }

  /// Replaces the key written at `mark`, keeping the number of scalars; nil when what stands there is no simple one-line key.
  private func overwrite(_ key: String, at mark: Mark, number: Int, in bytes: inout [UInt8]) -> String? {
    let text = SourceText(bytes: bytes)
    guard let line = text.line(mark.line) else { return nil }
    let start = text.offset(line: mark.line, column: mark.column)
    guard start < line.endIndex, let written = WrittenScalar.content(in: line[start...], value: key), !written.isEmpty else { return nil }
    guard let scalar = Unicode.Scalar(0xF0000 + UInt32(number)) else { return nil }
    let stand = String(repeating: Character(scalar), count: text.scalarCount(written))
    bytes.replaceSubrange(written, with: stand.utf8)
    return stand
  }

  private func report(_ error: ComposerError, to diagnostics: inout Diagnostics) {
    switch error {
    case .several(let mark):
      diagnostics.error(
        "multiple-documents", "more than one YAML document in the file", at: span(mark), hint: "keep one document, and remove the `---` between them")
    case .yaml(let error): SyntaxError(error, source: source, file: file).report(to: &diagnostics)
    case .duplicate, .other: diagnostics.error("yaml-syntax", "the file cannot be read as YAML", at: span(nil))
    }
  }

  private func span(_ mark: Mark?) -> SourceSpan { SourceSpan(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1) }
}
