import Moderation
import Tuning

import enum RemoteModel.JSONValue

/// Why a row cannot be used; constant words and names of fields.
struct RowProblem: Error {
  var reason: String
  init(_ reason: String) { self.reason = reason }
}

/// How the labels of data become those of a pipeline's categories.
public struct LabelRules: Sendable {
  /// For each category, the names under which the data speak of it.
  let sources: [[String]]
  /// The category that a bare yes or no speaks of.
  let bare: Int?
  let categories: [String]

  /// - Parameters:
  ///   - written: `category=name+name`, as people write them. A category without a rule is looked for under its own name.
  ///   - bare: the category that a bare `1`, `true`, `unsafe` … speaks of; a pipeline with one category needs none.
  public init(categories: [String], written: [String] = [], bare: String? = nil, _ diagnostics: inout Diagnostics) {
    self.categories = categories
    var sources = categories.map { [$0] }
    for rule in written {
      let parts = rule.split(separator: "=", maxSplits: 1).map(String.init)
      guard let place = Self.place(of: parts.first ?? "", in: categories, "--label", &diagnostics) else { continue }
      let names = parts.count == 2 ? parts[1].split(separator: "+").map { String($0).trimmingSpaces } : []
      if names.isEmpty || names.contains("") {
        diagnostics.error(
          "label-rule", "`\(rule)` names no label", at: SourceSpan(file: "--label", line: 1, column: 1), hint: "write `\(categories[place])=name` or `\(categories[place])=name+name`")
        continue
      }
      sources[place] = names
    }
    self.sources = sources
    self.bare = bare.map { Self.place(of: $0, in: categories, "--category", &diagnostics) } ?? (categories.count == 1 ? 0 : nil)
  }

  private static func place(of name: String, in categories: [String], _ option: String, _ diagnostics: inout Diagnostics) -> Int? {
    if let place = categories.firstIndex(of: name) { return place }
    diagnostics.error(
      "unknown-category", "the pipeline has no category `\(name)`", at: SourceSpan(file: option, line: 1, column: 1, length: max(1, name.unicodeScalars.count)),
      hint: nearestSpelling(to: name, in: categories).map { "did you mean `\($0)`?" } ?? "it has \(categories.map { "`\($0)`" }.joined(separator: ", "))")
    return nil
  }

  /// Words by which data sets say yes and no.
  static let yes: Set<String> = [
    "1", "1.0", "true", "yes", "positive", "violates", "violation", "violating", "invalid", "unsafe", "harmful", "flagged", "flag", "block", "blocked", "bad",
  ]
  static let no: Set<String> = [
    "0", "0.0", "false", "no", "negative", "safe", "valid", "ok", "okay", "allow", "allowed", "clean", "benign", "harmless", "none", "good", "ham", "neutral",
  ]

  static func truth(_ word: String) -> Bool? {
    let word = word.trimmingSpaces.lowercased()
    return yes.contains(word) ? true : no.contains(word) ? false : nil
  }

  /// A yes, a no, or nil for "not annotated".
  private func truth(_ value: JSONValue, _ name: String) throws(RowProblem) -> Bool? {
    switch value {
    case .null: return nil
    case .bool(let bool): return bool
    case .number(let text) where Double(text) == 0: return false
    case .number(let text) where Double(text) == 1: return true
    case .string(let word):
      if word.isEmpty { return nil }
      if let truth = Self.truth(word) { return truth }
    default: break
    }
    throw RowProblem("the value of label `\(name)` is neither yes nor no: use 0, 1, true, false or null")
  }

  var unknown: [Label] { categories.map { _ in .unknown } }

  /// Labels from whatever stands in a row's label field. `stray` counts names that mean nothing here.
  func labels(_ value: JSONValue?, stray: inout [String: Int]) throws(RowProblem) -> [Label] {
    switch value {
    case nil, .null: return unknown
    case .object(let members): return try fromMap(members, stray: &stray)
    case .array(let items):
      let names = items.compactMap(\.string)
      guard names.count == items.count else { throw RowProblem("the list of labels holds something that is not text") }
      return try fromList(names, stray: &stray)
    case .string(let word):
      if word.isEmpty { return unknown }
      if !sources.contains(where: { $0.contains(word) }), let truth = Self.truth(word) { return try fromBare(truth) }
      return fromNames([word], stray: &stray)
    case let single?:
      guard let truth = try truth(single, "label") else { return unknown }
      return try fromBare(truth)
    }
  }

  private func fromMap(_ members: [JSONValue.Member], stray: inout [String: Int]) throws(RowProblem) -> [Label] {
    var labels = unknown
    var used: Set<String> = []
    for (category, names) in sources.enumerated() {
      for name in names {
        guard let member = members.first(where: { $0.key == name }) else { continue }
        used.insert(name)
        guard let truth = try truth(member.value, name) else { continue }
        if truth || labels[category] == .unknown { labels[category] = Label(truth) }
      }
    }
    for member in members where !used.contains(member.key) { stray[member.key, default: 0] += 1 }
    return labels
  }

  /// A list without any name that means something here may say yes or no as a bare word does: `["unsafe"]`.
  private func fromList(_ names: [String], stray: inout [String: Int]) throws(RowProblem) -> [Label] {
    let isNamed = names.contains { name in sources.contains { $0.contains(name) } }
    let truths = isNamed ? [] : names.compactMap(Self.truth)
    guard truths.contains(true) else { return fromNames(names, stray: &stray) }
    if truths.contains(false) { throw RowProblem("the list of labels says both yes and no") }
    return try fromBare(true)
  }

  /// Every category that is not named is negative.
  private func fromNames(_ names: [String], stray: inout [String: Int]) -> [Label] {
    for name in names where !sources.contains(where: { $0.contains(name) }) && Self.truth(name) == nil { stray[name, default: 0] += 1 }
    return sources.map { Label($0.contains { names.contains($0) }) }
  }

  func fromBare(_ truth: Bool) throws(RowProblem) -> [Label] {
    if let bare { return categories.indices.map { $0 == bare ? Label(truth) : .unknown } }
    if !truth { return categories.map { _ in .negative } }
    throw RowProblem("the label says yes but not to which category; name one with `--category`")
  }
}
