import Moderation
import Testing
import Tuning

@Suite struct DegenerateInputHasNoValue {
  @Test func nothingCountedHasNoShare() {
    #expect(Proportion(0, of: 0).value == nil && Proportion(0, of: 0).wilson() == nil && Proportion(0, of: 0).clopperPearson() == nil)
    #expect(Proportion(0, of: 0).upperBound(confidence: 0.95) == 1 && Proportion(0, of: 0).lowerBound(confidence: 0.95) == 0)
  }

  @Test(arguments: [Label.positive, .negative]) func oneClassHasNoRanking(_ label: Label) throws {
    let levels = try ScoreLevels(scores: [0.1, 0.9, 0.5], labels: [label, label, label])
    #expect(levels.auroc == nil)
    #expect((levels.averagePrecision == nil) == (label == .negative))
    #expect(Calibrator(levels) == nil && PlattScaling(levels) == nil)
    #expect(Reliability(levels).brier != nil)
  }

  @Test func missingScoresAreCountedAndLeftOut() throws {
    let levels = try ScoreLevels(scores: [.nan, 0.9, 0.1, .nan], labels: [.positive, .positive, .negative, .unknown])
    #expect(levels.missing == 1 && levels.count == 2 && levels.auroc == 1)
  }

  @Test func nothingScoredHasNoCalibrationError() throws {
    let reliability = Reliability(try ScoreLevels(scores: [.nan], labels: [.positive]))
    #expect(reliability.brier == nil && reliability.expectedCalibrationError == nil)
  }

  @Test func differentLengthsAreAnError() {
    #expect(throws: TuningError.mismatch("there are 1 scores for 2 labels")) { try ScoreLevels(scores: [0.1], labels: [.positive, .negative]) }
  }

  @Test func alwaysTheSameAnswerHasNoKappa() {
    var agreement = Agreement(classes: 2)
    agreement.add(10, 1, 1)
    #expect(agreement.kappa == nil && agreement.agreed.value == 1)
    #expect(Agreement(classes: 2).kappa == nil)
  }

  @Test func emptyHistogramsHaveNoDrift() {
    #expect(Drift(reference: ScoreHistogram(), current: ScoreHistogram([0.5])) == nil)
    #expect(Drift(reference: ScoreHistogram([0.5], bins: 3), current: ScoreHistogram([0.5], bins: 4)) == nil)
  }

  @Test func driftWithinChanceIsStable() throws {
    let drift = try #require(Drift(reference: ScoreHistogram(counts: [10, 10]), current: ScoreHistogram(counts: [5, 15])))
    #expect(drift.psi > 0.1 && drift.psi < drift.noise && drift.reading == .stable)
  }

  @Test func noLatenciesHaveNoSummary() { #expect(LatencySummary([.nan, .nan]) == nil) }
}

@Suite struct Statistics {
  @Test func precisionFallsWithTheBaseRate() throws {
    // A set of regular expressions: 96 % precise on a balanced set, 56 % where 9.3 % of messages violate is the same recall and false positive rate.
    let balanced = Confusion(truePositives: 480, falsePositives: 20, falseNegatives: 520, trueNegatives: 980)
    let live = try #require(balanced.precision(atBaseRate: 0.093))
    #expect(close(live.value, 0.093 * 0.48 / (0.093 * 0.48 + 0.907 * 0.02)))
    let interval = try #require(live.interval)
    #expect(interval.low < live.value && live.value < interval.high)
    #expect(close(try #require(balanced.precision(atBaseRate: 0.5)).value, try #require(balanced.precision.value)))
  }

  @Test func intervalsNarrowWithTheSample() throws {
    let widths = try [10, 100, 1000, 10_000].map { n in
      let interval = try #require(Proportion(n * 9 / 10, of: n).wilson())
      return interval.high - interval.low
    }
    #expect(widths == widths.sorted(by: >))
  }

  /// The exact interval covers at least as often as it says, at every true share, over all outcomes of 30 trials.
  @Test(arguments: [0.01, 0.05, 0.3, 0.5]) func clopperPearsonNeverUndercovers(_ share: Double) {
    let n = 30
    let covered = (0...n).reduce(0.0) { sum, k in
      let covers = share <= Proportion(k, of: n).upperBound(confidence: 0.95)
      return sum + (covers ? SpecialFunctions.binomialPMF(k, trials: n, probability: share) : 0)
    }
    #expect(covered >= 0.95)
  }

  @Test func poissonDrawsHaveTheirMeanAndVariance() {
    var generator = SeededGenerator(seed: 3)
    for mean in [0.5, 5, 40, 2000] {
      let draws = (0..<20_000).map { _ in Double(generator.poisson(mean)) }
      let average = draws.reduce(0, +) / 20_000
      let variance = draws.reduce(0) { $0 + ($1 - average) * ($1 - average) } / 19_999
      #expect(abs(average - mean) < 5 * (mean / 20_000).squareRoot(), "mean \(mean)")
      #expect(abs(variance / mean - 1) < 0.1, "mean \(mean)")
    }
  }

  @Test func theSameSeedGivesTheSameInterval() throws {
    let confusion = Confusion(truePositives: 30, falsePositives: 10, falseNegatives: 12, trueNegatives: 400)
    let bootstrap = Bootstrap(draws: 200, seed: 5)
    #expect(confusion.f1Estimate(bootstrap) == confusion.f1Estimate(bootstrap))
    #expect(confusion.f1Estimate(bootstrap) != confusion.f1Estimate(Bootstrap(draws: 200, seed: 6)))
  }

  @Test func mergedLevelsKeepTheirCountsAndNearlyTheirRanking() throws {
    var generator = SeededGenerator(seed: 9)
    let labels = (0..<50_000).map { _ in generator.unit() < 0.02 ? Label.positive : .negative }
    let scores = labels.map { Float(min(1, max(0, 0.3 + ($0 == .positive ? 0.2 : 0) + 0.15 * generator.normal()))) }
    let levels = try ScoreLevels(scores: scores, labels: labels)
    let estimates = levels.rankingEstimates(Bootstrap(draws: 50))
    let auroc = try #require(estimates.auroc), interval = try #require(auroc.interval)
    #expect(auroc.value == levels.auroc && interval.low < auroc.value && auroc.value < interval.high)
  }

  @Test func calibrationKeepsTheOrderOfScores() throws {
    var generator = SeededGenerator(seed: 4)
    let scores = (0..<2000).map { _ in Float(generator.unit()) }
    let labels = scores.map { generator.unit() < Double($0 * $0) ? Label.positive : .negative }
    let levels = try ScoreLevels(scores: scores, labels: labels)
    for choice in [Calibrator.Choice.platt, .isotonic] {
      let calibrator = try #require(Calibrator(levels, choice))
      let curve = stride(from: Float(0), through: 1, by: 0.01).map(calibrator.probability)
      #expect(zip(curve, curve.dropFirst()).allSatisfy { $0 <= $1 } && curve.allSatisfy { $0 > 0 && $0 < 1 })
      #expect(calibrator.probability(.nan).isNaN)
      let calibrated = Reliability(try ScoreLevels(scores: scores.map(calibrator.probability), labels: labels))
      #expect(try #require(calibrated.expectedCalibrationError) < (try #require(Reliability(levels).expectedCalibrationError)))
    }
  }

  @Test func fewLabelsArePlattAndManyIsotonic() throws {
    func choice(_ count: Int) throws -> String? {
      let levels = try ScoreLevels(scores: (0..<count).map { Float($0) / Float(count) }, labels: (0..<count).map { $0 % 3 == 0 ? .positive : .negative })
      return Calibrator(levels)?.name
    }
    #expect(try choice(999) == "platt")
    #expect(try choice(1000) == "isotonic")
  }

  @Test func mcNemarOfNoDifferenceIsCertain() {
    let test = McNemar(onlyFirst: 0, onlySecond: 0)
    #expect(test.exactP == 1 && test.midP == 1 && test.chiSquare.p == 1)
  }
}
