/// How a model compares with the goldens of its checkpoint.
public struct ConformanceReport: Sendable {
  public struct PromptResult: Sendable {
    public var name: String
    /// Tokens of the prompt.
    public var length: Int
    public var logits: LogitComparison
    /// Leading tokens of the greedy continuation that are the golden's.
    public var greedyAgreements: Int
    /// Tokens of the golden's greedy continuation; 0 when it has none.
    public var greedyCount: Int
    /// Largest difference of the logits that chose the last greedy token; nil when the continuations differ or none is known.
    public var greedyLastDifference: Float?
  }

  public struct TapResult: Sendable {
    public var tap: Tap
    /// Largest |difference|; infinite when sizes differ or a value is NaN.
    public var maxDifference: Float
  }

  public struct CompletionResult: Sendable {
    public var name: String
    /// Leading tokens that are the golden's.
    public var agreements: Int
    public var count: Int
  }

  public var model: String
  /// Largest difference of a logit or a traced value that passes.
  public var tolerance: Float
  /// What counts instead, for a model that rounds.
  public var engineTolerance: EngineTolerance?
  public var prompts: [PromptResult] = []
  /// In the order of the forward pass; empty when the model cannot be traced.
  public var trace: [TapResult] = []
  public var completions: [CompletionResult] = []

  public init(model: String, tolerance: Float, engineTolerance: EngineTolerance? = nil) {
    self.model = model
    self.tolerance = tolerance
    self.engineTolerance = engineTolerance
  }

  /// Whether the model is within what it is held to.
  public var passes: Bool {
    guard let engineTolerance else { return isExact }
    return engineTolerance.holds(allRows) && completions.allSatisfy { $0.agreements == $0.count }
  }

  /// All rows of all prompts together.
  public var allRows: LogitComparison { prompts.reduce(into: LogitComparison()) { $0.add($1.logits) } }

  /// The logits behind a greedy continuation may differ by this many times the tolerance: the golden was computed step by step from a cache, and so
  /// carries the rounding of 64 more steps (up to 7.5e-5 seen, where the same prompt's own logits are within 5.1e-5).
  public static let continuationFactor: Float = 3

  /// Whether every difference is within the tolerance and every token agrees.
  public var isExact: Bool {
    prompts.allSatisfy { isWithinTolerance($0) && $0.greedyAgreements == $0.greedyCount } && trace.allSatisfy { $0.maxDifference <= tolerance }
      && completions.allSatisfy { $0.agreements == $0.count }
  }

  private func isWithinTolerance(_ prompt: PromptResult) -> Bool {
    prompt.logits.maxDifference <= tolerance && prompt.greedyLastDifference ?? 0 <= tolerance * Self.continuationFactor
  }

  /// Largest difference of any logit of any prompt.
  public var maxDifference: Float { prompts.reduce(0) { max($0, $1.logits.maxDifference) } }

  // MARK: - Text

  /// A table for people.
  public var text: String {
    let held = engineTolerance.map { "mean KL \($0.meanKL), argmax \($0.argmaxAgreement)" } ?? "\(tolerance)"
    var lines = ["model \(model), tolerance \(held)"]
    if !prompts.isEmpty { lines += [""] + promptTable }
    if !trace.isEmpty { lines += [""] + traceTable }
    if !completions.isEmpty { lines += [""] + completionTable }
    lines += ["", verdict]
    return lines.joined(separator: "\n") + "\n"
  }

  private var verdict: String {
    guard engineTolerance != nil else { return isExact ? "all within tolerance, all tokens agree" : "NOT within tolerance, or tokens differ" }
    let all = allRows, share = (all.argmaxAgreement * 1000).rounded() / 10
    let logits = all.rows == 0 ? "" : "over \(all.rows) rows: mean KL \(scientific(all.meanKL)), rms \(scientific(all.rms)), argmax agrees in \(all.argmaxAgreements) (\(share) %)"
    let whole = completions.count { $0.agreements == $0.count }
    return logits + (completions.isEmpty ? "" : (logits.isEmpty ? "" : "; ") + "\(whole) of \(completions.count) completions equal") + (passes ? ": within tolerance" : ": NOT within tolerance")
  }

  private var promptTable: [String] {
    let head = ["prompt", "tokens", "rows", "max |d logit|", "rms", "max KL", "argmax", "greedy", "d last"]
    return TextTable.render(
      [head]
        + prompts.map { prompt in
          let logits = prompt.logits
          return [
            prompt.name, "\(prompt.length)", "\(logits.rows)", scientific(Double(logits.maxDifference)), scientific(logits.rms), scientific(logits.maxKL),
            "\(logits.argmaxAgreements)/\(logits.rows)", prompt.greedyCount == 0 ? "-" : "\(prompt.greedyAgreements)/\(prompt.greedyCount)",
            prompt.greedyLastDifference.map { scientific(Double($0)) } ?? "-",
          ]
        })
  }

  /// One row per value, one column per layer.
  private var traceTable: [String] {
    let layers = (trace.compactMap(\.tap.layer).max() ?? -1) + 1
    let differences = Dictionary(trace.map { ($0.tap, $0.maxDifference) }, uniquingKeysWith: max)
    let head = ["trace, max |d|"] + (0..<layers).map { "layer \($0)" }
    let rows = Tap.Name.allCases.compactMap { name -> [String]? in
      if let difference = differences[Tap(name)] { return [name.rawValue, scientific(Double(difference))] }
      let cells = (0..<layers).map { differences[Tap(name, layer: $0)].map { scientific(Double($0)) } ?? "-" }
      return cells.allSatisfy { $0 == "-" } ? nil : [name.rawValue] + cells
    }
    return TextTable.render([head] + rows)
  }

  private var completionTable: [String] {
    TextTable.render([["completion", "tokens agree"]] + completions.map { [$0.name, "\($0.agreements)/\($0.count)"] })
  }

  // MARK: - JSON

  public var json: JSONOutput {
    [
      "model": .string(model), "tolerance": .float(tolerance), "exact": .bool(isExact), "passes": .bool(passes),
      "engine_tolerance": engineTolerance.map { ["mean_kl": .number($0.meanKL), "argmax": .number($0.argmaxAgreement)] } ?? .null,
      "all": ["rows": .int(allRows.rows), "mean_kl": .number(allRows.meanKL), "argmax": .number(allRows.argmaxAgreement), "rms": .number(allRows.rms)], "prompts": .array(prompts.map(promptJSON)),
      "trace": .object(trace.map { JSONOutput.Member($0.tap.description, .float($0.maxDifference)) }),
      "completions": .array(completions.map { ["name": .string($0.name), "agree": .int($0.agreements), "count": .int($0.count)] }),
    ]
  }

  private func promptJSON(_ prompt: PromptResult) -> JSONOutput {
    let logits = prompt.logits
    return [
      "name": .string(prompt.name), "tokens": .int(prompt.length), "rows": .int(logits.rows), "max_logit_difference": .float(logits.maxDifference),
      "rms": .number(logits.rms), "mean_kl": .number(logits.meanKL), "max_kl": .number(logits.maxKL), "argmax_agree": .int(logits.argmaxAgreements),
      "greedy_agree": .int(prompt.greedyAgreements), "greedy_count": .int(prompt.greedyCount),
      "greedy_last_difference": prompt.greedyLastDifference.map(JSONOutput.float) ?? .null,
    ]
  }
}

/// Two significant digits: `3.1e-05`.
func scientific(_ value: Double) -> String {
  guard value.isFinite else { return "\(value)" }
  guard value != 0 else { return "0" }
  var exponent = 0
  var mantissa = abs(value)
  while mantissa >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
  while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
  var tenths = Int((mantissa * 10).rounded())
  if tenths == 100 { (tenths, exponent) = (10, exponent + 1) }
  let digits = abs(exponent) < 10 ? "0\(abs(exponent))" : "\(abs(exponent))"
  return "\(value < 0 ? "-" : "")\(tenths / 10).\(tenths % 10)e\(exponent < 0 ? "-" : "+")\(digits)"
}

/// Columns padded with spaces: the first to the left, the others to the right.
enum TextTable {
  static func render(_ rows: [[String]]) -> [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + padding : padding + cell
      }.joined(separator: "  ")
    }
  }
}
