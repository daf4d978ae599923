import Moderation
import RemoteModel
import Synchronization

/// Earlier answers in a JSONL file, by what was asked: for tests, replay and offline tuning.
///
/// One object a line:
/// ```
/// {"key":"<64 hex>","policies":["spam@2"],"model":"…","effort":"low","final":"1","reasoning":"…","finish":"stop",
///  "label_probabilities":{"0":0.02,"1":0.98},"usage":{"calls":1,"retries":0,"prompt_tokens":900,"cached_prompt_tokens":0,"completion_tokens":80},
///  "latency_ms":632}
/// ```
/// Only `key` and `final` are needed. The key hashes policies, content and context (``RecordKey``), never their texts: the file holds no
/// message. Of lines with one key the last counts. A torn last line (a run killed while writing) is left out.
///
/// Only keys and places are held in memory, 32 bytes an answer; an answer is read from the file when it is asked for.
public final class RecordedAnswers: Sendable {
  private struct Place {
    var offset: Int
    var length: Int
  }
  private struct Key: Hashable {
    var high: UInt64
    var low: UInt64
    /// The first 128 bits of a key's 256.
    init?(_ hex: some StringProtocol) {
      guard hex.utf8.count == 64, let high = UInt64(hex.prefix(16), radix: 16), let low = UInt64(hex.dropFirst(16).prefix(16), radix: 16) else { return nil }
      (self.high, self.low) = (high, low)
    }
  }

  private let file: ReadableFile
  private let places: [Key: Place]
  /// Lines that are no answers, the torn last one aside.
  public let badLines: Int
  /// Hash of the file's bytes, hex.
  public let fingerprint: String
  public var count: Int { places.count }

  public init(path: String) throws(FileError) {
    file = try ReadableFile(path: path)
    var places: [Key: Place] = [:]
    var bad = 0
    fingerprint = try file.eachLine { line, offset, isWhole in
      guard !line.isEmpty else { return }
      if let key = Self.key(line) {
        places[key] = Place(offset: offset, length: line.count)
      } else if isWhole {
        bad += 1
      }
    }
    self.places = places
    badLines = bad
  }

  private static func key(_ line: [UInt8]) -> Key? {
    guard let object = try? JSONValue(parsing: line), object["final"] != nil else { return nil }
    return object["key"]?.string.flatMap { Key($0) }
  }

  /// The last answer recorded under this key.
  public func answer(key: String) -> ModelAnswer? {
    guard let key = Key(key), let place = places[key], let line = try? file.bytes(at: place.offset, count: place.length) else { return nil }
    return (try? JSONValue(parsing: line)).flatMap(RecordedLine.answer)
  }
}

/// One line of a recording.
enum RecordedLine {
  static func answer(_ object: JSONValue) -> ModelAnswer? {
    guard object["final"] != nil else { return nil }
    let usage = object["usage"]
    // Whatever a file says, sums of it stay numbers.
    func count(_ key: String) -> Int { min(max(0, usage?[key]?.int ?? 0), 1 << 30) }
    var probabilities: [String: Double] = [:]
    for member in object["label_probabilities"]?.members ?? [] { probabilities[member.key] = member.value.double }
    return ModelAnswer(
      final: object["final"]?.string, reasoning: object["reasoning"]?.string,
      finish: finish(object["finish"]), labelProbabilities: probabilities,
      usage: ReasonerUsage(
        calls: count("calls"), retries: count("retries"), promptTokens: count("prompt_tokens"), cachedPromptTokens: count("cached_prompt_tokens"),
        completionTokens: count("completion_tokens")),
      latency: .seconds(min(max(0, object["latency_ms"]?.double ?? 0), 1e9) / 1000), model: object["model"]?.string ?? "")
  }

  /// Nothing said is a whole answer; a word that is not known is none.
  private static func finish(_ value: JSONValue?) -> ModelAnswer.Finish {
    guard let value, !value.isNull else { return .stop }
    return value.string.flatMap(ModelAnswer.Finish.init(rawValue:)) ?? .malformed
  }

  static func text(key: String, prompt: SafeguardPrompt, answer: ModelAnswer) -> String {
    let usage = answer.usage
    var members: [JSONValue.Member] = [
      .init("key", .string(key)), .init("policies", .array(prompt.policies.map { .string($0.reference) })), .init("model", .string(answer.model)),
      .init("effort", .string(prompt.effort.rawValue)), .init("final", answer.final.map { .string($0) } ?? .null),
    ]
    if let reasoning = answer.reasoning { members.append(.init("reasoning", .string(reasoning))) }
    members.append(.init("finish", .string(answer.finish.rawValue)))
    if !answer.labelProbabilities.isEmpty {
      let sorted = answer.labelProbabilities.sorted { $0.key < $1.key }
      members.append(.init("label_probabilities", .object(sorted.map { .init($0.key, .number($0.value)) })))
    }
    members.append(
      .init(
        "usage",
        .object([
          .init("calls", .number(usage.calls)), .init("retries", .number(usage.retries)), .init("prompt_tokens", .number(usage.promptTokens)),
          .init("cached_prompt_tokens", .number(usage.cachedPromptTokens)), .init("completion_tokens", .number(usage.completionTokens)),
        ])))
    members.append(.init("latency_ms", .number((answer.latency.inSeconds * 10_000).rounded() / 10)))
    return JSONValue.object(members).text
  }
}

/// Appends answers to a recording, each line at once and whole.
public final class AnswerRecorder: Sendable {
  private let file: Mutex<AppendingFile>

  /// Opens or creates the file. A torn last line is closed first, so that the next one stands alone.
  public init(path: String) throws(FileError) { file = Mutex(try AppendingFile(path: path)) }

  /// - Throws: when the line could not be written (full disk): a recording with holes must not pass for a whole one.
  public func record(_ answer: ModelAnswer, for prompt: SafeguardPrompt, vote: Int = 0) throws(FileError) {
    let line = RecordedLine.text(key: RecordKey.key(prompt.recordKey, vote: vote), prompt: prompt, answer: answer) + "\n"
    let result = file.withLock { file -> FileError? in
      do throws(FileError) {
        try file.append(Array(line.utf8))
        return nil
      } catch { return error }
    }
    if let result { throw result }
  }
}
