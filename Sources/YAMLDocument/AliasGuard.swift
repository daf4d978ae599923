import Yams

/// Finds aliases inside *keys* before the parser does.
///
/// The parser hashes every key to find duplicates, and hashes an alias as everything that it stands for: `? [*a, *a]` over ten levels of
/// `&b [*a, *a]` would never end. Aliases in values are safe: nodes are shared, and the walker counts them.
///
/// What is a key, only the parser knows (`{*a}`, `{?*a`, `[*a:b]`). So it is asked, with a copy of the text in which every `*name` is as
/// many private-use characters: plain text where the alias stood, all else in its place, and no key that stands for more than is written.
/// The two are read alike up to where more follows directly on an alias, as plain text goes on there. With a `:` that may be a key, and
/// counts as one; anything else is an error in the original too, where the parser stops.
enum AliasGuard {
  /// Fewer aliases can expand at most 3⁴-fold.
  static let threshold = 12
  /// What stands for the byte 0 of an alias; the others follow. One to one, so that no two keys become the same.
  private static let standIns: UInt32 = 0xF1000

  /// The text with stand-ins for its aliases; nil when they are too few to matter.
  static func concealed(_ bytes: [UInt8]) -> [UInt8]? {
    let anchors = Set(places(of: UInt8(ascii: "&"), in: bytes).map { bytes[$0].dropFirst() })
    guard !anchors.isEmpty else { return nil }
    // What has no anchor stays, for the parser to report.
    let aliases = places(of: UInt8(ascii: "*"), in: bytes).filter { anchors.contains(bytes[$0].dropFirst()) }
    guard aliases.count >= threshold else { return nil }
    var copy: [UInt8] = []
    copy.reserveCapacity(bytes.count + 3 * aliases.reduce(0) { $0 + $1.count })
    var copied = 0
    for alias in aliases {
      copy += bytes[copied..<alias.lowerBound]
      // UTF-8 of `standIns` + byte.
      for byte in bytes[alias] { copy += [0xF3, 0xB1, 0x80 | byte >> 6, 0x80 | byte & 0x3F] }
      copied = alias.upperBound
      // Between tokens a tab is a blank, but at the start of a plain text's next line it is an error.
      while copied < bytes.count, isBlank(bytes[copied]) {
        copy.append(bytes[copied] == 0x09 ? 0x20 : bytes[copied])
        copied += 1
      }
    }
    return copy + bytes[copied...]
  }

  /// Text from the concealed copy, as it is written.
  static func revealed(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { isStandIn($0) ? Unicode.Scalar(UInt8($0.value - standIns)) : $0 }))
  }

  /// The place of the first alias in a key of the concealed text's tree.
  static func aliasInKey(_ root: Node) -> Mark? { alias(in: root, isKey: false) }

  private static func alias(in node: Node, isKey: Bool) -> Mark? {
    switch node {
    case .scalar(let scalar):
      // Plain text that starts like this was an alias, and not a part of some text: nothing else may start with `*`.
      guard scalar.style == .plain, let first = scalar.string.unicodeScalars.first, isStandIn(first) else { return nil }
      return isKey || goesOnWithColon(scalar.string) ? scalar.mark : nil
    case .sequence(let sequence):
      for item in sequence { if let mark = alias(in: item, isKey: isKey) { return mark } }
    case .mapping(let mapping):
      for (key, value) in mapping { if let mark = alias(in: key, isKey: true) ?? alias(in: value, isKey: isKey) { return mark } }
    case .alias: break
    }
    return nil
  }

  /// In brackets and braces, a colon behind an alias makes a key of it, also without a blank behind the colon.
  private static func goesOnWithColon(_ text: String) -> Bool {
    text.unicodeScalars.drop(while: isStandIn).first { $0 != " " && $0 != "\t" && $0 != "\n" } == ":"
  }

  private static func isStandIn(_ scalar: Unicode.Scalar) -> Bool { standIns..<standIns + 0x80 ~= scalar.value }

  /// Where `sign` stands with a name directly behind it, the sign included.
  private static func places(of sign: UInt8, in bytes: [UInt8]) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var index = 0
    while let start = bytes[index...].firstIndex(of: sign) {
      index = bytes[(start + 1)...].firstIndex { !isNameByte($0) } ?? bytes.endIndex
      if index > start + 1 { found.append(start..<index) }
    }
    return found
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
  }
}
