import RemoteModel

/// Reads JSON answers: alone, in a code fence, or with prose around them.
enum JSONAnswers {
  /// Keys under which models put the label when they do not use the policy's own.
  static let commonDecisionKeys = [
    "violation", "violates", "violated", "violates_policy", "is_violation", "label", "answer", "classification", "decision", "verdict", "flagged",
  ]

  /// More opening braces are no answer; ``AnswerReader`` refuses such a text.
  static let maximumObjects = 1000
  static func hasTooManyBraces(_ text: String) -> Bool { text.utf8.count(where: { $0 == UInt8(ascii: "{") }) > maximumObjects }

  /// Every outermost JSON object in the text, in order.
  static func objects(in text: String) -> [JSONValue] { scan(text).objects }

  /// The text outside its outermost JSON objects; `{}` stands for each, so that a line such as `Answer: {…}` keeps a value.
  static func withoutObjects(_ text: String) -> String { scan(text).rest }

  private static func scan(_ text: String) -> (objects: [JSONValue], rest: String) {
    let bytes = Array(text.utf8)
    var (objects, rest): ([JSONValue], [UInt8]) = ([], [])
    var position = 0
    var attempts = 0
    while position < bytes.count, attempts < maximumObjects {
      guard let open = bytes[position...].firstIndex(of: UInt8(ascii: "{")) else { break }
      attempts += 1
      rest += bytes[position..<open]
      if let (value, end) = try? JSONValue.prefix(of: bytes, from: open) {
        objects.append(value)
        rest += Array("{}".utf8)
        position = end
      } else {
        rest.append(bytes[open])
        position = open + 1
      }
    }
    return (objects, String(decoding: rest + bytes[position...], as: UTF8.self))
  }

  /// Whether the text is one object, perhaps in a code fence.
  static func isWhole(_ text: String) -> Bool {
    guard let value = try? JSONValue(parsing: Array(AnswerText.withoutCodeFence(text).utf8)) else { return false }
    return value.members != nil
  }

  /// Whether one of these keys stands outside every object that could be parsed, as a key does: there is an answer that is not valid JSON,
  /// and it may say the opposite.
  static func hasUnread(_ text: String, keys: [String]) -> Bool {
    let rest = withoutObjects(text).filter { !$0.isWhitespace }
    return keys.contains { key in
      let key = key.filter { !$0.isWhitespace }
      return ["\"\(key)\":", "'\(key)':", "{\(key):"].contains { rest.contains($0) }
    }
  }

  /// Keys under which a decision may stand.
  static func decisionKeys(of format: AnswerFormat) -> [String] { [shape(of: format).decision] + commonDecisionKeys }

  /// Nil when no object of the text holds a decision.
  static func reading(in text: String, format: AnswerFormat) -> AnswerReading? {
    let shape = shape(of: format)
    let candidates = objects(in: text).filter { decisionKey(of: $0, shape: shape) != nil }
    guard let last = candidates.last else { return nil }
    let readings = candidates.map { reading(of: $0, format: format) }
    guard Set(readings.map(\.outcome)).count == 1 else { return .abstain(.conflicting) }
    return reading(of: last, format: format)
  }

  private static func shape(of format: AnswerFormat) -> JSONAnswerShape {
    if case .json(let shape) = format.shape { return shape }
    return JSONAnswerShape(decision: "label")
  }

  private static func decisionKey(of object: JSONValue, shape: JSONAnswerShape) -> String? {
    if object[shape.decision] != nil { return shape.decision }
    return commonDecisionKeys.first { object[$0] != nil }
  }

  /// The reading of one JSON value: an object with a decision, or the label itself.
  static func reading(of value: JSONValue, format: AnswerFormat) -> AnswerReading {
    if case .flags(let flags) = format.shape, value.members != nil { return flagReading(of: value, flags: flags, labels: format.labels) }
    guard value.members != nil else {
      guard let label = label(of: value, key: nil, labels: format.labels) else { return .abstain(.noLabel) }
      return AnswerReading(.label(label))
    }
    guard !value.hasDuplicateKeys else { return .abstain(.conflicting) }
    let shape = shape(of: format)
    guard let key = decisionKey(of: value, shape: shape), let decision = value[key] else { return .abstain(.noLabel) }
    guard let label = label(of: decision, key: key, labels: format.labels) else { return .abstain(.noLabel) }
    let others = commonDecisionKeys.filter { $0 != key }.compactMap { key in value[key].flatMap { self.label(of: $0, key: key, labels: format.labels) } }
    guard others.allSatisfy({ $0.meaning == label.meaning }) else { return .abstain(.conflicting) }
    return AnswerReading(.label(label), citedRules: citedRules(value, shape: shape), rationale: rationale(value, shape: shape))
  }

  /// Keys whose plain yes means that the content violates.
  private static let violationKeys: Set<String> = ["violation", "violates", "violated", "violates_policy", "is_violation", "flagged"]

  /// A label by its name or by a word for its meaning, where exactly one label has that meaning. A plain yes or no is read only where the
  /// key says what it means, or the policy has it as a label: of `"allowed": false` nothing can be guessed.
  static func label(of value: JSONValue, key: String?, labels: [AnswerLabel]) -> AnswerLabel? {
    switch value {
    case .bool(let yes): return plain(yes, key: key, labels: labels)
    case .number(let text):
      if let label = labels.first(where: { $0.name == text }) { return label }
      guard let whole = value.int else { return nil }
      return labels.first { $0.name == String(whole) }
    case .string(let text):
      if let label = AnswerText.wholeLabel(text, labels: labels) { return label }
      switch AnswerText.undecorated(text).lowercased() {
      case "yes", "true": return plain(true, key: key, labels: labels)
      case "no", "false": return plain(false, key: key, labels: labels)
      case "violation", "violates", "violating", "unsafe": return only(labels, meaning: .violates)
      case "safe", "no violation", "not violating", "non-violating", "compliant": return only(labels, meaning: .safe)
      default: return nil
      }
    case .null, .array, .object: return nil
    }
  }

  private static func plain(_ yes: Bool, key: String?, labels: [AnswerLabel]) -> AnswerLabel? {
    if let key, violationKeys.contains(key.lowercased()) { return only(labels, meaning: yes ? .violates : .safe) }
    let names = yes ? ["true", "yes", "1"] : ["false", "no", "0"]
    return AnswerText.unique(labels.filter { !$0.isAlias && names.contains($0.name.lowercased()) })
  }

  private static func only(_ labels: [AnswerLabel], meaning: LabelMeaning) -> AnswerLabel? {
    AnswerText.unique(labels.filter { $0.meaning == meaning && !$0.isAlias })
  }

  private static func citedRules(_ object: JSONValue, shape: JSONAnswerShape) -> [String] {
    var ids: [String] = []
    if let category = shape.category.flatMap({ object[$0] })?.string { ids += RuleIDs.listed(category) }
    switch object[shape.ruleIDs ?? "rule_ids"] {
    case .array(let items): ids += items.compactMap(\.string).flatMap(RuleIDs.listed)
    case .string(let text): ids += RuleIDs.listed(text)
    default: break
    }
    var seen: Set<String> = []
    return ids.filter { seen.insert($0).inserted }
  }

  private static func rationale(_ object: JSONValue, shape: JSONAnswerShape) -> String? {
    let keys = [shape.rationale].compactMap { $0 } + ["rationale", "reason", "reasoning", "justification", "explanation"]
    return keys.lazy.compactMap { object[$0]?.string }.first
  }

  // MARK: Flags

  static func flagReading(_ text: String, flags: [AnswerFormat.Flag], labels: [AnswerLabel]) -> AnswerReading {
    let candidates = objects(in: text).filter { object in flags.contains { object[$0.key] != nil } }
    guard let object = candidates.last else { return .abstain(AnswerReader.refuses(text) ? .refusal : .malformed) }
    guard Set(candidates).count == 1 else { return .abstain(.conflicting) }
    if hasUnread(text, keys: flags.map(\.key)) { return .abstain(.malformed) }
    return flagReading(of: object, flags: flags, labels: labels)
  }

  private static func flagReading(of object: JSONValue, flags: [AnswerFormat.Flag], labels: [AnswerLabel]) -> AnswerReading {
    guard !object.hasDuplicateKeys else { return .abstain(.conflicting) }
    var values: [String: LabelMeaning] = [:]
    for flag in flags {
      guard let value = object[flag.key], let label = label(of: value, key: "violation", labels: labels), label.meaning != .abstain else { continue }
      values[flag.key] = label.meaning
    }
    let meaning = LabelMeaning.gravest(values.values)
    // A missing flag may be the violated one: anything milder needs all of them.
    guard meaning == .violates || values.count == flags.count else { return AnswerReading(.abstain(.noLabel), flags: values) }
    guard let label = labels.first(where: { $0.meaning == meaning }) else { return .abstain(.noLabel) }
    return AnswerReading(.label(label), flags: values)
  }
}
