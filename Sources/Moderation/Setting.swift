/// A value that a person wrote, with the place where it stands. Strings have their `${VAR}` already replaced.
public struct Setting: Sendable, Hashable {
  public indirect enum Value: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case list([Setting])
    case map([Entry])
  }
  /// One `key: value`; keys are unique (duplicates are reported and dropped when the file is read).
  public struct Entry: Sendable, Hashable {
    public var key: String
    public var keySpan: SourceSpan
    public var value: Setting
    public init(key: String, keySpan: SourceSpan, value: Setting) {
      self.key = key
      self.keySpan = keySpan
      self.value = value
    }
  }
  public var value: Value
  public var span: SourceSpan
  /// `true` when `${VAR}` stood in it: the value came from outside the file and must not be shown in messages.
  public var isInterpolated: Bool
  public init(_ value: Value, at span: SourceSpan, isInterpolated: Bool = false) {
    self.value = value
    self.span = span
    self.isInterpolated = isInterpolated
  }

  public subscript(key: String) -> Setting? { entry(key)?.value }
  public func entry(_ key: String) -> Entry? { entries?.first { $0.key == key } }
  public var entries: [Entry]? { if case .map(let entries) = value { entries } else { nil } }
  public var list: [Setting]? { if case .list(let items) = value { items } else { nil } }
  public var string: String? { if case .string(let string) = value { string } else { nil } }
  public var int: Int? { if case .int(let int) = value { int } else { nil } }
  public var bool: Bool? { if case .bool(let bool) = value { bool } else { nil } }
  public var isNull: Bool { value == .null }
  /// A number, whole or not.
  public var double: Double? {
    switch value {
    case .int(let int): Double(int)
    case .double(let double): double
    default: nil
    }
  }
  /// `250ms`, `20s`, `5m`, `1h`, or a bare number of seconds.
  public var duration: Duration? {
    if let seconds = double { return seconds >= 0 && seconds < 1e9 ? .seconds(seconds) : nil }
    return string.flatMap(Duration.init(written:))
  }
  /// `512KB`, `20MiB`, or a bare number of bytes.
  public var byteCount: Int? {
    if let int { return int >= 0 ? int : nil }
    return string.flatMap(parseByteCount)
  }
  /// A share: `0.05`, or `5%`.
  public var share: Double? {
    if let double { return double }
    guard let string, string.hasSuffix("%"), let percent = Double(string.dropLast().trimmingSpaces) else { return nil }
    return percent / 100
  }
}

extension Duration {
  /// Reads `250ms`, `20s`, `1.5m`, `1h`, `2d`; nil for anything else.
  public init?(written text: String) {
    let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)]
    for (suffix, seconds) in units where text.hasSuffix(suffix) {
      guard let number = Double(text.dropLast(suffix.count).trimmingSpaces), number >= 0, number.isFinite, number < 1e9 else { continue }
      self = .seconds(number * seconds)
      return
    }
    return nil
  }
  /// The duration in seconds.
  public var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

func parseByteCount(_ text: String) -> Int? {
  let units: [(String, Int)] = [
    ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("B", 1),
  ]
  for (suffix, factor) in units where text.hasSuffix(suffix) {
    guard let number = Double(text.dropLast(suffix.count).trimmingSpaces), number >= 0, number * Double(factor) < 9e15 else { continue }
    return Int(number * Double(factor))
  }
  return nil
}

extension StringProtocol {
  /// Without blanks and tabs at both ends.
  public var trimmingSpaces: String {
    var view = Substring(self)
    while let first = view.first, first == " " || first == "\t" { view.removeFirst() }
    while let last = view.last, last == " " || last == "\t" { view.removeLast() }
    return String(view)
  }
}
