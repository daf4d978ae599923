#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The few distribution functions that intervals and tests need, in double precision.
public enum SpecialFunctions {
  /// ln Γ(x) for x > 0; relative error about 1e-15. NaN otherwise.
  ///
  /// Stirling's series from x = 10 on, the recurrence below (libc's `lgamma` writes a global, so it is not used).
  public static func logGamma(_ x: Double) -> Double {
    guard x > 0, x.isFinite else { return x == .infinity ? .infinity : .nan }
    var shifted = x
    var product = 1.0
    while shifted < 10 {
      product *= shifted
      shifted += 1
    }
    let inverse = 1 / shifted
    let square = inverse * inverse
    let coefficients = [1.0 / 156, -691.0 / 360_360, 1.0 / 1188, -1.0 / 1680, 1.0 / 1260, -1.0 / 360, 1.0 / 12]
    let series = coefficients.reduce(0) { $0 * square + $1 } * inverse
    return (shifted - 0.5) * log(shifted) - shifted + 0.5 * log(2 * Double.pi) + series - log(product)
  }

  /// Regularised incomplete beta function I_x(a, b), the distribution function of Beta(a, b); NaN outside a, b > 0.
  ///
  /// Lentz's evaluation of the continued fraction (Numerical Recipes §6.4, DLMF 8.17.22), on the side where it converges fast.
  public static func incompleteBeta(_ a: Double, _ b: Double, _ x: Double) -> Double {
    guard a > 0, b > 0, !x.isNaN else { return .nan }
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    let front = exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2) { return min(1, front * betaFraction(a, b, x) / a) }
    return max(0, 1 - front * betaFraction(b, a, 1 - x) / b)
  }

  private static func betaFraction(_ a: Double, _ b: Double, _ x: Double) -> Double {
    let tiny = 1e-300
    var c = 1.0
    var d = 1 / nonzero(1 - (a + b) * x / (a + 1), tiny)
    var result = d
    for step in 1...100_000 {
      let m = Double(step)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / nonzero(1 + even * d, tiny)
      c = nonzero(1 + even / c, tiny)
      result *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / nonzero(1 + odd * d, tiny)
      c = nonzero(1 + odd / c, tiny)
      let change = d * c
      result *= change
      if abs(change - 1) < 1e-16 { break }
    }
    return result
  }

  private static func nonzero(_ value: Double, _ tiny: Double) -> Double { abs(value) < tiny ? tiny : value }

  /// The x with I_x(a, b) = `probability`, to about 1e-15.
  public static func inverseIncompleteBeta(_ a: Double, _ b: Double, _ probability: Double) -> Double {
    guard a > 0, b > 0, probability >= 0, probability <= 1 else { return .nan }
    if probability == 0 { return 0 }
    if probability == 1 { return 1 }
    return bisect(from: 0, to: 1) { incompleteBeta(a, b, $0) < probability }
  }

  /// The standard normal distribution function.
  public static func normalCDF(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }

  /// The standard normal quantile; ±infinity at 1 and 0, NaN outside.
  public static func normalQuantile(_ probability: Double) -> Double {
    guard probability >= 0, probability <= 1 else { return .nan }
    if probability == 0 { return -.infinity }
    if probability == 1 { return .infinity }
    // The upper tail would lose its digits in 1 - p, so it is found as the mirrored lower one.
    if probability > 0.5 { return -bisect(from: -40, to: 0) { normalCDF($0) < 1 - probability } }
    return bisect(from: -40, to: 0) { normalCDF($0) < probability }
  }

  /// P(X > x) of the χ² distribution with one degree of freedom.
  public static func chiSquareTail(_ x: Double) -> Double { x <= 0 ? 1 : erfc((x / 2).squareRoot()) }

  /// P(X ≤ k) for X ~ Binomial(n, p).
  public static func binomialCDF(_ k: Int, trials n: Int, probability p: Double) -> Double {
    if k < 0 { return 0 }
    if k >= n { return 1 }
    return incompleteBeta(Double(n - k), Double(k) + 1, 1 - p)
  }

  /// P(X ≤ k) for the number X of marked ones among `drawn` of a population with so many marked ones.
  public static func hypergeometricCDF(_ k: Int, population: Int, marked: Int, drawn: Int) -> Double {
    func logChoose(_ n: Int, _ k: Int) -> Double { logGamma(Double(n) + 1) - logGamma(Double(k) + 1) - logGamma(Double(n - k) + 1) }
    guard population >= 0, (0...population).contains(marked), (0...population).contains(drawn) else { return .nan }
    let (least, most) = (max(0, drawn + marked - population), min(k, drawn, marked))
    guard least <= most else { return 0 }
    let all = logChoose(population, drawn)
    return min(1, (least...most).reduce(0) { $0 + exp(logChoose(marked, $1) + logChoose(population - marked, drawn - $1) - all) })
  }

  /// P(X = k) for X ~ Binomial(n, p).
  public static func binomialPMF(_ k: Int, trials n: Int, probability p: Double) -> Double {
    guard k >= 0, k <= n else { return 0 }
    if p <= 0 { return k == 0 ? 1 : 0 }
    if p >= 1 { return k == n ? 1 : 0 }
    let (count, hits) = (Double(n), Double(k))
    let choose = logGamma(count + 1) - logGamma(hits + 1) - logGamma(count - hits + 1)
    return exp(choose + hits * log(p) + (count - hits) * log1p(-p))
  }

  /// The point where `isBelow` turns false, found to the last bit.
  private static func bisect(from start: Double, to end: Double, isBelow: (Double) -> Bool) -> Double {
    var (low, high) = (start, end)
    while true {
      let middle = low + (high - low) / 2
      if middle <= low || middle >= high { return middle }
      if isBelow(middle) { low = middle } else { high = middle }
    }
  }
}
