/// `winnow tokens conformance`: compares this tokenizer and harmony with goldens of the official implementations.
///
/// A file holds one case in each line; what kind of case it is follows from its members:
///
/// | kind | members | compared |
/// | --- | --- | --- |
/// | tokenize | `text`, `ids`; maybe `ids_if_specials_parsed` | ids of ordinary text, ids of trusted text. A case without `id` (the small tokenizers' goldens) has special tokens parsed |
/// | ill-formed | `kind` `utf8` or `utf16`, `replaced_text`, `ids` | ids after replacement by U+FFFD, and their text |
/// | decode | `ids`, `bytes_hex`; maybe `text_replace`, `per_token_bytes_hex` | bytes, text, bytes of each token; streaming gives the same text |
/// | render | `kind` `render`, `messages`, `mode`, `auto_drop_analysis`, `ids` | ids |
/// | chat | `kind` `chat`, `chat`, `reasoning_effort`, `date`, one object for each template | ids of each template, and that `must_not_equal_ids` is not among them |
/// | parse | `kind` `parse`, `ids`, `role`, `strict`, `lenient`; maybe `stream_trace` | messages, or that and where it fails and the messages before; every step |
public struct TokensConformance: Sendable {
  /// A case that does not agree.
  public struct Disagreement: Sendable, Hashable {
    /// Line of the file, from 1.
    public var line: Int
    /// The case's `id`, or its line.
    public var name: String
    /// Member of the case that was compared.
    public var member: String
    /// Ids and numbers; no text of the case.
    public var detail: String
  }

  public struct FileReport: Sendable, Hashable {
    public var file: String
    public var cases = 0
    public var agreeing = 0
    /// Cases of each kind, by name.
    public var kinds: [String: Int] = [:]
    /// The first ones, at most `limit`.
    public var disagreements: [Disagreement] = []
  }

  public struct Report: Sendable, Hashable {
    public var files: [FileReport] = []
    /// Whether there were cases at all, and every one agrees.
    public var isExact: Bool { files.allSatisfy { $0.cases > 0 && $0.agreeing == $0.cases } && !files.isEmpty }
  }

  private let tokenizer: Tokenizer
  private let limit: Int

  /// - Parameter limit: how many disagreements are reported of each file.
  public init(_ tokenizer: Tokenizer, limit: Int = 5) { (self.tokenizer, self.limit) = (tokenizer, limit) }

  /// Compares files given by name and content.
  public func run(_ files: [(name: String, content: [UInt8])]) -> Report { Report(files: files.map { run($0.content, name: $0.name) }) }

  public func run(_ content: [UInt8], name: String) -> FileReport {
    var report = FileReport(file: name)
    for (index, line) in content.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
      let (kind, found) = compare(Array(line), line: index + 1)
      report.cases += 1
      report.kinds[kind, default: 0] += 1
      if found.isEmpty { report.agreeing += 1 }
      report.disagreements += found.prefix(max(0, limit - report.disagreements.count))
    }
    return report
  }

  /// The kind of a case, and where it disagrees.
  private func compare(_ line: [UInt8], line number: Int) -> (kind: String, [Disagreement]) {
    guard let golden = try? JSONValue.parse(line), golden.kind == .object else {
      return ("unreadable", [Disagreement(line: number, name: "line \(number)", member: "", detail: "not a JSON object")])
    }
    let comparison = TokensComparison(golden, tokenizer)
    let name = golden["id"]?.string ?? "line \(number)"
    return (comparison.kind, comparison.run().map { Disagreement(line: number, name: name, member: $0.member, detail: $0.detail) })
  }
}

extension TokensConformance.Report {
  /// For people: a line for each file, and below it where it disagrees.
  public var text: String {
    var lines: [String] = []
    for file in files {
      let kinds = file.kinds.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
      lines.append("\(file.file): \(file.agreeing) of \(file.cases) cases agree\(kinds.isEmpty ? "" : " (\(kinds))")")
      lines += file.disagreements.map { "  \($0.name) (line \($0.line)) \($0.member): \($0.detail)" }
      let hidden = file.cases - file.agreeing - Set(file.disagreements.map(\.line)).count
      if hidden > 0 { lines.append("  and \(hidden) more") }
    }
    return lines.joined(separator: "\n")
  }

  public var json: JSONOutput {
    ["exact": .bool(isExact), "files": .array(files.map(\.json))]
  }
}

extension TokensConformance.FileReport {
  fileprivate var json: JSONOutput {
    [
      "file": .string(file), "cases": .int(cases), "agreeing": .int(agreeing),
      "kinds": .object(kinds.sorted { $0.key < $1.key }.map { JSONOutput.Member($0.key, .int($0.value)) }),
      "disagreements": .array(
        disagreements.map {
          ["line": .int($0.line), "case": .string($0.name), "member": .string($0.member), "detail": .string($0.detail)]
        }),
    ]
  }
}
