import LinearModel
import Testing

struct CalibrationTests {
  /// Scores whose true probability is a known curve.
  private func draw(_ count: Int, seed: UInt64) -> ([Float], [Bool]) {
    var numbers = Numbers(seed)
    let scores = (0..<count).map { _ in Float.random(in: -4...4, using: &numbers) }
    return (scores, scores.map { Double.random(in: 0..<1, using: &numbers) < ExactMath.sigmoid(0.7 * Double($0) - 1) })
  }

  @Test(arguments: [CalibrationMethod.platt, .isotonic], [30, 500, 6000])
  func neverFallsAndStaysWithinZeroAndOne(_ method: CalibrationMethod, _ count: Int) {
    let (scores, labels) = draw(count, seed: UInt64(count))
    let calibration = method.fit(scores, labels)
    var last: Float = 0
    for score in [-Float.infinity, -1e30] + stride(from: Float(-6), through: 6, by: 0.001) + [1e30, .infinity] {
      let probability = calibration.probability(score)
      #expect(probability >= last && probability <= 1)
      last = probability
    }
  }

  @Test(arguments: [CalibrationMethod.platt, .isotonic])
  func findsTheTrueProbability(_ method: CalibrationMethod) {
    let (scores, labels) = draw(20_000, seed: 5)
    let calibration = method.fit(scores, labels)
    for score in stride(from: Float(-3), through: 3, by: 0.5) {
      #expect(abs(Double(calibration.probability(score)) - ExactMath.sigmoid(0.7 * Double(score) - 1)) < 0.06)
    }
  }

  @Test func automaticIsIsotonicOnlyWithEnoughOfBothClasses() {
    let (scores, labels) = draw(3000, seed: 9)
    #expect(CalibrationMethod.automatic.fit(scores, labels).name == "isotonic")
    #expect(CalibrationMethod.automatic.fit(Array(scores.prefix(900)), Array(labels.prefix(900))).name == "platt")
    let rare = labels.enumerated().map { $0.offset < 150 && $0.element }
    #expect(CalibrationMethod.automatic.fit(scores, rare).name == "platt")
  }

  @Test func scoresThatRankBackwardsGiveTheBaseRate() {
    let calibration = CalibrationMethod.platt.fit([3, 2, 1, -1, -2, -3, -4, -5], [false, false, false, true, true, true, true, true])
    #expect(calibration.probability(-9) == calibration.probability(9))
    #expect(abs(calibration.probability(0) - 0.6) < 0.01)
  }

  @Test(arguments: [CalibrationMethod.automatic, .platt, .isotonic, .none])
  func survivesHardlyAnyRows(_ method: CalibrationMethod) {
    for (scores, labels) in [([Float](), [Bool]()), ([0.5], [true]), ([0, 0], [true, false]), ([1e6, -1e6], [true, false])] {
      #expect((0...1).contains(method.fit(scores, labels).probability(0)))
    }
  }
}
