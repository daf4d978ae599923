/// Reads labelled JSONL, one line at a time. Where the lines come from (plain, `.gz`, standard input) is the caller's matter.
///
/// Three forms of a row:
/// - `{"text": "…", "labels": {"toxic": 1, "hate": null}}`: 0, 1, `false`, `true`; null or absent means not annotated;
/// - `{"text": "…", "label": "spam"}` or `{"text": "…", "labels": ["spam", "scam"]}`: names; every label that is not named is negative;
/// - `{"text": "…", "label": 1}`: for a model with one label, also as text (`"1"`). An empty label means not annotated.
public struct TrainingRowReader: Sendable {
  public let sources: [LabelSource]
  public let textField: String

  /// - Parameters:
  ///   - sources: the labels to train, 1 ... 64 with different names.
  ///   - textField: dotted path of the text.
  public init(_ sources: [LabelSource], textField: String = "text") {
    self.sources = sources
    self.textField = textField
  }

  public func makeSet() -> TrainingSet { TrainingSet(labels: sources.map(\.label)) }

  /// Adds the row in `line` to `set`. Blank lines add nothing.
  /// - Throws: ``LinearModelError`` `invalid-row`, without the line's place and without its text.
  public func read(_ line: UnsafeBufferPointer<UInt8>, into set: inout TrainingSet) throws(LinearModelError) {
    if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }) { return }
    let row: JSONValue
    do throws(JSONError) { row = try JSONValue.parse(line) } catch {
      throw LinearModelError(.invalidRow, "not a JSON object: \(error.message) at byte \(error.offset)")
    }
    guard row.members != nil else { throw LinearModelError(.invalidRow, "not a JSON object") }
    guard let text = text(row) else { throw LinearModelError(.invalidRow, "no string at `\(textField)`") }
    set.append(text, try targets(row))
  }

  /// The same for bytes in an array.
  public func read(_ line: [UInt8], into set: inout TrainingSet) throws(LinearModelError) {
    var failure: LinearModelError?
    line.withUnsafeBufferPointer { buffer in
      do throws(LinearModelError) { try read(buffer, into: &set) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  private func text(_ row: JSONValue) -> String? {
    if let direct = row[textField]?.string { return direct }
    var value: JSONValue? = row
    for part in textField.split(separator: ".") { value = value?[String(part)] }
    return value?.string
  }

  private func targets(_ row: JSONValue) throws(LinearModelError) -> [Target] {
    let field = row["labels"] == nil ? "label" : "labels"
    switch row[field] {
    case .object where field == "label": throw LinearModelError(.invalidRow, "`label` is an object: values of several labels stand in `labels`")
    case .object: return try valued(row[field])
    case .string(""): return sources.map { _ in .unknown }
    case .string(let name):
      if sources.count == 1, let isPositive = Self.written[name], !sources[0].sources.contains(name) { return [isPositive ? .positive : .negative] }
      return named([name])
    case .array(let items):
      let names = items.compactMap(\.string)
      guard names.count == items.count else { throw LinearModelError(.invalidRow, "`\(field)` holds something that is not a string") }
      return named(names)
    case .null: return sources.map { _ in .unknown }
    case let single?:
      guard sources.count == 1 else { throw LinearModelError(.invalidRow, "`\(field)` is one value, but the model has \(sources.count) labels") }
      return [try Self.target(single, field)]
    case nil: throw LinearModelError(.invalidRow, "neither `labels` nor `label`")
    }
  }

  /// The values of one label in a table whose cells are text.
  private static let written = ["0": false, "1": true, "false": false, "true": true]

  private func valued(_ labels: JSONValue?) throws(LinearModelError) -> [Target] {
    var targets: [Target] = []
    for source in sources {
      var target = Target.unknown
      for name in source.sources {
        guard let value = labels?[name] else { continue }
        let next = try Self.target(value, name)
        if next == .positive || target == .unknown { target = next }
      }
      targets.append(target)
    }
    return targets
  }

  private func named(_ names: [String]) -> [Target] {
    sources.map { source in source.sources.contains(where: names.contains) ? .positive : .negative }
  }

  private static func target(_ value: JSONValue, _ name: String) throws(LinearModelError) -> Target {
    switch value {
    case .null: return .unknown
    case .bool(let bool): return bool ? .positive : .negative
    case .number(0): return .negative
    case .number(1): return .positive
    default: throw LinearModelError(.invalidRow, "the value of label `\(name)` must be 0, 1, true, false or null")
    }
  }
}
