import Crypto
import Moderation

/// One moderation policy as it is given to the model: a Markdown text, and what the pipeline must know to ask under it.
///
/// The front matter (`---` … `---`, YAML) is optional and never shown to the model. Its keys: `id`, `version`, `categories`, `output`.
public struct Policy: Sendable, Hashable {
  /// From the front matter, else the file's name without its ending.
  public var id: String
  /// From the front matter, else the first 12 hex digits of ``contentHash``.
  public var version: String
  /// Names of the categories that the policy says it judges; empty when it says nothing.
  public var categories: [String]
  /// The text for the model: as written after the front matter, line ends aside (CRLF and CR become LF).
  public var body: String
  public var format: AnswerFormat
  /// SHA-256 of the whole file, hex.
  public var contentHash: String
  /// Ids of the rules in the text.
  public var ruleIDs: Set<String>
  /// Labelled examples in the text, for the probe at start-up.
  public var examples: [PolicyExample]

  /// `<id>@<version>`, as verdicts name it.
  public var reference: String { "\(id)@\(version)" }

  public static let maximumBytes = 1 << 20

  /// Reads a policy. Problems go to `diagnostics`; with errors among them the policy should not be used.
  public init(text: String, file: String, diagnostics: inout Diagnostics) {
    let parts = FrontMatter.split(Self.withUnixLines(text))
    var header = FrontMatter()
    if let yaml = parts.yaml { header = FrontMatter(yaml: yaml, file: file, diagnostics: &diagnostics) }
    body = parts.body
    contentHash = hexSHA256(text)
    id = header.id ?? Self.name(ofFile: file)
    version = header.version ?? String(contentHash.prefix(12))
    categories = header.categories
    let stated = AnswerFormat.stated(in: body)
    format = header.format(stated: stated.first) ?? .binary01
    format.labels += RuleSections.aliases(in: body, labels: format.labels)
    ruleIDs = RuleIDs.defined(in: body)
    examples = PolicyExample.all(in: body, format: format)
    if header.output == nil, stated.isEmpty {
      diagnostics.warning(
        "policy-format-unstated", "policy `\(id)` states no output format; `0` and `1` are assumed", at: SourceSpan(file: file, line: 1, column: 1),
        hint: "write the format near the top and again before the examples, or `output:` in the front matter")
    }
    if AnswerText.trimmed(body[...]).isEmpty {
      diagnostics.error("policy-empty", "policy `\(id)` has no text", at: SourceSpan(file: file, line: 1, column: 1))
    }
  }

  /// The text with line feeds alone; to Swift, CRLF is one character that is not a line feed.
  static func withUnixLines(_ text: String) -> String {
    guard text.utf8.contains(0x0D) else { return text }
    return text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
  }

  private static func name(ofFile file: String) -> String {
    let last = file.split(separator: "/").last.map(String.init) ?? file
    guard let dot = last.lastIndex(of: "."), dot > last.startIndex else { return last }
    return String(last[..<dot])
  }
}

func hexSHA256(_ text: String) -> String { hexSHA256(Array(text.utf8)) }

func hexSHA256(_ bytes: [UInt8]) -> String {
  SHA256.hash(data: bytes).map { byte in
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }.joined()
}
