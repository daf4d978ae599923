import Moderation

/// What a phrase or rule does when it is found.
public enum PatternEffect: UInt8, Sendable, BitwiseCopyable, CaseIterable, Hashable {
  case signal, escalate, block
  /// Hides the hits that lie inside its own span.
  case exempt

  /// The word in files.
  public var name: String {
    switch self {
    case .signal: "signal"
    case .escalate: "escalate"
    case .block: "block"
    case .exempt: "exempt"
    }
  }
  public init?(name: String) {
    guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }
  var hitEffect: HitEffect? {
    switch self {
    case .signal: .signal
    case .escalate: .escalate
    case .block: .block
    case .exempt: nil
    }
  }
}

/// Where in a word a phrase may stand.
public enum PhraseMatch: UInt8, Sendable, CaseIterable, Hashable {
  /// Whole words only. In scripts without spaces, and beside signs, anywhere.
  case word
  /// From the start of a word: `fuck` finds `fucking`.
  case start
  /// Anywhere: `fuck` finds `motherfucker`. Needs allow-lists: see `exempt`.
  case anywhere

  public var name: String {
    switch self {
    case .word: "word"
    case .start: "start"
    case .anywhere: "anywhere"
    }
  }
  public init?(name: String) {
    guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }
}

/// The texts that a rule is matched on.
public struct TextStreams: OptionSet, Sendable, BitwiseCopyable, Hashable {
  public let rawValue: UInt8
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let original = TextStreams(rawValue: 1)
  public static let normalised = TextStreams(rawValue: 2)
  public static let both: TextStreams = [.original, .normalised]

  init?(name: String) {
    switch name {
    case "original": self = .original
    case "normalised": self = .normalised
    case "both": self = .both
    default: return nil
    }
  }
}
