import Evaluation
import Foundation
import Moderation
import Pipeline
import Synchronization
import Tuning

/// Scores every category by the numbers in the text: `0.2 0.9`; `block0` and `escalate0` are hits of the first category.
struct WordScreen: Screen {
  var scoredCategories: [CategoryIndex]
  var fingerprint = "words"
  func describe(source: Int32) -> SourceDescription { SourceDescription(rule: "word") }
  func makeWorker() -> any ScreenWorker { Worker(screen: self) }

  final class Worker: ScreenWorker {
    let screen: WordScreen
    init(screen: WordScreen) { self.screen = screen }
    func evaluate(_ batch: MessageBatch, asked: [Int32], into output: inout ScreenOutput) {
      for message in asked {
        let words = batch.string(batch.messages[Int(message)].text).split(separator: " ").map(String.init)
        if screen.scoredCategories.isEmpty {
          for word in words {
            for effect in HitEffect.allCases where word.hasPrefix(effect.name) {
              guard let category = Int(word.dropFirst(effect.name.count)) else { continue }
              output.hits.append(Hit(message: message, category: CategoryIndex(category), effect: effect, source: 0, span: .empty))
            }
          }
          if words.contains("broken") { output.failures.append(ScreenFailure(message: message, cause: .error, detail: "broken")) }
        } else {
          let numbers = words.compactMap { Float($0) }
          for place in screen.scoredCategories.indices { output.probabilities.append(place < numbers.count ? numbers[place] : .nan) }
        }
      }
    }
  }
}

/// Finds a violation of category N where the text holds `badN`; abstains from `odd`, fails at `fails`, or at every second message or each. Counts what it
/// is asked.
final class WordReasoner: Reasoner {
  let judgedCategories: CategorySet
  let concurrency = 4
  let contextMessages = 0
  let fingerprint = "words"
  let notice: String?
  var hasModel: Bool { notice == nil }
  private let failsEvery: Int
  private let asked = Mutex<[String]>([])
  var texts: [String] { asked.withLock { $0 } }

  init(_ categories: CategorySet, notice: String? = nil, failsEvery: Int = 0) { (judgedCategories, self.notice, self.failsEvery) = (categories, notice, failsEvery) }
  func start() async throws {}
  func shutdown() async {}

  func judge(_ request: JudgeRequest) async throws(ReasonerError) -> Judgement {
    guard case .message(let text) = request.item else { throw ReasonerError(.error, "no message") }
    let count = asked.withLock {
      $0.append(text)
      return $0.count
    }
    if text.contains("fails") || failsEvery > 0 && count % failsEvery == 0 { throw ReasonerError(.timeout, "too slow") }
    let findings = request.categories.map { category in
      let outcome: Finding.Outcome = text.contains("odd") ? .abstain("empty") : text.contains("bad\(category.index)") ? .violates : .safe
      return Finding(category: category, outcome: outcome, policy: "p@1")
    }
    return Judgement(findings: findings, usage: ReasonerUsage(calls: request.categories.count, promptTokens: 10 * request.categories.count))
  }
}

enum Fixture {
  static let span = SourceSpan(file: "fixture.yaml", line: 1, column: 1)

  static func stage(_ id: String, _ built: BuiltStage, _ categories: CategoryTable, mode: StageMode = .enforce, bands: [CategoryIndex: Band] = [:], scores: Bool = false) -> (StageDefinition, BuiltStage) {
    let kind: StageSpec.Kind = if case .screen = built { .screen } else { .reasoner }
    let spec = StageSpec(type: "fake", kind: kind, summary: "", description: "", fields: [], scores: scores, example: "")
    let configuration = StageConfiguration(id: id, settings: Setting(.map([]), at: span), categories: categories, baseDirectory: "/")
    return (
      StageDefinition(id: id, spec: spec, mode: mode, failure: kind == .screen ? .screen : .reasoner, bands: bands, configuration: configuration, span: span),
      built
    )
  }

  /// Rules, a scoring stage over all categories, a reasoner.
  static func evaluator(
    _ names: [String], reasoner: WordReasoner, book: AnswerBook = AnswerBook(), band: Band = Band(allowBelow: 0.2, blockAbove: 0.9), autoBlock: Bool = true, sample: AuditSample = .none
  ) -> (PipelineEvaluator, ModerationPipeline) {
    let table = CategoryTable(names.map { Moderation.Category(name: $0, autoBlock: autoBlock) })
    let bands = Dictionary(uniqueKeysWithValues: names.indices.map { (CategoryIndex($0), band) })
    let stages = [
      stage("rules", .screen(WordScreen(scoredCategories: [])), table),
      stage("linear", .screen(WordScreen(scoredCategories: names.indices.map { CategoryIndex($0) })), table, bands: bands, scores: true),
      stage("safeguard", .reasoner(reasoner), table),
    ]
    let definition = PipelineDefinition(name: "fixture", path: "fixture.yaml", fingerprint: "f", categories: table, stages: stages.map(\.0), auditSample: sample)
    return (
      PipelineEvaluator(definition: definition, stages: stages.map(\.1), lanes: 2, book: book),
      ModerationPipeline(definition: definition, stages: stages.map(\.1), lanes: 1)
    )
  }

  static func item(_ id: String, _ text: String, _ labels: [Label]) -> LabelledItem { LabelledItem(id: id, item: .message(text), labels: labels) }

  /// Messages whose first category is violated with the probability that the score says; the reasoner is right nine times in ten.
  static func population(_ count: Int, seed: UInt64 = 1) -> [LabelledItem] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { number in
      let positive = generator.unit() < 0.2
      let score = min(0.999, max(0.001, (positive ? 0.65 : 0.25) + (generator.unit() - 0.5) * 0.8))
      let isRight = generator.unit() < 0.95
      return item("m\(number)", "m\(number) \(Float(score)) \(positive == isRight ? "bad0" : "fine")", [Label(positive)])
    }
  }
}

/// A folder that goes away with the test.
final class Folder: Sendable {
  let path: String
  init() throws {
    path = NSTemporaryDirectory() + "winnow-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
  @discardableResult func write(_ text: String, as name: String) throws -> String {
    try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8)
    return path + "/" + name
  }
}
