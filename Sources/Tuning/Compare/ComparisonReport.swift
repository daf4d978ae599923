import Moderation

/// Verdicts over the same messages, from a replay or from a run.
public struct MessageVerdicts: Sendable {
  public var verdicts: [Verdict]
  /// Whether the reasoner was asked (or would be).
  public var escalated: [Bool]
  /// `[category][message]`; empty where only the message as a whole is known.
  public var outcomes: [[CategoryOutcome]]
  /// Calls, tokens and seconds; empty where unknown.
  public var usages: [ReasonerUsage]

  public init(verdicts: [Verdict], escalated: [Bool], outcomes: [[CategoryOutcome]] = [], usages: [ReasonerUsage] = []) {
    (self.verdicts, self.escalated, self.outcomes, self.usages) = (verdicts, escalated, outcomes, usages)
  }

  /// As recorded in a run. Escalated is what no cheap stage decided; an answer that was only asked for to evaluate the
  /// reasoner does not count.
  public init(_ sample: EvaluationSample) {
    let reasoner = sample.reasonerStage
    let escalated = (0..<sample.count).map { message in
      let deciding = Int(sample.decidingStages[message])
      guard let reasoner, deciding >= 0 else { return deciding < 0 }
      // A review may be a cheap stage's and the message still have gone on for another category.
      return deciding >= reasoner || (sample.verdicts[message] == .review && sample.statuses[reasoner][message] != .skipped)
    }
    self.init(verdicts: sample.verdicts, escalated: escalated, outcomes: sample.outcomes, usages: sample.usages)
  }

  init(scene: MessageScene, messages: [Int32], bands: [Band?]) {
    let replays = messages.map { scene.replay(Int($0), bands) }
    let outcomes = scene.columns.indices.map { category in
      messages.map { message in
        let index = Int(message)
        let state = scene.columns[category].state(index, under: bands[category])
        return CategoryOutcome(state == .open ? scene.columns[category].resolutions[index] : Verdict(rawValue: state.rawValue) ?? .review)
      }
    }
    self.init(verdicts: replays.map(\.verdict), escalated: replays.map(\.escalated), outcomes: outcomes)
  }
}

/// Labels over the same messages.
public struct MessageLabels: Sendable {
  public var any: [Label]
  public var categoryNames: [String]
  /// `[category][message]`
  public var categories: [[Label]]

  public init(_ sample: EvaluationSample) {
    categoryNames = sample.categories.categories.map(\.name)
    categories = sample.labels
    any = (0..<sample.count).map { message in
      if sample.labels.contains(where: { $0[message] == .positive }) { return .positive }
      return sample.labels.isEmpty || sample.labels.contains { $0[message] == .unknown } ? .unknown : .negative
    }
  }

  /// Labels known elsewhere, for example of a live run's audited messages; one entry per message in each array.
  public init(any: [Label], categoryNames: [String], categories: [[Label]]) {
    (self.any, self.categoryNames, self.categories) = (any, categoryNames, categories)
  }

  init(scene: MessageScene, messages: [Int32]) {
    categoryNames = scene.sample.categories.categories.map(\.name)
    categories = scene.sample.labels.map { labels in messages.map { labels[Int($0)] } }
    any = messages.map { scene.anyLabels[Int($0)] }
  }
}

/// Two pipelines (or policy versions, models, thresholds) on the same messages: where they differ, how much, and at what price.
public struct ComparisonReport: Sendable {
  /// Messages that went from one verdict to another.
  public struct Flip: Sendable, Hashable {
    public var from: Verdict
    public var to: Verdict
    public var count: Int
    /// Of those with a label: changed for the better, for the worse.
    public var fixed: Int
    public var broken: Int
    /// Ids of the first few.
    public var examples: [String]
  }
  public struct Category: Sendable {
    public var name: String
    /// Allowed by the first, flagged by the second; and the other way round.
    public var newlyFlagged: Int
    public var newlyAllowed: Int
    public var newlyFlaggedExamples: [String]
    public var newlyAllowedExamples: [String]
    public var kappa: Double?
    /// Right or wrong against the labels; nil without labels.
    public var mcNemar: McNemar?
  }
  public struct Side: Sendable {
    public var name: String
    public var verdicts: [Verdict: Int]
    public var escalated: Proportion
    public var usage: ReasonerUsage
    /// Of the message as a whole, reviews counted as flagged; nil without labels.
    public var confusion: Confusion?
  }

  public var messages: Int
  public var first: Side
  public var second: Side
  /// Three by three: allow, review, block.
  public var agreement: Agreement
  /// Flagged or not, two by two: the κ that most people mean.
  public var flagAgreement: Agreement
  public var flips: [Flip]
  /// Which side is right on the messages where only one is; nil without labels.
  public var mcNemar: McNemar?
  public var categories: [Category]

  public var flipped: Int { flips.reduce(0) { $0 + $1.count } }

  /// Two runs over the same data, joined by id. Throws ``TuningError/mismatch(_:)`` when they share no message.
  public init(
    names: (String, String) = ("first", "second"), first: EvaluationSample, second: EvaluationSample, examples: Int = 5
  ) throws(TuningError) {
    let join = IDJoin(values: second.ids, onto: first.ids)
    let pairs = join.messages.enumerated().compactMap { entry in entry.element.map { (first: $0, second: entry.offset) } }
    guard !pairs.isEmpty else { throw .mismatch("the two runs have no message id in common") }
    let (a, b) = (MessageVerdicts(first), MessageVerdicts(second))
    let labels = MessageLabels(first)
    let names2 = second.categories.categories.map(\.name)
    let places = labels.categoryNames.map { names2.firstIndex(of: $0) }
    self.init(
      names: names, ids: pairs.map { first.ids[$0.first] }, first: a.selecting(pairs.map(\.first), categories: places.indices.map { $0 }),
      second: b.selecting(pairs.map(\.second), categories: places), labels: labels.selecting(pairs.map(\.first)), examples: examples)
  }

  /// - Precondition: everything has one entry per id.
  public init(
    names: (String, String), ids: [String], first: MessageVerdicts, second: MessageVerdicts, labels: MessageLabels, examples: Int = 5
  ) {
    precondition(first.verdicts.count == ids.count && second.verdicts.count == ids.count && labels.any.count == ids.count, "comparisons are message by message")
    messages = ids.count
    self.first = Self.side(names.0, first, labels.any)
    self.second = Self.side(names.1, second, labels.any)
    agreement = Agreement(classes: 3)
    flagAgreement = Agreement(classes: 2)
    var (onlyFirst, onlySecond, labelled) = (0, 0, 0)
    for message in ids.indices {
      let (a, b) = (first.verdicts[message], second.verdicts[message])
      agreement.count(Int(a.rawValue), Int(b.rawValue))
      flagAgreement.count(a == .allow ? 0 : 1, b == .allow ? 0 : 1)
      guard labels.any[message] != .unknown else { continue }
      labelled += 1
      let positive = labels.any[message] == .positive
      if (a != .allow) == positive, (b != .allow) != positive { onlyFirst += 1 }
      if (a != .allow) != positive, (b != .allow) == positive { onlySecond += 1 }
    }
    mcNemar = labelled > 0 ? McNemar(onlyFirst: onlyFirst, onlySecond: onlySecond) : nil
    flips = Self.flips(ids, first, second, labels.any, examples)
    categories = labels.categoryNames.indices.compactMap { Self.category($0, ids, first, second, labels, examples) }
  }

  private static func side(_ name: String, _ side: MessageVerdicts, _ labels: [Label]) -> Side {
    var confusion = Confusion()
    for (verdict, label) in zip(side.verdicts, labels) where label != .unknown { confusion.count(flagged: verdict != .allow, positive: label == .positive) }
    return Side(
      name: name, verdicts: Dictionary(side.verdicts.map { ($0, 1) }, uniquingKeysWith: +),
      escalated: Proportion(side.escalated.count { $0 }, of: side.escalated.count), usage: side.usages.reduce(ReasonerUsage(), +),
      confusion: confusion.total > 0 ? confusion : nil)
  }

  private static func flips(_ ids: [String], _ first: MessageVerdicts, _ second: MessageVerdicts, _ labels: [Label], _ examples: Int) -> [Flip] {
    var flips: [Int: Flip] = [:]
    for message in ids.indices where first.verdicts[message] != second.verdicts[message] {
      let (from, to) = (first.verdicts[message], second.verdicts[message])
      var flip = flips[Int(from.rawValue) * 3 + Int(to.rawValue)] ?? Flip(from: from, to: to, count: 0, fixed: 0, broken: 0, examples: [])
      flip.count += 1
      if flip.examples.count < examples { flip.examples.append(ids[message]) }
      if labels[message] != .unknown, (from == .allow) != (to == .allow) {
        if (to != .allow) == (labels[message] == .positive) { flip.fixed += 1 } else { flip.broken += 1 }
      }
      flips[Int(from.rawValue) * 3 + Int(to.rawValue)] = flip
    }
    return flips.sorted { $0.key < $1.key }.map(\.value)
  }

  private static func category(
    _ category: Int, _ ids: [String], _ first: MessageVerdicts, _ second: MessageVerdicts, _ labels: MessageLabels, _ examples: Int
  ) -> Category? {
    guard category < first.outcomes.count, category < second.outcomes.count, !second.outcomes[category].isEmpty || ids.isEmpty else { return nil }
    var agreement = Agreement(classes: 2)
    var (flagged, allowed): ([Int], [Int]) = ([], [])
    var (onlyFirst, onlySecond, labelled) = (0, 0, 0)
    for message in ids.indices {
      let (a, b) = (first.outcomes[category][message], second.outcomes[category][message])
      guard a != .unsettled, b != .unsettled else { continue }
      agreement.count(a == .allow ? 0 : 1, b == .allow ? 0 : 1)
      if a == .allow, b != .allow { flagged.append(message) }
      if a != .allow, b == .allow { allowed.append(message) }
      let label = labels.categories[category][message]
      guard label != .unknown else { continue }
      labelled += 1
      if (a != .allow) == (label == .positive), (b != .allow) != (label == .positive) { onlyFirst += 1 }
      if (a != .allow) != (label == .positive), (b != .allow) == (label == .positive) { onlySecond += 1 }
    }
    return Category(
      name: labels.categoryNames[category], newlyFlagged: flagged.count, newlyAllowed: allowed.count,
      newlyFlaggedExamples: flagged.prefix(examples).map { ids[$0] }, newlyAllowedExamples: allowed.prefix(examples).map { ids[$0] },
      kappa: agreement.kappa, mcNemar: labelled > 0 ? McNemar(onlyFirst: onlyFirst, onlySecond: onlySecond) : nil)
  }
}

extension MessageVerdicts {
  /// The rows `messages`, and the categories in another pipeline's order; a category that is nil has no outcomes.
  fileprivate func selecting(_ messages: [Int], categories: [Int?]) -> MessageVerdicts {
    MessageVerdicts(
      verdicts: messages.map { verdicts[$0] }, escalated: messages.map { escalated[$0] },
      outcomes: categories.map { category in category.map { c in messages.map { outcomes[c][$0] } } ?? [] },
      usages: usages.isEmpty ? [] : messages.map { usages[$0] })
  }
}

extension MessageLabels {
  fileprivate func selecting(_ messages: [Int]) -> MessageLabels {
    var selected = self
    selected.any = messages.map { any[$0] }
    selected.categories = categories.map { labels in messages.map { labels[$0] } }
    return selected
  }
}
