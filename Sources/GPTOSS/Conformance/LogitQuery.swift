#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// One line of `winnow model logits`: `{"id": …, "ids": [tokens], "positions": [indices], "top": k}`.
///
/// Without `positions` the last one is meant; without `top` whole rows of logits are written, else the k likeliest tokens of each row.
public struct LogitQuery: Sendable {
  /// Why a line is no query; lower case, no full stop.
  public struct Malformed: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String
  }

  public var id: JSONOutput
  public var ids: [TokenID]
  public var positions: [Int]
  public var top: Int?

  /// Reads a line.
  public init(line: [UInt8], vocabSize: Int) throws(Malformed) {
    let value: JSONValue
    do { value = try JSONValue.parse(line) } catch { throw Malformed(description: error.description) }
    let ids = (value["ids"]?.elements.map(Array.init) ?? []).map { $0.int.flatMap { (0..<vocabSize).contains($0) ? TokenID($0) : nil } }
    guard !ids.isEmpty, !ids.contains(nil) else { throw Malformed(description: "expected `ids` to be a list of tokens below \(vocabSize)") }
    self.ids = ids.compactMap { $0 }
    let positions = value["positions"].map { $0.elements.map(Array.init)?.map(\.int) ?? [nil] } ?? [ids.count - 1]
    guard positions.allSatisfy({ $0.map(ids.indices.contains) ?? false }) else { throw Malformed(description: "expected `positions` to be indices into `ids`") }
    self.positions = Set(positions.compactMap { $0 }).sorted()
    top = value["top"]?.int
    guard value["top"] == nil || (top.map { $0 > 0 } ?? false) else { throw Malformed(description: "expected `top` to be a whole number from 1") }
    id = value["id"].flatMap { $0.string.map(JSONOutput.string) ?? $0.int.map(JSONOutput.int) } ?? .null
  }

  /// The answer as one line of JSON: `id`, `positions` ascending, and `logits` or `top`.
  /// - Throws: what the model throws.
  public func answer(by model: any LanguageModel) throws -> JSONOutput {
    let rows = try model.makeSequence().append(ids, logitsAt: positions)
    let places = JSONOutput.array(positions.map(JSONOutput.int))
    guard let top else { return ["id": id, "positions": places, "logits": .array(rows.map { .array($0.map(JSONOutput.float)) })] }
    return ["id": id, "positions": places, "top": .array(rows.map { likeliest(top, $0) })]
  }

  /// Tokens with logit and natural logarithm of the probability; of equal logits the lower token first.
  private func likeliest(_ count: Int, _ logits: [Float]) -> JSONOutput {
    let largest = Double(logits.max() ?? 0)
    let normalizer = largest + log(logits.reduce(0.0) { $0 + exp(Double($1) - largest) })
    let best = logits.indices.sorted { (logits[$1], $0) < (logits[$0], $1) }.prefix(count)
    return .array(best.map { ["token": .int($0), "logit": .float(logits[$0]), "logprob": .number(Double(logits[$0]) - normalizer)] })
  }
}
