import Moderation

/// YAML files as ``Setting``s with their places: the only module that sees the YAML parser.
///
/// - A file is read whole, composed into nodes, walked within ``Limits``, and only then interpolated, so that no alias bomb is ever
///   expanded and no environment variable can become structure.
/// - What a variable gave is text, marked ``Setting/isInterpolated``; checking it against its field makes a number of it where one is wanted.
/// - Scalars follow the core schema of YAML 1.2: `yes`, `no`, `on` and `off` are text; only `true` and `false` are booleans.
/// - Refused, each with a code of its own: duplicate keys, keys that are not text, merge keys (`<<`), several documents, foreign tags,
///   `.inf` and `.nan`, control characters.
/// - All problems behind the first syntax error are lost, as YAML has no way to go on after one; all others are reported at once.
public enum YAMLDocument {
  /// What a file may cost.
  public struct Limits: Sendable, Hashable {
    public var bytes: Int
    /// Counted with aliases expanded, keys included.
    public var nodes: Int
    public var depth: Int
    public init(bytes: Int, nodes: Int, depth: Int = 64) { (self.bytes, self.nodes, self.depth) = (bytes, nodes, depth) }
    /// For pipelines and their cases: 1 MiB and 10,000 nodes.
    public static let pipeline = Limits(bytes: 1 << 20, nodes: 10_000)
    /// For lexicons and rule files: 32 MiB and 500,000 nodes. 50,000 phrases with four fields each take about 0.7 s, as plain strings 0.06 s.
    public static let lexicon = Limits(bytes: 32 << 20, nodes: 500_000)
  }

  /// What an unquoted scalar means: text that came from a variable can be read again as what its field takes.
  /// Nil for `.inf`, `.nan` and numbers beyond the range of a 64-bit float.
  public static func plainValue(_ text: String) -> Setting.Value? {
    if case .value(let value) = PlainScalar.read(text) { value } else { nil }
  }

  /// The document in a file; nil where it cannot be read or has no meaning at all. Problems go to `diagnostics`.
  ///
  /// - Parameters:
  ///   - file: the name to use in places and messages; the path when nil.
  ///   - span: where the path was written, for a file that another file names.
  public static func load(
    path: String, file: String? = nil, environment: [String: String]? = nil, limits: Limits = .pipeline, literalKeys: Set<String> = [],
    at span: SourceSpan? = nil, diagnostics: inout Diagnostics
  ) -> Setting? {
    let file = file ?? path
    guard let bytes = SourceFile.read(path: path, file: file, maxBytes: limits.bytes, at: span, diagnostics: &diagnostics) else { return nil }
    return parse(bytes: bytes, file: file, environment: environment, limits: limits, literalKeys: literalKeys, diagnostics: &diagnostics)
  }

  /// The document in `text`.
  ///
  /// - Parameters:
  ///   - environment: the variables for `${VAR}`; nil leaves strings as they are.
  ///   - literalKeys: keys of the outermost map whose values are never interpolated.
  /// - Returns: nil after a syntax error or a broken limit; a null for an empty file.
  public static func parse(
    text: String, file: String, environment: [String: String]? = nil, limits: Limits = .pipeline, literalKeys: Set<String> = [],
    diagnostics: inout Diagnostics
  ) -> Setting? {
    parse(bytes: Array(text.utf8), file: file, environment: environment, limits: limits, literalKeys: literalKeys, diagnostics: &diagnostics)
  }

  /// The document in `bytes`, which need not be valid UTF-8.
  public static func parse(
    bytes: [UInt8], file: String, environment: [String: String]? = nil, limits: Limits = .pipeline, literalKeys: Set<String> = [],
    diagnostics: inout Diagnostics
  ) -> Setting? {
    guard bytes.count <= limits.bytes else {
      diagnostics.error(
        "file-too-large", "`\(file)` is larger than \(limits.bytes) bytes", at: SourceSpan(file: file, line: 1, column: 1, length: 0),
        hint: "split it, or keep large word lists in files of their own")
      return nil
    }
    guard CharacterCheck.passes(bytes, file: file, diagnostics: &diagnostics) else { return nil }
    let (setting, found) = DeepStack.run {
      var found = Diagnostics()
      let setting = composed(bytes, file: file, environment: environment, limits: limits, literalKeys: literalKeys, diagnostics: &found)
      return (setting, found)
    }
    diagnostics.add(contentsOf: found)
    return setting
  }

  private static func composed(
    _ bytes: [UInt8], file: String, environment: [String: String]?, limits: Limits, literalKeys: Set<String>, diagnostics: inout Diagnostics
  ) -> Setting? {
    let source = SourceText(bytes: bytes)
    guard let composed = Composer(source: source, file: file).compose(diagnostics: &diagnostics) else { return nil }
    guard let root = composed.root else { return Setting(.null, at: SourceSpan(file: file, line: 1, column: 1, length: 0)) }
    var walker = Walker(source: source, file: file, limits: limits, environment: environment, placeholders: composed.placeholders)
    return walker.walk(document: root, literalKeys: literalKeys, into: &diagnostics)
  }
}
