import AuditLog
import Crypto
import Moderation

/// What is known of a message beyond its audit record, from the log that was judged.
public struct MessageText: Sendable {
  public var text: String
  public var author: String?
  public var conversation: String?
  public init(text: String, author: String? = nil, conversation: String? = nil) { (self.text, self.author, self.conversation) = (text, author, conversation) }
}

/// What a feature added to a score.
public struct ScoreFeature: Sendable {
  public var text: String
  /// Of the label's log-odds.
  public var logOdds: Double
  public init(text: String, logOdds: Double) { (self.text, self.logOdds) = (text, logOdds) }
}

/// A run, explained: read its records, give it the texts that it asks for, and take ``text`` or ``html``.
public struct RunReport: Sendable {
  public let digest: RunDigest
  public private(set) var conversations: [ConversationView]
  /// By position in the stream.
  public private(set) var texts: [Int: MessageText] = [:]
  /// By position in the stream.
  public private(set) var rationales: [Int: [AuditRationale]] = [:]
  /// The strongest features of the classifier's example; empty when they are not known.
  public var features: [ScoreFeature] = []
  /// What the reader must know of how the page came about.
  public var notes: [String] = []

  public static let mostConversations = 12

  /// Reads the records of `run`.
  public init(_ run: AuditRun, from reader: AuditReader) throws {
    var digest = try RunDigest(run: run)
    try reader.forEach(run: run.id) { digest.add($0) }
    self.digest = digest
    let chosen = try reader.conversations(run: run.id, limit: Self.mostConversations)
    conversations = try Self.views(of: chosen, run: run.id, reader)
    for position in positions { rationales[position] = try reader.rationales(run: run.id, position: position) }
    for record in shownRecords { if let text = record.text { texts[record.position] = MessageText(text: text) } }
  }

  private static func views(of chosen: [AuditReader.Conversation], run: String, _ reader: AuditReader) throws -> [ConversationView] {
    var views = chosen.map { ConversationView($0) }
    let index = Dictionary(uniqueKeysWithValues: chosen.enumerated().map { ($1.hash, $0) })
    try reader.forEach(run: run, conversations: chosen.map(\.hash)) { record in
      if let place = record.conversationHash.flatMap({ index[$0] }) { views[place].add(record) }
    }
    for place in views.indices { views[place].finish() }
    return views
  }

  private var shownRecords: [AuditRecord] { examples.map(\.record) + conversations.flatMap { $0.lines.map(\.record) } }

  /// Places in the stream whose texts are wanted, rising.
  public var positions: [Int] { Set(shownRecords.map(\.position)).sorted() }

  /// Takes the text at a place in the stream.
  /// - Returns: false when it is not the text that was judged there (its hash differs), and is not taken.
  public mutating func add(_ text: MessageText, at position: Int) -> Bool {
    guard let record = shownRecords.first(where: { $0.position == position }) else { return true }
    let hash = SHA256.hash(data: Array(text.text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    guard hash == record.textHash else { return false }
    texts[position] = text
    return true
  }

  /// One message for each kind of layer, in the order of the pipeline.
  public var examples: [ExampleChoice.Example] {
    var seen: Set<String> = []
    return digest.layers.compactMap { seen.insert($0.type).inserted ? digest.examples[$0.type] : nil }
  }

  /// The classifier's example, when its features can be shown: the stage, the category that decides, and the text.
  public var classifierExample: (stage: String, category: String?, text: String)? {
    guard let example = digest.examples["classifier"], let stage = example.record.stage, let text = texts[example.record.position]?.text else { return nil }
    let scores = example.stages.first { $0.stage == stage }?.scores ?? [:]
    let highest = scores.max { ($0.value ?? -1, $1.key) < ($1.value ?? -1, $0.key) }?.key
    return (stage, example.record.category ?? highest, text)
  }
}
