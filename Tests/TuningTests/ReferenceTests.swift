import Foundation
import Moderation
import Testing
import Tuning

/// What scikit-learn and SciPy say; `check_against_sklearn.py` writes it.
struct Reference: Decodable {
  struct Ranking: Decodable, CustomTestStringConvertible {
    var name: String
    var scores: [Float]
    var labels: [Int]
    var auroc: Double
    var aurocInterval: [Double]
    var averagePrecision: Double
    var averagePrecisionInterval: [Double]
    var brier: Double
    var ece: Double
    var precision: Double
    var recall: Double
    var f1: Double
    var plattSlope: Double
    var plattOffset: Double
    var probes: [Float]
    var isotonic: [Double]
    var platt: [Double]
    var testDescription: String { name }

    func levels() throws -> ScoreLevels { try ScoreLevels(scores: scores, labels: labels.map { $0 == 1 ? .positive : .negative }) }
  }
  struct IntervalCase: Decodable {
    var successes: Int
    var trials: Int
    var confidence: Double
    var wilson: [Double]
    var exact: [Double]
    var upper: Double
  }
  struct AgreementCase: Decodable {
    var first: [Int]
    var second: [Int]
    var kappa: Double
  }
  struct McNemarCase: Decodable {
    var onlyFirst: Int
    var onlySecond: Int
    var exact: Double
    var midP: Double
    var chiSquare: Double
    var chiSquareP: Double
  }
  struct Functions: Decodable {
    var beta: [[Double]]
    var logGamma: [[Double]]
    var normalQuantile: [[Double]]
    var binomial: [[Double]]
    var hypergeometric: [[Double]]
  }
  struct DriftCase: Decodable {
    var reference: [Int]
    var current: [Int]
    var psi: Double
  }
  var ranking: [Ranking]
  var intervals: [IntervalCase]
  var agreement: [AgreementCase]
  var mcnemar: [McNemarCase]
  var functions: Functions
  var drift: [DriftCase]

  static func load() throws -> Reference {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/sklearn.json")
    return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: file))
  }
}

func close(_ a: Double, _ b: Double, _ tolerance: Double = 1e-12) -> Bool { abs(a - b) <= tolerance * max(1, abs(b)) }

@Suite struct AgreesWithScikitLearn {
  let reference: Reference
  init() throws { reference = try Reference.load() }

  @Test func rankingMetrics() throws {
    for item in reference.ranking {
      let levels = try item.levels()
      #expect(close(try #require(levels.auroc), item.auroc), "\(item.name)")
      #expect(close(try #require(levels.averagePrecision), item.averagePrecision), "\(item.name)")
    }
  }

  @Test func calibrationErrors() throws {
    for item in reference.ranking {
      let reliability = Reliability(try item.levels())
      #expect(close(try #require(reliability.brier), item.brier), "\(item.name)")
      #expect(close(try #require(reliability.expectedCalibrationError), item.ece), "\(item.name)")
    }
  }

  @Test func precisionRecallAndF1() throws {
    for item in reference.ranking {
      let confusion = try item.levels().confusion(atThreshold: 0.5)
      #expect(close(confusion.precision.value ?? 0, item.precision), "\(item.name)")
      #expect(close(try #require(confusion.recall.value), item.recall), "\(item.name)")
      #expect(close(try #require(confusion.f1), item.f1), "\(item.name)")
    }
  }

  /// The Poisson bootstrap and SciPy's resample differently, so only their spread can agree: within a tenth of its width.
  @Test func bootstrapIntervals() throws {
    for item in reference.ranking {
      let estimates = try item.levels().rankingEstimates(Bootstrap(draws: 4000, seed: 7))
      for (estimate, expected) in [(estimates.auroc, item.aurocInterval), (estimates.averagePrecision, item.averagePrecisionInterval)] {
        let interval = try #require(estimate?.interval)
        let tolerance = 0.1 * (expected[1] - expected[0])
        #expect(abs(interval.low - expected[0]) < tolerance && abs(interval.high - expected[1]) < tolerance, "\(item.name): \(interval) for \(expected)")
      }
    }
  }

  @Test func plattScaling() throws {
    for item in reference.ranking {
      let platt = try #require(PlattScaling(try item.levels()))
      // scikit-learn stops its optimiser early; the likelihood is flat there.
      #expect(close(platt.slope, item.plattSlope, 1e-3) && close(platt.offset, item.plattOffset, 1e-3), "\(item.name)")
      for (probe, expected) in zip(item.probes, item.platt) { #expect(close(platt.probability(Double(probe)), expected, 1e-4)) }
    }
  }

  @Test func isotonicRegression() throws {
    for item in reference.ranking {
      let isotonic = try #require(IsotonicRegression(try item.levels()))
      for (probe, expected) in zip(item.probes, item.isotonic) { #expect(close(isotonic.probability(Double(probe)), expected), "\(item.name) at \(probe)") }
    }
  }

  @Test func intervals() throws {
    for item in reference.intervals {
      let share = Proportion(item.successes, of: item.trials)
      let wilson = try #require(share.wilson(confidence: item.confidence))
      let exact = try #require(share.clopperPearson(confidence: item.confidence))
      #expect(close(wilson.low, item.wilson[0], 1e-10) && close(wilson.high, item.wilson[1], 1e-10), "\(item)")
      #expect(close(exact.low, item.exact[0], 1e-8) && close(exact.high, item.exact[1], 1e-8), "\(item)")
      #expect(close(share.upperBound(confidence: item.confidence), item.upper, 1e-8), "\(item)")
    }
  }

  @Test func kappa() throws {
    for item in reference.agreement {
      var agreement = Agreement(classes: 3)
      for (a, b) in zip(item.first, item.second) { agreement.count(a, b) }
      #expect(close(try #require(agreement.kappa), item.kappa))
    }
  }

  @Test func mcNemar() {
    for item in reference.mcnemar {
      let test = McNemar(onlyFirst: item.onlyFirst, onlySecond: item.onlySecond)
      #expect(close(test.exactP, item.exact, 1e-10) && close(test.midP, item.midP, 1e-10), "\(item)")
      #expect(close(test.chiSquare.statistic, item.chiSquare) && close(test.chiSquare.p, item.chiSquareP, 1e-10), "\(item)")
    }
  }

  @Test func specialFunctions() {
    for item in reference.functions.beta { #expect(close(SpecialFunctions.incompleteBeta(item[0], item[1], item[2]), item[3], 1e-9), "\(item)") }
    for item in reference.functions.logGamma { #expect(close(SpecialFunctions.logGamma(item[0]), item[1], 1e-13), "\(item)") }
    for item in reference.functions.normalQuantile { #expect(close(SpecialFunctions.normalQuantile(item[0]), item[1], 1e-12), "\(item)") }
    for item in reference.functions.hypergeometric {
      let found = SpecialFunctions.hypergeometricCDF(Int(item[0]), population: Int(item[1]), marked: Int(item[2]), drawn: Int(item[3]))
      #expect(close(found, item[4], 1e-10), "\(item)")
    }
    for item in reference.functions.binomial {
      #expect(close(SpecialFunctions.binomialCDF(Int(item[0]), trials: Int(item[1]), probability: item[2]), item[3], 1e-10), "\(item)")
      #expect(close(SpecialFunctions.binomialPMF(Int(item[0]), trials: Int(item[1]), probability: item[2]), item[4], 1e-10), "\(item)")
    }
  }

  @Test func populationStabilityIndex() throws {
    for item in reference.drift {
      let drift = try #require(Drift(reference: ScoreHistogram(counts: item.reference), current: ScoreHistogram(counts: item.current)))
      #expect(close(drift.psi, item.psi))
    }
  }
}
