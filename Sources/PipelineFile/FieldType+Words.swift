import Moderation

/// How a field's type is told to people: in messages, in the reference page, in hints.
extension FieldType {
  /// For "must be …": `a duration`, `one of `low`, `high``.
  var words: String {
    switch self {
    case .string: "text"
    case .boolean: "`true` or `false`"
    case .integer(let range): "a whole number" + Self.limits(range.lowerBound, range.upperBound, least: .min, greatest: .max)
    case .number(let range): "a number" + Self.limits(range.lowerBound, range.upperBound, least: -.greatestFiniteMagnitude, greatest: .greatestFiniteMagnitude)
    case .share: "a share from 0 to 1"
    case .duration: "a duration"
    case .byteCount: "a size"
    case .choice(let names): "one of \(Self.quoted(names))"
    case .existingPath: "a path of a file or folder"
    case .path: "a path"
    case .url: "an http or https address"
    case .secret: "`{env: NAME}` or `{file: path}`"
    case .list(let element): "a list of \(element.plural)"
    case .perCategory(let value): "a map from category to \(value.bareWords)"
    case .map(let value): "a map from name to \(value.bareWords)"
    case .object: "a map"
    case .either(let types): Self.joined(types.map(\.words))
    }
  }

  /// As it would be written in YAML; nil where no short example says more than the words.
  var example: String? {
    switch self {
    case .boolean: "true"
    case .integer(let range): String(max(range.lowerBound, min(range.upperBound, 4)))
    case .number(let range): max(range.lowerBound, min(range.upperBound, 0.5)).asWritten
    case .share: "0.05"
    case .duration: "20s"
    case .byteCount: "20MiB"
    case .choice(let names): names.first
    case .url: "http://localhost:8000/v1"
    case .secret: "{env: API_KEY}"
    case .list(let element): element.example.map { "[\($0)]" }
    case .either(let types): types.lazy.compactMap(\.example).first
    case .string, .existingPath, .path, .perCategory, .map, .object: nil
    }
  }

  private var bareWords: String { if case .object = self { "a map of fields" } else { words } }

  private var plural: String {
    switch self {
    case .string: "texts"
    case .existingPath, .path: "paths"
    case .url: "addresses"
    case .object: "maps"
    default: words
    }
  }

  private static func limits<Bound: Comparable>(_ low: Bound, _ high: Bound, least: Bound, greatest: Bound) -> String {
    switch (low > least, high < greatest) {
    case (true, true): " from \(shown(low)) to \(shown(high))"
    case (true, false): " of at least \(shown(low))"
    case (false, true): " of at most \(shown(high))"
    case (false, false): ""
    }
  }

  private static func shown(_ value: some Comparable) -> String { (value as? Double)?.asWritten ?? "\(value)" }
  static func quoted(_ names: [String]) -> String { names.map { "`\($0)`" }.joined(separator: ", ") }

  static func joined(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
  }
}

extension Double {
  /// As a person would write it: `4`, not `4.0`.
  var asWritten: String { self == rounded() && abs(self) < 1e15 ? String(Int(self)) : "\(self)" }
}

extension Setting {
  /// What a value is, without saying which: values may be secret.
  var kind: String {
    switch value {
    case .null: "nothing"
    case .bool: "a boolean"
    case .int, .double: "a number"
    case .string: "text"
    case .list: "a list"
    case .map: "a map"
    }
  }

  /// ` found …` with the value itself where it is short and stands in the file.
  var found: String {
    if isInterpolated { return kind }
    switch value {
    case .bool(let value): return "`\(value)`"
    case .int(let value): return "`\(value)`"
    case .double(let value): return "`\(value.asWritten)`"
    case .string(let text) where text.utf8.count <= 40 && !text.contains("\n") && !text.contains("`"): return "`\(text)`"
    default: return kind
    }
  }

  /// A variable that is empty stands for nothing: `model: ${MODEL:-}` is as if the field were not written.
  var isLeftOut: Bool { isInterpolated && string == "" }

  /// A `${VAR}` that stays as written: lint without an environment, or a variable that has been reported already.
  var isUnresolved: Bool { string?.contains("${") ?? false }
}
