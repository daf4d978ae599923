import Crypto
import Foundation
import Moderation
import RemoteModel
import Safeguard
import Testing

/// The reader against recorded answers of gpt-oss-safeguard-20b (and of the plain 20b as contrast).
///
/// Truth is the recorded `label_strict` where the answer is exactly the asked-for word, else a person's label in `Golden/reader-labels.tsv`
/// (389 different answers, by hash: the texts are not ours to keep).
@Suite(.serialized) struct AnswerReaderCorpusTests {
  static let sources = [
    "raxit", "dngros_toxicchat", "dngros_toxicchat_base20b", "michaelwaves_toxicchat", "cope", "roost_policy_agent", "roost_multilingual",
  ]

  @Test(.enabled(if: SharedData.isPresent, "needs recorded answers in the folder that WINNOW_SHARED names"), arguments: sources)
  func readsWhatAPersonReads(source: String) throws {
    let corpus = Corpus()
    var score = Score()
    for record in try SharedData.records("data/dev/reasoner_\(source).jsonl.gz") {
      guard let answer = Corpus.finalAnswer(record) else { continue }
      guard let truth = corpus.truth(record, answer: answer, source: source) else { continue }
      score.count(try corpus.read(answer, record: record, source: source), truth: truth)
    }
    print("reader \(source): \(score)")
    #expect(score.unlabelled == 0)
    #expect(score.withVerdict > 0)
    #expect(Double(score.right) >= 0.995 * Double(score.withVerdict))
    #expect(score.wrong == 0, "a wrong label is worse than none")
    #expect(score.invented == 0, "a verdict out of a refusal, a story or an empty answer")
  }
}

struct Score: CustomStringConvertible {
  var withVerdict = 0, right = 0, wrong = 0, withoutVerdict = 0, invented = 0, unlabelled = 0
  var misses: [String] = []

  mutating func count(_ read: String, truth: String) {
    if truth == "?" { unlabelled += 1 }
    if truth == "none" {
      withoutVerdict += 1
      if read != "none" { invented += 1 }
      return
    }
    withVerdict += 1
    if read == truth { right += 1 } else if read != "none" { wrong += 1 }
    if read != truth { misses.append("\(truth) read as \(read)") }
  }

  var description: String {
    let share = withVerdict == 0 ? 0 : Double(right) / Double(withVerdict) * 100
    let rounded = (share * 1000).rounded() / 1000
    return "\(right) of \(withVerdict) verdicts right (\(rounded) %), \(wrong) wrong; \(withoutVerdict) answers without a verdict, \(invented) read as one"
      + (misses.isEmpty ? "" : "; missed: \(Dictionary(grouping: misses, by: { $0 }).mapValues(\.count))")
  }
}

/// Recorded answers, their formats, and what a person reads in them.
final class Corpus {
  private let labels: [String: String]
  private var formats: [String: AnswerFormat] = [:]

  init() {
    let lines = ((try? String(contentsOfFile: Golden.path("reader-labels.tsv"), encoding: .utf8)) ?? "").split(separator: "\n")
    labels = Dictionary(
      lines.filter { !$0.hasPrefix("#") }.map { line in
        let fields = line.split(separator: "\t").map(String.init)
        return (fields[0] + "/" + fields[1], fields[2])
      }, uniquingKeysWith: { first, _ in first })
  }

  /// The raw answer; for a source that kept only the parsed JSON, that JSON.
  static func finalAnswer(_ record: JSONValue) -> String? {
    if let raw = record["raw_output"]?.string { return raw }
    if let parsed = record["parsed_output"], parsed.members != nil { return parsed.text }
    return nil
  }

  private func kind(_ record: JSONValue, source: String) -> String {
    let file = record["policy_file"]?.string ?? ""
    if file.contains("multi-policy") { return "raxit-multi" }
    if file.contains("risk-tiering") { return "raxit-risk" }
    return source
  }

  func truth(_ record: JSONValue, answer: String, source: String) -> String? {
    switch record["label_strict"] {
    case .string("True")?: return "1"
    case .string("False")?: return "0"
    case .string(let label)?: return label
    case .bool(let violates)?: return violates ? "1" : "0"
    case .object(let members)?:
      let set = members.filter { $0.value.int == 1 }.map(\.key)
      return set.isEmpty ? "0" : set.joined(separator: "+")
    default: break
    }
    if answer.isEmpty { return "none" }
    let hash = SHA256.hash(data: Array(answer.utf8)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined().prefix(16)
    return labels["\(kind(record, source: source))/\(hash)"] ?? "?"
  }

  /// The label's name as `truth` writes it.
  func read(_ answer: String, record: JSONValue, source: String) throws -> String {
    let reading = AnswerReader.read(answer, format: try format(of: record, source: source))
    guard let label = reading.label else { return "none" }
    if source == "roost_policy_agent" {
      let set = ["S", "H", "V", "HR", "SH", "S3", "H2", "V2"].filter { reading.flags[$0] == .violates }
      return set.isEmpty ? "0" : set.joined(separator: "+")
    }
    if source == "cope" { return label.meaning == .violates ? "1" : "0" }
    return label.name
  }

  private func format(of record: JSONValue, source: String) throws -> AnswerFormat {
    let key = kind(record, source: source) + (record["policy_file"]?.string ?? "")
    if let known = formats[key] { return known }
    let made = try makeFormat(of: record, source: source)
    formats[key] = made
    return made
  }

  /// As the policy's text states it, or as its front matter would say it where the asking program put the format elsewhere.
  private func makeFormat(of record: JSONValue, source: String) throws -> AnswerFormat {
    switch kind(record, source: source) {
    case "raxit-risk":
      return AnswerFormat(
        labels: [.init("ALLOW", .safe), .init("ALLOW_WITH_VALIDATION", .review), .init("REQUIRE_AUTHORIZATION", .review), .init("BLOCK", .violates)],
        shape: .field("Decision"))
    case "raxit-multi": return AnswerFormat(labels: AnswerFormat.binary01.labels, shape: .list("Violated Policies"))
    case "roost_multilingual": return .json(JSONAnswerShape(decision: "violates_policy", category: nil, ruleIDs: "violated_rules", rationale: "justification"))
    default: break
    }
    let stated = try policy(record)
    switch source {
    case "cope": return AnswerFormat(labels: AnswerFormat.binary01.labels + (stated?.format.labels.filter(\.isAlias) ?? []))
    case "raxit": return stated?.format ?? .validInvalid
    default: return stated?.format ?? .binary01
    }
  }

  private func policy(_ record: JSONValue) throws -> Policy? {
    guard let file = record["policy_file"]?.string else { return nil }
    var diagnostics = Diagnostics()
    return Policy(text: try SharedData.text("data/" + file), file: file, diagnostics: &diagnostics)
  }
}
