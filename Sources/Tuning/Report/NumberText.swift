#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Numbers as reports print them: the same on every platform, without a locale.
public enum NumberText {
  /// `digits` digits after the point, rounded half away from zero; `—` for NaN.
  public static func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "—" : value > 0 ? "∞" : "-∞" }
    let scale = power(digits)
    let scaled = (abs(value) * scale).rounded()
    guard scaled < 9e15 else { return String(value) }
    let whole = Int(scaled)
    let sign = value < 0 && whole > 0 ? "-" : ""
    guard digits > 0 else { return sign + String(whole) }
    let fraction = String(whole % Int(scale))
    return sign + String(whole / Int(scale)) + "." + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  private static func power(_ digits: Int) -> Double { (0..<digits).reduce(1) { power, _ in power * 10 } }

  /// Without needless zeros: `0.05`, `12`, `0.0031`.
  public static func short(_ value: Double, _ digits: Int = 4) -> String {
    var text = fixed(value, digits)
    guard text.contains(".") else { return text }
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  public static func percent(_ share: Double, _ digits: Int = 1) -> String {
    share.isNaN ? "—" : fixed(share * 100, digits) + "%"
  }

  /// `850 µs`, `12.3 ms`, `1.42 s`, `3.5 min`, `2.1 h`.
  public static func seconds(_ seconds: Double) -> String {
    if seconds.isNaN { return "—" }
    if seconds < 0.001 { return short(seconds * 1e6, seconds < 1e-5 ? 1 : 0) + " µs" }
    if seconds < 1 { return fixed(seconds * 1000, seconds < 0.1 ? 1 : 0) + " ms" }
    if seconds < 120 { return fixed(seconds, seconds < 10 ? 2 : 1) + " s" }
    if seconds < 7200 { return fixed(seconds / 60, 1) + " min" }
    return fixed(seconds / 3600, 1) + " h"
  }

  /// A probability of a test.
  public static func pValue(_ p: Double) -> String { p < 0.0001 ? "< 0.0001" : fixed(p, 4) }

  static func bound(_ bound: Bound) -> String {
    switch bound.metric.unit {
    case .share, .cost: short(bound.value, 6)
    case .seconds: bound.value < 1 ? short(bound.value * 1000, 3) + "ms" : short(bound.value, 3) + "s"
    }
  }

  /// A value of `metric` with its unit.
  public static func value(_ value: Double, of metric: Metric) -> String {
    switch metric.unit {
    case .share: metric == .f1 ? fixed(value, 3) : percent(value)
    case .seconds: seconds(value)
    case .cost: short(value, 6)
    }
  }

  /// A threshold as it is written in a pipeline file; `none` for one outside 0...1, which the file leaves out.
  public static func threshold(_ value: Double, digits: Int = ThresholdText.digits) -> String {
    (0...1).contains(value) ? short(value, digits) : "none"
  }

  /// `0.912 [0.870, 0.941]`.
  public static func estimate(_ estimate: Estimate?, digits: Int = 3) -> String {
    guard let estimate else { return "—" }
    guard let interval = estimate.interval else { return fixed(estimate.value, digits) }
    return "\(fixed(estimate.value, digits)) [\(fixed(interval.low, digits)), \(fixed(interval.high, digits))]"
  }
}
