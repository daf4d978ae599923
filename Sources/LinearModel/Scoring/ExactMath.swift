/// Exponential and logarithm from additions, multiplications and divisions alone.
///
/// The C library's differ in the last bit from platform to platform; with these a training run gives the same bytes everywhere.
package enum ExactMath {
  /// `e^x` with a relative error below 1e-15; x is held within ±700, and NaN counts as -700.
  @inline(__always) package static func exp(_ x: Double) -> Double {
    let x = x > -700 ? (x < 700 ? x : 700) : -700
    // Adding and taking away 1.5·2^52 rounds to the nearest whole number.
    let k = (x * 1.4426950408889634 + 0x1.8p52) - 0x1.8p52
    let r = (x - k * 0x1.62e42feep-1) - k * 0x1.a39ef35793c76p-33
    let r2 = r * r
    let low = (1 + r) + r2 * (1.0 / 2 + r * (1.0 / 6))
    let middle = (1.0 / 24 + r * (1.0 / 120)) + r2 * (1.0 / 720 + r * (1.0 / 5040))
    let high = (1.0 / 40320 + r * (1.0 / 362_880)) + r2 * (1.0 / 3_628_800 + r * (1.0 / 39_916_800))
    let r4 = r2 * r2
    let power = low + r4 * (middle + r4 * (high + r4 * (1.0 / 479_001_600)))
    return power * Double(bitPattern: UInt64(Int64(k) + 1023) << 52)
  }

  /// `1 / (1 + e^-x)`.
  @inline(__always) package static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  /// Natural logarithm of a positive, normal number; relative error below 1e-15.
  package static func log(_ x: Double) -> Double {
    var exponent = Double(x.exponent)
    var m = x.significand
    if m > 1.4142135623730951 {
      m /= 2
      exponent += 1
    }
    let s = (m - 1) / (m + 1)
    let s2 = s * s
    var sum = 0.0
    var n = 23.0
    while n >= 1 {
      sum = sum * s2 + 1 / n
      n -= 2
    }
    return exponent * 0.6931471805599453 + 2 * s * sum
  }

  /// `-log(p of what was true)`, with p held within 1e-12 ... 1 - 1e-12.
  static func logLoss(_ probability: Double, isPositive: Bool) -> Double {
    let p = min(max(probability, 1e-12), 1 - 1e-12)
    return -log(isPositive ? p : 1 - p)
  }
}
