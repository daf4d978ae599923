#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif
import Foundation
import Moderation
import Testing
import Tuning

/// Recorded answers of gpt-oss-safeguard-20b on ToxicChat, with a stand-in score learnt from the messages that have none.
/// The data are not part of the project; without them these tests are skipped and say so.
enum SharedData {
  static let directory: URL? = {
    let manager = FileManager.default
    if let path = ProcessInfo.processInfo.environment["WINNOW_SHARED"] { return manager.fileExists(atPath: path) ? URL(filePath: path) : nil }
    var folder = URL(filePath: #filePath).resolvingSymlinksInPath()
    while folder.pathComponents.count > 1 {
      folder.deleteLastPathComponent()
      let candidate = folder.appending(path: "shared/data/dev")
      if manager.fileExists(atPath: candidate.path) { return folder.appending(path: "shared") }
    }
    return nil
  }()

  static func records(_ name: String) throws -> [[String: Any]] {
    let file = try #require(directory).appending(path: "data/dev/\(name).jsonl.gz")
    let quoted = file.path.replacingOccurrences(of: "'", with: "'\\''")
    let pipe = try #require(popen("gunzip -c '\(quoted)'", "r"))
    defer { pclose(pipe) }
    var bytes = Data(), buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { bytes.append(contentsOf: buffer[..<count]) }
    return try bytes.split(separator: 0x0A).map { try #require(try JSONSerialization.jsonObject(with: $0) as? [String: Any]) }
  }

  /// Read once for all tests.
  private static let loaded = Result { try load() }
  static func sample() throws -> EvaluationSample { try loaded.get() }

  /// Messages judged under the dataset's own policy, their labels, the recorded answer, and a naive Bayes score.
  private static func load() throws -> EvaluationSample {
    let recorded = try records("reasoner_dngros_toxicchat").filter { record in
      (record["policy_file"] as? String)?.hasSuffix("toxic_known_dataset.md") ?? false && (record["id"] as? String)?.contains("/api/") ?? false
    }
    let texts = Set(recorded.compactMap { $0["content"] as? String })
    var bayes = NaiveBayes()
    for row in try records("toxicchat_test") {
      guard let text = row["text"] as? String, !texts.contains(text), let label = (row["labels"] as? [String: Any])?["toxicity"] as? Int else { continue }
      bayes.learn(text, label == 1)
    }
    var sample = EvaluationSample(
      categories: Synthetic.table(["toxicity"]),
      stages: [
        EvaluatedStage(id: "bayes", kind: .screen, failure: .screen, bands: [Band(allowBelow: 0.02, blockAbove: 0.98)]),
        EvaluatedStage(id: "safeguard", kind: .reasoner, failure: .reasoner),
      ])
    for record in recorded {
      guard let id = record["id"] as? String, let text = record["content"] as? String, let truth = record["label_true"] as? String else { continue }
      let finding: ReasonerOutcome = switch record["label_strict"] as? String {
      case "1": .violates
      case "0": .safe
      default: .abstain
      }
      try sample.append(
        EvaluationRow(
          id: id, textHash: TextHash.of(text), labels: [Label(truth == "1")],
          stages: [StageRecord(status: .ok, probabilities: [bayes.score(text)]), StageRecord(status: .ok)], findings: [finding]))
    }
    return sample
  }
}

/// Words of a text, counted: only good enough to have a score that ranks.
private struct NaiveBayes {
  private var counts: [Substring: (toxic: Double, other: Double)] = [:]
  private var totals = (toxic: 1.0, other: 1.0)

  private func words(_ text: String) -> Set<Substring> { Set(text.lowercased().split { !$0.isLetter }) }

  mutating func learn(_ text: String, _ toxic: Bool) {
    for word in words(text) {
      if toxic { counts[word, default: (0, 0)].toxic += 1 } else { counts[word, default: (0, 0)].other += 1 }
    }
    if toxic { totals.toxic += 1 } else { totals.other += 1 }
  }

  func score(_ text: String) -> Float {
    let logit = words(text).reduce(log(totals.toxic / totals.other)) { sum, word in
      guard let seen = counts[word], seen.toxic + seen.other >= 3 else { return sum }
      return sum + log((seen.toxic + 0.2) / (totals.toxic + 0.4)) - log((seen.other + 0.2) / (totals.other + 0.4))
    }
    return Float(1 / (1 + exp(-max(-12, min(12, logit * 0.5)))))
  }
}

@Suite(.enabled(if: SharedData.directory != nil, "the shared data are not beside the repository"))
struct RecordedAnswers {
  @Test func everyRecordJoinsAndTheReasonerAloneIsWhatItsRecordsSay() throws {
    let sample = try SharedData.sample()
    #expect(sample.count > 1000)
    var options = EvaluationOptions()
    options.bootstrapDraws = 0
    // An abstention counts as a review, which is flagged here; counted by hand from the records.
    let alone = try #require(try EvaluationReport(sample, options: options).overall.baselines.first)
    var confusion = Confusion()
    for message in 0..<sample.count { confusion.count(flagged: sample.findings[0][message] != .safe, positive: sample.labels[0][message] == .positive) }
    #expect(alone.name == "reasoner alone" && alone.quality.confusion == confusion)
  }

  /// Thresholds are chosen on one half, 200 times. Either promise is broken no more often than its confidence allows, each looked up where
  /// it can be: the true share on all messages that the halves are drawn from, the measured one on the other half.
  @Test(arguments: [0.9, 0.95], [ResplitStudy.Promise.trueShare, .measured]) func promisesHoldInTwoHundredResplits(_ confidence: Double, _ promise: ResplitStudy.Promise) throws {
    var options = TuningOptions()
    options.confidence = confidence
    options.levels = 128
    let study = try ResplitStudy(
      try SharedData.sample(), goals: [goal("minimum escalation_rate @ recall >= 0.5")], options: options, resplits: 200, promise: promise)
    let outcome = try #require(study.outcomes.first)
    #expect(outcome.found > 100)
    // Re-splits of one data set are not independent draws, so there is no binomial error to allow for: the share itself must hold.
    let broken = promise == .measured ? outcome.brokenShare : outcome.brokenOnTheWhole
    #expect((broken.value ?? 1) <= 1 - confidence, "\(outcome)")
    // And the half disproves what it was promised hardly ever.
    #expect(Double(outcome.refuted) / 200 <= 1 - confidence, "\(outcome)")
  }

  @Test func noPairOfThresholdsIsBetterAtEqualCalls() throws {
    let sample = try SharedData.sample()
    let result = try Tuner(sample, goals: [goal("maximum f1 @ llm_calls <= 20%")]).run()
    let chosen = try #require(result.goals[0].chosen)
    let choosing = result.split.messages(of: .choosing).map(Int.init)
    let grid = stride(from: 0.0, through: 1.0, by: 0.02)
    for low in grid {
      for high in grid where high > low {
        let band = Band(allowBelow: low, blockAbove: high)
        var confusion = Confusion()
        var calls = 0
        for message in choosing {
          let outcome = band.outcome(sample.probabilities[0][0][message])
          calls += outcome == .uncertain ? 1 : 0
          let flagged = outcome == .block || (outcome == .uncertain && sample.findings[0][message] != .safe)
          confusion.count(flagged: flagged, positive: sample.labels[0][message] == .positive)
        }
        if Double(calls) <= 0.2 * Double(choosing.count) { #expect((confusion.f1 ?? 0) <= (chosen.value(.f1) ?? 0) + 1e-12, "\(band)") }
      }
    }
  }
}
