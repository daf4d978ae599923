import Moderation
import Yams

/// Nodes to ``Setting``s, within limits: counts what aliases stand for, reads scalars, replaces `${VAR}`, reports what YAML allows and we do not.
struct Walker {
  let source: SourceText
  let file: String
  let limits: YAMLDocument.Limits
  let environment: [String: String]?
  let placeholders: [String: String]
  private var nodes = 0
  private var scalarBytes = 0
  private var interpolates = true

  init(
    source: SourceText, file: String, limits: YAMLDocument.Limits, environment: [String: String]?, placeholders: [String: String]
  ) {
    (self.source, self.file, self.limits, self.environment, self.placeholders) = (source, file, limits, environment, placeholders)
  }

  /// A limit is broken; it has been reported, and nothing more is to be read.
  private struct Stop: Error {}

  mutating func walk(document root: Node, literalKeys: Set<String>, into diagnostics: inout Diagnostics) -> Setting? {
    do throws(Stop) {
      return try setting(root, depth: 0, literalKeys: literalKeys, &diagnostics)
    } catch {
      return nil
    }
  }

  private mutating func setting(
    _ node: Node, depth: Int, literalKeys: Set<String> = [], _ diagnostics: inout Diagnostics
  ) throws(Stop) -> Setting {
    try count(node, depth: depth, &diagnostics)
    switch node {
    case .scalar(let scalar): return try self.scalar(scalar, &diagnostics)
    case .sequence(let sequence):
      checkTag(sequence.tag, allowed: [.implicit, .nonSpecific, .seq], at: sequence.mark, &diagnostics)
      var items: [Setting] = []
      items.reserveCapacity(sequence.count)
      for item in sequence { items.append(try setting(item, depth: depth + 1, &diagnostics)) }
      return Setting(.list(items), at: span(sequence.mark))
    case .mapping(let mapping):
      checkTag(mapping.tag, allowed: [.implicit, .nonSpecific, .map], at: mapping.mark, &diagnostics)
      return try map(mapping, depth: depth, literalKeys: literalKeys, &diagnostics)
    case .alias(let alias): return Setting(.null, at: span(alias.mark))
    }
  }

  // MARK: Maps

  private mutating func map(
    _ mapping: Node.Mapping, depth: Int, literalKeys: Set<String>, _ diagnostics: inout Diagnostics
  ) throws(Stop) -> Setting {
    var entries: [Setting.Entry] = []
    entries.reserveCapacity(mapping.count)
    var renamed = false
    for (keyNode, valueNode) in mapping {
      try count(keyNode, depth: depth, &diagnostics)
      let key = try key(keyNode, &diagnostics)
      let interpolatesOutside = interpolates
      if let key, literalKeys.contains(key.text) { interpolates = false }
      let value = try setting(valueNode, depth: depth + 1, &diagnostics)
      interpolates = interpolatesOutside
      guard let key else { continue }
      renamed = renamed || !placeholders.isEmpty && placeholders[keyNode.scalar?.string ?? ""] != nil
      entries.append(Setting.Entry(key: key.text, keySpan: key.span, value: value))
    }
    if renamed { entries = withoutDuplicates(entries, &diagnostics) }
    let place = mapping.style == .flow ? span(mapping.mark) : entries.first?.keySpan ?? span(mapping.mark)
    return Setting(.map(entries), at: place)
  }

  /// A key's text and place; nil, with the reason reported, for a key that is no text.
  private mutating func key(_ node: Node, _ diagnostics: inout Diagnostics) throws(Stop) -> (text: String, span: SourceSpan)? {
    guard case .scalar(let scalar) = node else {
      diagnostics.error("key-not-text", "a key must be text, found a collection", at: span(node.mark), hint: "write the key as plain text")
      return nil
    }
    try countBytes(scalar.string.utf8.count, &diagnostics)
    let text = placeholders.isEmpty ? scalar.string : placeholders[scalar.string] ?? scalar.string
    let span = span(scalar, written: text)
    checkTag(scalar.tag, allowed: [.implicit, .nonSpecific, .str], at: scalar.mark, &diagnostics)
    guard isPlain(scalar) else { return (text, span) }
    if text == "<<" {
      diagnostics.error(
        "merge-key", "merge keys are not supported: they left YAML with version 1.2", at: span,
        hint: "write the fields out, or use an alias for a whole value: `bands: *strict`")
      return nil
    }
    if case .value(.string) = PlainScalar.read(text) { return (text, span) }
    diagnostics.error("key-not-text", "a key must be text, found `\(text)`", at: span, hint: "put it in quotes")
    return nil
  }

  private func withoutDuplicates(_ entries: [Setting.Entry], _ diagnostics: inout Diagnostics) -> [Setting.Entry] {
    var first: [String: Setting.Entry] = [:]
    return entries.filter { entry in
      guard let earlier = first[entry.key] else {
        first[entry.key] = entry
        return true
      }
      diagnostics.error(
        "duplicate-key", "duplicate key `\(entry.key)`", at: entry.keySpan, notes: [.init("first written here", at: earlier.keySpan)],
        hint: "keep one of them")
      return false
    }
  }

  // MARK: Scalars

  private mutating func scalar(_ scalar: Node.Scalar, _ diagnostics: inout Diagnostics) throws(Stop) -> Setting {
    try countBytes(scalar.string.utf8.count, &diagnostics)
    let span = span(scalar, written: scalar.string)
    var text = scalar.string
    var interpolated = false
    if interpolates, let environment, Interpolation.applies(to: text) {
      do throws(Interpolation.Problem) {
        text = try Interpolation.expand(text, environment: environment)
        interpolated = scalar.string.contains("${")
      } catch {
        diagnostics.error(error.code, error.message, at: span, hint: error.hint)
      }
      try countBytes(text.utf8.count, &diagnostics)
    }
    // What a variable holds is text here: only the field that takes it knows whether a number was meant.
    let value = interpolated ? .string(text) : value(scalar, text: text, at: span, &diagnostics)
    return Setting(value, at: span, isInterpolated: interpolated)
  }

  private func value(
    _ scalar: Node.Scalar, text: String, at span: SourceSpan, _ diagnostics: inout Diagnostics
  ) -> Setting.Value {
    let tag = Tag.Name(rawValue: scalar.tag.rawValue)
    if tag == .str || tag == .nonSpecific || (tag == .implicit && !isPlain(scalar)) { return .string(text) }
    guard [.implicit, .int, .float, .bool, .null].contains(tag) else {
      checkTag(scalar.tag, allowed: [], at: scalar.mark, &diagnostics)
      return .string(text)
    }
    switch PlainScalar.read(text) {
    case .notFinite:
      diagnostics.error("number-not-finite", "`\(text)` is not a finite number", at: span, hint: "write a number, or put it in quotes if it is text")
      return .null
    case .value(let value):
      if tag != .implicit, !fits(value, tag) {
        diagnostics.error("tag-mismatch", "the value does not fit its tag", at: span, hint: "remove the tag")
      }
      return value
    }
  }

  private func fits(_ value: Setting.Value, _ tag: Tag.Name) -> Bool {
    switch (value, tag) {
    case (.int, .int), (.int, .float), (.double, .float), (.bool, .bool), (.null, .null): true
    default: false
    }
  }

  private func isPlain(_ scalar: Node.Scalar) -> Bool { scalar.style == .plain }

  private func checkTag(_ tag: Tag, allowed: [Tag.Name], at mark: Mark?, _ diagnostics: inout Diagnostics) {
    guard !allowed.contains(Tag.Name(rawValue: tag.rawValue)) else { return }
    let short = tag.rawValue.hasPrefix("tag:yaml.org,2002:") ? "!!" + tag.rawValue.dropFirst(18) : tag.rawValue
    diagnostics.error("unknown-tag", "tag `\(short)` means nothing here", at: span(mark), hint: "remove the tag")
  }

  // MARK: Limits

  private mutating func count(_ node: Node, depth: Int, _ diagnostics: inout Diagnostics) throws(Stop) {
    nodes += 1
    if nodes > limits.nodes {
      diagnostics.error(
        "too-many-nodes", "more than \(limits.nodes) values, counted with aliases expanded", at: span(node.mark),
        hint: "split the file, or use fewer aliases")
      throw Stop()
    }
    if depth >= limits.depth, node.scalar == nil {
      diagnostics.error("too-deep", "nested deeper than \(limits.depth) levels", at: span(node.mark))
      throw Stop()
    }
  }

  /// Aliases of one long text, or a long variable named often, must not cost more than a few files of the greatest size.
  private mutating func countBytes(_ count: Int, _ diagnostics: inout Diagnostics) throws(Stop) {
    scalarBytes += count
    guard scalarBytes > 4 * limits.bytes else { return }
    diagnostics.error(
      "too-many-nodes", "more than \(4 * limits.bytes) bytes, counted with aliases and variables expanded",
      at: SourceSpan(file: file, line: 1, column: 1, length: 0), hint: "use fewer aliases")
    throw Stop()
  }

  // MARK: Places

  private func span(_ mark: Mark?, length: Int = 1) -> SourceSpan {
    SourceSpan(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1, length: length)
  }

  /// Bytes of a line that are looked at for the place of a scalar, which is placed again for every alias that stands for it.
  private static let reach = 2048

  /// The scalar as written, behind its anchor and tag, up to the end of its first line.
  private func span(_ scalar: Node.Scalar, written value: String) -> SourceSpan {
    guard let mark = scalar.mark, let line = source.line(mark.line) else { return span(scalar.mark) }
    var start = source.offset(line: mark.line, column: mark.column)
    guard start < line.endIndex else { return span(mark) }
    let written = line[start...].prefix(Self.reach)
    var column = mark.column
    while let end = Self.propertyEnd(in: written[start...]) {
      // Nothing behind an anchor or tag is an empty value, or one on the next line.
      guard let next = written[end...].firstIndex(where: { $0 != 0x20 && $0 != 0x09 }), !",]}".utf8.contains(written[next]) else { break }
      column += source.scalarCount(start..<next)
      start = next
    }
    let extent = WrittenScalar.extent(in: written[start...], value: value)
    return SourceSpan(file: file, line: mark.line, column: column, length: max(1, source.scalarCount(extent)))
  }

  /// Where the anchor or tag that starts `line` ends; nil when none does.
  private static func propertyEnd(in line: ArraySlice<UInt8>) -> Int? {
    guard let first = line.first, first == UInt8(ascii: "&") || first == UInt8(ascii: "!") else { return nil }
    // `!<…>` may hold commas and brackets.
    if line.starts(with: "!<".utf8) { return line.firstIndex(of: UInt8(ascii: ">")).map { $0 + 1 } ?? line.endIndex }
    return line.firstIndex { " \t,[]{}".utf8.contains($0) } ?? line.endIndex
  }
}
