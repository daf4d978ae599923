#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// How far some rows of logits are from their goldens.
public struct LogitComparison: Sendable, Hashable {
  /// Number of rows compared.
  public var rows = 0
  /// Largest |difference| of any logit; infinite when a logit is NaN.
  public var maxDifference: Float = 0
  /// Rows whose likeliest token is the golden's.
  public var argmaxAgreements = 0
  /// Largest Kullback-Leibler divergence KL(golden || found) of the next-token distributions, in nats.
  public var maxKL = 0.0
  private var squares = 0.0
  private var values = 0
  private var sumKL = 0.0

  public init() {}

  /// Root of the mean squared difference.
  public var rms: Double { values == 0 ? 0 : (squares / Double(values)).squareRoot() }
  public var meanKL: Double { rows == 0 ? 0 : sumKL / Double(rows) }
  /// Share of rows that agree in the likeliest token, 0...1.
  public var argmaxAgreement: Double { rows == 0 ? 1 : Double(argmaxAgreements) / Double(rows) }

  /// Adds one row `[V]`.
  public mutating func add(found: [Float], golden: [Float]) {
    precondition(found.count == golden.count, "logits of different vocabularies")
    rows += 1
    for (a, b) in zip(found, golden) {
      let difference = abs(a - b)
      maxDifference = difference.isNaN ? .infinity : max(maxDifference, difference)
      squares += Double(difference) * Double(difference)
    }
    values += golden.count
    if argmax(found) == argmax(golden) { argmaxAgreements += 1 }
    let divergence = Self.klDivergence(golden, found)
    sumKL += divergence
    maxKL = max(maxKL, divergence)
  }

  /// Adds all rows of another comparison.
  public mutating func add(_ other: LogitComparison) {
    rows += other.rows
    maxDifference = max(maxDifference, other.maxDifference)
    argmaxAgreements += other.argmaxAgreements
    maxKL = max(maxKL, other.maxKL)
    (squares, values, sumKL) = (squares + other.squares, values + other.values, sumKL + other.sumKL)
  }

  /// KL(p || q) of the softmaxes of two rows, in nats; in float64, so that it stays meaningful near zero.
  public static func klDivergence(_ p: [Float], _ q: [Float]) -> Double {
    let (shiftP, shiftQ) = (logSumExp(p), logSumExp(q))
    let sum = zip(p, q).reduce(0.0) { sum, pair in
      let (logP, logQ) = (Double(pair.0) - shiftP, Double(pair.1) - shiftQ)
      return sum + exp(logP) * (logP - logQ)
    }
    return max(sum, 0)
  }

  private static func logSumExp(_ values: [Float]) -> Double {
    let largest = Double(values.max() ?? 0)
    return largest + log(values.reduce(0.0) { $0 + exp(Double($1) - largest) })
  }
}
