/// What a label of a policy means for the message that it stands on.
public enum LabelMeaning: String, Sendable, Hashable, CaseIterable {
  case safe, review, violates, abstain

  /// The words that a policy's front matter may use: a verdict (`allow`, `review`, `block`) or the finding itself.
  public init?(written word: String) {
    switch word.lowercased() {
    case "allow", "safe": self = .safe
    case "review": self = .review
    case "block", "violates", "violation": self = .violates
    case "abstain": self = .abstain
    default: return nil
    }
  }
  /// Rises from safe to violates; a label that abstains is no reason to believe a safe one beside it.
  var gravity: Int {
    switch self {
    case .safe: 0
    case .abstain: 1
    case .review: 2
    case .violates: 3
    }
  }

  /// Violates before review before safe; safe of none.
  static func gravest(_ meanings: some Sequence<LabelMeaning>) -> LabelMeaning {
    meanings.reduce(.safe) { gravest, next in next == .violates || gravest == .violates ? .violates : next == .review || gravest == .review ? .review : .safe }
  }

  public static let writtenWords = ["allow", "review", "block", "abstain"]
}

/// A label that a policy asks the model for: `1`, `INVALID`, `high`.
public struct AnswerLabel: Sendable, Hashable {
  public var name: String
  public var meaning: LabelMeaning
  /// Understood when the model answers it, but not asked for: a rule id of the policy in place of the label (`GS0` where `VALID` was meant).
  public var isAlias: Bool
  public init(_ name: String, _ meaning: LabelMeaning, isAlias: Bool = false) {
    self.name = name
    self.meaning = meaning
    self.isAlias = isAlias
  }

  /// Whether both say the same of the message.
  func agrees(with other: AnswerLabel) -> Bool { self == other || (meaning == other.meaning && (isAlias || other.isAlias)) }

  /// A label of digits alone. It may stand anywhere in a story or a list, so it is read only where nothing else can be meant.
  var isNumeric: Bool { !name.isEmpty && name.utf8.allSatisfy { (0x30...0x39).contains($0) } }

  /// JSON has no number `01`.
  var isJSONNumber: Bool { isNumeric && (name == "0" || !name.hasPrefix("0")) }

  /// As a value in a JSON answer: a number where it is one, else a string.
  var jsonValue: String { isJSONNumber ? name : "\"\(name)\"" }
}

/// Where in a JSON answer its parts stand.
public struct JSONAnswerShape: Sendable, Hashable {
  /// Key of the label.
  public var decision: String
  /// Key of the one category or rule that decided.
  public var category: String?
  public var ruleIDs: String?
  public var confidence: String?
  public var rationale: String?
  public init(
    decision: String = "violation", category: String? = "policy_category", ruleIDs: String? = "rule_ids", confidence: String? = "confidence",
    rationale: String? = "rationale"
  ) {
    self.decision = decision
    self.category = category
    self.ruleIDs = ruleIDs
    self.confidence = confidence
    self.rationale = rationale
  }
}

/// The answer that a policy asks for: its labels, and the form that they stand in.
///
/// It describes the answer for the prompt, tells ``AnswerReader`` what to look for, and lets a backend that owns its decoder allow nothing else.
public struct AnswerFormat: Sendable, Hashable {
  /// One flag of a multi-label answer, `{"S": 0, "H": 1}`.
  public struct Flag: Sendable, Hashable {
    public var key: String
    /// The pipeline's category that the flag stands for; nil: it counts for every category of the policy.
    public var category: String?
    public init(_ key: String, category: String? = nil) { (self.key, self.category) = (key, category) }
  }

  public enum Shape: Sendable, Hashable {
    /// The label alone.
    case bare
    /// `<answer>label</answer>`.
    case tagged(String)
    /// A line `Decision: label` in a report.
    case field(String)
    /// A line `Violated Policies: [a, b]`; an empty list or `none` is safe.
    case list(String)
    case json(JSONAnswerShape)
    case flags([Flag])
  }

  /// What is read: the labels asked for, then their aliases.
  public var labels: [AnswerLabel]
  public var shape: Shape
  /// What is asked for.
  public var askedLabels: [AnswerLabel] { labels.filter { !$0.isAlias } }

  public init(labels: [AnswerLabel], shape: Shape = .bare) { (self.labels, self.shape) = (labels, shape) }

  /// `1` violates, `0` is safe: the form of the gpt-oss-safeguard guide.
  public static let binary01 = AnswerFormat(labels: [AnswerLabel("0", .safe), AnswerLabel("1", .violates)])
  public static let validInvalid = AnswerFormat(labels: [AnswerLabel("VALID", .safe), AnswerLabel("INVALID", .violates)])
  /// `{"violation": 1, "policy_category": "H2.f", …}`.
  public static func json(_ shape: JSONAnswerShape = .init()) -> AnswerFormat { AnswerFormat(labels: binary01.labels, shape: .json(shape)) }
  public static func flags(_ flags: [Flag]) -> AnswerFormat { AnswerFormat(labels: binary01.labels, shape: .flags(flags)) }

  /// The first label with this meaning.
  public func label(meaning: LabelMeaning) -> AnswerLabel? { labels.first { $0.meaning == meaning } }

  /// The label and nothing beside it, for `answer: label`: of a JSON object only the decision. Reports and flags keep their own form.
  public var withLabelOnly: AnswerFormat {
    guard case .json(let shape) = shape else { return self }
    return AnswerFormat(labels: labels, shape: .json(JSONAnswerShape(decision: shape.decision, category: nil, ruleIDs: nil, confidence: nil, rationale: nil)))
  }

  /// The same labels in a JSON object with rule ids and a rationale, for `answer: rationale`. Reports and flags keep their own form.
  public var withRationale: AnswerFormat {
    switch shape {
    case .bare, .tagged: AnswerFormat(labels: labels, shape: .json(JSONAnswerShape(decision: "label", category: nil, confidence: nil)))
    case .field, .list, .json, .flags: self
    }
  }
}

extension AnswerFormat {
  /// The format in words, as the prompt states it. The same bytes for the same format, always.
  public var instruction: String {
    let names = askedLabels.map { "`\($0.name)`" }.joined(separator: ", ")
    switch shape {
    case .bare: return "Answer with exactly one of \(names) and nothing else."
    case .tagged(let tag): return "Answer with exactly one of \(names) inside <\(tag)></\(tag)> and nothing else."
    case .field(let field): return "End with a line `\(field): ` followed by exactly one of \(names)."
    case .list(let field): return "Include a line `\(field): [...]` that lists what is violated, or `\(field): []` when nothing is."
    case .json(let shape): return "Answer with one JSON object and nothing else: \(Self.example(shape, labels: askedLabels))"
    case .flags(let flags):
      let example = flags.map { "\(quoted($0.key)): 0 or 1" }.joined(separator: ", ")
      return "Answer with one JSON object and nothing else: {\(example)}"
    }
  }

  static func example(_ shape: JSONAnswerShape, labels: [AnswerLabel]) -> String {
    let value = labels.map(\.jsonValue).joined(separator: " or ")
    var members = ["\(quoted(shape.decision)): \(value)"]
    if let key = shape.category { members.append("\(quoted(key)): \"the rule that decided, or none\"") }
    if let key = shape.ruleIDs { members.append("\(quoted(key)): [\"ids of the rules that apply\"]") }
    if let key = shape.confidence { members.append("\(quoted(key)): \"low\" or \"medium\" or \"high\"") }
    if let key = shape.rationale { members.append("\(quoted(key)): \"one short sentence\"") }
    return "{" + members.joined(separator: ", ") + "}"
  }

  private func quoted(_ text: String) -> String { "\"\(text)\"" }
  private static func quoted(_ text: String) -> String { "\"\(text)\"" }
}
