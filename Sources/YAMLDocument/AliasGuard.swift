/// Finds files whose aliases could stand inside *keys*.
///
/// The parser hashes every key to find duplicates, and hashes an alias as everything that it stands for: `? [*a, *a]` over ten levels of
/// `&b [*a, *a]` would never end. Aliases in values are safe (nodes are shared, and the walker counts them), so only files with at least
/// ``threshold`` aliases *and* a key that may be a collection are refused. Fewer aliases can expand at most 3⁴-fold.
enum AliasGuard {
  static let threshold = 12

  /// The byte offset of the first line with a key that may hold an alias, when the file has enough aliases to matter.
  static func offsetOfRisk(in bytes: [UInt8]) -> Int? {
    guard bytes.contains(UInt8(ascii: "&")), bytes.contains(UInt8(ascii: "*")) else { return nil }
    let lines = bytes.split(omittingEmptySubsequences: false) { $0 == 0x0A || $0 == 0x0D }.map { Line($0) }
    let anchors = Set(lines.flatMap { $0.names(after: UInt8(ascii: "&")).map(\.name) })
    guard !anchors.isEmpty else { return nil }
    var aliases = 0
    var risk: Int?
    for line in lines {
      let used = line.names(after: UInt8(ascii: "*")).filter { anchors.contains($0.name) }
      aliases += used.count
      if risk == nil, line.hasExplicitKey || used.contains(where: { line.isKeyEnd($0.end) }) { risk = line.bytes.startIndex }
    }
    return aliases >= threshold ? risk : nil
  }

  private struct Line {
    let bytes: ArraySlice<UInt8>
    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    /// Names directly behind `sign` where a token may start.
    func names(after sign: UInt8) -> [(name: String, end: Int)] {
      var found: [(name: String, end: Int)] = []
      for index in bytes.indices where bytes[index] == sign && startsToken(index) {
        let end = bytes[(index + 1)...].firstIndex { !isNameByte($0) } ?? bytes.endIndex
        if end > index + 1 { found.append((String(decoding: bytes[(index + 1)..<end], as: UTF8.self), end)) }
      }
      return found
    }

    /// `? ` first on the line, behind nothing but indicators, or behind a bracket or comma.
    var hasExplicitKey: Bool {
      for index in bytes.indices where bytes[index] == UInt8(ascii: "?") {
        guard index + 1 == bytes.endIndex || isBlank(bytes[index + 1]) else { continue }
        let before = bytes[..<index]
        if before.allSatisfy({ isBlank($0) || "-?:".utf8.contains($0) }) { return true }
        if let last = before.last(where: { !isBlank($0) }), "[{,".utf8.contains(last) { return true }
      }
      return false
    }

    /// Whether the alias that ends at `end`, or a collection around it that closes later on the line, is followed by a colon.
    /// A key that is no explicit one ends on the line that it starts on.
    func isKeyEnd(_ end: Int) -> Bool {
      var index = end
      var depth = 0
      var closed = true
      while index < bytes.endIndex {
        let byte = bytes[index]
        switch byte {
        case UInt8(ascii: ":") where closed: return true
        case UInt8(ascii: "]"), UInt8(ascii: "}"):
          depth -= 1
          closed = closed || depth < 0
          depth = max(depth, 0)
        case UInt8(ascii: "["), UInt8(ascii: "{"):
          depth += 1
          closed = false
        case UInt8(ascii: "'"), UInt8(ascii: "\""):
          closed = false
          if startsToken(index) {
            guard let close = WrittenScalar.closingQuote(in: bytes[index...], quote: byte) else { return false }
            index = close
          }
        default: if !isBlank(byte) { closed = false }
        }
        index += 1
      }
      return false
    }

    private func startsToken(_ index: Int) -> Bool {
      guard index > bytes.startIndex else { return true }
      let before = bytes[index - 1]
      return isBlank(before) || "[{,?:-".utf8.contains(before)
    }
    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
    private func isNameByte(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
      default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
      }
    }
  }
}
