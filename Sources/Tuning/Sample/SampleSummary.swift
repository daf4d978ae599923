import Moderation

/// What a sample holds and what is wrong with it, counted. Nothing here stops a run: what is missing is left out, and said.
public struct SampleSummary: Sendable, Hashable {
  public struct Category: Sendable, Hashable {
    public var name: String
    public var positives = 0
    public var negatives = 0
    public var unlabelled = 0
    /// Labelled messages without a score of the scoring stage.
    public var missingScores = 0
    /// Groups of equal texts that carry both labels, and the messages in them.
    public var contradictoryTexts = 0
    public var contradictoryMessages = 0
    public var labelled: Int { positives + negatives }
    /// Share of positives among the labelled; nil without labels.
    public var baseRate: Double? { labelled == 0 ? nil : Double(positives) / Double(labelled) }
  }
  public var messages: Int
  public var conversations: Int
  public var distinctTexts: Int
  /// Ids that occur more than once, counted without their first occurrence.
  public var duplicateIDs: Int
  public var outOfRangeScores: Int
  public var categories: [Category]

  public init(_ sample: EvaluationSample) {
    messages = sample.count
    conversations = Int((sample.conversations.max() ?? -1) + 1)
    distinctTexts = Set(sample.textHashes).count
    duplicateIDs = sample.count - Set(sample.ids).count
    outOfRangeScores = sample.outOfRangeScores
    categories = (0..<sample.categories.count).map { Self.summary(of: $0, in: sample) }
  }

  private static func summary(of category: Int, in sample: EvaluationSample) -> Category {
    var summary = Category(name: sample.categories.categories[category].name)
    let scores = sample.scoringStage.map { sample.probabilities[$0][category] }
    var seen: [UInt64: (positives: Int, negatives: Int)] = [:]
    for (message, label) in sample.labels[category].enumerated() {
      switch label {
      case .unknown:
        summary.unlabelled += 1
        continue
      case .positive:
        summary.positives += 1
        seen[sample.textHashes[message], default: (0, 0)].positives += 1
      case .negative:
        summary.negatives += 1
        seen[sample.textHashes[message], default: (0, 0)].negatives += 1
      }
      if let scores, scores[message].isNaN { summary.missingScores += 1 }
    }
    for counts in seen.values where counts.positives > 0 && counts.negatives > 0 {
      summary.contradictoryTexts += 1
      summary.contradictoryMessages += counts.positives + counts.negatives
    }
    return summary
  }

  /// The problems as sentences for people, in the grammar of diagnostics.
  public var warnings: [String] {
    var lines: [String] = []
    if duplicateIDs > 0 { lines.append("\(counted(duplicateIDs, "id")) repeated: each line is counted as a message of its own") }
    if outOfRangeScores > 0 { lines.append("\(counted(outOfRangeScores, "score")) outside 0...1 taken as missing") }
    for category in categories {
      let name = "`\(category.name)`"
      if category.labelled == 0 { lines.append("\(name) has no labels, so nothing can be said of it") }
      if category.labelled > 0, category.positives == 0 || category.negatives == 0 {
        lines.append("\(name) has labels of one class only: ranking metrics are undefined")
      }
      if category.missingScores > 0 {
        lines.append("\(counted(category.missingScores, "labelled message")) without a score of \(name): always escalated, left out of ranking metrics")
      }
      if category.contradictoryTexts > 0 {
        let texts = counted(category.contradictoryTexts, "text")
        lines.append("\(texts) of \(name) with contradictory labels (\(counted(category.contradictoryMessages, "message"))): kept as they are")
      }
    }
    return lines
  }
}

/// `1 message`, `2 messages`.
func counted(_ count: Int, _ noun: String) -> String { "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")" }

/// `1,234,567`.
func grouped(_ count: Int) -> String {
  let digits = Array(String(count.magnitude))
  var text = count < 0 ? "-" : ""
  for (place, digit) in digits.enumerated() {
    if place > 0, (digits.count - place) % 3 == 0 { text.append(",") }
    text.append(digit)
  }
  return text
}

/// Joins values recorded apart from the messages (labels, answers) to them by id.
public struct IDJoin: Sendable {
  /// For each value its message; nil where no message has the id.
  public private(set) var messages: [Int?] = []
  /// Values whose id no message has.
  public private(set) var unmatched = 0
  /// Values whose id several messages have: joined to the first.
  public private(set) var ambiguous = 0
  /// Messages without a value.
  public private(set) var missing = 0

  public init(values: [String], onto ids: [String]) {
    var places: [String: Int] = [:]
    var repeated: Set<String> = []
    for (place, id) in ids.enumerated() {
      if places[id] == nil { places[id] = place } else { repeated.insert(id) }
    }
    var found = [Bool](repeating: false, count: ids.count)
    for value in values {
      let place = places[value]
      messages.append(place)
      if let place { found[place] = true } else { unmatched += 1 }
      if repeated.contains(value) { ambiguous += 1 }
    }
    missing = found.count { !$0 }
  }
}
