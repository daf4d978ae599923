import Moderation

/// A stage as replay and reports need to know it.
public struct EvaluatedStage: Sendable {
  public var id: String
  public var kind: StageSpec.Kind
  public var mode: StageMode
  public var failure: FailureModes
  /// One per category; nil where the stage has no band for it. Empty for a stage that does not score.
  /// A threshold outside 0...1 is one that the file leaves out.
  public var bands: [Band?]
  /// A screen that allows every category that it has no hit of.
  public var silenceAllows: Bool
  /// A reasoner's categories; nil: all of them.
  public var judges: CategorySet?
  public var scores: Bool { !bands.isEmpty }

  public init(
    id: String, kind: StageSpec.Kind, mode: StageMode = .enforce, failure: FailureModes, bands: [Band?] = [], silenceAllows: Bool = false,
    judges: CategorySet? = nil
  ) {
    self.id = id
    self.kind = kind
    self.mode = mode
    self.failure = failure
    self.bands = bands
    self.silenceAllows = silenceAllows
    self.judges = judges
  }

  /// What a checked definition says, and what only the built stage knows.
  public init(_ definition: StageDefinition, built: BuiltStage, categories: CategoryTable) {
    let bands = (0..<categories.count).map { definition.bands[CategoryIndex($0)] }
    self.init(
      id: definition.id, kind: definition.spec.kind, mode: definition.mode, failure: definition.failure,
      bands: definition.spec.scores ? bands : [])
    switch built {
    case .screen(let screen): silenceAllows = screen.allowsWithoutHits
    case .reasoner(let reasoner): judges = reasoner.judgedCategories
    }
  }
}

/// Labelled messages after one run through a pipeline, column by column: everything that metrics, threshold search and
/// comparison need, and nothing that could leak a text.
///
/// Memory is O(messages × (categories + stages)): about 100 bytes for each message with two categories and three stages.
public struct EvaluationSample: Sendable {
  public let categories: CategoryTable
  public let stages: [EvaluatedStage]
  public let sliceNames: [String]

  public private(set) var ids: [String] = []
  public private(set) var textHashes: [UInt64] = []
  /// Number of the conversation, -1 for none.
  public private(set) var conversations: [Int32] = []
  /// `[category][message]`
  public private(set) var labels: [[Label]]
  /// `[stage][message]`
  public private(set) var statuses: [[StageStatus]]
  /// `[stage][category][message]`, calibrated, NaN where missing; a stage that does not score has no columns.
  public private(set) var probabilities: [[[Float]]]
  /// `[stage][message]` in seconds, NaN where unknown.
  public private(set) var latencies: [[Float]]
  public private(set) var escalateHits: [CategorySet] = []
  public private(set) var blockHits: [CategorySet] = []
  /// Categories with a hit of any effect.
  public private(set) var anyHits: [CategorySet] = []
  /// `[category][message]`
  public private(set) var findings: [[ReasonerOutcome]]
  /// `[category][message]`, NaN where unknown.
  public private(set) var findingScores: [[Float]]
  public private(set) var verdicts: [Verdict] = []
  /// -1 for what was left open after the last stage.
  public private(set) var decidingStages: [Int16] = []
  /// -1 where no one category decided.
  public private(set) var decidingCategories: [Int8] = []
  public private(set) var degraded: [DegradedCause?] = []
  /// `[category][message]`
  public private(set) var outcomes: [[CategoryOutcome]]
  public private(set) var usages: [ReasonerUsage] = []
  /// `[slice][message]`: index into ``sliceValues``, -1 for none.
  public private(set) var slices: [[Int32]]
  /// `[slice][value]`: the values seen, in order of appearance.
  public private(set) var sliceValues: [[String]]
  /// Probabilities outside 0...1, taken as missing.
  public private(set) var outOfRangeScores = 0

  private var conversationNumbers: [String: Int32] = [:]
  private var sliceNumbers: [[String: Int32]]

  public init(categories: CategoryTable, stages: [EvaluatedStage], sliceNames: [String] = []) {
    self.categories = categories
    self.stages = stages
    self.sliceNames = sliceNames
    labels = Array(repeating: [], count: categories.count)
    findings = Array(repeating: [], count: categories.count)
    findingScores = Array(repeating: [], count: categories.count)
    outcomes = Array(repeating: [], count: categories.count)
    statuses = Array(repeating: [], count: stages.count)
    latencies = Array(repeating: [], count: stages.count)
    probabilities = stages.map { Array(repeating: [], count: $0.scores ? categories.count : 0) }
    slices = Array(repeating: [], count: sliceNames.count)
    sliceValues = Array(repeating: [], count: sliceNames.count)
    sliceNumbers = Array(repeating: [:], count: sliceNames.count)
  }

  public var count: Int { ids.count }
  public var isEmpty: Bool { ids.isEmpty }

  /// Place of the first reasoner that decides; nil for a pipeline without one.
  public var reasonerStage: Int? { stages.firstIndex { $0.kind == .reasoner && $0.mode == .enforce } }
  /// Place of the last scoring stage that decides: the one whose bands are tuned unless another is named.
  public var scoringStage: Int? { stages.lastIndex { $0.scores && $0.mode == .enforce } }

  /// Adds one message. Throws ``TuningError/malformedRow(id:reason:)`` when the row does not fit the sample's stages and categories.
  public mutating func append(_ row: EvaluationRow) throws(TuningError) {
    try check(row)
    ids.append(row.id)
    textHashes.append(row.textHash)
    conversations.append(row.conversation.map { number(of: $0) } ?? -1)
    escalateHits.append(row.escalateHits)
    blockHits.append(row.blockHits)
    anyHits.append(row.signalHits.union(row.escalateHits).union(row.blockHits))
    verdicts.append(row.verdict)
    decidingStages.append(row.decidingStage.map { Int16($0) } ?? -1)
    decidingCategories.append(row.decidingCategory.map { Int8($0.index) } ?? -1)
    degraded.append(row.degraded)
    usages.append(row.usage)
    appendStages(row)
    appendCategories(row)
    for (slice, value) in row.slices.enumerated() { slices[slice].append(value.map { number(ofSlice: slice, value: $0) } ?? -1) }
    if row.slices.isEmpty { for slice in slices.indices { slices[slice].append(-1) } }
  }

  private func check(_ row: EvaluationRow) throws(TuningError) {
    func demand(_ holds: Bool, _ reason: String) throws(TuningError) {
      if !holds { throw .malformedRow(id: row.id, reason: reason) }
    }
    try demand(row.labels.count == categories.count, "it needs one label per category")
    try demand(row.stages.count == stages.count, "it needs one record per stage")
    try demand(row.findings.isEmpty || row.findings.count == categories.count, "it needs one finding per category, or none")
    try demand(row.findingScores.isEmpty || row.findingScores.count == categories.count, "it needs one finding score per category, or none")
    try demand(row.outcomes.isEmpty || row.outcomes.count == categories.count, "it needs one outcome per category, or none")
    try demand(row.slices.isEmpty || row.slices.count == sliceNames.count, "it needs one value per slice, or none")
    try demand(row.decidingStage.map(stages.indices.contains) ?? true, "its deciding stage does not exist")
    try demand(row.decidingCategory.map { $0.index < categories.count } ?? true, "its deciding category does not exist")
    for (stage, record) in zip(stages, row.stages) where !record.probabilities.isEmpty {
      try demand(stage.scores && record.probabilities.count == categories.count, "stage `\(stage.id)` needs one probability per category")
    }
  }

  private mutating func appendStages(_ row: EvaluationRow) {
    for (stage, record) in row.stages.enumerated() {
      statuses[stage].append(record.status)
      latencies[stage].append(record.latency >= 0 ? record.latency : .nan)
      for category in probabilities[stage].indices {
        let score = record.probabilities.isEmpty ? Float.nan : record.probabilities[category]
        let usable = score >= 0 && score <= 1
        if !usable, !score.isNaN { outOfRangeScores += 1 }
        probabilities[stage][category].append(usable ? score : .nan)
      }
    }
  }

  private mutating func appendCategories(_ row: EvaluationRow) {
    for category in 0..<categories.count {
      labels[category].append(row.labels[category])
      findings[category].append(row.findings.isEmpty ? .notAsked : row.findings[category])
      findingScores[category].append(row.findingScores.isEmpty ? .nan : row.findingScores[category])
      outcomes[category].append(row.outcomes.isEmpty ? Self.derivedOutcome(row, category) : row.outcomes[category])
    }
  }

  /// An allowed message was allowed in every category; any other verdict is known only of the category that made it.
  private static func derivedOutcome(_ row: EvaluationRow, _ category: Int) -> CategoryOutcome {
    if row.verdict == .allow { return .allow }
    guard let deciding = row.decidingCategory else { return CategoryOutcome(row.verdict) }
    return deciding.index == category ? CategoryOutcome(row.verdict) : .unsettled
  }

  private mutating func number(of conversation: String) -> Int32 {
    let next = Int32(conversationNumbers.count)
    return conversationNumbers.insert(conversation, ifAbsent: next)
  }

  private mutating func number(ofSlice slice: Int, value: String) -> Int32 {
    let next = Int32(sliceNumbers[slice].count)
    let number = sliceNumbers[slice].insert(value, ifAbsent: next)
    if number == next { sliceValues[slice].append(value) }
    return number
  }

  /// Enters how the reasoner came out for a message that was asked about after it had been appended.
  public mutating func setReasonerRun(status: StageStatus, latency: Float, usage: ReasonerUsage, stage: Int, message: Int) {
    statuses[stage][message] = status
    latencies[stage][message] = latency >= 0 ? latency : .nan
    usages[message] = usage
  }

  mutating func setOutcome(_ outcome: CategoryOutcome, category: Int, message: Int) { outcomes[category][message] = outcome }

  /// Replaces the reasoner's answer about one message: for `tune`, which asks only where the verdict could depend on it.
  public mutating func setFinding(_ outcome: ReasonerOutcome, score: Float = .nan, category: CategoryIndex, message: Int) {
    findings[category.index][message] = outcome
    findingScores[category.index][message] = score
  }
}

extension Dictionary {
  /// The value at `key`, which becomes `value` when there was none.
  fileprivate mutating func insert(_ key: Key, ifAbsent value: Value) -> Value {
    if let known = self[key] { return known }
    self[key] = value
    return value
  }
}
