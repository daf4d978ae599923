import LinearModel
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#endif

struct MathTests {
  @Test func exponentialAgreesWithTheLibrary() {
    for x in stride(from: -60.0, through: 60, by: 0.0371) {
      #expect(abs(ExactMath.exp(x) / library_exp(x) - 1) < 1e-15)
    }
    #expect(ExactMath.exp(0) == 1)
  }

  @Test(arguments: [Double.infinity, -.infinity, .nan, 1e300, -1e300])
  func sigmoidStaysBetweenZeroAndOne(_ x: Double) {
    #expect((0...1).contains(ExactMath.sigmoid(x)))
  }

  @Test func logarithmAgreesWithTheLibrary() {
    for x in [1e-300, 1e-12, 0.1, 0.5, 0.999, 1, 1.001, 1.5, 2, 10, 12345.678, 1e300] {
      #expect(abs(ExactMath.log(x) - library_log(x)) <= 1e-15 * max(1, abs(library_log(x))))
    }
  }

  private func library_exp(_ x: Double) -> Double { exp(x) }
  private func library_log(_ x: Double) -> Double { log(x) }

  @Test func areaUnderTheCurveIsTheShareOfPairsInOrder() {
    var numbers = Numbers(3)
    for count in [2, 7, 60] {
      // Few different scores, so that ties are common.
      let scores = (0..<count).map { _ in Float(Int.random(in: 0...9, using: &numbers)) }
      let labels = (0..<count).map { $0 == 0 || ($0 != 1 && Bool.random(using: &numbers)) }
      var pairs = 0.0
      var right = 0.0
      for i in 0..<count where labels[i] {
        for j in 0..<count where !labels[j] {
          pairs += 1
          right += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0
        }
      }
      #expect(abs(RankMetrics.auroc(scores, labels) - right / pairs) < 1e-12)
    }
  }

  /// Values of scikit-learn's `average_precision_score` (1.7).
  @Test func averagePrecisionTreatsTiesAsOneStep() {
    #expect(abs(RankMetrics.auprc([0.1, 0.4, 0.35, 0.8], [false, false, true, true]) - 0.8333333333333333) < 1e-12)
    #expect(abs(RankMetrics.auprc([0.5, 0.5, 0.5, 0.2], [true, false, false, true]) - 0.41666666666666663) < 1e-12)
  }

  @Test func metricsWithoutBothClassesAreNotNumbers() {
    #expect(RankMetrics.auroc([1, 2], [true, true]).isNaN)
    #expect(RankMetrics.auprc([1, 2], [false, false]).isNaN)
    #expect(RankMetrics.bestF1([], []).isNaN)
    #expect(CalibrationMetrics.logLoss([], []).isNaN)
  }

  @Test func clearedShareKeepsNinetyNineOfAHundredPositives() {
    // 100 positives at 1...100, 100 negatives at 0.5...99.5: keeping 99 positives means a threshold of 2, below which two negatives lie.
    let scores = (1...100).map { Float($0) } + (0..<100).map { Float($0) + 0.5 }
    let labels = Array(repeating: true, count: 100) + Array(repeating: false, count: 100)
    #expect(abs(RankMetrics.clearedAtRecall99(scores, labels) - 0.02) < 1e-12)
  }

  @Test func calibrationErrorIsTheGapInsideBins() {
    #expect(abs(CalibrationMetrics.expectedCalibrationError([0.9, 0.9, 0.9, 0.9], [true, true, true, false]) - 0.15) < 1e-6)
    #expect(CalibrationMetrics.expectedCalibrationError([1, 0], [true, false]) == 0)
  }
}
