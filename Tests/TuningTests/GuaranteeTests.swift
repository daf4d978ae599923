import Moderation
import Testing
import Tuning

/// The promise itself: over many draws of labelled data, thresholds that were accepted break their bound no more often than
/// the stated confidence allows.
@Suite struct TheGuaranteeHolds {
  static let draws = 1000
  /// Three standard errors of a binomial share of `draws`.
  static func tolerance(_ share: Double) -> Double { 3 * (share * (1 - share) / Double(draws)).squareRoot() }

  /// Draws, tunes, and counts how often thresholds were found and how often their true risk broke a bound.
  private func simulate(
    _ text: String, count: Int, draws: Int = Self.draws, population: Population = .init(), holds: (Band) -> Bool
  ) throws -> (accepted: Int, broken: Int) {
    let goal = try goal(text)
    var options = TuningOptions()
    options.confidence = 0.9
    options.frontierPoints = 0
    options.levels = 96
    var (accepted, broken) = (0, 0)
    for draw in 0..<draws {
      options.seed = UInt64(draw)
      let sample = try Synthetic.sample(population, count: count, seed: UInt64(draw) &* 7919 &+ 1)
      let result = try Tuner(sample, goals: [goal], options: options).run()
      guard result.goals[0].isMet, let band = result.bands[0] else { continue }
      accepted += 1
      if !holds(band) { broken += 1 }
    }
    return (accepted, broken)
  }

  @Test func forRecallByTheMonotoneSequence() throws {
    let population = Population()
    let (accepted, broken) = try simulate("minimum escalation_rate @ recall >= 0.9", count: 1200) { population.missRate($0) <= 0.1 }
    #expect(accepted > 900)
    #expect(Double(broken) / Double(Self.draws) <= 0.1 + Self.tolerance(0.1), "\(broken) of \(Self.draws) broke the bound")
    // Not by being timid: a test that never errs would waste the labels.
    #expect(Double(broken) / Double(Self.draws) > 0.03, "\(broken) of \(Self.draws) broke the bound")
  }

  @Test func forRecallAndPrecisionTogetherByTheFixedSequence() throws {
    let population = Population()
    let (accepted, broken) = try simulate("minimum escalation_rate @ recall >= 0.88, precision >= 0.75", count: 900) {
      population.missRate($0) <= 0.12 && population.precision($0) >= 0.75
    }
    #expect(accepted > 500)
    #expect(Double(broken) / Double(Self.draws) <= 0.1 + Self.tolerance(0.1), "\(broken) of \(Self.draws) broke a bound")
  }

  @Test func forSelectiveRisk() throws {
    let population = Population()
    let (accepted, broken) = try simulate("maximum coverage @ selective_risk <= 0.05", count: 600, draws: 300) { band in
      let missed = population.baseRate * (population.missRate(Band(allowBelow: band.allowBelow, blockAbove: band.allowBelow)))
      let wrong = (1 - population.baseRate) * Population(specificity: 1).falsePositiveRate(Band(allowBelow: 0, blockAbove: band.blockAbove))
      let open = covered(population, band)
      return (missed + wrong) / open <= 0.05
    }
    #expect(accepted > 100)
    #expect(Double(broken) / 300 <= 0.1 + 3 * (0.1 * 0.9 / 300).squareRoot(), "\(broken) of 300 broke the bound")
  }

  /// Share of messages that the band settles.
  private func covered(_ population: Population, _ band: Band) -> Double {
    func settled(_ sensitivity: Population, positive: Bool) -> Double {
      let low = Band(allowBelow: band.allowBelow, blockAbove: band.allowBelow), high = Band(allowBelow: 0, blockAbove: band.blockAbove)
      let perfect = Population(baseRate: population.baseRate, sensitivity: 0, specificity: 1)
      return positive ? perfect.missRate(low) + 1 - perfect.missRate(high) : 1 - perfect.falsePositiveRate(low) + perfect.falsePositiveRate(high)
    }
    return population.baseRate * settled(population, positive: true) + (1 - population.baseRate) * settled(population, positive: false)
  }

  /// The control: choosing what merely looks good enough on the same labels breaks the bound about half of the time.
  @Test func andWithoutTheTestItWouldNot() throws {
    let population = Population()
    var broken = 0
    for draw in 0..<300 {
      let sample = try Synthetic.sample(population, count: 600, seed: UInt64(draw) &* 7919 &+ 1)
      let misses = zip(sample.labels[0], sample.probabilities[1][0]).filter { $0.0 == .positive }.map(\.1).sorted()
      // The highest threshold under which the measured miss rate of a perfect reasoner stays at most 10 %.
      let allow = Double(misses[Int(0.1 * Double(misses.count))])
      let perfect = Population(sensitivity: 1)
      if perfect.missRate(Band(allowBelow: allow, blockAbove: 0.95)) > 0.1 { broken += 1 }
    }
    #expect(Double(broken) / 300 > 0.3)
  }
}

@Suite struct RiskTests {
  @Test func fiftyNineCleanTrialsProveFivePercent() {
    #expect(RiskControl.fewestTrials(limit: 0.05, delta: 0.05) == 59)
    #expect(RiskControl.fewestTrials(limit: 0.01, delta: 0.05) == 299)
    #expect(RiskControl.fewestTrials(limit: 0, delta: 0.05) == nil)
    #expect(RiskControl.trialsNeeded(badShare: 0.05, limit: 0.05, delta: 0.05) == nil)
  }

  @Test(arguments: [(100, 0.1, 0.05), (59, 0.05, 0.05), (1000, 0.02, 0.01)])
  func allowedEventsAreTheMostThatPass(_ trials: Int, _ limit: Double, _ delta: Double) throws {
    let allowed = try #require(RiskControl.allowedEvents(trials: trials, limit: limit, delta: delta))
    #expect(RiskControl.pValue(bad: allowed, trials: trials, limit: limit) <= delta)
    #expect(RiskControl.pValue(bad: allowed + 1, trials: trials, limit: limit) > delta)
    #expect(Proportion(allowed, of: trials).upperBound(confidence: 1 - delta) <= limit)
    #expect(RiskControl.allowedEvents(trials: 5, limit: limit, delta: delta) == nil)
  }

  /// Draws two samples of one population and lets misses come in one order of scores, as thresholds rise: the further sample
  /// measures beyond its limit no more often than the level says.
  @Test func promisesAboutAFurtherSampleKeepTheirLevel() {
    var generator = SeededGenerator(seed: 12)
    let (n, m, limit, delta) = (80, 120, 0.15, 0.1)
    var broken = 0
    for _ in 0..<2000 {
      let first = (0..<n).map { _ in generator.unit() }.sorted(), further = (0..<m).map { _ in generator.unit() }.sorted()
      var threshold = 0.0
      for bad in 0..<n {
        guard RiskControl.pValue(bad: bad, trials: n, limit: limit, future: m) <= delta else { break }
        // Everything below the next score is allowed: just `bad` misses.
        threshold = first[bad]
      }
      if Double(further.count { $0 < threshold }) > limit * Double(m) { broken += 1 }
    }
    let share = Double(broken) / 2000
    #expect(share <= delta + 3 * (delta * (1 - delta) / 2000).squareRoot() && share > delta / 3, "\(share)")
  }

  @Test func aFurtherSampleIsHarderToPromiseThanTheTruth() {
    #expect(RiskControl.pValue(bad: 3, trials: 100, limit: 0.1, future: 100) > RiskControl.pValue(bad: 3, trials: 100, limit: 0.1))
    #expect(RiskControl.pValue(bad: 3, trials: 100, limit: 0.1, future: 0) == 0)
  }

  @Test func neededTrialsProveAtTheirShare() throws {
    let need = try #require(RiskControl.trialsNeeded(badShare: 0.03, limit: 0.05, delta: 0.05))
    #expect(RiskControl.pValue(bad: Int((0.03 * Double(need)).rounded(.up)), trials: need, limit: 0.05) <= 0.05)
    #expect(need > 59 && need < 1000)
  }
}
