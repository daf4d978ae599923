#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif
import Moderation
import Tuning

/// A population whose true risks are known in closed form: a violating message's logit is N(positiveMean, 1), a harmless
/// one's N(negativeMean, 1), and the reasoner is right with fixed probabilities, whatever the score.
struct Population {
  var baseRate = 0.2
  var positiveMean = 1.5
  var negativeMean = -1.5
  var sensitivity = 0.97
  var specificity = 0.95

  private func below(_ threshold: Double, _ mean: Double) -> Double {
    if threshold <= 0 { return 0 }
    if threshold >= 1 { return 1 }
    return SpecialFunctions.normalCDF(log(threshold / (1 - threshold)) - mean)
  }

  /// Share of violating messages that end allowed.
  func missRate(_ band: Band) -> Double {
    let allowed = below(band.allowBelow, positiveMean)
    return allowed + (1 - sensitivity) * (below(band.blockAbove, positiveMean) - allowed)
  }

  /// Share of harmless messages that end flagged.
  func falsePositiveRate(_ band: Band) -> Double {
    let notBlocked = below(band.blockAbove, negativeMean)
    return 1 - notBlocked + (1 - specificity) * (notBlocked - below(band.allowBelow, negativeMean))
  }

  func precision(_ band: Band) -> Double {
    let caught = baseRate * (1 - missRate(band)), wrong = (1 - baseRate) * falsePositiveRate(band)
    return caught / (caught + wrong)
  }

  func draw(_ generator: inout SeededGenerator) -> (score: Float, positive: Bool, finding: ReasonerOutcome) {
    let positive = generator.unit() < baseRate
    let logit = (positive ? positiveMean : negativeMean) + generator.normal()
    let right = generator.unit() < (positive ? sensitivity : specificity)
    return (Float(1 / (1 + exp(-logit))), positive, positive == right ? .violates : .safe)
  }
}

/// Samples for tests: one prefilter, one classifier, one reasoner.
enum Synthetic {
  static func stages(categories: Int, bands: [Band?]? = nil, reasoner: Bool = true) -> [EvaluatedStage] {
    let screens = [
      EvaluatedStage(id: "lexicon", kind: .screen, failure: .screen),
      EvaluatedStage(
        id: "linear", kind: .screen, failure: .screen, bands: bands ?? Array(repeating: Band(allowBelow: 0.05, blockAbove: 0.95), count: categories)),
    ]
    return reasoner ? screens + [EvaluatedStage(id: "safeguard", kind: .reasoner, failure: .reasoner)] : screens
  }

  static func table(_ names: [String]) -> CategoryTable { CategoryTable(names.map { Category(name: $0) }) }

  /// Messages of one category drawn from `population`, every answer known.
  static func sample(_ population: Population, count: Int, seed: UInt64, answers: Bool = true, bands: [Band?]? = nil) throws -> EvaluationSample {
    var generator = SeededGenerator(seed: seed)
    var sample = EvaluationSample(categories: table(["toxic"]), stages: stages(categories: 1, bands: bands), sliceNames: ["language"])
    for number in 0..<count {
      let draw = population.draw(&generator)
      try sample.append(
        row(
          "m\(number)", scores: [draw.score], labels: [Label(draw.positive)], findings: [answers ? draw.finding : .notAsked],
          slices: [number % 3 == 0 ? "de" : "en"]))
    }
    return sample
  }

  static func row(
    _ id: String, scores: [Float], labels: [Label], findings: [ReasonerOutcome], text: UInt64? = nil, conversation: String? = nil,
    escalate: CategorySet = .init(), block: CategorySet = .init(), slices: [String?] = [], status: StageStatus = .ok, reasoner: StageStatus = .ok
  ) -> EvaluationRow {
    EvaluationRow(
      id: id, conversation: conversation, textHash: text ?? TextHash.of(id), labels: labels,
      stages: [
        StageRecord(status: .ok, latency: 0.000_01), StageRecord(status: status, probabilities: scores, latency: 0.000_1),
        StageRecord(status: reasoner, latency: 0.5),
      ],
      escalateHits: escalate, blockHits: block, findings: findings, usage: ReasonerUsage(calls: 1, promptTokens: 800, completionTokens: 100), slices: slices)
  }
}

/// A goal that is known to be well written.
func goal(_ text: String, categories: [String] = []) throws -> Goal {
  var diagnostics = Diagnostics()
  guard let goal = GoalParser(categories: categories).goal(text, &diagnostics) else { throw DiagnosticsError(diagnostics) }
  return goal
}
