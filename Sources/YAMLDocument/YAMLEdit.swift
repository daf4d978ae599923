import Moderation

/// Changing single numbers of a YAML file and nothing else: comments, layout, quotes and line ends stay byte for byte.
public enum YAMLEdit {
  public enum Step: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case key(String)
    case index(Int)
    public init(stringLiteral value: String) { self = .key(value) }
    public init(integerLiteral value: Int) { self = .index(value) }
  }

  public struct Edit: Sendable, Hashable {
    public var path: [Step]
    public var value: Double
    public init(_ path: [Step], _ value: Double) { (self.path, self.value) = (path, value) }
  }

  public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
    /// In the grammar of messages.
    public var description: String
    public init(_ description: String) { self.description = description }
  }

  /// The text with each edit's number in place of the one that stands at its path.
  ///
  /// A share written `5%` stays a percentage. Numbers are written with at most `digits` digits behind the point, without trailing zeros.
  ///
  /// - Throws: ``Failure`` when the text is no YAML, a path leads to no number written in place (nothing, `${VAR}`, an alias's value reached twice
  ///   with different numbers, or once with a number that would stay), or a number is not finite. Then nothing is changed.
  public static func replaceNumbers(in text: String, edits: [Edit], digits: Int = 6, limits: YAMLDocument.Limits = .pipeline) throws(Failure) -> String {
    var diagnostics = Diagnostics()
    let root = YAMLDocument.parse(text: text, file: "", limits: limits, diagnostics: &diagnostics)
    guard let root, !diagnostics.hasErrors else { throw Failure(diagnostics.all.first?.message ?? "the text is not YAML") }
    let source = SourceText(text)
    try refuseShared(edits, root)
    var changes: [Range<Int>: String] = [:]
    for edit in edits {
      let (range, written) = try change(edit, root: root, source: source, digits: digits)
      guard changes[range] == nil || changes[range] == written else { throw Failure("`\(shown(edit.path))` stands for several values") }
      changes[range] = written
    }
    var bytes = source.bytes
    for (range, written) in changes.sorted(by: { $0.key.lowerBound > $1.key.lowerBound }) { bytes.replaceSubrange(range, with: written.utf8) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// An alias repeats a number at another path; that one must not change behind its reader's back.
  private static func refuseShared(_ edits: [Edit], _ root: Setting) throws(Failure) {
    var paths: [SourceSpan: [[Step]]] = [:]
    addPaths(of: root, [], to: &paths)
    for edit in edits {
      let span = try setting(at: edit.path, root).span
      guard let other = paths[span]?.first(where: { path in !edits.contains { $0.path == path } }) else { continue }
      throw Failure(
        "`\(shown(edit.path))` (\(span.line):\(span.column)) stands for `\(shown(other))` as well, which stays: write the two out instead of an alias")
    }
  }

  /// Where each scalar stands, and every path that leads to it.
  private static func addPaths(of setting: Setting, _ path: [Step], to paths: inout [SourceSpan: [[Step]]]) {
    if let entries = setting.entries {
      for entry in entries { addPaths(of: entry.value, path + [.key(entry.key)], to: &paths) }
    } else if let items = setting.list {
      for (index, item) in items.enumerated() { addPaths(of: item, path + [.index(index)], to: &paths) }
    } else {
      paths[setting.span, default: []].append(path)
    }
  }

  private static func setting(at path: [Step], _ root: Setting) throws(Failure) -> Setting {
    var place = root
    for step in path {
      let next: Setting? =
        switch step {
        case .key(let key): place[key]
        case .index(let index): place.list.flatMap { $0.indices.contains(index) ? $0[index] : nil }
        }
      guard let next else { throw Failure("nothing stands at `\(shown(path))`") }
      place = next
    }
    return place
  }

  private static func change(_ edit: Edit, root: Setting, source: SourceText, digits: Int) throws(Failure) -> (Range<Int>, String) {
    let place = try setting(at: edit.path, root)
    guard edit.value.isFinite else { throw Failure("the number for `\(shown(edit.path))` is not finite") }
    guard place.share != nil else { throw Failure("`\(shown(edit.path))` is not a number") }
    let start = source.offset(line: place.span.line, column: place.span.column)
    let end = source.offset(line: place.span.line, column: place.span.column + place.span.length)
    let written = String(decoding: source.bytes[start..<end], as: UTF8.self)
    let quote = written.first.map { $0 == "\"" || $0 == "'" ? String($0) : "" } ?? ""
    let number = place.double == nil ? format(edit.value * 100, digits: max(0, digits - 2)) + "%" : format(edit.value, digits: digits)
    return (start..<end, quote + number + quote)
  }

  /// Decimal, rounded half away from zero, without exponent.
  static func format(_ value: Double, digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<min(max(digits, 0), 15) { scale *= 10 }
    let scaled = (value.magnitude * scale).rounded(.toNearestOrAwayFromZero)
    guard scaled < 9e15 else { return "\(value)" }
    let (whole, rest) = Int(scaled).quotientAndRemainder(dividingBy: Int(scale))
    var fraction = String(rest)
    fraction = String(repeating: "0", count: max(0, String(Int(scale)).count - 1 - fraction.count)) + fraction
    while fraction.last == "0" { fraction.removeLast() }
    let sign = value < 0 && scaled > 0 ? "-" : ""
    return sign + String(whole) + (fraction.isEmpty ? "" : "." + fraction)
  }

  private static func shown(_ path: [Step]) -> String {
    path.map { step in
      switch step {
      case .key(let key): key
      case .index(let index): String(index)
      }
    }.joined(separator: ".")
  }
}
