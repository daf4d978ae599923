import Moderation
import Tuning

/// One message with what people say of it.
public struct LabelledItem: Sendable {
  public var id: String
  public var item: Item
  public var conversation: String?
  public var author: String?
  /// One per category of the pipeline.
  public var labels: [Label]
  /// One per slice asked for.
  public var slices: [String?]

  public init(id: String, item: Item, conversation: String? = nil, author: String? = nil, labels: [Label], slices: [String?] = []) {
    self.id = id
    self.item = item
    self.conversation = conversation
    self.author = author
    self.labels = labels
    self.slices = slices
  }

  /// All of its texts, one a line.
  public var text: String {
    switch item {
    case .message(let text): text
    case .exchange(let prompt, let completion): prompt + "\n" + completion
    case .chat(let turns): turns.map(\.content).joined(separator: "\n")
    }
  }
}

/// Messages from labelled files, and what was wrong with the files: counted, and named by `file:line`.
public struct LabelledData: Sendable {
  /// A row that could not be used.
  public struct DeadRow: Sendable, Hashable {
    /// `file:line`.
    public var place: String
    /// In the grammar of messages, without the row's text.
    public var reason: String
  }
  public internal(set) var items: [LabelledItem] = []
  /// The first few.
  public internal(set) var deadRows: [DeadRow] = []
  public internal(set) var deadCount = 0
  /// Labels of the data that name no category of the pipeline, with how many rows carry them.
  public internal(set) var strayLabels: [String: Int] = [:]
  /// Rows that were kept although their labels could not be read.
  public internal(set) var unreadableLabels = 0
  /// Sentences about labels that were joined from a file of their own.
  public internal(set) var joinNotes: [String] = []

  static let shownDeadRows = 10

  public init() {}

  mutating func addDead(_ place: String, _ reason: String) {
    deadCount += 1
    if deadRows.count < Self.shownDeadRows { deadRows.append(DeadRow(place: place, reason: reason)) }
  }

  public var hasLabels: Bool { items.contains { $0.labels.contains { $0 != .unknown } } }

  /// What a reader of any number that follows must know, one sentence each.
  public var warnings: [String] {
    var lines = deadRows.map { "\($0.place): \($0.reason)" }
    if deadCount > deadRows.count { lines.append("… and \(deadCount - deadRows.count) more rows that could not be used") }
    if deadCount > 0 { lines.append("\(deadCount) of \(deadCount + items.count) rows left out") }
    if unreadableLabels > 0 { lines.append("\(unreadableLabels) rows have labels that could not be read: taken as unlabelled") }
    lines += joinNotes
    let stray = strayLabels.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    if !stray.isEmpty {
      let shown = stray.prefix(5).map { "`\($0.key)` (\($0.value))" }.joined(separator: ", ") + (stray.count > 5 ? " and \(stray.count - 5) more" : "")
      lines.append("labels that name no category: \(shown); `--label CATEGORY=NAME` maps one")
    }
    return lines
  }

  /// Ids that occur more than once get the number of their occurrence, so that every message can be told from the others.
  public mutating func makeIDsUnique() {
    var seen: [String: Int] = [:]
    for place in items.indices {
      let id = items[place].id
      seen[id, default: 0] += 1
      if let count = seen[id], count > 1 { items[place].id = "\(id)#\(count)" }
    }
  }
}
